"""The graph read in intervals: the bounds of a node for all inputs of the domain, and so the signs that it has.

Every rule gives an interval that holds all values of the operation for all values of its operands, so that a sign that
is not found is impossible. Bounds are exact rationals; none is infinite, and whether a bound itself is reached is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from verify.graph import balls, dyadics
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational

_ZERO, _UNITY = Fraction(0), Fraction(1)
_LONGEST = 512  # bits of a bound: a longer one is given up


Domain = Mapping[str, tuple[Fraction | None, Fraction | None]]  # the bounds of inputs, which are no part of it


class Bound(NamedTuple):
    """One end of an interval: None is no end; `open` tells that the end itself is no part of it."""

    at: Fraction | None
    open: bool = True


class Range(NamedTuple):
    """All numbers between two bounds."""

    low: Bound = Bound(None)
    high: Bound = Bound(None)


ANY = Range()


def closed(low: Fraction | None, high: Fraction | None) -> Range:
    """Return the numbers from low to high, ends included."""
    return Range(Bound(low, low is None), Bound(high, high is None))


def between(low: Fraction | None, high: Fraction | None) -> Range:
    """Return the numbers between low and high, ends excluded."""
    return Range(Bound(low), Bound(high))


def _exact(value: int | None) -> Fraction | None:
    return None if value is None else Fraction(value)


def bounds_of(graph: Graph, node: int, domain: Domain, computed: dict[int, Range] | None = None) -> Range:
    """Return bounds of a node for all inputs of a domain; bounds that are `computed` for it are added to."""
    bounds: Range = graph.read([node], _Ranges(domain), computed)[node]
    return bounds


def signs(graph: Graph, node: int, domain: Domain, computed: dict[int, Range] | None = None) -> frozenset[int]:
    """Return the signs that a node may have, for all inputs of a domain; bounds that are `computed` are added to."""
    bounds = bounds_of(graph, node, domain, computed)
    return frozenset(
        sign for sign, possible in ((-1, _below(bounds)), (0, _holds_zero(bounds)), (1, _above(bounds))) if possible
    )


def _below(x: Range) -> bool:
    return x.low.at is None or x.low.at < 0


def _above(x: Range) -> bool:
    return x.high.at is None or x.high.at > 0


def _holds_zero(x: Range) -> bool:
    low = x.low.at is None or x.low.at < 0 or (x.low.at == 0 and not x.low.open)
    return low and (x.high.at is None or x.high.at > 0 or (x.high.at == 0 and not x.high.open))


class _Ranges:
    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def variable(self, name: str) -> Range:
        return between(*self.domain.get(name, (None, None)))

    def constant(self, value: Fraction) -> Range:
        return closed(value, value)

    def typed(self, value: float) -> Range:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Range:
        return between(Fraction(314159, 10**5), Fraction(314160, 10**5))

    def sum(self, a: Range, b: Range) -> Range:
        return Range(_plus(a.low, b.low), _plus(a.high, b.high))

    def product(self, a: Range, b: Range) -> Range:
        if a.low == a.high and a.low.at is not None:
            return _scaled(b, a.low.at)
        if b.low == b.high and b.low.at is not None:
            return _scaled(a, b.low.at)
        if not _below(a) and not _below(b):
            return Range(_times(a.low, b.low), _times(a.high, b.high))
        if not _above(a):
            return _scaled(self.product(_scaled(a, -_UNITY), b), -_UNITY)
        if not _above(b):
            return _scaled(self.product(a, _scaled(b, -_UNITY)), -_UNITY)
        return ANY

    def power(self, a: Range, exponent: Fraction) -> Range:
        if exponent < 0:
            return _inverse(self.power(a, -exponent))
        whole = exponent.denominator == 1
        if whole and exponent.numerator % 2 and _below(a):
            return ANY if _above(a) else _scaled(self.power(_scaled(a, -_UNITY), exponent), -_UNITY)
        size = _absolute(a) if whole else _positive(a)
        return Range(_raised(size.low, exponent) or _at_least(size.low), _raised(size.high, exponent) or Bound(None))

    def function(self, name: str, a: Range, number: int) -> Range:
        return _narrowed(name, a, self._function(name, a))

    def joint(self, op: str, values: list[Range], payload: Any) -> Range:
        return ANY

    def _function(self, name: str, a: Range) -> Range:
        line = FUNCTIONS[name]
        bounds = (closed if line.reaches else between)(*map(_exact, line.between))
        if line.rises and line.at_zero == 0:  # keeps the sign
            low = bounds.low if _below(a) else Bound(_ZERO, not _holds_zero(a))
            return Range(low, bounds.high if _above(a) else Bound(_ZERO, not _holds_zero(a)))
        if name == "exp" or (name == "log" and a.low.at is not None and a.low.at >= 0):
            return _about_one(name, a, bounds)
        return bounds


_FARTHEST = 300  # of the ends at which functions are computed: exp of it has moderately many digits
_BITS = 64


def _narrowed(name: str, a: Range, bounds: Range) -> Range:
    """Return a range cut by what a rising function has at the ends of its argument's."""
    if not FUNCTIONS[name].rises or (name == "log" and (a.low.at is None or a.low.at < 0)):
        return bounds
    low, high = _computed(name, a.low.at, up=False), _computed(name, a.high.at, up=True)
    higher = low is not None and (bounds.low.at is None or low > bounds.low.at)
    lower = high is not None and (bounds.high.at is None or high < bounds.high.at)
    return Range(Bound(low, False) if higher else bounds.low, Bound(high, False) if lower else bounds.high)


