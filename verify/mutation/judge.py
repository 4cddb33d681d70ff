"""Does a case catch a mutant, and if it does not: is it a mistake at all?

A mutant runs on the graph of the original, so that what both compute is the same node. Most of them differ there in
some gradient, which is enough. Where none does, the whole check is made. Where that passes as well, the mutant is
equivalent if it is proved to give what the original gives.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verify.cases.case import Case, ExpressionCase, TracedCase
from verify.checks.checker import check
from verify.model.errors import GradproofError, InputError, UnheldError
from verify.model.garbage import uncollected
from verify.model.result import CaseResult, Comparison, Verdict, strict
from verify.mutation.mutants import mutants
from verify.mutation.result import How, Judged, Mutant, Outcome, Planted
from verify.mutation.results import Results, on_floats, on_symbols, same_results
from verify.mutation.watching import Watch, watch
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact
    from verify.tracing.observe import Observation

_NOTHING = "the case has no function of the user's that runs backward: its gradients are computed in the case itself"
_FAILS = "the case fails without a planted mistake: fix it first (gradproof run shows why)"
_NEVER = "the line never runs in this case"
_UNPROVABLE = {
    "state": "a single run is right: the mistake leaves state behind that no run of the case reveals",
    "options": "no run of the case depends on it: other options or sizes may reveal it",
}
_FLOATS = "the formula is the same, and its floats pass"
_FORWARD = "the forward pass changes too, and the gradients are right for the new one"
_AGREES = "the gradient of {} agrees at every point tried, and is not proved to be the original's"
_UNVISITED = "it is right in the regions visited: {} was not"
_UNCLAIMED = "the gradient of {} is no longer claimed, and so not checked"
_UNSEEN = "what it changes does not reach the gradients that the case claims"
_FINDINGS = "reported, but it fails only with --strict: {}"
_PROVED = "proved equal to the original's gradients"
_AT_MOST = " on both sides of every branch that was visited"


@dataclass(slots=True)
class Original:
    """A case as it is: its result, its runs on symbols, and what was seen to run."""

    case: TracedCase | ExpressionCase
    how: How
    result: CaseResult
    runs: list[Exact] = field(default_factory=list)
    results: list[Results] = field(default_factory=list)
    seen: Watch = field(default_factory=Watch)
    unheld: bool = False  # whether its runs take stand-ins everywhere

    @classmethod
    def of(cls, case: Case, how: How) -> Original:
        """Check a case, and see what runs; raises InputError for what is no case."""
        if not isinstance(case, (TracedCase, ExpressionCase)):
            raise InputError("expected a case")
        original = cls(case, how, checked(case, how))
        original.unheld = bool(UnheldError.places)
        with original.running(case):
            original._watch()
        return original

    def running(self, case: Case) -> AbstractContextManager[None]:
        """Run a case, this one or what a mistake makes of it, as the check of this one did."""
        from verify.tracing.everywhere import everywhere

        return everywhere(case.subject) if self.unheld else nullcontext()

    def _watch(self) -> None:
        """Run the case on symbols, and see what runs."""
        case, seed = self.case, self.how.seed
        if isinstance(case, TracedCase):
            from verify.checks.gradients.traced import check_traced

            # A mutant is tried where it costs least first.
            self.runs = sorted(check_traced(case, seed)[1], key=lambda exact: len(exact.seen.trace))
        if self.result.good:
            self.seen = watch(case, self.runs, seed)
            # Here and not beside a mutant, which has the place of the original's modules then.
            self.results = (
                [on_symbols(case, exact, seed)[0] for exact in self.runs]
                if isinstance(case, TracedCase)
                else [on_floats(case)]
            )

    def planted(self) -> Planted:
        """Return the mutants of the case."""
        if not self.result.good:
            return Planted(problem=_FAILS, failing=True)
        planted = tuple(mutants(self.seen))
        return Planted(planted, "" if planted else _NOTHING)


def checked(case: Case, how: How) -> CaseResult:
    """Check a case."""
    result = check(case, how.seed, quick=how.quick)
    return strict(result) if how.strict else result


def judged(original: Original, case: Case, mutant: Mutant) -> Judged:
    """Judge a mutant: `case` is the original's as it is with the mistake."""
    assert isinstance(case, (TracedCase, ExpressionCase))
    with original.running(case):
        return _judged(original, case, mutant)


def _judged(original: Original, case: TracedCase | ExpressionCase, mutant: Mutant) -> Judged:
    if isinstance(case, TracedCase):
        with uncollected():
            fault = next(filter(None, (_fault(case, exact, original.how.seed) for exact in original.runs)), "")
        if fault:
            return Judged(mutant, Outcome.CAUGHT, fault)
    result = checked(case, original.how)
    if not result.good:
        return Judged(mutant, Outcome.CAUGHT, _failure_text(result))
    reason = _doubt(original, case, result, mutant)
    if reason:
        return Judged(mutant, Outcome.SURVIVED, reason)
    bounded = bool(result.region)
    return Judged(mutant, Outcome.EQUIVALENT, f"{_PROVED}{_AT_MOST if bounded else ''}")


