"""Constants of a tape as exact rationals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from verify.model.exact import simplest_rational
from verify.tape.parts import Part

_MANY = 1000  # denominators of constants whose least common multiple is not computed


def rationals(part: Part) -> Sequence[Fraction]:
    """Return the values of constants: floats in the code are the simplest rationals that round to them."""
    return _simplest(part.payload) if part.op == "typed" else part.payload


@lru_cache(maxsize=32)  # each is asked for several times
def _simplest(values: tuple[float, ...]) -> tuple[Fraction, ...]:
    return tuple(map(simplest_rational, values))


def bits_of_constants(parts: Sequence[Part]) -> float:
    """Return the logarithm of a common denominator of all constants."""
    leaves = [part for part in parts if part.op in ("constant", "typed")]
    denominators = {value.denominator for part in leaves for value in rationals(part)}
    if len(denominators) > _MANY:
        return sum(map(math.log2, denominators))
    return math.log2(math.lcm(*denominators))
