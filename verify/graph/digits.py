"""Balls as text: the digits that are certain, and no others."""

from __future__ import annotations

import flint

from verify.graph import balls

_MORE = 3  # digits that are computed beyond those that are written
_ENDS = 128  # bits of the ends of a ball that is written
_PLAIN = 6  # places after the point from which on a number is written with an exponent
_FARTHEST = 10**17  # exponents of ten, beyond which a number is not written
_BINARY = 4 * _FARTHEST  # more than the exponent of two of the largest that is


def digits(value: flint.arb, most: int = 17) -> str:
    """Write a ball's value: the digits that all numbers in it share, `most` of them at most, and an ellipsis.

    A value that is not known is written as that, with a bound where there is one.
    """
    if not value.is_finite():
        return "not known"
    if value.is_zero():
        return "0"
    if value.contains(0):
        return f"not known: within {bound(value)} of 0"
    return extreme(value) or ("-" if value < 0 else "") + _magnitude(value, most)


def rounded(value: flint.arb, most: int = 9) -> str:
    """Write a ball's value rounded to so many digits, where they are known, and else as `digits` does."""
    if not balls.is_known(value) or extreme(value):
        return digits(value)
    mantissa, mark, exponent = str(value.str(most, radius=False)).lower().partition("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}{mark}{exponent}"


def bound(value: flint.arb) -> str:
    """Return a power of ten above the magnitude of all numbers in a finite ball that is not 0."""
    with flint.ctx.workprec(_ENDS):
        above = abs(value).upper()
        exponent = -_FARTHEST if _binary(above) < -_BINARY else _decimal(above, 1)[1] + 1
    return f"1e{exponent:+}"


def _magnitude(value: flint.arb, most: int) -> str:
    """Write a number without its sign."""
    with flint.ctx.workprec(_ENDS):
        (low, exponent), (high, other) = _decimal(abs(value).lower(), most), _decimal(abs(value).upper(), most)
        nearest = f"{abs(value).str(most, radius=False)}…".lower()
    certain = balls.is_known(value)
    shared = next((i for i, pair in enumerate(zip(low, high, strict=True)) if pair[0] != pair[1]), most)
    if exponent == other and (shared >= most or (shared and not certain)):
        return f"{_placed(low[: min(shared, most)], exponent)}…"
    if certain:  # on both sides of a short decimal: the nearest is known
        return nearest
    return f"(not known: between 1e{exponent:+} and 1e{other + 1:+})"


def extreme(value: flint.arb) -> str:
    """Say how large or small a number is that is not written; nothing of others."""
    exponent = _binary(abs(value).upper()) if value.is_finite() else 0
    if exponent < -_BINARY:
        return f"not 0, and within 1e-{_FARTHEST} of 0"
    return f"beyond {'-' if value < 0 else ''}1e+{_FARTHEST}" if exponent > _BINARY else ""


def _binary(value: flint.arb) -> int:
    """Return the exponent of two of a positive number."""
    mantissa, exponent = value.man_exp()
    return int(exponent) + int(mantissa).bit_length()


def _decimal(value: flint.arb, most: int) -> tuple[str, int]:
    """Return the first digits of a positive number, some more than `most`, and the exponent of ten of the first."""
    mantissa, _, exponent = str(value.str(most + _MORE, radius=False)).partition("e")
    whole, _, rest = mantissa.partition(".")
    figures = (whole + rest).lstrip("0")
    first = len(whole) - 1 if whole.strip("0") else -1 - (len(rest) - len(rest.lstrip("0")))
    return figures.ljust(most + _MORE, "0"), first + int(exponent or 0)


def _placed(figures: str, exponent: int) -> str:
    """Write digits with the point at its place, near 1 as 0.00123, else as 1.23e-45."""
    if not -_PLAIN < exponent < len(figures):
        return f"{figures[0]}.{figures[1:] or '0'}e{exponent:+}"
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + figures
    return f"{figures[: exponent + 1]}.{figures[exponent + 1 :]}".rstrip(".")
