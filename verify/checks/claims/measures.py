"""Sizes, and products and quotients of two, that a factor is: at other sizes as well, and not by coincidence."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

import flint

from verify.checks.claims.suspect import Suspect
from verify.graph import balls

_BITS = 128
_ROUNDED = 1e-13  # what roundings of roots of sizes may change
_NEAR = 0.01  # how far a factor may be off at other sizes, where small constants are in the way


class Measure(NamedTuple):
    """A product of sizes, over a product of others."""

    above: tuple[str, ...]
    below: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join("*".join(names) for names in (self.above, self.below) if names)

    def of(self, sizes: Mapping[str, int]) -> float:
        """Return what it is at some sizes."""
        above, below = (math.prod(sizes[name] for name in names) for names in (self.above, self.below))
        return above / below


def products(sizes: Mapping[str, int]) -> list[Measure]:
    """Return each size, and each product of two."""
    return [*singles(sizes), *(Measure(pair) for pair in itertools.combinations(sizes, 2))]


def singles(sizes: Mapping[str, int]) -> list[Measure]:
    """Return each size."""
    return [Measure((name,)) for name in sizes]


def quotients(sizes: Mapping[str, int]) -> list[Measure]:
    """Return each quotient of two sizes."""
    return [Measure((a,), (b,)) for a, b in itertools.permutations(sizes, 2)]


def measured(s: Suspect, ratio: float, measures: Iterable[Measure], power: int = 1) -> Measure | None:
    """Return what the power of a ratio of both sides, or of 1 / it, is the value of, or nothing.

    A number that is a size of the sample may be any other number of the code: at another value of each of its sizes,
    the ratio has to be the one that is said.
    """
    power = power if ratio >= 1 else -power
    fitting = (m for m in measures if abs(m.of(s.sizes) / ratio**power - 1) < _ROUNDED)
    return next((m for m in fitting if all(_follows(s, m, name, power) for name in (*m.above, *m.below))), None)


def _follows(s: Suspect, measure: Measure, name: str, power: int) -> bool:
    """Tell whether the ratio is as a measure says where a size has another value."""
    other = s.resized(name)
    if other is None or not other.fits:
        return False
    pairs = zip(other.expected, other.actual.nodes, strict=True)
    ratios = (abs(quotient(other, *pair, {})) for pair in pairs)
    ratio = next(filter(None, ratios), 0.0)
    return ratio > 0 and abs(ratio**power / measure.of(other.sizes) - 1) < _NEAR


def quotient(s: Suspect, expected: int, actual: int, changes: Mapping[str, Fraction]) -> float:
    """Return actual / expected at a point, or 0 where there is none."""
    with flint.ctx.workprec(_BITS):
        values = balls.at(s.graph, [expected, actual], s.nearby(changes))
        ratio = values[actual] / values[expected]
        return float(ratio.mid()) if balls.is_known(ratio) else 0.0
