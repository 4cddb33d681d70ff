"""A point at which two nodes differ, made small: most of its inputs 0, the others 1 or short numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple, Self

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.tracing.region import Point, Region

_ZERO, _UNIT = Fraction(0), Fraction(1)
SIMPLE = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "3")))
_RANKS = {value: rank for rank, value in enumerate(SIMPLE)}
_MOST_ATTEMPTS = 1000
_MOST_VISITS = 1_500_000  # of nodes, in all attempts: a second or two
_HALVINGS = 10  # of a number that is large: as many as make 3 of 3000
# Relative: a difference that is seen at once, which simple counterexamples keep; how much smaller it may get there.
_PLAIN, _DIMMED = flint.arb(0.001), flint.arb(2) ** -40
_BITS = 128


def shrunk(graph: Graph, region: Region, expected: int, actual: int, point: Point, names: Sequence[str]) -> Point:
    """Return a point of the region at which the two sides still differ, with simple numbers in it.

    It lies on no edge of the region that touches the named inputs, unless the point that it is made of does.
    """
    attempts = min(_MOST_ATTEMPTS, _MOST_VISITS // len(graph.reach([expected, actual])))
    conditions, least = region.about(names), _Least.of(graph, expected, actual, point)
    if not region.holds(point, region.conditions):  # only as many are asked of the points that are tried
        point = region.sample if _differ(graph, expected, actual, region.sample) else point
    touched = region.touched(point, conditions)
    for group, value in _steps(names, point, region.upstream):
        changes = {name: value for name in group if _complexity(value) < _complexity(point[name])}
        if not changes:
            continue
        if not attempts:
            break
        attempts -= 1
        changed = {**point, **changes}
        if not _differ(graph, expected, actual, changed, least) or not region.holds(changed, conditions):
            continue
        if region.touched(changed, conditions) <= touched:
            point = changed
    return point


def _steps(names: Sequence[str], point: Point, upstream: set[str]) -> Iterator[tuple[Sequence[str], Fraction]]:
    """Return numbers to try for some inputs at once, the boldest first: all, halves, and so on to each alone.

    Those of the upstream come before others.
    """
    ordered = sorted(names, key=lambda name: name not in upstream)
    yield ordered, _ZERO
    yield ordered, _UNIT
    for value in (_ZERO, _UNIT):
        for choose in (upstream.__contains__, lambda name: name not in upstream):
            yield list(filter(choose, ordered)), value
        yield from ((group, value) for group in _halves(ordered))
    for name in ordered:
        yield from (([name], value) for value in simpler(point[name]))


def _halves(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Return the halves of a list, then its quarters, and at last each item alone."""
    size = len(names)
    while size > 1:
        size = (size + 1) // 2
        yield from (names[start : start + size] for start in range(0, len(names), size))


def simpler(value: Fraction) -> list[Fraction]:
    """Return numbers to try in place of one, the simplest first."""
    halved = [Fraction(round(value / 2**halvings)) for halvings in range(_HALVINGS, 0, -1)] if abs(value) > 3 else []
    return [*SIMPLE, *halved, Fraction(round(value)), Fraction(round(value * 10), 10), _first_digit(value)]


def _first_digit(value: Fraction) -> Fraction:
    """Return a number cut down to its first digit: 0.0009 for 0.00099."""
    unit = Fraction(10) ** math.floor(math.log10(abs(value))) if value else Fraction(1)
    return int(value / unit) * unit


def _complexity(value: Fraction) -> tuple[int, int, int]:
    """Return how far a number is from simple: of two, the one with less is tried in place of the other."""
    return _RANKS.get(value, len(_RANKS)), value.denominator, abs(value.numerator)


class _Least(NamedTuple):
    """How far two nodes have to differ at least: in parts of the larger one, and as it is."""

    relative: flint.arb
    absolute: flint.arb

    @classmethod
    def of(cls, graph: Graph, expected: int, actual: int, point: Point) -> Self:
        """Return what makes a difference as plain as it is at a point, or plain."""
        with flint.ctx.workprec(_BITS):
            values = balls.at(graph, [expected, actual], point)
            apart = abs(values[expected] - values[actual])
            relative = apart / abs(values[expected]).max(abs(values[actual]))
            if not relative.is_finite() or relative.contains(0):
                return cls(flint.arb(0), flint.arb(0))
            return cls((relative / 2).min(_PLAIN), apart.min(flint.arb(1)) * _DIMMED)


def _differ(graph: Graph, expected: int, actual: int, point: Point, least: _Least | None = None) -> bool:
    """Tell whether two nodes differ at a point, and by so much."""
    with flint.ctx.workprec(_BITS):
        values = balls.at(graph, [expected, actual], point)
        left, right = values[expected], values[actual]
        if not (left.is_finite() and right.is_finite()) or left.overlaps(right):
            return False
        if least is None:
            return True
        return bool(abs(left - right) >= (abs(left).max(abs(right)) * least.relative).max(least.absolute))
