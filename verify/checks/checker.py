"""One case, from subject to result: derive the exact side, run the subject three ways, decide, write the rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from gc import collect
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.cases.conversation import Outcome
from verify.cases.inputs import Real
from verify.cases.made import account
from verify.checks.reference import runs
from verify.checks.reference.culprit import placed
from verify.checks.reference.picture import picture
from verify.checks.reference.points import points
from verify.checks.reference.rows import Rows
from verify.checks.reference.theory import Theory, theory
from verify.model.cells import is_cell
from verify.model.errors import ForeignSymbolError, InputError, UnheldError
from verify.model.exact import decimal_text, texts
from verify.model.excerpts import excerpted
from verify.model.findings import allowed
from verify.model.garbage import uncollected
from verify.model.identity import Argument
from verify.model.reasons import Reason
from verify.model.result import Branch, CaseResult, Comparison, Cover, Evidence, Keep, Verdict
from verify.model.where import quoted
from verify.proof.decide import decide
from verify.proof.decision import Decision, Point, Points
from verify.tracing.following import SubjectError
from verify.tracing.region import branches

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.checks.contracts.state import State

_CONSTANT = "the output is constant, so every derivative is 0"
_INCONSISTENT = "SymPy's derivative of the whole expression and the chain rule could not be proved equal"


def check(case: Case, seed: int = 0, *, quick: bool = False, keep: Keep = lambda *_: None) -> CaseResult:
    """Check a case in this process, and return its result, which is true if the case passes.

    Every gradient is decided at the sample, and every forward value that the case states. Unless `quick`, the other
    regions, the contracts and the floats follow. The verdicts do not depend on `seed`. `keep` is called with the result
    so far after each part of the work. Raises InputError if `case` is not a case.
    """
    if not isinstance(case, (TracedCase, ExpressionCase)):
        raise InputError(f"expected a case made by gradproof.case, got {quoted(case)}")
    account(case)
    with uncollected():
        if isinstance(case, ExpressionCase):
            return excerpted(_check_expression(case, seed, quick=quick, keep=keep))
        return excerpted(_check_traced(case, seed, quick=quick, keep=keep))


def _check_traced(case: TracedCase, seed: int, *, quick: bool, keep: Keep) -> CaseResult:
    from verify.cases import calling
    from verify.tracing import patches
    from verify.tracing.originals import refuse_replaced, refusing_assignments
    from verify.tracing.outside import measured
    from verify.tracing.seeds import held
    from verify.tracing.stand_ins import identities
    from verify.tracing.symbols import texts

    if not quick:
        import_beyond()
    refuse_replaced()
    measured.forget()
    texts.forget()
    calling.forget()
    unrepeated = identities.unrepeated(patches.users_modules())
    with refusing_assignments(), held(case.subject), unrepeated, patches.in_force(seed):
        result = _check_everywhere(case, seed, quick=quick, keep=keep)
    refuse_replaced()
    notes = [*case.notes, *calling.notes(), *measured.notes(), *texts.notes()]
    sizes = replace(result.sizes, fixed=tuple(case.sizes.items()))
    return replace(result, notes=(*result.notes, *notes), sizes=sizes)


def import_beyond() -> None:
    """Import what checks beyond the sample use: after an import, stand-ins are looked for in all modules again."""
    import numpy.ma  # noqa: F401 - `numpy.unique` asks for it

    import verify.checks.beyond
    import verify.checks.gradients.opened
    import verify.checks.regions.curve
    import verify.tracing.originals  # noqa: F401


def _check_everywhere(case: TracedCase, seed: int, *, quick: bool, keep: Keep) -> CaseResult:
    """Check a case; from the start, with replacements everywhere, where a symbol found no place in a run of it."""
    from verify.tracing.everywhere import everywhere
    from verify.tracing.following import UnheldRun, giving_up

    UnheldError.places.clear()
    try:
        with giving_up():
            return _check_held(case, seed, quick=quick, keep=keep)
    except UnheldRun:
        pass  # and let go of what its frames hold: who else has an array decides what stands for it
    collect(0)
    with everywhere(case.subject):
        result = _check_held(case, seed, quick=quick, keep=keep)
    is_broken = any(row.verdict is Verdict.ERROR for row in result.comparisons)
    return _check_held(case, seed, quick=quick, keep=keep) if is_broken else result


def _check_held(case: TracedCase, seed: int, *, quick: bool, keep: Keep) -> CaseResult:
    """Check a case while the random generators are held: they are put back once, and not after each run."""
    from verify.checks.gradients.traced import check_traced, dead

    state = None if quick else _state(case)
    result, runs = check_traced(case, seed, keep, quick=quick, repeating=True)
    if any(row.verdict is Verdict.UNDECIDED for row in result.comparisons):
        from verify.checks.regions.undefined import refuted_where_undefined

        result = refuted_where_undefined(case, result, seed)
    if quick and dead(runs):
        from verify.checks.regions.constant import of_a_constant

        return of_a_constant(case, result, runs, seed)
    if quick:
        from verify.checks.vanishing import without_vanishing

        return without_vanishing(_with_added(case, result, runs, seed), runs)
    if not runs:
        return result
    from verify.checks.beyond import beyond
    from verify.checks.gradients.opened import with_operations
    from verify.checks.regions.curve import with_curve

    result = with_operations(case, beyond(case, result, runs, seed, keep, state), runs, seed, keep)
    return with_curve(case, result, runs, seed, keep)


def _state(case: TracedCase) -> State:
    from verify.checks.contracts.state import State

    return State(case.subject)


def _with_added(case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int) -> CaseResult:
    """Return the result of a quick check with what floats tell of functions that were added.

    What was added may be another function by little, which no formula shows. Where it differs from the one that it
    stands for at all, rounding has to explain that, as it has to where all is checked.
    """
    from verify.checks.gradients.traced import check_traced
    from verify.checks.rounding.check import arithmetic
    from verify.tracing.outside import measured

    if not measured.differs():
        return result
    floats = arithmetic(case, runs or check_traced(case, seed)[1], seed)
    unproved = {row.name for row in result.comparisons if not row.verdict.good}
    stray = [stray for stray in floats.findings if stray.code == "GP201" and stray.name not in unproved]
    return replace(result, findings=(*result.findings, *allowed(stray, case.allow)))


def _check_expression(case: ExpressionCase, seed: int, *, quick: bool, keep: Keep) -> CaseResult:
    """Compare a case with its expression; then look at its code as at that of any layer, where it is the user's."""
    result = _compared(case, seed)
    only_formula = case.from_text and not any(real.ends for real in case.domains.values())
    if quick or only_formula or any(row.verdict is Verdict.ERROR for row in result.comparisons):
        return result
    from verify.checks.reference.elementary import is_elementary

    if not result.region and result.good and is_elementary(case.subject):
        return result
    from verify.checks.reference.layered import as_layers, is_followed, merged, passed_over, unvisited

    if reason := passed_over(case):
        rows = (*result.comparisons, *unvisited(case, reason))
        return replace(result, comparisons=rows, cover=Cover(1, untried=(reason,)))
    keep(result, "other regions, contracts, floats")

    def keep_merged(partial: CaseResult, rest: str) -> None:
        keep(merged(case, result, partial), rest)

    checked = (_check_traced(layer, seed, quick=False, keep=keep_merged) for layer in as_layers(case))
    first = next(checked)
    return merged(case, result, first if is_followed(first) else next(checked, first))


