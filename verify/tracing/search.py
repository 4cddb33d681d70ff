"""Inputs that lie on the other side of a condition, or on its very edge."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import flint

from verify.graph import balls
from verify.model.exact import simplest_rational, within
from verify.proof import rationals
from verify.proof.ranges import Domain
from verify.tracing.observe import Observation
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Condition

_SIZES = [Fraction(10) ** power for power in (-12, -8, -3, -1, 0)] + [*map(Fraction, (3, 10, 30, 100, 1000, 10**8))]
_MAGNITUDES = [Fraction(0), *(sign * size for size in _SIZES for sign in (1, -1))]
_PAST = [Fraction(1, 8), Fraction(1), Fraction(1, 2**20)]  # how far past an edge, in distances of the sample from it
_MOST_VARIABLES = 6  # of a condition, that are moved one by one
_BITS = 128
_HALVINGS = 80
_GRID = [Fraction(5, 4) ** power for power in range(-30, 38)]  # 0.001 to 4,000, each a quarter farther
_VALLEYS = 4  # of a condition along one variable, that are followed to the bottom
_STEPS = 32  # of one
_GOLDEN = Fraction(382, 1000)
_FINE, _STEP = 128, Fraction(5, 17)  # steps of a fine grid, and their width; few functions are 0 at multiples of that
_DIGITS = (0, 1, 2, 3, 5, 8, 12, 16)


class Crossing(NamedTuple):
    """Values of one variable, the others being those of the sample: on the edge, where that is known, and past it.

    `near` is close to an edge that is no short rational.
    """

    name: str
    edge: Fraction | None
    past: Sequence[Fraction]
    near: Fraction | None = None


def crossings(
    seen: Observation,
    condition: Condition,
    bounds: Domain,
    others: Point | None = None,
    moving: Collection[int] | None = None,
) -> Iterator[Crossing]:
    """Return where the sign of a condition changes when one variable of it is moved; `others` are not at the sample.

    The variables `moving` are entries of inputs, unless the caller names other nodes, as of an upstream.
    """
    graph, sample = seen.trace, {**seen.trace.sample, **(others or {})}
    moved = {n for quantity in seen.inputs.values() for n in quantity.nodes} if moving is None else moving
    names = [graph.payloads[node] for node in graph.leaves(condition.node) if node in moved]
    for name in names[:_MOST_VARIABLES]:
        value = _Along(seen, condition.node, name, sample)
        crossing = _linear(value, sample[name], bounds.get(name, (None, None)))
        if crossing is None or not crossing.past:
            crossing = _probed(value, sample[name], bounds.get(name, (None, None))) or crossing
        if crossing and (crossing.past or crossing.edge is not None):
            yield crossing


def changes(seen: Observation, node: int, name: str, bounds: Domain, others: Point) -> Iterator[Crossing]:
    """Return where the sign of a node changes along one variable between steps of a fine grid, the nearest first.

    Where functions turn again and again, as a cosine does, the crossing that `crossings` finds is one of many.
    """
    domain = bounds.get(name, (None, None))
    value = _Along(seen, node, name, {**seen.trace.sample, **others})
    signed = [(at, sign) for at in _fine(domain) if (sign := value.sign(at))]
    turns = [(low, high, before) for (low, before), (high, after) in pairwise(signed) if before != after]
    for low, high, before in sorted(turns, key=lambda turn: abs(turn[0] - value.sample[name])):
        edge = _halved(value, low, high, before)
        exact = simplest_rational(float(edge))
        yield Crossing(name, exact if within(exact, domain) and value.exact(exact) == 0 else None, [], edge)


def _fine(bounds: tuple[Fraction | None, Fraction | None]) -> Iterator[Fraction]:
    """Yield values of a domain in equal steps, from the end that it has, or about 0."""
    low, high = bounds
    width = high - low if low is not None and high is not None else _FINE * _STEP
    start = low if low is not None else high - width if high is not None else -width / 2
    return (start + width * Fraction(2 * step + 1, 2 * _FINE) for step in range(_FINE))


def valleys(seen: Observation, condition: Condition, bounds: Domain, others: Point | None = None) -> Iterator[Crossing]:
    """Return crossings as `crossings` does, where the other sign is taken between the magnitudes that those try.

    A condition is followed along one variable down to where it comes closest to the other sign: sin(x) / x is below
    -0.2 for 4.2 < x < 4.8 alone, and for -x there.
    """
    graph, sample = seen.trace, {**seen.trace.sample, **(others or {})}
    inputs = {node for quantity in seen.inputs.values() for node in quantity.nodes}
    names = [graph.payloads[node] for node in graph.leaves(condition.node) if node in inputs]
    for name in names[:_MOST_VARIABLES]:
        value, domain = _Along(seen, condition.node, name, sample), bounds.get(name, (None, None))
        before = value.sign(sample[name]) or 0
        for probe in _bottoms(value, domain, before) if before else ():
            if value.sign(probe) == -before:
                yield Crossing(name, None, [probe])


def together(seen: Observation, condition: Condition, bounds: Domain) -> Iterator[Point]:
    """Return points at which all entries of an input are moved at once: to a magnitude, or close to each other."""
    graph, sample = seen.trace, seen.trace.sample
    reached = set(graph.leaves(condition.node))
    for quantity in seen.inputs.values():
        names = [graph.payloads[node] for node in quantity.nodes]
        if reached.isdisjoint(quantity.nodes):
            continue
        largest = max(abs(sample[name]) for name in names) or 1
        for size in _SIZES:
            for change in (
                {name: sample[name] / largest * size for name in names},
                {name: abs(sample[name]) / largest * size for name in names},
                {name: -abs(sample[name]) / largest * size for name in names},
                {name: 1 + sample[name] * size for name in names},
            ):
                if all(within(value, bounds.get(name, (None, None))) for name, value in change.items()):
                    yield change


class _Along:
    """The value of a node along one variable; what does not depend on that is read once."""

    def __init__(self, seen: Observation, node: int, name: str, sample: Point) -> None:
        self.graph, self.node, self.name, self.sample = seen.trace, node, name, sample
        args, moving = self.graph.args, {self.graph.variable(name)}
        order = self.graph.reach([node])
        moving.update(number for number in order if not moving.isdisjoint(args[number]))
        self._order = [number for number in order if number in moving]
        self._still = {node, *(argument for number in self._order for argument in args[number])} - moving
        with flint.ctx.workprec(_BITS):
            values = balls.at(self.graph, self._still, sample)
        self._fixed = {number: values[number] for number in self._still}

    def sign(self, at: Fraction) -> int | None:
        """Return the sign at a value of the variable, or None where it is undefined or too close to call."""
        values = dict(self._fixed)
        with flint.ctx.workprec(_BITS):
            self.graph.read_each(self._order, balls.Balls({self.name: at}), values)
        ball = values[self.node]
        if ball.contains(0) or not ball.is_finite():
            return 0 if self.exact(at) == 0 else None
        return 1 if ball > 0 else -1

    def height(self, at: Fraction, before: int) -> float:
        """Return how far the value is from 0 on one side of it, infinity where it is undefined."""
        values = dict(self._fixed)
        with flint.ctx.workprec(_BITS):
            self.graph.read_each(self._order, balls.Balls({self.name: at}), values)
        height = before * float(values[self.node].mid())
        return height if math.isfinite(height) else math.inf

    @cached_property
    def _rationals(self) -> dict[int, Any]:
        return rationals.at(self.graph, self._still, self.sample)

    def exact(self, at: Fraction) -> Fraction | None:
        """Return the value where it is a rational."""
        return rationals.beside(self.graph, self.node, self._order, {self.name: at}, self._rationals)


def _linear(value: _Along, start: Fraction, bounds: tuple[Fraction | None, Fraction | None]) -> Crossing | None:
    """Solve for the edge as if the condition were linear, and see whether it was."""
    at_start, at_next = value.exact(start), value.exact(start + 1)
    if at_start is None or at_next is None or at_start == at_next or at_start == 0:
        return None
    edge = start - at_start / (at_next - at_start)
    if value.exact(edge) != 0:
        return None
    return Crossing(value.name, edge if within(edge, bounds) else None, _past(value, start, edge, bounds))


def _past(
    value: _Along, start: Fraction, edge: Fraction, bounds: tuple[Fraction | None, Fraction | None]
) -> list[Fraction]:
    """Return values past an edge, where the sign is another."""
    before = value.sign(start)
    values = [edge + (edge - start) * part for part in _PAST]
    return [_short(value, v, bounds) for v in values if within(v, bounds) and value.sign(v) not in (None, 0, before)]


def _short(value: _Along, at: Fraction, bounds: tuple[Fraction | None, Fraction | None]) -> Fraction:
    """Return a number with few digits, of the domain too, at which the sign is as it is there."""
    sign = value.sign(at)
    shorter = (round(at, digits) for digits in _DIGITS)  # 0 would be an edge of something else
    return next((short for short in shorter if short and within(short, bounds) and value.sign(short) == sign), at)


def _probed(value: _Along, start: Fraction, bounds: tuple[Fraction | None, Fraction | None]) -> Crossing | None:
    """Try magnitudes for another sign, and halve the way there until the edge is known well."""
    before = value.sign(start)
    for probe in _probes(bounds):
        if value.sign(probe) not in (None, 0, before):
            edge = _halved(value, start, probe, before)
            exact = simplest_rational(float(edge))
            on_edge = exact if within(exact, bounds) and value.exact(exact) == 0 else None
            return Crossing(value.name, on_edge, [*_past(value, start, edge, bounds), probe], edge)
    return None


def _probes(bounds: tuple[Fraction | None, Fraction | None]) -> list[Fraction]:
    """Return values of all magnitudes in a domain, and close to its ends."""
    low, high = bounds
    ends = [low + size for size in _SIZES if low is not None] + [high - size for size in _SIZES if high is not None]
    return [probe for probe in [*_MAGNITUDES, *ends] if within(probe, bounds)]


def _bottoms(value: _Along, bounds: tuple[Fraction | None, Fraction | None], before: int) -> Iterator[Fraction]:
    """Yield where a condition is the farthest from the sign that it has, or beyond its edge, between the grid's points.

    The lowest valleys come first; each is narrowed by the golden section until its sign changes.
    """
    grid = [place for place in (*(-place for place in reversed(_GRID)), *_GRID) if within(place, bounds)]
    heights = [value.height(place, before) for place in grid]
    inner = range(1, len(grid) - 1)
    lowest = [i for i in inner if heights[i] <= min(heights[i - 1], heights[i + 1]) and heights[i] < math.inf]
    for i in sorted(lowest, key=heights.__getitem__)[:_VALLEYS]:
        low, middle, high = grid[i - 1], grid[i], grid[i + 1]
        for _ in range(_STEPS):
            if value.height(middle, before) < 0:
                break
            left = middle - low > high - middle
            other = Fraction(float(middle - _GOLDEN * (middle - low) if left else middle + _GOLDEN * (high - middle)))
            if value.height(other, before) < value.height(middle, before):
                low, middle, high = (low, other, middle) if left else (middle, other, high)
            else:
                low, high = (other, high) if left else (low, other)
        yield middle


def _halved(value: _Along, start: Fraction, probe: Fraction, before: int | None) -> Fraction:
    for _ in range(_HALVINGS):
        middle = (start + probe) / 2
        if value.sign(middle) == before:
            start = middle
        else:
            probe = middle
    return probe


def candidates(seen: Observation, condition: Condition, bounds: Domain) -> Iterator[Point]:
    """Return points past the edge of a condition, the simplest moves first."""
    for crossing in crossings(seen, condition, bounds):
        for value in crossing.past:
            yield {crossing.name: value}
    yield from together(seen, condition, bounds)


def patterns(seen: Observation, bounds: Domain) -> Iterator[Point]:
    """Return points that answer many questions in another way at once: all positive, all negative, in another order."""
    sample, names = seen.trace.sample, seen.trace.payloads
    inputs = [[names[node] for node in quantity.nodes] for quantity in seen.inputs.values()]
    for change in (abs, lambda value: -abs(value), None):
        moved = {
            name: sample[other] if change is None else change(sample[name])
            for entries in inputs
            for name, other in zip(entries, reversed(entries), strict=True)
        }
        yield {name: value for name, value in moved.items() if within(value, bounds.get(name, (None, None)))}


def uniform(seen: Observation, condition: Condition, bounds: Domain) -> Iterator[Point]:
    """Return points at which all entries of an input are equal: 0, else 1."""
    graph = seen.trace
    reached = set(graph.leaves(condition.node))
    for quantity in seen.inputs.values():
        if not reached.isdisjoint(quantity.nodes):
            for value in (Fraction(0), Fraction(1)):
                change = {graph.payloads[node]: value for node in quantity.nodes}
                if all(within(value, bounds.get(name, (None, None))) for name in change):
                    yield change
