"""A traced case, from subject to result: in each variant run it on symbols, derive, decide, write the rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.inputs import Constant, Fixed, Input, Integer
from verify.cases.wirtinger import FORMS
from verify.checks.approximation.ignored import findings_of, ignoring
from verify.checks.approximation.iterated import iterated
from verify.checks.approximation.settle import Approximations
from verify.checks.claims.claims import Exact, claims, other_sides, sharpened_claims
from verify.checks.claims.diagnoses import negated
from verify.checks.claims.explain import alike as are_alike
from verify.checks.gradients import deciding
from verify.checks.gradients.alike import Alike, Proved, is_plain, same_sizes
from verify.checks.gradients.by_option import by_option
from verify.checks.gradients.forward import wrong_outputs
from verify.checks.gradients.misshapen import made_at
from verify.checks.gradients.orientations import dependent, left_out
from verify.checks.gradients.parting import parting
from verify.checks.gradients.pointwise import NOTE, judged, unconfirmed
from verify.checks.gradients.repeated import CHANGING, has_smaller, repeated
from verify.checks.gradients.repeated_index import with_hint
from verify.checks.gradients.rows import KeepRow, decided_row, malformed, not_compared
from verify.checks.gradients.whole import Attempt, attempted
from verify.model.additions import HOW
from verify.model.cells import is_cell
from verify.model.comparison import APPROXIMATION, SMALL_CONSTANT
from verify.model.errors import ProtocolError
from verify.model.findings import allowed
from verify.model.identity import NOWHERE, Argument, Place
from verify.model.reasons import Cause, Reason
from verify.model.result import Branch, CaseResult, Comparison, Keep, Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Variant, observe, variants
from verify.tracing.region import Region, branches, pinned
from verify.tracing.symbols.trace import Trace

CONSTANT = "the output is constant in every region that was reached, so every derivative there is 0"
_ON_PURPOSE = (APPROXIMATION, SMALL_CONSTANT)  # evidence of gradients that are right although they differ
_ALL = "further variants, other regions and sizes, contracts and float errors"
_DRAWN = "random numbers were drawn, from generators seeded with {seed}: the claims are for these"
_ADDED = "{name} is compiled: the function added for it was traced instead, and its floats were compared with it"
_COMPLEX = "gradients by complex numbers a + i b, upstreams too, are {form} here (convention={convention!r})"
_SOME_SIGNS = "the code branches on the upstream: not all combinations of its signs were tried"
_UNEQUAL = "at {} the code compares the upstream for equality: no run had an equal upstream"
_LACKING = "GP124"  # the finding that an input has no gradient
_OF_NODES = ("partials", "wholes", "leaves", "vanishing", "floats", "proofs")  # what is true of nodes in any run
_SAMPLES = 6  # that are tried for one on no tie, where the output is not constant
_MANY = 1_000  # entries of the inputs, from which on whole arrays come first
_LARGE = 5_000  # nodes of a run, from which on whole arrays take a fraction of the time


def check_traced(
    case: TracedCase, seed: int = 0, keep: Keep = lambda *_: None, *, quick: bool = False, repeating: bool = False
) -> tuple[CaseResult, list[Exact]]:
    """Decide every gradient of a case in every variant of it; returns the result, and the runs that were followed.

    Large arrays are proved whole; where the formula is all that is asked (`quick`), they leave no run behind, and where
    smaller ones are followed (`repeating`), they may leave one without formulas.
    """
    progress, runs, graphs = _Progress(case, keep), list[Exact](), Graphs(sharing=quick)
    every = variants(case)
    alike = Alike(case, seed, wanted=len(every) > 1)
    with alike.keeping():
        for variant in every:
            if (proved := alike.of(variant)) is not None:
                progress.add(*proved, (), drawn=False)
                continue
            attempt = attempted(case, variant, seed, None if quick else _MANY)
            if quick and (arrays := attempt.decided) is not None and not _of_added(attempt.seen):
                if attempt.seen is not None:
                    alike.keep(attempt.seen, attempt.account, Proved(arrays.rows, arrays.region))
                notes = [_DRAWN.format(seed=seed)] if arrays.draws else []
                progress.add(arrays.rows, arrays.region, arrays.unclaimed, notes, drawn=arrays.draws)
                continue
            try:
                repeats = repeating and has_smaller(case, variant, every)
                again = repeated(case, variant, seed, attempt) if repeats else None
                rows, exact = (
                    (attempt.rows, again)
                    if again
                    else _followed(case, variant, seed, attempt, progress.taking(), graphs)
                )
            except SubjectError as problem:
                progress.fail(variant, problem, seed)
                continue
            seen = exact.seen
            region = branches(seen.trace, seen.conditions, variant.written)
            runs.append(exact)
            if is_plain(exact):
                alike.keep(seen, exact.account, Proved(rows, region))
            progress.add(rows, region, seen.unclaimed, _notes(exact, seed), drawn=seen.draws)
    runs = [_with_formulas(case, run, runs, seed, progress) for run in runs]
    result = progress.result()
    return replace(result, comparisons=tuple(by_option(result.comparisons))), runs


def _followed(
    case: TracedCase, variant: Variant, seed: int, attempt: Attempt, keep: KeepRow, graphs: Graphs
) -> tuple[list[Comparison], Exact]:
    """Return the rows of a variant that is followed on symbols; raises SubjectError."""
    seen = observed(case, variant, seed, attempt, graphs)
    with deciding.hinting(case, seen):
        rows, exact = _settled(case, seen, seed, attempt, keep)
    return _confirmed(case, exact.seen, rows, seed), exact


def _with_formulas(case: TracedCase, run: Exact, runs: Sequence[Exact], seed: int, progress: _Progress) -> Exact:
    """Return a run that has formulas, or beside which another one of `runs` with the same options has some."""
    variant = run.seen.variant
    if run.followed or any(other.followed and other.seen.variant.choice == variant.choice for other in runs):
        return run
    try:
        return _followed(case, variant, seed, Attempt(), progress.taking(), Graphs(sharing=False))[1]
    except SubjectError as problem:
        progress.fail(variant, problem, seed)
        return run


class Graphs:
    """The graphs of runs, which later runs at the same sizes and labels continue if they are `sharing`.

    A node is a function of the variables by their names, whichever run computed it first. So a later run, which runs
    all of the code, meets gradients that were derived, and proofs for all inputs (`claims`). All else is its own: the
    sample, branches and floats, which array a constant was in, what may be spent on a search. That a constant of one
    run was an entry of an inverse, say, excuses nothing in another one.
    """

    def __init__(self, *, sharing: bool) -> None:
        self._sharing, self._last = sharing, dict[Any, Trace]()

    def trace(self, variant: Variant) -> Trace:
        """Return what the next run of a variant is followed on."""
        if not self._sharing:
            return Trace()
        like = same_sizes(variant)
        self._last[like] = made = Trace(self._last.get(like))
        made.coarser = 0  # which is of a run, and not of its graph
        made.remember(_OF_NODES)
        return made


class _Progress:
    """What is known of the variants of a case so far; it is given to `keep` whenever something is certain."""

    def __init__(self, case: TracedCase, keep: Keep) -> None:
        self.case, self.keep = case, keep
        self.comparisons: list[Comparison] = []
        self.region: list[Branch] = []
        self.unclaimed: dict[str, None] = {}
        self.notes: dict[str, None] = {}
        self.drawn = False
        self._last: CaseResult | None = None  # the result without more rows, since the last variant was taken in

    def add(
        self,
        rows: Sequence[Comparison],
        region: Sequence[Branch],
        unclaimed: Sequence[str],
        notes: Sequence[str],
        *,
        drawn: bool,
    ) -> None:
        """Take in what is known of a variant."""
        self.comparisons += rows
        self.region += region
        self.unclaimed.update(dict.fromkeys(unclaimed))
        self.notes.update(dict.fromkeys(notes))
        self.drawn |= drawn
        self._last = None
        self.keep(self.result(), _ALL)

    def fail(self, variant: Variant, problem: SubjectError, seed: int) -> None:
        """Take in a variant that could not be followed: at points, where compiled code is what stops it."""
        try:
            rows = judged(self.case, variant, problem, seed)
        except SubjectError as broken:
            rows, problem = [], broken
        if not rows:
            self.comparisons.append(not_compared(self.case, variant, problem, self.comparisons))
            self._last = None
            return
        unclaimed = [name for name in self.case.real if name not in {row.name for row in rows}]
        self.add(rows, [], unclaimed, [NOTE], drawn=False)

    def taking(self) -> KeepRow:
        """Return what takes in the rows of one more variant; what else is certain goes with a refuted one, or later."""
        certain: dict[str, Comparison] = {}

        def take(row: Comparison) -> None:
            certain.pop(row.name, None)
            certain[row.name] = row
            if row.verdict is Verdict.REFUTED:
                self.keep(self.result(*certain.values()), _ALL)

        return take

    def result(self, *more: Comparison) -> CaseResult:
        """Return the result with some more rows."""
        if more:
            return self._result((*self.comparisons, *more))
        if self._last is None:
            self._last = self._result(self.comparisons)
        return self._last

    def _unclaimed(self, rows: Sequence[Comparison]) -> tuple[str, ...]:
        """Return the inputs that lack a gradient; not those that other variants check, if the case allows the lack."""
        lacks = self.case.shared or _LACKING in self.case.allow
        gradients = {row.name for row in rows if row.quantity == "gradient"} if lacks else set()
        return tuple(name for name in self.unclaimed if name not in gradients)

    def _result(self, rows: Sequence[Comparison]) -> CaseResult:
        return replace(
            _empty(self.case),
            comparisons=tuple(rows),
            unclaimed=self._unclaimed(rows),
            region=tuple(self.region),
            notes=tuple(self.notes),
            drawn=self.drawn,
            findings=allowed(findings_of(rows), self.case.allow),
        )


def _settled(
    case: TracedCase, seen: Observation, seed: int, attempt: Attempt, keep: KeepRow
) -> tuple[list[Comparison], Exact]:
    """Return the rows of a run on scalars; of a large one, those of a run on whole arrays that proves all of them.

    Proofs on arrays allow for no tie and no branch on the upstream, and are held against a run on floats. Where the run
    on arrays was not the first, that which was has to give the same numbers.
    """
    first = attempt.made
    if not first and len(seen.trace) > _LARGE:
        attempt = attempted(case, seen.variant, seed)
    if attempt.proved is None or _useless(seen):
        return decided(case, seen, seed, keep)
    if not first:
        _hold_against(attempt, seen)
    exact = Exact(case, seen, proved=attempt.proved.floats)
    exact.account = attempt.account
    return [*attempt.proved.rows, *wrong_outputs(case, exact, seed)], exact


def _empty(case: TracedCase) -> CaseResult:
    """Return a result without comparisons."""
    return CaseResult(
        name=case.name,
        where=case.where,
        output="",
        expression="",
        output_value="",
        inputs=(),
        upstream=("dout", "" if case.upstream is None else str(case.upstream)),
        comparisons=(),
        reproduce=_reproduce(case),
        signature=tuple(_argument(name, declared) for name, declared in case.inputs.items()),
        as_if=case.as_if,
    )


def dead(runs: Sequence[Exact]) -> bool:
    """Tell whether the output depends on no input in any run."""
    return bool(runs) and all(exact.constant for exact in runs)


def _argument(name: str, declared: Input) -> Argument:
    """Return an input as results have it."""
    if isinstance(declared, Constant):
        return Argument(name, "given")
    shape = tuple(declared.shape.split())
    if isinstance(declared, Integer):
        return Argument(name, "whole", shape, below=declared.below)
    return Argument(name, "fixed" if isinstance(declared, Fixed) else "real", shape, declared.bounds)


def _notes(exact: Exact, seed: int) -> list[str]:
    seen, notes = exact.seen, [*_convention(exact), *_of_added(exact.seen)]
    if seen.draws:
        notes.append(_DRAWN.format(seed=seed))
    notes.extend(_signs(exact))
    if not exact.all_signs:
        notes.append(_SOME_SIGNS)
    if exact.unequal:
        notes.append(_UNEQUAL.format(exact.unequal))
    if exact.constant:
        notes.append(
            f"{f'for {seen.variant.text}' if seen.variant.text else 'at the sample'} the output depends on no input"
            f"{' on the branches that the sample takes' if seen.conditions else ''}, so every derivative is 0"
            f"{' there' if seen.conditions else ''}"
        )
    return notes


def _of_added(seen: Observation | None) -> list[str]:
    """Say of which compiled code an added function was followed in its place."""
    return [] if seen is None else [_ADDED.format(name=name) for name in seen.trace.added]


def _confirmed(case: TracedCase, seen: Observation, rows: Sequence[Comparison], seed: int) -> list[Comparison]:
    """Return rows without those that floats of compiled code do not confirm, where an added function stands for it."""
    worse = {row.name: row for row in unconfirmed(case, seen, seed)} if seen.trace.added else {}
    return [worse.get(row.name, row) if row.verdict.good else row for row in rows]


def _convention(exact: Exact) -> list[str]:
    """Say how gradients by complex numbers are written, where there are any among inputs or upstreams."""
    if not any(quantity.part for quantity in (*exact.seen.inputs.values(), *exact.seen.upstreams)):
        return []
    return [_COMPLEX.format(form=FORMS[exact.convention], convention=exact.convention)]


def _signs(exact: Exact) -> list[str]:
    """Say at which lines LAPACK chooses the sign of a vector, unless outputs are shown not to depend on it."""
    trace = exact.seen.trace
    nodes = [node for quantity in exact.seen.outputs for node in quantity.nodes]
    places = dict.fromkeys(
        vector.where for vector in trace.signed if not are_alike(trace, negated(trace, nodes, vector.nodes), nodes)
    )
    notes = [f"the output uses the signs that LAPACK chooses for vectors at the sample, at {at}" for at in places]
    return notes + left_out(exact)


def _reproduce(case: TracedCase) -> tuple[str, ...]:
    """Return the command that runs a case, or its file where the case has no name: it would get that of a variable.

    There is none for a case in a cell of a notebook.
    """
    if is_cell(case.where.file):
        return ()
    name = () if case.unnamed else (f"--case={case.name}",) if case.name.startswith("-") else ("--case", case.name)
    return ("gradproof", "scan" if case.text else "run", case.where.file, *name)


def decided(
    case: TracedCase,
    seen: Observation,
    seed: int,
    keep: KeepRow = lambda _: None,
    refuted: Collection[str] = (),
) -> tuple[list[Comparison], Exact]:
    """Return the rows of a run, a row for each gradient that the subject returns; raises SubjectError.

    Every row is given to `keep`, those that refute before they are explained, and once more then. What is `refuted`
    already is not explained again: the row that does so is the one to be shown.
    """
    exact = Exact(case, seen)
    on_floats = FloatRun(case, seen, seed, noticing=not case.backward)
    exact.account = on_floats.account
    place = case.backward or on_floats.backward or case.code or case.where
    approximations = Approximations(case, exact, seed, on_floats)
    claimed = approximations.at_first_sight(claims(exact, seed, sharpen=False))
    claimed = ignoring(case, exact, sharpened_claims(exact, claimed, seed), seed)
    claimed = iterated(case, exact, approximations.settled(claimed), seed)
    exact.accepted = {
        name: claim.actual.nodes
        for name, claim in claimed.items()
        if any(decision.evidence.kind in _ON_PURPOSE and decision.verdict.good for decision in claim.decisions)
    }
    others = other_sides(case, seen, seed)
    exact.all_signs, exact.unequal = others.complete, others.unequal
    strays = _strays(case, exact, on_floats, seed)
    doubt = Cause(strays, Reason.FLOATS_DIFFER) if strays else _doubt(seen, others.open_branch)
    signs = {} if doubt else dependent(case, exact, claimed.values(), seed)
    made = made_at(case, exact, seed)
    rows = {
        name: malformed(exact, name, place, made.get(name, NOWHERE)) for name in case.real if name in seen.malformed
    }
    for name in sorted(claimed, key=lambda name: claimed[name].decision.verdict.rank):  # what is refuted takes longest
        sides = [claimed[name], *(side[name] for side in others.claims if name in side)]
        explained = name not in refuted
        rows[name] = decided_row(
            case, sides, doubt or signs.get(name), place, seed, keep, certain=not strays, explained=explained
        )
        keep(rows[name])
    outputs = wrong_outputs(case, exact, seed, refuted)
    wrong = [name for name in claimed if rows[name].verdict is claimed[name].decision.verdict is Verdict.REFUTED]
    lines = parting(case, exact, claimed, seed) if not set(wrong) <= set(refuted) else {}
    for name in wrong:
        row = replace(rows[name], parting=lines.get(name, NOWHERE))
        rows[name] = with_hint(row, exact.suspect(name, claimed[name].actual))
    return [*(rows[name] for name in case.real if name in rows), *outputs], exact


def _strays(case: TracedCase, exact: Exact, on_floats: FloatRun, seed: int) -> str:
    """Say where floats are not what the formulas have.

    Where they overflow, a point nearer to 0 is asked as well; so is another point of the region where rounding may take
    the floats of the sample out of it: those of code that computes in single precision, beside a threshold.
    """
    strays = on_floats.strays()
    if not strays:
        return strays
    bits = Region.FLOAT_BITS if on_floats.is_double() else Region.SHORT_BITS
    point = exact.region.nearer() if on_floats.overflows() else exact.region.clear_point(bits, seed)
    if point is None:
        return strays
    try:
        return FloatRun(case, exact.seen, seed, point).strays()
    except SubjectError:
        return strays


def observed(
    case: TracedCase, variant: Variant, seed: int, attempt: Attempt, graphs: Graphs | None = None
) -> Observation:
    """Run a case on symbols; where that fails, floats tell whether the code is at fault, or what we can follow."""
    graphs = graphs or Graphs(sharing=False)
    seen = Observation(variant, graphs.trace(variant))
    try:
        observations = [observe(case, variant, seed, seen=seen)]
        if attempt.proved is None:
            _hold_against(attempt, seen)
        while _useless(observations[-1]) and len(observations) < _SAMPLES:
            again = Observation(variant, graphs.trace(variant), sample=len(observations))
            observations.append(observe(case, variant, seed, seen=again))
        return min(observations, key=_useless)
    except SubjectError as problem:
        if isinstance(problem.__cause__, (ProtocolError, np.linalg.LinAlgError)):
            raise  # what is singular at the sample is so on floats, where rounding may hide it
        with deciding.hinting(case, seen):
            FloatRun(case, seen, seed)
        advice = HOW if problem.broken else ""  # it runs on floats, and fails for want of what symbols have not
        call = f"{problem.call} raised " if problem.call else ""  # what compiled code raises does not name it
        reason = Reason.NOT_TRACED if problem.broken else problem.reason
        undecided = SubjectError(f"{call}{problem}{advice}", problem.place, reason=reason)
        undecided.after_forward = problem.after_forward
        raise undecided from problem


def _hold_against(attempt: Attempt, seen: Observation) -> None:
    """Raise SubjectError where the run on arrays that was before gave other numbers."""
    if not attempt.agrees(seen):
        raise SubjectError(CHANGING, reason=Reason.NOT_REPEATABLE)


def _useless(seen: Observation) -> int:
    """Tell how little a sample shows: 2 on a tie, 1 where the branches that it takes make the output constant."""
    if pinned(seen.conditions):
        return 2
    if not seen.conditions:
        return 0
    inputs = {node for quantity in seen.inputs.values() for node in quantity.nodes}
    return int(inputs.isdisjoint(seen.trace.reach([node for output in seen.outputs for node in output.nodes])))


def _doubt(seen: Observation, open_branch: Place) -> Cause | None:
    """Return why nothing can be said of a run for all inputs of a region, or nothing."""
    if open_branch:
        text = f"the code branches on the upstream, at {open_branch}, and its other side was not reached"
        return Cause(text, Reason.UPSTREAM_BRANCH)
    if tie := pinned(seen.conditions):
        return Cause(
            f"the sample lies on a tie, at {tie}: a branch on equality says nothing about derivatives", Reason.TIE
        )
    return None
