"""Round numbers along an axis: multiples of 1, 2 or 5 times a power of ten, a few of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

_MOST = 6  # of an axis: at least two, as steps grow by 2.5 at most
_MULTIPLES = (1, 2, 5)
_LONG = 5  # decimal digits before or after the point, from which on a number has an exponent


def ticks(low: float, high: float) -> Sequence[Fraction]:
    """Return the numbers from one end of an axis to the other that are marked, exact; the ends are finite."""
    first, last = Fraction(low), Fraction(high)
    for step in _steps(last - first):
        multiples = range(math.ceil(first / step), math.floor(last / step) + 1)
        if len(multiples) <= _MOST:
            return [multiple * step for multiple in multiples]
    return []


def _steps(length: Fraction) -> Iterator[Fraction]:
    """Yield round steps from one that is too small for an axis of some length."""
    if length > 0:
        exponent = math.floor(math.log10(length.numerator) - math.log10(length.denominator)) - 2
        for power in range(exponent, exponent + 4):
            yield from (multiple * Fraction(10) ** power for multiple in _MULTIPLES)


def label(number: Fraction) -> str:
    """Write a round number as people do: 0.25, 1500, 2e-7."""
    value = float(number)
    size = math.floor(math.log10(abs(value))) if value else 0
    if -_LONG < size < _LONG:
        return f"{value:.12g}"
    return f"{float(number / Fraction(10) ** size):.12g}e{size}"
