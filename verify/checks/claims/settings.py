"""Options that a factor is made of: 2*(1 - p) where backward has 2 in place of 1/(1 - p). At other values as well."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from verify.checks.claims.measures import quotient
from verify.checks.claims.suspect import Suspect
from verify.model.exact import decimal_text

_ROUNDED = 1e-13
_CONSTANTS = (Fraction(1), Fraction(2), Fraction(1, 2))


def factor_of_option(s: Suspect, factor: float) -> str:
    """Write the factor of both sides, or 1 / it if it is below 1, in terms of a number that is an option.

    It has to be that function of the option at each other value that the case has of it; else nothing is said.
    """
    power = 1 if factor >= 1 else -1
    for name, value in s.options.items():
        others = s.reoptioned(name)
        for number, (text, at) in enumerate(_forms(name, value)):
            near = others and _is_near(factor**power, at)
            if near and all(_follows(other, name, number, power) for other in others):
                return text
    return ""


def _forms(name: str, value: Fraction) -> Iterator[tuple[str, float]]:
    """Yield products of numbers and of what is made of an option, with the values that they have."""
    bases = ((name, value), (f"(1 - {name})", 1 - value))
    for constant in _CONSTANTS:
        times = "" if constant == 1 else f"{decimal_text(constant)}*"
        for text, base in bases:
            yield f"{times}{text}", float(constant * base)
            yield f"{decimal_text(constant)}/{text}", float(constant / base) if base else 0.0


def _follows(other: Suspect, name: str, number: int, power: int) -> bool:
    """Tell whether the gradient at another value of the option is off by the same form, or right where that is 1."""
    pairs = zip(other.expected, other.actual.nodes, strict=True)
    ratio = next(filter(None, (abs(quotient(other, *pair, {})) for pair in pairs)), 0.0)
    _, at = [*_forms(name, other.options[name])][number]
    return ratio > 0 and _is_near(ratio**power, at)


def _is_near(left: float, right: float) -> bool:
    return abs(left - right) <= _ROUNDED * max(abs(left), abs(right))
