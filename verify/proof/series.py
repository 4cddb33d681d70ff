"""The graph read along a line: what each node is at `point + t * direction` as a series in small t > 0.

A formula that is 0/0 at a point often has a limit there. Its series, sum of c[k] * t**(order + k) with c[0] not 0,
tells: the limit is 0 for an order above 0, c[0] for order 0, and there is none below 0. Coefficients are exact
rationals as long as that is possible, else balls. A leading coefficient that is neither 0 nor apart from 0 ends the
series, as does a function at its own singularity: then nothing is known (None). So every limit that comes out is the
limit of the formula along this line (a formal Laurent series of an analytic function is its expansion). Powers of
log(t) beside those of t are in `logarithmic`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

import flint

from verify.graph.balls import ball, rational
from verify.graph.functions import FUNCTIONS, enclosed
from verify.model.exact import simplest_rational
from verify.proof import rationals

_RATIONAL = ("exp", "log", "tanh", "sin", "cos", "atan", "asin")  # whose coefficients at 0 (of log at 1) are rational
_TERMS = 8  # the order of a pole that may cancel, and some more
BITS = 256
_TALLEST = 2048  # bits of a rational coefficient: beyond, it becomes a ball
_MOST_PRODUCTS = 64  # of a whole power
_ZERO = flint.fmpq(0)


class Series(NamedTuple):
    """Coefficients from t**order on; all further ones are unknown, unless the series is `whole` (a polynomial).

    One that is `unbounded` grows as a logarithm does, times t**order, and none of its coefficients are known.
    """

    order: Fraction
    terms: Sequence[Any]
    whole: bool = False
    unbounded: bool = False

    @property
    def infinite(self) -> bool:
        """Tell whether it is known that there is no limit, since the size has no bound."""
        return self.unbounded or (self.order < 0 and bool(self.terms))

    @property
    def limit(self) -> Fraction | flint.arb | None:
        """Return the limit as t tends to 0, or None where there is none or it is not known."""
        if self.order > 0 or (not self.terms and self.whole):
            return Fraction(0)
        return None if self.order < 0 or self.unbounded else self.term(0)

    def term(self, power: int) -> Fraction | flint.arb | None:
        """Return the coefficient of a power of t, or None where it is not known."""
        place = power - self.order
        if place < 0 or place.denominator != 1:
            return Fraction(0) if self.order > power or self.whole else None
        if place >= len(self.terms):
            return Fraction(0) if self.whole else None
        coefficient = self.terms[int(place)]
        return Fraction(int(coefficient.p), int(coefficient.q)) if isinstance(coefficient, flint.fmpq) else coefficient


class Line:
    """The graph read along a line: series in powers of t alone."""

    def __init__(self, point: Mapping[str, Fraction], direction: Mapping[str, Fraction | int]) -> None:
        self.point, self.direction = point, direction

    def variable(self, name: str) -> Series | None:
        """Return the series of an input."""
        step = Fraction(self.direction.get(name, 0))
        return _series(Fraction(0), [rational(self.point[name]), rational(step)], whole=True)

    def constant(self, value: Fraction) -> Series | None:
        """Return that of an exact constant."""
        return _series(Fraction(0), [rational(value)], whole=True)

    def typed(self, value: float) -> Series | None:
        """Return that of the constant that was meant by a float."""
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Series | None:
        """Return that of the circle's constant."""
        return _series(Fraction(0), [flint.arb.pi()], whole=True)

    def sum(self, a: Series | None, b: Series | None) -> Series | None:
        """Return the series of a + b."""
        if a is None or b is None:
            return None
        for zero, other in ((a, b), (b, a)):
            if zero.whole and not zero.terms:
                return other
        low, high = (a, b) if a.order <= b.order else (b, a)
        gap = high.order - low.order
        if gap.denominator != 1:  # t**(1/2) beside t: what lies below the second is known
            return _series(low.order, list(low.terms)[: ceil(gap)])
        shifted = [_ZERO] * min(int(gap), _TERMS) + list(high.terms)
        whole = low.whole and high.whole and len(high.terms) + gap <= _TERMS
        length = min(_length(low), _length(high) + int(gap))
        return _series(low.order, _added(low.terms, shifted, length), whole=whole)

    def product(self, a: Series | None, b: Series | None) -> Series | None:
        """Return that of a * b."""
        if a is None or b is None:
            return None
        length = min(_length(a), _length(b))
        terms = _multiplied(a.terms, b.terms)
        whole = a.whole and b.whole and len(terms) <= _TERMS
        return _series(a.order + b.order, terms[:length], whole=whole)

    def power(self, a: Series | None, exponent: Fraction) -> Series | None:
        """Return that of a ** exponent."""
        if a is None or not a.terms:
            return self.constant(Fraction(0)) if a is not None and a.whole and exponent > 0 else None
        if exponent.denominator == 1 and 0 < exponent <= _MOST_PRODUCTS:
            result: Series | None = a
            for _ in range(exponent.numerator - 1):
                result = self.product(result, a)
            return result
        first = _raised(a.terms[0], exponent)
        if first is None:
            return None
        if a.whole and len(a.terms) == 1:
            return _series(a.order * exponent, [first], whole=True)
        scaled = [flint.fmpq(1), *(term / a.terms[0] for term in a.terms[1:])]
        logarithm = _function("log", _padded(scaled, _length(a)))
        powered = _function("exp", [term * rational(exponent) for term in logarithm])
        return _series(a.order * exponent, [first * term for term in powered])

    def function(self, name: str, a: Series | None, number: int) -> Series | None:
        """Return that of a function of a."""
        if a is None or a.order < 0 or a.order.denominator != 1:
            return None
        terms = [_ZERO] * min(int(a.order), _TERMS) + list(a.terms)
        terms = _padded((terms or [_ZERO])[:_TERMS], _TERMS if a.whole else 1)
        if name == "log" and not (a.order == 0 and a.terms and terms[0] > 0):
            return None
        return _series(Fraction(0), _function(name, terms))

    def joint(self, op: str, values: list[Series | None], payload: Any) -> Series | None:
        """Return that of a function of several arguments: none is known."""
        return None