def _compared(case: ExpressionCase, seed: int) -> CaseResult:
    """Compare what a subject computes with its expression, for the inputs that take the branches of the sample."""
    exact = theory(case)
    output = exact.values[case.program.result]
    comparisons, unclaimed, region = _comparisons(exact, seed)
    drawn = picture(exact, comparisons)
    return CaseResult(
        name=case.name,
        where=case.where,
        output=case.program.output,
        expression=exact.text(output),
        output_value=exact.at_sample([output])[output].readable,
        inputs=tuple(texts(case.inputs)),
        upstream=(exact.upstream_name, decimal_text(case.upstream)),
        signature=tuple(Argument(name, bounds=real.bounds) for name, real in case.domains.items()),
        comparisons=tuple(placed(case, drawn, comparisons)),
        unclaimed=unclaimed,
        reproduce=_reproduce(case),
        region=tuple(region),
        graph=drawn,
        notes=(_CONSTANT,) if _constant(exact, seed) else (),
    )


def _comparisons(exact: Theory, seed: int) -> tuple[list[Comparison], tuple[str, ...], list[Branch]]:
    """Return the rows of a case, the inputs on whose gradients the subject makes no claim, and its branches."""
    try:
        floats = runs.on_floats(exact.case)
    except SubjectError as problem:
        return [_broken(problem)], (), []
    try:
        rows = Rows(exact, floats)
        actual = rows.actual(runs.on_symbols(exact))
        decisions = _decisions(exact, rows.expected, actual, cache(lambda: points(exact, seed)), seed, _everywhere)
        return rows.decided(decisions, actual), floats.unclaimed, []
    except SubjectError as problem:
        if problem.broken or isinstance(problem.__cause__, ForeignSymbolError):
            return rows.undecided(problem, seed), floats.unclaimed, []
        comparisons, region = _on_branches(exact.case, floats, seed)
        return comparisons, floats.unclaimed, region


