"""How much of a float result may be rounding: a bound derived from the computation that gave it.

The subject runs once more, on enclosures. An enclosure is a ball that holds whatever a float64 run of the same
operations can have at this place: each operation is done on balls and widened by what rounding to nearest adds at
most (2**-53 of the magnitude, or 2**-1075 among the subnormals; Higham, Accuracy and Stability of Numerical
Algorithms, 2.2). Where the exact result of exact operands is a float, nothing is added: IEEE 754 asks for exactly
that result.
"""

from __future__ import annotations

import math
import numbers
import sys
from collections.abc import Callable
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple, Self

import flint

from verify.graph.balls import ball, whole_power
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.result import Rounding
from verify.model.where import asked_at
from verify.tracing.symbols.scalar import RELATIONS, Scalar

BITS = 128  # of the balls' midpoints: their own rounding is nothing beside what they have to enclose
_EXACT_BITS = 256
_FLOAT_BITS = 53
_PLAIN = (int, float)  # what is found out of any other type, whether it is a number, takes a while
_UNITY = flint.arb(1)
_UNIT = flint.arb(2.0**-53)
_SMALLEST_NORMAL = flint.arb(2.0**-1022)
_HALF_SUBNORMAL = flint.arb(2.0**-1074) / 2
_OVERFLOW = flint.arb(2.0**970) * (2**54 - 1)  # from halfway past the last float, rounding gives infinity
_UNKNOWN = flint.arb(0, flint.arb("inf"))
# IEEE 754 leaves pow open; the C libraries in use stay within one ulp, twice what the other operations may add.
_POW = 2
_TINY = -20_000  # as an exponent of 2
_TWO_DIGITS = Context(prec=2, rounding=ROUND_CEILING)


class Enclosure(Scalar):
    """A ball that holds every value which a float64 run may have here."""

    __slots__ = ("ball",)

    def __init__(self, ball: flint.arb) -> None:
        self.ball = ball

    @classmethod
    def of_input(cls, value: Fraction) -> Self:
        """Enclose the float nearest to a decimal: half an ulp around it, unless it is a float itself."""
        nearest = float(value)
        if nearest.as_integer_ratio() == value.as_integer_ratio():
            return cls(flint.arb(nearest))
        return cls(ball(value) + flint.arb(0, flint.arb(math.ulp(nearest)) / 2))

    def lift(self, other: object) -> Self | None:
        """Return a plain number as the float that it becomes beside a float, and a fraction with what that is off."""
        if type(other) is type(self):
            return other
        if type(other) not in _PLAIN:
            if isinstance(other, Fraction):
                return self.of_input(other)
            if not isinstance(other, numbers.Real):
                return None
        return type(self)(flint.arb(float(other)))  # type: ignore[arg-type]

    def plus(self, other: Self) -> Self:
        """Enclose self + other."""
        a, b = self.ball, other.ball
        value = a + b
        return type(self)(value) if _is_float(value) else self._rounded(value, exactly=a.is_zero() or b.is_zero())

    def times(self, other: Self) -> Self:
        """Enclose self * other; a factor that is a power of two only moves the exponent, and 1 nothing at all."""
        a, b = self.ball, other.ball
        if b == _UNITY:
            return self
        value = a * b
        return type(self)(value) if _is_float(value) else self._rounded(value, exactly=_scales(a) or _scales(b))

    def over(self, other: Self) -> Self:
        """Enclose self / other; raises ZeroDivisionError where other is exactly 0, as a float does."""
        if other.ball.is_zero():
            raise ZeroDivisionError("float division by zero")
        return self._rounded(self.ball / other.ball, exactly=_scales(other.ball))

    def to_the(self, exponent: Self) -> Self:
        """Enclose self ** exponent."""
        if exponent.ball == 1:
            return self
        whole = exponent.ball.unique_fmpz()
        power = self.ball**exponent.ball if whole is None else whole_power(self.ball, int(whole))
        return self._rounded(power, units=_POW)

    def __neg__(self) -> Self:
        return type(self)(-self.ball)

    def _rounded(self, value: flint.arb, *, units: int = 1, exactly: bool = False) -> Self:
        """Widen an exact result by `units` times 2**-53, by nothing if the exact result is known to be a float."""
        size = abs(value)
        if not size < _OVERFLOW:  # or unknown: no order holds for what is not finite
            return type(self)(_UNKNOWN)
        normal = size >= _SMALLEST_NORMAL or value.is_zero()
        if normal and (exactly or (value.is_exact() and value.bits() <= _FLOAT_BITS)):
            return type(self)(value)
        added = size * _UNIT + _HALF_SUBNORMAL
        return type(self)(value + flint.arb(0, added if units == 1 else added * units))


def _comparing(relation: str) -> Callable[[Enclosure, object], Any]:
    def compare(self: Enclosure, other: object) -> Any:
        return NotImplemented if (o := self.lift(other)) is None else _decided(self.ball - o.ball, relation)

    return compare


