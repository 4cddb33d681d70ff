"""Functions over a short interval away from any singularity: a Taylor polynomial in the middle, and Lagrange's rest.

The coefficients up to the last are taken at the middle, the last over all of the interval: by Taylor's theorem
f(m + h) = sum(f_k(m) h**k, k < n) + f_n(m + xi) h**n for some xi between 0 and h, and the ball of f_n over the interval
holds that one, whichever it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import flint

from verify.graph.balls import ball
from verify.graph.functions import FUNCTIONS

_TERMS = 14


@contextmanager
def with_terms(number: int) -> Iterator[None]:
    """Compute series with so many coefficients."""
    before, flint.ctx.cap = flint.ctx.cap, number
    try:
        yield
    finally:
        flint.ctx.cap = before


def applied(name: str, series: flint.arb_series) -> flint.arb_series:
    """Return a function of FUNCTIONS of a series."""
    if name == "tanh":
        grown = (series * 2).exp()
        return (grown - 1) * _inverse(grown + 1)
    method = FUNCTIONS[name].series
    image: flint.arb_series = getattr(series, method)() if method else flint.arb_series([flint.arb("nan")])
    return image


def evaluated(name: str, argument: flint.arb, order: int) -> flint.arb:
    """Return a ball around the Taylor coefficient of a function, of some order, at any point of a ball."""
    with with_terms(order + 1):
        return applied(name, flint.arb_series([argument, 1]))[order]


@dataclass(frozen=True, slots=True)
class Jet:
    """A function over an interval: its series at the middle, and one whose coefficients hold those at any point."""

    middle: flint.arb_series
    anywhere: flint.arb_series

    def constant(self, value: Fraction) -> Jet:
        """Return a constant."""
        return Jet(flint.arb_series([ball(value)]), flint.arb_series([ball(value)]))

    @property
    def is_zero(self) -> bool:
        """Tell whether it is the function 0."""
        return self.middle.length() == 0 and self.anywhere.length() == 0

    def __add__(self, other: Jet) -> Jet:
        return Jet(self.middle + other.middle, self.anywhere + other.anywhere)

    def __mul__(self, other: Jet) -> Jet:
        return Jet(self.middle * other.middle, self.anywhere * other.anywhere)

    def inverse(self) -> Jet:
        """Return 1 / a; not finite where a may be 0."""
        return Jet(_inverse(self.middle), _inverse(self.anywhere))

    def power(self, exponent: Fraction) -> Jet:
        """Return a ** exponent; not finite where that is not defined everywhere."""
        if exponent < 0:
            return self.power(-exponent).inverse()
        return Jet(_power(self.middle, exponent), _power(self.anywhere, exponent))

    def apply(self, name: str) -> Jet:
        """Return a function of FUNCTIONS of a."""
        return Jet(applied(name, self.middle), applied(name, self.anywhere))

    def over(self, radius: flint.arb) -> flint.arb:
        """Return a ball around all values up to `radius` from the middle."""
        step = flint.arb(0, radius)
        value = self.anywhere[_TERMS - 1]
        for k in range(_TERMS - 2, -1, -1):
            value = self.middle[k] + step * value
        return value


def interval(low: Fraction, high: Fraction) -> Jet:
    """Return x itself between two numbers; to be used `with with_terms(jets.TERMS)`."""
    middle, radius = ball((low + high) / 2), ball((high - low) / 2)
    return Jet(flint.arb_series([middle, 1]), flint.arb_series([middle + flint.arb(0, radius), 1]))


TERMS = _TERMS


def _inverse(series: flint.arb_series) -> flint.arb_series:
    if series.length() == 0 or series[0].contains(0):
        return flint.arb_series([flint.arb("nan")])
    return 1 / series


def _power(series: flint.arb_series, exponent: Fraction) -> flint.arb_series:
    if exponent.denominator == 1:
        result = flint.arb_series([1])
        for bit in f"{exponent.numerator:b}":
            result = result * result * series if bit == "1" else result * result
        return result
    if not series[0] > 0:
        return flint.arb_series([flint.arb("nan")])
    return (series.log() * ball(exponent)).exp()
