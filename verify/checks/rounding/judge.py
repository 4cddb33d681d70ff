"""What floats are worth: the error of each gradient and output, beside what rounding may do to it.

Errors are measured in ulps of the exact value. An entry that the others dwarf is measured by them: below the unit
roundoff of the largest entry of its gradient no digit of it is of use to whoever adds a multiple of the gradient to
parameters (the slope 1 - tanh(x)**2 is 4e-26 at 30, and 0 on floats: no harm).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from functools import cached_property, lru_cache
from typing import Any

import flint
import numpy as np

from verify.checks.rounding.enclosures import split
from verify.checks.rounding.formats import Format, Formats

Array = Any
Pair = tuple[Array, Array]  # middles and radii
_PARTS = 1024  # of half an ulp, to one of which the exact value has to be known
_LEAST = np.longdouble(2.0**-10)  # ulps: less is the width of balls, and of no use to anybody
_TWO_DIGITS = Context(prec=2, rounding=ROUND_CEILING)


@dataclass(frozen=True)  # without slots: what is computed from the fields is kept
class Judgement:
    """One gradient or output at one point in one format: arrays of an entry each; or a row of them for each point.

    `actual` is what came, `exact` and `doubt` are the true value and how well it is known, `error` and `bound` how far
    from it the float is and may be, `scale` the largest entry here and at the sample.
    """

    numbers: Format | Formats
    actual: Array
    exact: Array
    error: Array
    bound: Array
    outside: Array
    scale: Any

    @cached_property
    def ulps(self) -> Array:
        """Return the ulp of each entry, or of what is dwarfed by the largest."""
        size = np.maximum(np.abs(self.exact), self.scale * self.numbers.unit)
        _, exponent = np.frexp(np.maximum(size, self.numbers.tiny))
        return np.ldexp(np.longdouble(1), exponent - self.numbers.bits)

    @cached_property
    def worst(self) -> Any:
        """Return the place of the entry with the largest error, or else the largest bound; one for each point.

        An error that may be all doubt about the exact value is none: with more bits it would be smaller.
        """
        ulps = self.ulps
        wrong = np.where(np.isnan(self.error), np.inf, self.error) / ulps
        wrong = np.where(wrong * _PARTS <= 2, 0, wrong)
        among = np.where(wrong == wrong.max(axis=-1, keepdims=True), self.bound / ulps, -1)
        return among.shape[-1] - 1 - np.argmax(among[..., ::-1], axis=-1)  # of equal ones the last

    @cached_property
    def representable(self) -> Array:
        """Tell which exact values are finite in the format."""
        return np.abs(self.exact) < self.numbers.overflow

    @cached_property
    def overflown(self) -> Array:
        """Tell which entries are infinite, or NaN, and need not be."""
        return ~np.isfinite(self.actual) & self.representable

    @cached_property
    def strayed(self) -> Array:
        """Tell which numbers rounding does not explain."""
        return np.isfinite(self.actual) & np.isfinite(self.bound) & self.outside

    @cached_property
    def lost(self) -> Array:
        """Return the relative error; NaN, and what overflows though it need not, counts as all and more."""
        return np.where(np.isfinite(self.actual), self._relative(self.error), np.where(self.representable, np.inf, 0))

    @cached_property
    def at_risk(self) -> Array:
        """Return the relative error that rounding may make; nothing is said where it has no limit."""
        return np.where(np.isfinite(self.bound), self._relative(self.bound), 0)

    @property
    def is_faultless(self) -> Any:
        """Tell whether all floats are finite, in their enclosures, and have three quarters of their bits right.

        Then no entry has a fault of any kind (`faults.kinds`), and none has to be looked for. Of several points, there
        is an answer for each.
        """
        fine = ~self.outside.any(axis=-1) & np.isfinite(self.actual).all(axis=-1)
        return fine & (self.lost <= 2.0 ** (-self.numbers.bits * 3 / 4)).all(axis=-1) if np.any(fine) else fine

    def at(self, points: Array) -> Judgement:
        """Return what is judged at some of several points."""
        arrays = (self.actual, self.exact, self.error, self.bound, self.outside, self.scale)
        assert isinstance(self.numbers, Formats)
        return Judgement(Formats(*(part[points] for part in self.numbers)), *(part[points] for part in arrays))

    def _relative(self, error: Array) -> Array:
        """Divide by each entry, or by the largest entry of the gradient where that is larger; 0 where it underflows.

        Where all entries are 0 there are no digits to lose.
        """
        error = np.where(error <= self.numbers.tiny, 0, error)
        size = np.maximum(np.abs(self.exact), self.scale)
        return np.where((error == 0) | (size == 0), 0, error / np.maximum(size, self.numbers.tiny))


def is_sharp(numbers: Format, scale: float) -> Callable[[flint.arb], bool]:
    """Return whether a ball is narrow enough to count the ulps from it, as they are in a gradient of a scale."""
    part = numbers.unit / _PARTS
    least = max(scale * numbers.unit, numbers.tiny) * part
    enough = 1 - math.log2(part)  # bits: the radius is below a half of `part` of the middle, as of most balls

    def sharp(ball: flint.arb) -> bool:
        if not ball.is_finite():
            return False
        if ball.rel_accuracy_bits() >= enough:
            return True
        radius = float(ball.rad())
        return radius <= least or radius <= float(abs(ball).lower()) * part

    return sharp


def are_sharp(numbers: Formats, scale: Array, values: Pair, digits: Array) -> Array:
    """Tell which values, a row for each point, are as `is_sharp` wants them.

    `digits` are the bits to which flint's balls are accurate: they also hold what is too small for any float. A ball
    around 0 is sharp only where the value is another number at another point: else it may be 0 as a formula.
    """
    middle, radius = values
    part = numbers.unit / _PARTS
    size = np.abs(middle)
    nonzero = (size > radius) | (radius == 0)
    narrow = nonzero & (radius <= (size - radius) * part)
    small = (radius <= np.maximum(scale * numbers.unit, numbers.tiny) * part) & (nonzero | nonzero.any(axis=0))
    return np.isfinite(middle) & (narrow | small | (digits >= 1 - np.log2(part)))


def judged(
    numbers: Format, actual: Array, exact: Sequence[flint.arb], enclosed: Pair, scale: float
) -> Judgement | None:
    """Measure a gradient; None where its formula may be wrong here, or exact values are larger than any float."""
    values = split(exact)
    if not are_plausible(values, enclosed):
        return None
    return measured(numbers, actual, values, enclosed, max(scale, float(np.abs(values[0]).max(initial=0))))


def is_contradicted(exact: Sequence[flint.arb], enclosed: Pair) -> bool:
    """Tell whether an exact value lies outside of the enclosure of what the code computes: its formula is wrong here.

    What is larger than any float lies in an enclosure without limit, and in no other one.
    """
    (true, doubt), (middle, radius) = split(exact), enclosed
    with np.errstate(all="ignore"):
        outside = np.where(np.isfinite(true), np.abs(middle - true) > radius + doubt, np.isfinite(radius))
    return bool(outside.any())


def are_plausible(values: Pair, enclosed: Pair) -> Any:
    """Tell whether exact values may lie in enclosures of what the code computes, all of them of a point."""
    (true, doubt), (middle, radius) = values, enclosed
    with np.errstate(all="ignore"):
        return (~(np.abs(middle - true) > radius + doubt) & np.isfinite(true)).all(axis=-1)


def measured(numbers: Format | Formats, actual: Array, values: Pair, enclosed: Pair, scale: Any) -> Judgement:
    """Measure a gradient at a point, or at several: arrays with a row for each."""
    (true, doubt), (middle, radius) = values, enclosed
    with np.errstate(all="ignore"):
        floats = actual.astype(np.longdouble)
        certain = (floats == true) & ((true != 0) | (doubt == 0))  # a ball around 0 may hold no 0
        return Judgement(
            numbers,
            floats,
            true,
            np.abs(floats - true) + doubt * ~certain,
            np.abs(middle - true) + radius,
            np.abs(floats - middle) > radius,
            scale,
        )


def worded(actual: Any, ulp: Any, error: Any, bound: Any) -> tuple[str, str, str]:
    """Return error and bound of an entry in ulps, and the bits that the bound loses."""
    with np.errstate(all="ignore"):
        error, bound = _visible(error / ulp), _visible(bound / ulp)
        bits = np.ceil(10 * np.log2(np.maximum(bound, 1))) / 10
    text = upward(error) if np.isfinite(actual) else str(float(actual))
    return text, upward(bound), f"{float(bits):.1f}" if np.isfinite(bits) else ""


def _visible(ulps: Any) -> Any:
    """Return an error or bound, not less than a part of an ulp to which exact values are known, unless it is 0."""
    return max(ulps, _LEAST) if ulps > 0 else ulps


def upward(value: Any) -> str:
    """Write a number that is not negative with two digits, rounded up; 0 only where it is 0, nothing without limit."""
    return _upward(float(np.nextafter(value, np.longdouble(np.inf))) if value else 0.0) if np.isfinite(value) else ""


@lru_cache(maxsize=4096)
def _upward(value: float) -> str:
    """Write a number, of which bounds are often the same at many points."""
    digits = _TWO_DIGITS.create_decimal(Decimal(value))
    return f"{digits:f}" if -5 < digits.adjusted() < 7 or not digits else f"{digits:.1e}"
