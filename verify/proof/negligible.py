"""Terms that no float can show in all of a domain: exp(-1e9 - x) of a masked score, for moderate x.

An exponential that stays below half of the smallest float64 over the domain is taken for a number of its own, between 0
and its bound. With 0 in its place, two formulas may be one function, which the field proves; and each formula moves by
no more than a bound on its slope times that number. The graph is read once in intervals that know how far a value may
move: where the moves of both formulas add up to less than half of the smallest float64, so does their difference.

That is right since both intervals hold all values of the operands, with those numbers and with 0 in their places, and
all between (the mean value theorem). Inputs without a stated bound are taken to be floats: at most 2**1024.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.slopes import slope
from verify.graph.substitution import replaced
from verify.model.exact import simplest_rational
from verify.proof.ranges import Domain

_BITS = 64
LEAST = flint.arb(2) ** -1075  # half of the smallest float64: rounding makes 0 of what is less
_LARGEST = Fraction(2) ** 1024
MODERATE = 1000  # from the number nearest to 0: scores and activations are smaller than that, and masks are not
_NONE, _INFINITE = flint.arb(0), flint.arb("inf")


def moderate(graph: Graph, domain: Domain) -> Domain:
    """Return the part of a domain in which inputs and upstreams are of moderate size, or as near to it as they get."""
    return {name: _about_zero(*domain.get(name, (None, None))) for name in graph.variables}


def _about_zero(low: Fraction | None, high: Fraction | None) -> tuple[Fraction, Fraction]:
    """Return what lies between two bounds and no further than MODERATE from the number nearest to 0."""
    nearest = low if low is not None and low > 0 else high if high is not None and high < 0 else Fraction(0)
    least, most = nearest - MODERATE, nearest + MODERATE
    return least if low is None else max(low, least), most if high is None else min(high, most)


class Moving(NamedTuple):
    """All values of a node lie between two ends; it moves by no more than `moved` if what is negligible becomes 0."""

    low: flint.arb
    high: flint.arb
    moved: flint.arb

    @property
    def size(self) -> flint.arb:
        """Return a bound on the magnitude."""
        return (-self.low).max(self.high)

    @property
    def ball(self) -> flint.arb:
        """Return a ball around all values."""
        return self.low.union(self.high)


class Negligible:
    """How far nodes may move over a domain if 0 takes the place of exponentials that no float can show."""

    def __init__(self, graph: Graph, nodes: Sequence[int], domain: Domain) -> None:
        self.graph, self._reading = graph, _Moves(domain)
        with flint.ctx.workprec(_BITS):
            self._values = graph.read(nodes, self._reading)

    def differ_by_nothing(self, a: int, b: int) -> bool:
        """Tell whether two nodes are closer than any float shows, if they are one function without what is negligible.

        One of them has to have something negligible in it: else there is nothing to leave out.
        """
        with flint.ctx.workprec(_BITS):
            moved = self._values[a].moved + self._values[b].moved
            return bool(moved > 0) and bool(moved < LEAST)

    def without(self, nodes: Sequence[int]) -> list[int]:
        """Return nodes with 0 in the place of what is negligible."""
        zero = self.graph.constant(Fraction(0))
        return replaced(self.graph, nodes, dict.fromkeys(self._reading.negligible, zero))


class _Moves:
    """The graph read in intervals over a domain, with bounds on how far values move."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain
        self.negligible: list[int] = []

    def variable(self, name: str) -> Moving:
        low, high = self.domain.get(name, (None, None))
        return _hull(balls.ball(-_LARGEST if low is None else low), balls.ball(_LARGEST if high is None else high))

    def constant(self, value: Fraction) -> Moving:
        return _hull(balls.ball(value))

    def typed(self, value: float) -> Moving:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Moving:
        return _hull(flint.arb.pi())

    def sum(self, a: Moving, b: Moving) -> Moving:
        return _hull(a.low + b.low, a.high + b.high, moved=a.moved + b.moved)

    def product(self, a: Moving, b: Moving) -> Moving:
        corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
        return _hull(*corners, moved=_times(a.size, b.moved) + _times(b.size, a.moved))

    def power(self, a: Moving, exponent: Fraction) -> Moving:
        steepest = _raised(a, exponent - 1).size * balls.ball(abs(exponent))
        return _raised(a, exponent)._replace(moved=_times(steepest, a.moved))

    def function(self, name: str, a: Moving, number: int) -> Moving:
        value = _of_function(name, a)
        if name == "exp" and value.high < LEAST:
            self.negligible.append(number)
            return Moving(_NONE, value.high, value.high)
        steepest = value.high if name == "exp" else _steepest(name, a, value)
        return value._replace(moved=_times(steepest, a.moved))

    def joint(self, op: str, values: list[Moving], payload: Any) -> Moving:
        moves = any(not value.moved.is_zero() for value in values)
        return Moving(-_INFINITE, _INFINITE, _INFINITE if moves else _NONE)


def _hull(*values: flint.arb, moved: flint.arb = _NONE) -> Moving:
    """Return the interval around balls: everything, where one of them is not a number."""
    lows, highs = [value.lower() for value in values], [value.upper() for value in values]
    if any(end.is_nan() for end in (*lows, *highs)):
        return Moving(-_INFINITE, _INFINITE, _upper(moved))
    return Moving(min(lows), max(highs), _upper(moved))


def _upper(moved: flint.arb) -> flint.arb:
    """Return the upper end of a bound: infinite, where it is not a number."""
    end = moved.upper()
    return _INFINITE if end.is_nan() else end


def _times(steepest: flint.arb, moved: flint.arb) -> flint.arb:
    """Return how far a slope lets a value move: not at all, where its operand does not, however steep it is."""
    return _NONE if moved.is_zero() else _upper(steepest * moved)


def _raised(a: Moving, exponent: Fraction) -> Moving:
    """Return the interval of a power: its ends are at those of the base, or at 0 where that lies between."""
    holds_zero = a.low <= 0 <= a.high
    if (exponent < 0 and holds_zero) or (exponent.denominator != 1 and a.low < 0):
        return Moving(-_INFINITE, _INFINITE, _NONE)
    ends = [balls.power(end, exponent) for end in (a.low, a.high)]
    return _hull(*ends, *([balls.power(_NONE, exponent)] if holds_zero else []))


def _steepest(name: str, a: Moving, value: Moving) -> flint.arb:
    """Return a bound on the slope of a function: infinite, where it is not shown to be defined between the ends."""
    return abs(slope(name, a.ball, value.ball)) if value.ball.is_finite() else _INFINITE


def _of_function(name: str, a: Moving) -> Moving:
    """Return the interval of a function: between its values at the ends where it rises, else that of a ball."""
    line = FUNCTIONS[name]
    values = [balls.function(name, end) for end in ((a.low, a.high) if line.rises else (a.ball,))]
    value = _hull(*values)
    least = line.between[0]
    return value if least is None else value._replace(low=value.low.max(flint.arb(least)))
