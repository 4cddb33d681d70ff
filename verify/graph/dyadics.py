"""The number that a ball holds, as a rational that is short enough to be written out.

A ball of 256 bits may hold exp(-1e9), whose denominator has a thousand million bits: `Fraction(2) ** exponent` would
take minutes and gigabytes. So all of the project asks this module, which refuses such numbers.
"""

from __future__ import annotations

from fractions import Fraction

import flint

_LONGEST = 8192  # bits before or after the point: eight times what a float64 can hold, and Python still prints them
_DIGITS = 200  # bits of a rounded number
_LEAST = Fraction(1, 2**_LONGEST)
SMALL = Fraction(1, 2 ** (_LONGEST // 2))  # what is below may have been rounded to _LEAST


def exact_end(value: flint.arb) -> Fraction | None:
    """Return the middle of a ball, with all of its bits; None where they are too many."""
    mantissa, exponent = value.mid().man_exp()
    if not mantissa:
        return Fraction(0)
    if abs(exponent) > _LONGEST or mantissa.bit_length() > _LONGEST:
        return None
    return _scaled(int(mantissa), int(exponent))


def rounded(value: flint.arb) -> Fraction | None:
    """Return the middle of a ball to 60 digits; the smallest numbers as one of their sign, None for the largest."""
    mantissa, exponent = value.mid().man_exp()
    size = exponent + mantissa.bit_length()
    if not mantissa:
        return Fraction(0)
    if size < -_LONGEST:
        return _LEAST if mantissa > 0 else -_LEAST
    if size > _LONGEST:
        return None
    shift = max(0, mantissa.bit_length() - _DIGITS)
    return _scaled(int(mantissa) >> shift, int(exponent) + shift)


def _scaled(mantissa: int, exponent: int) -> Fraction:
    """Return mantissa * 2**exponent, for an exponent of moderate size."""
    return Fraction(mantissa << exponent) if exponent >= 0 else Fraction(mantissa, 1 << -exponent)