def _fault(case: TracedCase, exact: Exact, seed: int) -> str:
    """Return what is wrong with a mutant in the variant of a run of the original, or nothing: a check will tell."""
    from verify.tracing.observe import observe
    from verify.tracing.region import pinned
    from verify.tracing.symbols.trace import Trace

    variant = exact.seen.variant
    try:
        seen = observe(case, variant, seed, seen=exact.seen.again(Trace(exact.seen.trace)))
        if pinned(seen.conditions):
            return ""
        if seen.malformed:
            return next(iter(seen.malformed.values())).detail
        return _wrong(case, seen, exact, seed)
    except SubjectError as problem:
        return str(problem)


def _wrong(case: TracedCase, seen: Observation, exact: Exact, seed: int) -> str:
    from verify.checks.claims.claims import Exact
    from verify.proof.decide import decide
    from verify.tracing.region import Region

    same = seen.outputs == exact.seen.outputs
    other = exact if same else Exact(case, seen)
    region = Region.of(case, seen)
    differing = [
        (name, pair)
        for name, actual in seen.gradients.items()
        for pair in zip(other.gradient(name), actual.nodes, strict=True)
        if pair[0] != pair[1]
    ]
    first = list({name: (name, pair) for name, pair in reversed(differing)}.values())
    for entries in (first, differing):  # most mistakes are in every entry
        decisions = decide(seen.trace, [pair for _, pair in entries], lambda: region.points(seed), seed, region.holds)
        for (name, _), decision in zip(entries, decisions, strict=True):
            if not decision.verdict.good:
                return _verdict_text(decision.verdict, name)
    return ""


def _verdict_text(verdict: Verdict, name: str, quantity: str = "gradient") -> str:
    return f"the {quantity} of {name} is {'refuted' if verdict is Verdict.REFUTED else verdict.name.lower()}"


def _failure_text(result: CaseResult) -> str:
    """Say what a check found wrong."""
    for comparison in result.comparisons:
        if not comparison.good:
            return _of_row(comparison)
    return next((f.detail for f in result.findings if f.fails and not f.allowed), "nothing was compared")


def _of_row(comparison: Comparison) -> str:
    if comparison.quantity == "case" or comparison.verdict is Verdict.ERROR:
        return comparison.evidence.detail
    if comparison.verdict.good:
        return f"the floats of {comparison.name} are not explained by rounding"
    quantity = "gradient" if comparison.quantity == "gradient" else "value"
    return _verdict_text(comparison.verdict, comparison.name, quantity)


def _doubt(original: Original, case: TracedCase | ExpressionCase, result: CaseResult, mutant: Mutant) -> str:
    """Return why a mutant that passes is not shown to be no mistake, or nothing."""
    if not any((mutant.file, line) in original.seen.lines for line in range(mutant.first, mutant.last + 1)):
        return _NEVER
    lost = [name for name in result.unclaimed if name not in original.result.unclaimed]
    if lost:
        return _UNCLAIMED.format(", ".join(lost))
    if mutant.sees in _UNPROVABLE:
        return _told_apart(original.result, result) or _UNPROVABLE[mutant.sees]
    measured = bool(result.accuracy) and result.accuracy == original.result.accuracy
    if mutant.sees == "floats" and not measured:
        return _told_apart(original.result, result) or _FLOATS
    return _unproved(original, case, result) or _told_apart(original.result, result) or _unseen(original, case, mutant)


def _unseen(original: Original, case: TracedCase | ExpressionCase, mutant: Mutant) -> str:
    same = same_results(original.results, case, original.runs, mutant, original.how.seed)
    return "" if same else _UNSEEN


def _unproved(original: Original, case: TracedCase | ExpressionCase, result: CaseResult) -> str:
    for comparison in result.comparisons:
        if comparison.verdict is not Verdict.PROVED:
            return _AGREES.format(comparison.name)
    if isinstance(case, TracedCase) and not all(
        _forward_is_same(case, exact, original.how.seed) for exact in original.runs
    ):
        return _FORWARD
    unvisited = result.cover.unvisited if result.cover else ()
    return _UNVISITED.format(f"{unvisited[0].condition}, at {unvisited[0].where},") if unvisited else ""


def _told_apart(original: CaseResult, result: CaseResult) -> str:
    before = {(finding.code, finding.name) for finding in original.findings}
    new = [finding.detail for finding in result.findings if (finding.code, finding.name) not in before]
    return _FINDINGS.format(new[0]) if new else ""


def _forward_is_same(case: TracedCase, exact: Exact, seed: int) -> bool:
    """Tell whether the outputs of a mutant are proved to be those of the original."""
    from verify.proof.decide import decide
    from verify.tracing.observe import observe
    from verify.tracing.region import Region
    from verify.tracing.symbols.trace import Trace

    variant = exact.seen.variant
    try:
        seen = observe(case, variant, seed, seen=exact.seen.again(Trace(exact.seen.trace)))
    except GradproofError:
        return False
    if [q.shape for q in seen.outputs] != [q.shape for q in exact.seen.outputs]:
        return False
    pairs = [
        pair
        for mine, theirs in zip(exact.seen.outputs, seen.outputs, strict=True)
        for pair in zip(mine.nodes, theirs.nodes, strict=True)
    ]
    region = Region.of(case, seen)
    decisions = decide(seen.trace, pairs, lambda: region.points(seed), seed, region.holds)
    return all(decision.verdict is Verdict.PROVED for decision in decisions)