def _decided(ball: flint.arb, relation: str) -> bool:
    """Decide a branch as every float64 run would; raises TraceError where they may differ."""
    if ball.is_zero() or not ball.contains(0):
        return RELATIONS[relation](0 if ball.is_zero() else 1 if ball > 0 else -1)
    raise TraceError("a branch that rounding may decide", asked_at(), reason=Reason.TIE)


for _name, _relation in zip(("lt", "le", "gt", "ge", "eq", "ne"), ("<", "<=", ">", ">=", "==", "!="), strict=True):
    setattr(Enclosure, f"__{_name}__", _comparing(_relation))
Enclosure.__bool__ = lambda self: _decided(self.ball, "!=")  # type: ignore[attr-defined]
Enclosure.__abs__ = lambda self: self if _decided(self.ball, ">=") else -self  # type: ignore[attr-defined]
Enclosure.__hash__ = object.__hash__  # type: ignore[method-assign]


def _is_float(value: flint.arb) -> bool:
    """Tell whether a ball is exactly one float64, and no subnormal one: the exact result of most exact operands."""
    # What has no more bits than a float is a float, unless its exponent is out of their range.
    short = value.is_exact() and value.bits() <= _FLOAT_BITS
    return bool(short and sys.float_info.min <= abs(float(value)) < math.inf)


def _scales(value: flint.arb) -> bool:
    """Tell whether a ball is exactly a power of two, of either sign."""
    return bool(value.is_exact() and value.bits() == 1)  # a mantissa is odd: of one bit, it is 1


class Judged(NamedTuple):
    """What is said of a float, and the bound of its rounding as a number in the same unit, if there is one."""

    rounding: Rounding
    bound: flint.arb | None = None


def judge(
    actual: float,
    enclosure: flint.arb | None,
    exact: flint.arb,
    *,
    right: bool = True,
    closed: bool = False,
    note: str = "",
) -> Judged:
    """Measure a float against the exact value, and say whether rounding explains the distance.

    `enclosure` holds what rounding allows, or is None if that could not be derived (`note` says why). The bound is
    how far the enclosure reaches from the exact value, or from its own middle where the formula is not `right`.
    `closed` says that the enclosure has to hold the exact value too: the formula is proved, and has no typed constants.
    The unit is the ulp of the exact value, or absolute where that is 0. Nothing is said where no digit of it is known.
    """
    if not exact.is_zero() and (exact.contains(0) or not exact.is_finite()):
        return Judged(Rounding("", "", "absolute", True, _NOT_KNOWN))
    with flint.ctx.workprec(_EXACT_BITS):
        unit, kind = (flint.arb(1), "absolute") if exact.is_zero() else (_ulp(exact), "ulp")
        if not math.isfinite(actual):
            overflows = not math.isnan(actual) and bool(abs(exact) >= _OVERFLOW)
            return Judged(Rounding(str(actual), "", kind, overflows, _OVERFLOWS if overflows else _NOT_FINITE))
        error = _upward(abs(flint.arb(actual) - exact) / unit)
        if enclosure is None:
            unknown = f"it may be more than rounding: no bound is known ({note})"
            return Judged(Rounding(error, "", kind, False, unknown))
        if not enclosure.is_finite():
            return Judged(Rounding(error, "", kind, True, _UNLIMITED))
        bound = abs(enclosure - (exact if right else enclosure.mid())) / unit
        explained = not right or bool(
            enclosure.contains(flint.arb(actual)) and (not closed or enclosure.overlaps(exact))
        )
        return Judged(Rounding(error, _upward(bound), kind, explained, "" if explained else _OUTSIDE), bound)


_NOT_KNOWN = "the exact value is not known to enough digits"
_UNLIMITED = "no rounding bound: a value may overflow, or a divisor may round to 0"
_OVERFLOWS = "right: the exact value exceeds the largest float64"
_NOT_FINITE = "not finite, but the exact value is"
_OUTSIDE = "outside the rounding bound around the exact value"


def _ulp(value: flint.arb) -> flint.arb:
    """Return the distance between neighbouring float64s at a value that is not 0."""
    mantissa, exponent = value.mid().man_exp()
    binade = int(exponent) + mantissa.bit_length() - 1
    return _power_of_two(max(binade - 52, -1074))


@lru_cache
def _power_of_two(exponent: int) -> flint.arb:
    return flint.arb(2) ** flint.fmpz(exponent)


def _upward(value: flint.arb) -> str:
    """Write a non-negative ball's upper end with two digits, rounded up; 0 only where it is 0."""
    if value.is_zero():
        return "0"
    mantissa, exponent = value.upper().man_exp()
    if exponent < _TINY:  # nobody wants to know how much smaller, which would take as many digits
        return _two_digits(1, _TINY + int(mantissa).bit_length())
    return _two_digits(int(mantissa), int(exponent))


@lru_cache(maxsize=1024)  # one formula at a few values has few distances
def _two_digits(mantissa: int, exponent: int) -> str:
    """Write mantissa * 2**exponent."""
    above, below = (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)
    digits = _TWO_DIGITS.divide(Decimal(above), Decimal(below))
    return f"{digits:f}" if -5 < digits.adjusted() < 7 or not digits else f"{digits:.1e}"
