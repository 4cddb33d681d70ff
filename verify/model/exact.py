"""Exact numbers: reading and writing what people type, and the simplest rational behind a float."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, Inexact, InvalidOperation, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Any

from verify.model.errors import InputError

# Beyond these a decimal cannot be a float64 at all; checking first keeps 1e999999999 from becoming a billion digits.
_LARGEST_EXPONENT = 308
_SMALLEST_EXPONENT = -330
_MOST_DIGITS = 1000
_FLOAT_BITS = 52
_HALF = 0.5
_NEARLY = Fraction(1, 1000)  # relative: a factor that is closer to 1 is no factor that someone forgot
_SHORT = 10  # digits that a float of 16 has by accident once in 10**5 times or less: someone has chosen it


class RangeError(InputError):
    """A number that does not fit a float64."""


def exact(value: object, name: str) -> Fraction:
    """Return the number that a person typed, exactly: a float by the digits of its `repr`, anything else as written.

    Raises InputError for NaN, infinity and anything that is not a number, and RangeError for what does not fit a
    float64; `name` is what the message calls the number.
    """
    if type(value) is int:  # first, for the others take a while to ask
        number = _whole(value)
    elif isinstance(value, Fraction):
        number = value
    elif isinstance(value, numbers.Integral) and not isinstance(value, bool):
        number = _whole(int(value))
    elif isinstance(value, (str, Decimal, float)):
        number = _from_decimal(value, name)
    else:
        raise InputError(f"{name} is {value!r}: expected a number")
    return _within_float64(number, name)


def within(value: Fraction, bounds: tuple[Fraction | None, Fraction | None]) -> bool:
    """Tell whether a number lies in a domain, whose bounds are no part of it.

    Each point that is tried is asked about with all of its coordinates: as ratios they are compared in a third of the
    time that Fractions take, which ask first what they are compared with.
    """
    low, high = bounds
    if low is None and high is None:
        return True
    ratio = value.as_integer_ratio()
    return (low is None or _is_less(low.as_integer_ratio(), ratio)) and (
        high is None or _is_less(ratio, high.as_integer_ratio())
    )


def _is_less(a: tuple[int, int], b: tuple[int, int]) -> bool:
    return a[0] * b[1] < b[0] * a[1]


_whole = lru_cache(maxsize=1024)(Fraction)  # what many inputs share, their texts and balls can share too


def _from_decimal(value: str | Decimal | float, name: str) -> Fraction:
    text = value.replace("_", "") if isinstance(value, str) else str(value)
    if len(text) > _MOST_DIGITS:
        raise InputError(f"{name} has more than {_MOST_DIGITS:,} digits")
    try:
        if isinstance(value, str) and "/" in text:
            return Fraction(text)
        decimal = Decimal(text)
    except (InvalidOperation, ValueError, ZeroDivisionError):
        raise InputError(f"{name} is {value!r}: expected a number, like 100, 1.1 or 11/10") from None
    if not decimal.is_finite():
        raise InputError(f"{name} is {decimal}: only finite numbers can be inputs")
    if decimal and not _SMALLEST_EXPONENT <= decimal.adjusted() <= _LARGEST_EXPONENT:
        raise RangeError(f"{name} is {decimal}: it does not fit a float64")
    return Fraction(decimal)


def _within_float64(number: Fraction, name: str) -> Fraction:
    try:
        rounded = float(number)
    except OverflowError:
        rounded = math.inf
    if math.isinf(rounded) or (number and not rounded):
        raise RangeError(f"{name} does not fit a float64: its magnitude is too {'large' if rounded else 'small'}")
    return number


def nearest_double(value: Fraction) -> float:
    """Return the double nearest to an exact number, infinite where it is too large."""
    top, bottom = value.as_integer_ratio()
    try:
        return top / bottom  # rounded once, and faster than a Fraction is turned into a float
    except OverflowError:
        return math.inf if top > 0 else -math.inf


@lru_cache(maxsize=4096)  # the same few constants, in each reading of a graph
def simplest_rational(value: float, ulps: float = 0.5) -> Fraction:
    """Return the simplest rational within so many ulps of `value`: 0.1 is 1/10, 1/6 is 1/6, 6.02e23 is 602 * 10**21.

    The fraction with the smallest denominator is found along the Stern-Brocot tree (the continued fractions of both
    ends, as long as they agree). One that takes more bits than a float explains nothing: then the shortest decimal is.
    A decimal of few digits is what it says, also where a fraction with a smaller denominator rounds to the same float.
    """
    if value == 0 or (value == int(value) and abs(value) < 2**53):
        return Fraction(int(value))
    if value < 0:
        return -simplest_rational(-value, ulps)
    if is_short(value):
        return Fraction(repr(value))
    middle, reach = Fraction(value), Fraction(math.ulp(value)) * Fraction(ulps)
    below = (middle - Fraction(math.nextafter(value, 0.0))) * Fraction(ulps)
    simplest = _simplest_between(middle - below, middle + reach)
    simple = simplest.numerator.bit_length() + simplest.denominator.bit_length() <= _FLOAT_BITS
    if simple and (ulps > _HALF or float(simplest) == value):
        return simplest
    return Fraction(Decimal(repr(value)))


@lru_cache(maxsize=4096)
def is_short(value: float) -> bool:
    """Tell whether a float is a decimal of few digits, as 0.999999: such a number is typed, and meant as it stands.

    A computed float shows all its digits, but where its exact value is as short, or by accident.
    """
    return len(repr(abs(value)).partition("e")[0].replace(".", "").strip("0")) <= _SHORT


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    terms: list[int] = []
    while True:
        whole = math.ceil(low)
        if whole <= high:
            break
        terms.append(whole - 1)
        low, high = 1 / (high - (whole - 1)), 1 / (low - (whole - 1))
    fraction = Fraction(whole)
    for term in reversed(terms):
        fraction = term + 1 / fraction
    return fraction


@lru_cache(maxsize=1024)
def decimal_text(number: Fraction) -> str:
    """Write a rational as people type it: `1.1`, `4.5e+20` or `1e-12` where 17 digits suffice, else `1/3`."""
    with localcontext(prec=17) as context:
        decimal = (Decimal(number.numerator) / Decimal(number.denominator)).normalize()
        if context.flags[Inexact]:
            return str(number)
    plain = -5 < decimal.adjusted() < 16 if number else True
    return f"{decimal:f}" if plain else f"{decimal:e}"


def factor_text(ratio: Fraction) -> str:
    """Write how far a number other than 0 is off: `a factor of 2`, or `1e-07 relative` where it is nearly right."""
    if abs(abs(ratio) - 1) < _NEARLY:
        return f"{float(abs(abs(ratio) - 1)):.2g} relative"
    return f"a factor of {decimal_text(max(abs(ratio), 1 / abs(ratio)))}"


def each_once(inputs: Mapping[str, Fraction], convert: Callable[[Fraction], Any]) -> dict[str, Any]:
    """Convert the inputs; of those that share one number, as many do, that is converted once."""
    converted = by_identity(inputs, convert)
    return {name: converted[id(value)] for name, value in inputs.items()}


def texts(inputs: Mapping[str, Fraction]) -> Iterator[tuple[str, str]]:
    """Return the inputs as people type them."""
    decimals = by_identity(inputs, decimal_text)
    return ((name, decimals[id(value)]) for name, value in inputs.items())


def by_identity(inputs: Mapping[str, Fraction], convert: Callable[[Fraction], Any]) -> dict[int, Any]:
    """Return what the numbers of the inputs convert to, each by its `id`."""
    return {key: convert(value) for key, value in {id(value): value for value in inputs.values()}.items()}