def _length(a: Series) -> int:
    return _TERMS if a.whole else len(a.terms)


def _series(order: Fraction, terms: Sequence[Any], *, whole: bool = False) -> Series | None:
    """Return a series without leading zeros; None where it is unknown whether the first term is 0."""
    terms = [_lowered(term) for term in terms[:_TERMS]]
    place = next((i for i, term in enumerate(terms) if not _is_zero(term)), len(terms))
    if place < len(terms) and not _is_apart(terms[place]):
        return None
    if whole:
        while terms and _is_zero(terms[-1]):
            terms.pop()
    return Series(order + place, terms[place:], whole)


def _is_zero(term: Any) -> bool:
    return bool(term == 0) if isinstance(term, flint.fmpq) else bool(term.is_zero())


def _is_apart(term: Any) -> bool:
    """Tell whether a number that is not exactly 0 is known to be another one."""
    return isinstance(term, flint.fmpq) or bool(term.is_finite() and not term.contains(0))


def _lowered(term: Any) -> Any:
    return flint.arb(term) if isinstance(term, flint.fmpq) and term.height_bits() > _TALLEST else term


def _exact(terms: Sequence[Any]) -> bool:
    return all(isinstance(term, flint.fmpq) for term in terms)


def _added(a: Sequence[Any], b: Sequence[Any], length: int) -> list[Any]:
    longest = min(max(len(a), len(b)), length)
    return [(a[i] if i < len(a) else _ZERO) + (b[i] if i < len(b) else _ZERO) for i in range(longest)]


def _multiplied(a: Sequence[Any], b: Sequence[Any]) -> list[Any]:
    if not a or not b:
        return []
    if _exact(a) and _exact(b):
        return _padded(list((flint.fmpq_poly(list(a)) * flint.fmpq_poly(list(b))).coeffs()), len(a) + len(b) - 1)
    first, second = (flint.arb_poly([flint.arb(term) for term in terms]) for terms in (a, b))
    return _padded(list((first * second).coeffs()), len(a) + len(b) - 1)


def _padded(terms: list[Any], length: int) -> list[Any]:
    return terms + [_ZERO] * (length - len(terms))


def _raised(base: Any, exponent: Fraction) -> Any:
    """Return base ** exponent for a number apart from 0; None where that is not real."""
    if isinstance(base, flint.fmpq):
        exact = rationals.power(Fraction(int(base.p), int(base.q)), exponent)
        if exact is not None:
            return rational(exact)
    value = flint.arb(base) ** ball(exponent) if exponent.denominator != 1 else flint.arb(base) ** exponent.numerator
    return value if value.is_finite() else None


def _function(name: str, terms: Sequence[Any]) -> list[Any]:
    """Return the terms of a function of a series from t**0 on, exactly where it stands at 0 (log: at 1)."""
    length = len(terms)
    home = 1 if name == "log" else 0
    if _exact(terms) and terms[0] == home and name in _RATIONAL:
        made = getattr(_rational_series(terms), name)()
    elif name == "tanh":
        twice = _ball_series([2 * term for term in terms]).exp()
        made = (twice - 1) / (twice + 1)
    elif series := FUNCTIONS[name].series:
        made = getattr(_ball_series(terms), series)()
    else:  # flint has no series of it: what follows its value is not known
        return [enclosed(name, flint.arb(terms[0])), *[flint.arb("nan")] * (length - 1)]
    return _padded(list(made.coeffs()), length)[:length]


def _rational_series(terms: Sequence[Any]) -> flint.fmpq_series:
    return flint.fmpq_series(list(terms), 1, len(terms))


def _ball_series(terms: Sequence[Any]) -> flint.arb_series:
    return flint.arb_series([flint.arb(term) for term in terms], len(terms))
