"""Approximations inside longer formulas: the exact gradient, with each in place of the formula that it replaces.

The gradient on the other side of a threshold is the exact one there (it was decided as any other), and the one on this
side is the same formula of other leaves (`leaves`). Each leaf is enclosed as a function of the pivot that its threshold
asks about, over all of the region and whatever other inputs are, and is judged by what the code's own formula for it is
good to at the threshold. Then the gradient differs from the exact one by no more than it would for the roundings of
that formula; where later operations cancel, they cost either of them the same digits, which is for the floats to show.
The outputs have to be taken apart in the same way, so that `forward` approximates what it computes on the other side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import flint

from verify.checks.approximation.crossing import Other
from verify.checks.approximation.enclosure import Ends, Largest, Pair
from verify.checks.approximation.leaves import Matching
from verify.checks.approximation.models import BeyondError, LimitError
from verify.checks.approximation.pivots import Threshold, interval, is_around_zero, nearest, place_at, powers
from verify.checks.approximation.replaced import Replacing
from verify.checks.approximation.telling import Telling
from verify.checks.approximation.univariate import beyond, error, largest, misprinted
from verify.checks.claims.claims import Exact
from verify.checks.rounding.formats import SINGLE, Format
from verify.proof.decision import Decision


@dataclass(frozen=True, slots=True)
class Leaf:
    """An approximation with a bound on its error over a region, and what the formula that it stands for is good to.

    It `is_short` where it is a series near 0 that is far worse than that; a limit far out may be one for float32.
    """

    threshold: Threshold
    ends: Ends
    error: Largest
    limit: flint.arb
    is_short: bool

    @property
    def good(self) -> bool:
        """Tell whether it is as good as the formula that it stands for."""
        return bool(self.error.error <= self.limit)


Apart = Callable[[int, int], list[Leaf] | None]


class Composed:
    """The formulas of a run against those on the other side of thresholds."""

    def __init__(self, exact: Exact, other: Other, thresholds: Sequence[Threshold], numbers: Format, seed: int) -> None:
        self.exact, self.other, self.numbers = exact, other, numbers
        self.graph = other.run.seen.trace
        self.thresholds = [*powers(self.graph, thresholds), *thresholds]
        self.pivots = {t.pivot: t for t in reversed([*powers(self.graph, other.crossed), *other.crossed])}
        self.matching: Matching[Leaf] = Matching(self.graph, exact.region.sample, self._leaf)
        points = lambda: exact.region.points(seed)  # noqa: E731
        self.replacing = Replacing(self.graph, self.matching, self.pivots, points, seed)
        self._misprint: Decision | None = None
        self.short: Decision | None = None  # what is said of `forward` where only that is too far from the other side

    def decision(self, pair: Pair, own: int, variable: int) -> Decision | None:
        """Judge a gradient against that on the other side; None where it is not the exact one with good approximations.

        `own` is the derivative of `forward` as it stands, `variable` the entry of the input.
        """
        self.short = None
        return self._decision(self.matching.leaves, pair, own, variable) or self._misprint

    def rewritten(self, pair: Pair, own: int, variable: int) -> Decision | None:
        """Judge a gradient that may be written in another way on the other side, which takes longer."""
        return self._decision(self._either, pair, own, variable)

    def _either(self, p: int, q: int) -> list[Leaf] | None:
        leaves = self.matching.leaves(p, q)
        return self.replacing.leaves(p, q) if leaves is None else leaves

    def _decision(self, apart: Apart, pair: Pair, own: int, variable: int) -> Decision | None:
        leaves = apart(*pair)
        if leaves is None or not all(leaf.good for leaf in leaves):
            return None
        forward = self._forward(apart, variable)
        if forward is None:
            return None
        moved = [leaf for leaf in forward if not leaf.good]
        # All leaves are at least as good as single precision.
        if any(leaf.is_short for leaf in moved) or (moved and self._is_another(apart, pair[0], own)):
            self.short = self._of_forward(leaves, moved)
            return None
        if not leaves and not forward:
            return None
        worst, errors = max(leaves or forward, key=lambda leaf: float(leaf.error.error)), [leaf.error for leaf in moved]
        if not leaves:  # the gradient is the exact one on the other side, and `forward` alone approximates
            nothing = replace(worst.error, error=flint.arb(0), reached=flint.arb(0))
            return self._telling(worst).agrees(nothing, errors)
        return self._telling(worst).composed(worst.error, errors)

    def _is_another(self, apart: Apart, actual: int, own: int) -> bool:
        """Tell whether a gradient is not seen to be that of `forward` itself: the one is no misprint of the other."""
        misprint = self._misprint
        leaves = apart(actual, own)
        self._misprint = misprint
        return leaves is None

    def _of_forward(self, leaves: Sequence[Leaf], moved: Sequence[Leaf]) -> Decision:
        """Say that `forward` is too far from the other side, of which the gradient has the derivative."""
        worst = max(moved, key=lambda leaf: float(leaf.error.error))
        nothing = replace(worst.error, error=flint.arb(0), reached=flint.arb(0))
        unit = flint.arb(self.numbers.unit)
        gradient = max(leaves, key=lambda leaf: float(leaf.error.error), default=None)
        judged = (gradient.error, gradient.limit) if gradient else (nothing, unit)
        return self._telling(worst).of_forward(judged, [(leaf.error, leaf.limit) for leaf in moved])

    def _forward(self, apart: Apart, variable: int) -> list[Leaf] | None:
        """Return the leaves of all outputs that depend on an input."""
        gathered: list[Leaf] = []
        for pair in self.other.outputs(self.exact):
            if pair[0] != pair[1] and variable in self.graph.reach(pair):
                leaves = apart(*pair)
                if leaves is None:
                    return None
                gathered += leaves
        return gathered

    def _leaf(self, p: int, q: int) -> Leaf | None:
        """Enclose p / q - 1 as a function of a pivot; None where it is more than single precision allows for."""
        reached = set(self.graph.reach([p, q]))
        for threshold in reversed(self.pivots.values()):
            if reached.issuperset(threshold.pivot.variables) and (leaf := self._by(threshold, (p, q))):
                return leaf
        return None

    def _by(self, threshold: Threshold, pair: Pair) -> Leaf | None:
        pivot = threshold.pivot
        single = flint.arb(SINGLE.unit)
        useless = flint.arb(self.numbers.unit).sqrt().max(single)  # no formula is good to less
        ends = interval(self.exact.region, pivot, self.thresholds)
        if not any(first is not None and first <= useless for first in self._glances(threshold, pair, ends)):
            return None
        limit = self.other.yardstick.of_formula(pair[1])
        most = limit.max(single)
        if beyond(self.graph, pair, pivot, nearest(ends, threshold), most):
            return None
        try:
            bound = largest(self.graph, pair, pivot, ends)
            is_short = is_around_zero(ends, threshold) and self.other.yardstick.is_short(bound.reached, limit)
            leaf = Leaf(threshold, ends, bound, limit, is_short)
            if not bound.error <= most:
                return None
            if bound.error > self.numbers.unit and (text := misprinted(self.graph, pair, pivot, self.numbers.unit)):
                if not self.matching.guessed:  # of a coefficient that is guessed, nothing is said
                    self._misprint = self._telling(leaf).misprinted(bound, text)
                return None
        except LimitError as problem:
            self.matching.limits.add(str(problem))
            return None
        except BeyondError:
            return None
        return leaf

    def _glances(self, threshold: Threshold, pair: Pair, ends: Ends) -> Iterator[flint.arb | None]:
        """Yield errors at single places: at the sample, where all digits may cancel, and at the end of the interval.

        They spare the proof of what is no leaf, and prove nothing.
        """
        pivot = threshold.pivot
        yield error(self.graph, pair, pivot, place_at(self.graph, pivot, self.exact.region.sample))
        yield error(self.graph, pair, pivot, nearest(ends, threshold))

    def _telling(self, leaf: Leaf) -> Telling:
        bounded = self.other.yardstick.bounded
        return Telling(self.graph, leaf.threshold, self.numbers, leaf.ends, leaf.limit, bounded)