def _on_branches(case: ExpressionCase, floats: Outcome, seed: int) -> tuple[list[Comparison], list[Branch]]:
    """Check a case whose subject asks what a plain symbol cannot answer, for the inputs that take the same branches."""
    from verify.checks.reference import branching

    exact = theory(case, branching=True)
    rows = Rows(exact, floats)
    try:
        symbols, region = branching.run(exact, seed)
        actual = rows.actual(symbols)
        decisions = _decisions(
            exact, rows.expected, actual, lambda: region.among(points(exact, seed)), seed, region.holds
        )
    except SubjectError as problem:
        return rows.undecided(problem, seed), []
    return rows.decided(decisions, actual), branches(exact.graph, region.conditions)


def _broken(problem: SubjectError) -> Comparison:
    evidence = Evidence("error", str(problem), place=problem.place, reason=problem.reason)
    return Comparison("case", "the whole case", Verdict.ERROR, evidence=evidence)


def _constant(exact: Theory, seed: int) -> bool:
    """Tell whether the derivative with respect to every input is the function 0."""
    zero = exact.graph.constant(Fraction(0))
    nodes = [exact.derivatives[i] for i in exact.case.program.input_steps]
    for group in (nodes[:1], nodes[1:]):  # the first one tells in most cases, and all of them may be many
        if any(real.rational != 0 for real in exact.at_sample(group).values()):
            return False
    decisions = decide(exact.graph, [(zero, node) for node in nodes], lambda: points(exact, seed), seed)
    return all(decision.verdict is Verdict.PROVED for decision in decisions)


def _everywhere(_: Point) -> bool:
    return True


def _decisions(
    exact: Theory, expected: list[int], actual: list[int], at: Points, seed: int, holds: Callable[[Point], bool]
) -> list[Decision]:
    """Decide each quantity, given its node and that of what the subject computed, for the points that `holds` tells."""
    pairs = list(zip(expected, actual, strict=True))
    twice = [(exact.derivatives[i], node) for i, (node, _) in exact.wholes.items()]
    decisions = decide(exact.graph, pairs + twice, at, seed, holds)
    # The sweep stands on its own; that it is not proved equal to the whole may be for want of a law of roots.
    if not all(decision.verdict.good for decision in decisions[len(pairs) :]):
        raise SubjectError(_INCONSISTENT, reason=Reason.INCONSISTENT)
    del decisions[len(pairs) :]
    return decisions


def _reproduce(case: ExpressionCase) -> tuple[str, ...]:
    """Return the command that runs this case alone; there is none for a case in a cell of a notebook."""
    if is_cell(case.where.file):
        return ()
    if case.where:
        return ("gradproof", "run", case.where.file, *_option("case", case.name))
    at = [part for name, value in case.inputs.items() for part in _option("at", f"{name}={decimal_text(value)}")]
    upstream = () if case.upstream == 1 else _option("upstream", decimal_text(case.upstream))
    domain = [part for name, real in case.domains.items() for part in _bounds(name, real)]
    return ("gradproof", "expr", case.program.text, *at, *domain, *upstream)


def _bounds(name: str, real: Real) -> Iterator[str]:
    """Return the options that bound an input."""
    for side, bound in (("low", real.low), ("high", real.high)):
        if bound is not None:
            yield from _option(side, f"{name}={decimal_text(bound)}")
    if real.ends:
        yield from _option("closed", name if len(real.ends) > 1 else f"{name}={''.join(real.ends)}")


def _option(name: str, value: str) -> tuple[str, ...]:
    """Return an option; a value that starts with a minus has to be tied to it."""
    return (f"--{name}={value}",) if value.startswith("-") else (f"--{name}", value)
