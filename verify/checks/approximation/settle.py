"""Gradients that differ a little from the exact ones: mistakes, or approximations on purpose?

Below (or beyond) a threshold that code asks about, it may compute an approximation of the formula that it computes on
the other side. The function that `forward` means is then the one on the other side, continued over the threshold. A
gradient agrees if, over all of the region,

1. the gradient on the other side is that of `forward` there (it was decided as any other);
2. `forward` itself approximates what it computes there: no worse than that is good to at the threshold, or, for a
   limit far out (a softplus that is x from 20 on), at least to the accuracy of single precision, with the gradient as
   close to the derivative of `forward` as it stands;
3. the gradient approximates the derivative of what `forward` computes there, no worse than the code's own formula on
   the other side is good to at the threshold.

All three are enclosures over the whole interval, for whatever other inputs (`enclosure`): of the leaves in which both
sides differ (`composed`), or of the gradient as a whole (`whole`). The refutation that was there
before stands wherever one of them fails; where one of them cannot be proved and nothing speaks against it, nothing is
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import flint

from verify.cases.case import TracedCase
from verify.checks.approximation.composed import Composed
from verify.checks.approximation.crossing import Crossings, Other, runs_on
from verify.checks.approximation.ignored import small_constants
from verify.checks.approximation.leaves import BITS, are_close
from verify.checks.approximation.stated import within
from verify.checks.approximation.whole import Gradient, Whole
from verify.checks.approximation.yardstick import computed_in
from verify.checks.claims.claims import Claim, Exact
from verify.checks.rounding.formats import SINGLE, Format
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.comparison import APPROXIMATION
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof.decide import decide
from verify.proof.decision import Decision
from verify.tracing.floats import FloatRun
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

_MOST_ENTRIES = 200  # that are enclosed in one run
_BUDGET = f"more than {_MOST_ENTRIES} entries differ: the others were not checked"
_NOT_PROVED = (
    "it looks like an approximation of the formula on the other side of a threshold, but no bound on its error could "
    "be proved over all of the region"
)

_JUMPS = (
    "the difference from the exact derivative is below float precision, like that of an approximation near a "
    "threshold, but the output does not approximate the formula on the other side: it jumps there"
)
_NO_OTHER = (
    "the difference from the exact derivative is below float precision, like that of an approximation near a "
    "threshold, but no run reached a formula on the other side of one"
)


class Approximations:
    """What is decided of the refuted entries of a run that may be approximations."""

    def __init__(self, case: TracedCase, exact: Exact, seed: int, floats: FloatRun) -> None:
        self.case, self.exact, self.seed, self.floats = case, exact, seed, floats
        self._settlers: dict[Format, _Settler] = {}
        runs_on(exact.seen.trace).append(exact)

    def at_first_sight(self, claims: Mapping[str, Claim]) -> dict[str, Claim]:
        """Return claims of which each refuted entry is shown to be an approximation, wherever it was seen to differ.

        An enclosure over all of the region holds without a point at which a difference shows, for which most of the
        time of a check would go. All others are as they were.
        """
        refuted = {name: claim for name, claim in claims.items() if _refuted(claim)}
        result = dict(claims)
        if refuted and self.case.accuracy is None and not small_constants(self.exact):
            for name, claim in refuted.items():
                if _may_approximate(self.exact, claim, _refuted(claim)):
                    result[name] = self._if_good(claim) or claim
        return result

    def settled(self, claims: Mapping[str, Claim]) -> dict[str, Claim]:
        """Return claims with what is decided of their refuted entries that may be approximations."""
        result = dict(claims)
        for name, claim in claims.items():
            refuted = _refuted(claim)
            if refuted and self.case.accuracy is not None:
                decisions = {entry: within(self.exact, claim, entry, self.case.accuracy) for entry in refuted}
                result[name] = _replaced(claim, decisions)
            elif _may_approximate(self.exact, claim, refuted):
                result[name] = _replaced(claim, dict(self._by_enclosures(claim)))
        return result

    def _if_good(self, claim: Claim) -> Claim | None:
        """Return a claim all of whose refuted entries are approximations; the first that is none ends the search."""
        decisions = {}
        for entry, decision in self._by_enclosures(claim):
            if not decision.verdict.good:
                return None
            decisions[entry] = decision
        return _replaced(claim, decisions)

    def _by_enclosures(self, claim: Claim) -> Iterator[tuple[int, Decision]]:
        """Yield the decisions on the refuted entries, as they were where nothing else is known."""
        numbers = computed_in(self.floats, claim.name)
        if numbers not in self._settlers:
            self._settlers[numbers] = _Settler(self.case, self.exact, self.seed, numbers)
        for count, entry in enumerate(_refuted(claim)):
            decision = self._settlers[numbers].decision(claim, entry, affordable=count < _MOST_ENTRIES)
            yield entry, decision or claim.decisions[entry]


def _preference(judged: tuple[Decision, bool]) -> tuple[int, bool]:
    """Order decisions, each with whether the outputs change at its threshold: the best first, of two as good the surer.

    Where the outputs stay as they are, the gradient is measured by the derivative of `forward` itself. Where they
    change, it is a guess which of the two sides approximates the other.
    """
    decision, moves = judged
    return decision.verdict.rank, moves


def _replaced(claim: Claim, decisions: Mapping[int, Decision]) -> Claim:
    """Return a claim with other decisions on some entries."""
    return replace(claim, decisions=[_settled(before, decisions.get(i)) for i, before in enumerate(claim.decisions)])


def _settled(before: Decision, after: Decision | None) -> Decision:
    """Return what is known of an entry; where arrays of constants may explain a difference, it is not refuted."""
    return before if after is None or (_is_open(before) and not after.verdict.good) else after


def _refuted(claim: Claim) -> list[int]:
    """Return the entries that are refuted, or would be but for what computed arrays of constants may be off by."""
    return [i for i, d in enumerate(claim.decisions) if d.verdict is Verdict.REFUTED or _is_open(d)]


def _is_open(decision: Decision) -> bool:
    """Tell whether arrays of constants may explain a difference: a proof that it is small says more than that."""
    return decision.verdict is Verdict.UNDECIDED and decision.evidence.reason is Reason.COMPUTED_CONSTANTS


def _may_approximate(exact: Exact, claim: Claim, refuted: Sequence[int]) -> bool:
    """Tell whether there are refuted entries, beyond a branch, which all differ by little where that was seen.

    Where `forward` is constant, as 1 for sin(x) / x below 1e-8, what it approximates may have any derivative.
    """
    return bool(refuted and exact.seen.conditions) and all(
        _is_constant(exact, claim, i) or _little(exact, claim, i) for i in refuted
    )


def _is_constant(exact: Exact, claim: Claim, entry: int) -> bool:
    """Tell whether no output depends on the input of an entry, in the region of the run."""
    return exact.seen.trace.value(exact.gradient(claim.name)[entry]) == 0


def _little(exact: Exact, claim: Claim, entry: int) -> bool:
    """Tell whether the sides of a refuted entry differ by little where that was seen."""
    decision = claim.decisions[entry]
    point = exact.region.sample if _is_open(decision) else decision.point
    if point is None:
        return False
    pair = claim.actual.nodes[entry], exact.gradient(claim.name)[entry]
    return are_close(exact.seen.trace, pair, point, {})


class _Settler:
    def __init__(self, case: TracedCase, exact: Exact, seed: int, numbers: Format) -> None:
        self.exact, self.seed, self.numbers = exact, seed, numbers
        self.graph: Trace = exact.seen.trace
        self.crossings = Crossings(case, exact, seed, numbers)
        self.thresholds = self.crossings.thresholds
        self.limits: set[str] = set()  # of enclosures of whole gradients that were reached, in the words of the report
        self._composed: dict[tuple[int, str], Composed] = {}  # of a run beyond a threshold and an input

    def decision(self, claim: Claim, entry: int, *, affordable: bool) -> Decision | None:
        """Return what is decided of a refuted entry; None leaves the refutation as it is."""
        refuted = claim.decisions[entry]
        pair = claim.actual.nodes[entry], self.exact.gradient(claim.name)[entry]
        decisions = []
        for other in self.crossings.others(pair):
            if not affordable:
                return Decision(Verdict.UNDECIDED, Evidence(APPROXIMATION, _BUDGET, reason=Reason.APPROXIMATION))
            decision = self._beside(claim, entry, other)
            if decision is not None:
                decisions.append((decision, other.moves(self.exact)))
                if decision.verdict.good:
                    break
        best = min(decisions, key=_preference, default=(None, False))[0]
        if best is None and self._may_be_other(pair, refuted.point):
            best = Decision(Verdict.UNDECIDED, self._open(_NO_OTHER))
        return best and best._replace(point=refuted.point)

    def _may_be_other(self, pair: tuple[int, int], point: Point | None) -> bool:
        """Tell whether an approximation may stand for a formula that no run has reached."""
        lines = self.crossings.lines(pair)
        return bool(lines) and (bool(self.crossings.limits) or self._is_invisible(pair, point))

    def _open(self, text: str, composed: Composed | None = None) -> Evidence:
        """Return the evidence of what is neither proved nor refuted, with the limits that the search has reached."""
        limits = self.crossings.limits | (self.limits | composed.matching.limits if composed else set())
        return Evidence(APPROXIMATION, "; ".join([text, *sorted(limits)]), reason=Reason.APPROXIMATION)

    def _is_invisible(self, pair: tuple[int, int], point: Point | None) -> bool:
        """Tell whether the sides differ by less than the format tells, at the point where they differ most."""
        with flint.ctx.workprec(BITS):
            return point is not None and bool(_error(self.graph, pair, point) < flint.arb(self.numbers.unit))

    def _beside(self, claim: Claim, entry: int, other: Other) -> Decision | None:
        """Judge an entry by the run on the other side of thresholds, if the gradient there is the exact one."""
        returned = other.run.seen.gradients.get(claim.name)
        if returned is None or claim.name in other.run.seen.malformed:
            return None
        meant, there = other.run.gradient(claim.name)[entry], returned.nodes[entry]
        composed = self._composed_of(other, claim.name)
        actual, own = claim.actual.nodes[entry], self.exact.gradient(claim.name)[entry]
        if not composed.matching.close(actual, meant) or not self._is_exact(other, meant, there):
            return None
        if _is_constant(self.exact, claim, entry) and not self._is_approximated(other, claim.decisions[entry].point):
            return None
        variable = self.exact.seen.inputs[claim.name].nodes[entry]
        gradient = Gradient(claim.name, entry, actual, meant, own)
        vector = any(threshold.pivot.square is not None for threshold in other.crossed)
        decision = self._as_whole(other, gradient, variable) if vector else None
        decision = decision or composed.decision((actual, there), own, variable)
        decision = decision or (None if vector else self._as_whole(other, gradient, variable)) or composed.short
        if decision is None and _looks_right(self.exact, claim, other, gradient):
            return composed.rewritten((actual, there), own, variable) or Decision(
                Verdict.UNDECIDED, self._open(_NOT_PROVED, composed)
            )
        if decision is None and self._is_invisible((actual, own), claim.decisions[entry].point):
            return Decision(Verdict.UNDECIDED, self._open(_JUMPS, composed))
        return decision

    def _composed_of(self, other: Other, name: str) -> Composed:
        key = id(other), name
        if key not in self._composed:
            self._composed[key] = Composed(self.exact, other, self.thresholds, self.numbers, self.seed)
        return self._composed[key]

    def _is_exact(self, other: Other, meant: int, there: int) -> bool:
        """Tell whether the gradient of a run beyond a threshold is the exact one there."""
        remembered = self.graph.memory("exact beyond")
        key = id(other.run), meant, there  # the graph keeps the run
        if key not in remembered:
            points = lambda: other.run.region.points(self.seed)  # noqa: E731
            decision = decide(other.run.seen.trace, [(meant, there)], points, self.seed, sharpen=False)[0]
            remembered[key] = decision.verdict.good
        return bool(remembered[key])

    def _is_approximated(self, other: Other, point: Point | None) -> bool:
        """Tell whether single precision tells no output from that beyond a threshold, at points on both sides."""
        places = [other.yardstick.point, self.exact.region.sample, point or self.exact.region.sample]
        with flint.ctx.workprec(BITS):
            return all(
                _error(self.graph, output, at) <= flint.arb(SINGLE.unit)
                for output in other.outputs(self.exact)
                for at in places
            )

    def _as_whole(self, other: Other, gradient: Gradient, variable: int) -> Decision | None:
        """Judge a gradient as a function of the pivot of one of the thresholds that were crossed.

        Leaves of the norm of a vector are multiplied by its components, which are small where the norm is: what the
        formula of a leaf is good to there excuses nothing, so that such a gradient is judged as a whole first.
        """
        for threshold in other.crossed:
            if variable in self.graph.reach(threshold.pivot.variables):
                whole = Whole(self.exact, other, threshold, self.thresholds, self.numbers)
                decision = whole.decision(gradient)
                self.limits |= whole.limits
                if decision is not None:
                    return decision
        return None


def _looks_right(exact: Exact, claim: Claim, other: Other, gradient: Gradient) -> bool:
    """Tell whether no point shows the gradient or an output to be no approximation.

    The gradient is none where it is off by more than the formula beyond the threshold is at the threshold, an output
    where it differs in single precision. The points are the sample, the one that refutes, and one beyond the threshold.
    """
    graph, point = exact.seen.trace, claim.decisions[gradient.entry].point or exact.region.sample
    variable = exact.seen.inputs[claim.name].nodes[gradient.entry]
    outputs = [(a, b) for a, b in other.outputs(exact) if a != b and variable in graph.reach([a, b])]
    pair = gradient.actual, gradient.meant
    with flint.ctx.workprec(BITS):
        size = abs(balls.at(graph, [pair[1]], other.yardstick.point)[pair[1]])
        limit = other.yardstick.excused(other.yardstick.of_gradient(gradient.name, gradient.entry, pair[1], size))
        for at in (other.yardstick.point, exact.region.sample, point):
            close = _error(graph, pair, at) <= limit
            if not close or not all(_error(graph, output, at) <= flint.arb(SINGLE.unit) for output in outputs):
                return False
    return True


def _error(graph: Graph, pair: tuple[int, int], point: Point) -> flint.arb:
    """Return a relative error at a point."""
    values = balls.at(graph, pair, point)
    actual, meant = values[pair[0]], values[pair[1]]
    if actual.contains(0) and meant.contains(0):  # 0 on both sides, as far as their digits tell
        return abs(actual - meant).abs_upper()
    return abs(actual - meant) / abs(meant)