def _computed(name: str, at: Fraction | None, *, up: bool) -> Fraction | None:
    """Return a rational that is no less, or no more, than what a function has at an end; None for far ends."""
    if at is None or abs(at) > _FARTHEST:
        return None
    with flint.ctx.workprec(_BITS):
        value = balls.function(name, balls.ball(at))
        return dyadics.exact_end(value.upper() if up else value.lower()) if value.is_finite() else None


def _about_one(name: str, a: Range, bounds: Range) -> Range:
    """Return the range of exp or log, which is 1 at 0, or 0 at 1: their arguments' side of that tells more."""
    at, value = (_ZERO, _UNITY) if name == "exp" else (_UNITY, _ZERO)
    low = Bound(value, a.low.open or a.low.at != at) if a.low.at is not None and a.low.at >= at else bounds.low
    high = Bound(value, a.high.open or a.high.at != at) if a.high.at is not None and a.high.at <= at else bounds.high
    return Range(low, high)


def _plus(a: Bound, b: Bound) -> Bound:
    return Bound(None) if a.at is None or b.at is None else _short(a.at + b.at, a.open or b.open)


def _times(a: Bound, b: Bound) -> Bound:
    """Return the end of a product of numbers from 0 on; 0 itself is reached where either factor reaches it."""
    if a.at is None or b.at is None:
        return Bound(None)
    reached = (a.at == 0 and not a.open) or (b.at == 0 and not b.open)
    return _short(a.at * b.at, (a.open or b.open) and not reached)


def _scaled(a: Range, factor: Fraction) -> Range:
    if factor == 0:
        return closed(_ZERO, _ZERO)
    ends = [Bound(None) if end.at is None else _short(end.at * factor, end.open) for end in a]
    return Range(*ends) if factor > 0 else Range(*reversed(ends))


def _absolute(a: Range) -> Range:
    if not _below(a):
        return a
    if not _above(a):
        return _scaled(a, -_UNITY)
    low, high = _scaled(a, -_UNITY).high, a.high
    if low.at is None or high.at is None:
        return Range(Bound(_ZERO, False), Bound(None))
    return Range(Bound(_ZERO, False), max(low, high, key=lambda end: (end.at, not end.open)))


def _positive(a: Range) -> Range:
    """Return that part of a range of which there are roots."""
    return Range(Bound(_ZERO, False), a.high) if _below(a) else a


def _raised(end: Bound, exponent: Fraction) -> Bound | None:
    """Return the end of a positive power of numbers from 0 on, or None where that is no short rational."""
    if end.at is None or end.at in (0, 1):
        return end if end.at is not None else None
    if exponent.denominator == 1 and _bits(end.at) * exponent < _LONGEST:
        return Bound(end.at**exponent.numerator, end.open)
    return None


def _at_least(low: Bound) -> Bound:
    """Return what a positive power of numbers above a low end of 0 or more is above, in any case."""
    if low.at is None:
        return Bound(_ZERO, False)
    return Bound(_UNITY if low.at > 1 else _ZERO)


def _inverse(a: Range) -> Range:
    """Return the range of 1 / a, of numbers that are all positive or all negative."""
    if not _below(a):
        high = Bound(None) if a.low.at in (None, 0) else Bound(1 / a.low.at, a.low.open)
        return Range(Bound(_ZERO) if not a.high.at else Bound(1 / a.high.at, a.high.open), high)
    return ANY if _above(a) else _scaled(_inverse(_scaled(a, -_UNITY)), -_UNITY)


def _short(value: Fraction, is_open: bool) -> Bound:
    return Bound(value, is_open) if _bits(value) <= _LONGEST else Bound(None)


def _bits(value: Fraction) -> int:
    return max(value.numerator.bit_length(), value.denominator.bit_length())
