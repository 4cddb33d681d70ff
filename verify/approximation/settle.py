"""Gradients that differ a little from the exact ones: mistakes, or approximations on purpose?

Below (or beyond) a threshold that code asks about, it may compute an approximation of the formula that it computes on
the other side. The function that `forward` means is then the one on the other side, continued over the threshold. A
gradient agrees if, over all of the region,

1. the gradient on the other side is that of `forward` there (it was decided as any other);
2. `forward` itself approximates what it computes there: no worse than that is good to at the threshold, or at least to
   the accuracy of single precision, with the gradient as close to the derivative of `forward` as it stands;
3. the gradient approximates the derivative of what `forward` computes there, no worse than the code's own formula on
   the other side is good to at the threshold.

All three are enclosures over the whole interval, for whatever other inputs (`enclosure`). The refutation that was there
before stands wherever one of them fails; where one of them cannot be proved and nothing speaks against it, nothing is
known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np

from verify.approximation.enclosure import BITS, Ends, Largest, error_at, largest_error, misprint, terms_at
from verify.approximation.frames import Pivot
from verify.approximation.models import BeyondError
from verify.approximation.pivots import Threshold, interval, thresholds
from verify.approximation.stated import within
from verify.approximation.telling import KIND, Telling
from verify.approximation.yardstick import Yardstick, computed_in, magnitude
from verify.arithmetic.formats import SINGLE, Format
from verify.errors import ProtocolError
from verify.expressions.runs import SubjectError
from verify.gradients.claims import Claim, Exact
from verify.proof import balls
from verify.proof.decide import Decision, decide
from verify.result import Evidence, Verdict
from verify.subjects.cases import TracedCase
from verify.tracing.floats import FloatRun
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point, pinned
from verify.tracing.trace import Trace

_LITTLE = flint.arb(1) / 8  # relative: what differs by more is no approximation, and not looked at
_MOST_THRESHOLDS = 4  # that are tried for one entry
_MOST_ENTRIES = 200  # that are enclosed in one run
_BUDGET = f"more than {_MOST_ENTRIES} entries differ: the others were not looked at"


@dataclass(frozen=True, slots=True)
class Other:
    """The run on the other side of a threshold, where the same threshold of other entries may be crossed too."""

    run: Exact
    yardstick: Yardstick


def settled(
    case: TracedCase, exact: Exact, found: Mapping[str, Claim], seed: int, floats: FloatRun
) -> dict[str, Claim]:
    """Return claims with what is decided of their refuted entries that may be approximations."""
    result = dict(found)
    for name, claim in found.items():
        refuted = [i for i, decision in enumerate(claim.decisions) if decision.verdict is Verdict.REFUTED]
        if refuted and case.accuracy is not None:
            decisions = list(claim.decisions)
            for entry in refuted:
                decisions[entry] = within(exact, claim, entry, case.accuracy)
            result[name] = replace(claim, decisions=decisions)
        elif refuted and exact.seen.conditions and all(_little(exact, claim, i) for i in refuted):
            settler = _Settler(case, exact, seed, computed_in(floats, name))
            decisions = list(claim.decisions)
            for count, entry in enumerate(refuted):
                decision = settler.decision(claim, entry, affordable=count < _MOST_ENTRIES)
                decisions[entry] = decision or decisions[entry]
            result[name] = replace(claim, decisions=decisions)
    return result


def _little(exact: Exact, claim: Claim, entry: int) -> bool:
    """Tell whether the sides of a refuted entry differ by little where that was seen."""
    point = claim.decisions[entry].point
    if point is None:
        return False
    pair = claim.actual.nodes[entry], exact.gradient(claim.name)[entry]
    with flint.ctx.workprec(BITS):
        values = balls.at(exact.seen.trace, pair, point)
        actual, expected = values[pair[0]], values[pair[1]]
        return bool(abs(actual - expected) < _LITTLE * abs(actual).max(abs(expected)))


class _Settler:
    def __init__(self, case: TracedCase, exact: Exact, seed: int, numbers: Format) -> None:
        self.case, self.exact, self.seed, self.numbers = case, exact, seed, numbers
        self.graph: Trace = exact.seen.trace
        self.known = thresholds(self.graph, exact.seen.conditions)
        self._others: list[tuple[Threshold, Other | None]] = []

    def decision(self, claim: Claim, entry: int, *, affordable: bool) -> Decision | None:
        """Return what is decided of a refuted entry; None leaves the refutation as it is."""
        refuted = claim.decisions[entry]
        pair = claim.actual.nodes[entry], self.exact.gradient(claim.name)[entry]
        decisions = []
        for threshold in self._about(pair):
            if not affordable:
                return Decision(Verdict.UNDECIDED, Evidence(KIND, _BUDGET))
            other = self._other(threshold)
            if other is not None and (found := self._across(claim, entry, threshold, other)) is not None:
                decisions.append(found)
        best = min(decisions, key=lambda one: one.verdict.rank, default=None)
        return best and best._replace(point=refuted.point)

    def _about(self, pair: tuple[int, int]) -> list[Threshold]:
        """Return thresholds of what a pair depends on."""
        nodes = set(self.graph.reach(pair))
        found = [t for t in self.known if t.at and nodes.issuperset(t.pivot.variables)]
        return found[:_MOST_THRESHOLDS]

    def _other(self, threshold: Threshold) -> Other | None:
        """Return the run on the other side of a threshold, and of the same one of other entries."""
        for known, other in self._others:
            if known.alike(threshold):
                return other
        other = None
        with suppress(SubjectError, ProtocolError):
            other = self._cross(threshold)
        self._others.append((threshold, other))
        return other

    def _cross(self, threshold: Threshold) -> Other | None:
        crossed = [t for t in self.known if t.alike(threshold)]
        at = {name: value for t in crossed for name, value in _beyond(self.exact, t).items()}
        variant = self.exact.seen.variant
        seen = Observation(variant, Trace(self.graph))
        observe(self.case, variant, self.seed, seen=seen, at={**self.exact.seen.at, **at})
        holds = {(c.node, c.relation): c.holds for c in seen.conditions}
        missed = any(
            holds.get((t.condition.node, t.condition.relation)) is not (not t.condition.holds) for t in crossed
        )
        if missed or pinned(seen.conditions):
            return None
        yardstick = Yardstick(self.case, seen, self.seed, self.numbers)
        return Other(Exact(self.case, seen, twice=False), yardstick) if yardstick.usable else None

    def _across(self, claim: Claim, entry: int, threshold: Threshold, other: Other) -> Decision | None:
        """Judge an entry by the function on the other side of a threshold."""
        gradient = other.run.seen.gradients.get(claim.name)
        if gradient is None or claim.name in other.run.seen.malformed:
            return None
        meant, there = other.run.gradient(claim.name)[entry], gradient.nodes[entry]
        points = lambda: other.run.region.points(self.seed)  # noqa: E731
        if not decide(other.run.seen.trace, [(meant, there)], points, self.seed)[0].verdict.good:
            return None
        graph, place = other.run.seen.trace, _at(other.run.seen.trace, threshold.pivot, other.yardstick.point)
        try:
            size = magnitude(
                graph, terms_at(graph, meant, threshold.pivot, place), threshold.pivot, other.yardstick.point
            )
            limit = other.yardstick.of_gradient(claim.name, entry, meant, size)
        except BeyondError as problem:
            return self._undecided(str(problem), close=None)
        return self._compared(claim, entry, threshold, other, meant, limit)

    def _compared(
        self, claim: Claim, entry: int, threshold: Threshold, other: Other, meant: int, limit: flint.arb
    ) -> Decision | None:
        graph, pivot = other.run.seen.trace, threshold.pivot
        ends = interval(self.exact.region, pivot, self.known)
        actual, own = claim.actual.nodes[entry], self.exact.gradient(claim.name)[entry]
        told = Telling(graph, threshold, self.numbers, ends, limit)
        if self._jumps(other, pivot, _nearest(ends, threshold)):
            return None
        try:
            error = largest_error(graph, (actual, meant), pivot, ends)
            if error.reached > limit:
                return told.refuted(error)
            if not error.error <= limit:
                return self._undecided("the bound is not tight enough", close=True)
            if error.error > self.numbers.unit and (text := misprint(graph, (actual, meant), pivot)):
                return told.misprinted(error, text)
            forward = self._forward(other, pivot, ends, threshold)
            if isinstance(forward, Decision):
                return forward
            single = flint.arb(SINGLE.unit)
            if any(one.error > single for one in forward) or (
                forward and not self._single(graph, (actual, own), pivot, ends)
            ):
                return told.of_forward(error, forward)
        except BeyondError as problem:
            places = [_nearest(ends, threshold), *self._seen(claim, entry, pivot)]
            errors = [error_at(graph, (actual, meant), pivot, place) for place in places]
            return self._undecided(str(problem), close=all(one is not None and bool(one <= limit) for one in errors))
        return told.agrees(error, forward)

    def _forward(self, other: Other, pivot: Pivot, ends: Ends, threshold: Threshold) -> list[Largest] | Decision:
        """Return how far the outputs are from what `forward` computes on the other side, where that is too far.

        Raises BeyondError where nothing is proved.
        """
        graph = other.run.seen.trace
        moved: list[Largest] = []
        for place, pair in enumerate(_outputs(self.exact, other.run)):
            if pair[0] == pair[1] or not set(graph.reach(pair)).issuperset(pivot.variables):
                continue
            size = magnitude(
                graph,
                terms_at(graph, pair[1], pivot, _at(graph, pivot, other.yardstick.point)),
                pivot,
                other.yardstick.point,
            )
            limit = other.yardstick.of_output(place, pair[1], size)
            error = largest_error(graph, pair, pivot, ends)
            if error.error > self.numbers.unit and (text := misprint(graph, pair, pivot)):
                return Telling(graph, threshold, self.numbers, ends, limit).misprinted(error, text)
            moved += [error] if error.error > limit else []
        return moved

    def _jumps(self, other: Other, pivot: Pivot, place: Fraction) -> bool:
        """Tell whether an output jumps at a threshold: it is no approximation then of what is on the other side."""
        graph, least = other.run.seen.trace, max(SINGLE.unit, self.numbers.unit**0.5)
        pairs = [pair for pair in _outputs(self.exact, other.run) if pair[0] != pair[1]]
        near = [pair for pair in pairs if set(graph.reach(pair)).issuperset(pivot.variables)]
        errors = [error_at(graph, pair, pivot, place) for pair in near]
        return any(error is not None and error > flint.arb(least) for error in errors)

    def _single(self, graph: Trace, pair: tuple[int, int], pivot: Pivot, ends: Ends) -> bool:
        """Tell whether two nodes are as close as single precision tells numbers apart, over all of an interval."""
        with suppress(BeyondError):
            return bool(largest_error(graph, pair, pivot, ends).error <= flint.arb(SINGLE.unit))
        return False

    def _seen(self, claim: Claim, entry: int, pivot: Pivot) -> list[Fraction]:
        """Return where the pivot is at the sample, and at the point that refutes an entry."""
        points = [self.exact.region.sample, claim.decisions[entry].point]
        return [_at(self.graph, pivot, point) for point in points if point is not None]

    def _undecided(self, why: str, *, close: bool | None) -> Decision | None:
        """Say that nothing is proved, unless a place is known where the gradient is too far off."""
        if close is not True:
            return None
        detail = (
            "it looks like an approximation of the formula on the other side of a threshold, but that could not be "
            f"proved over all of the region: {why}"
        )
        return Decision(Verdict.UNDECIDED, Evidence(KIND, detail))


def _outputs(exact: Exact, other: Exact) -> Iterator[tuple[int, int]]:
    for mine, theirs in zip(exact.seen.outputs, other.seen.outputs, strict=True):
        yield from zip(mine.nodes, theirs.nodes, strict=True)


def _beyond(exact: Exact, threshold: Threshold) -> dict[str, Fraction]:
    """Return inputs just on the other side of a threshold, which are numbers of single precision."""
    graph, sample, at = exact.seen.trace, exact.seen.trace.sample, threshold.at
    names = [graph.payloads[node] for node in threshold.pivot.variables]
    if threshold.pivot.square is not None:
        norm = sum(float(sample[name]) ** 2 for name in names) ** 0.5
        scale = float(at) / norm * (1 + 2.0**-20 * (1 if norm < at else -1))
        return {name: Fraction(float(np.float32(float(sample[name]) * scale))) for name in names}
    here = sample[names[0]]
    goal = -at if threshold.sized and here < 0 else at
    outward = np.float32(np.inf if here < goal else -np.inf)
    near = np.float32(float(goal))
    while (Fraction(float(near)) <= goal) if here < goal else (Fraction(float(near)) >= goal):
        near = np.nextafter(near, outward)
    return {names[0]: Fraction(float(near))}


def _at(graph: Trace, pivot: Pivot, point: Point) -> Fraction:
    """Return where the pivot is at a point."""
    values = [point[graph.payloads[node]] for node in pivot.variables]
    return values[0] if pivot.square is None else Fraction(float(sum(value**2 for value in values)) ** 0.5)


def _nearest(ends: Ends, threshold: Threshold) -> Fraction:
    """Return the end of an interval that is the threshold."""
    finite = [end for end in ends if end is not None]
    return min(finite, key=lambda end: abs(abs(end) - abs(threshold.at)), default=threshold.at)
