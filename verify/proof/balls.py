"""The graph read in ball arithmetic: an interval that holds the exact value, as narrow as one asks for.

Two formulas whose balls at one exact point do not overlap are different there: that is a refutation, and it rests on
nothing else. Balls that overlap prove nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

import flint

from verify.exact import simplest_rational
from verify.proof.graph import Graph

_LARGEST_ROOT = 1000  # beyond, a power is taken by the logarithm


class _Balls:
    def __init__(self, point: Mapping[str, Fraction]) -> None:
        self.point = point

    def variable(self, name: str) -> flint.arb:
        return ball(self.point[name])

    def constant(self, value: Fraction) -> flint.arb:
        return ball(value)

    def typed(self, value: float) -> flint.arb:
        return ball(simplest_rational(value))

    def pi(self, payload: None) -> flint.arb:
        return flint.arb.pi()

    def sum(self, a: flint.arb, b: flint.arb) -> flint.arb:
        return a + b

    def product(self, a: flint.arb, b: flint.arb) -> flint.arb:
        return a * b

    def power(self, a: flint.arb, exponent: Fraction) -> flint.arb:
        return power(a, exponent)

    def function(self, name: str, a: flint.arb, number: int) -> flint.arb:
        return function(name, a)


def function(name: str, a: flint.arb) -> flint.arb:
    """Return a function of the graph's FUNCTIONS, by flint's method of the same name."""
    value: flint.arb = getattr(a, name)()
    return value


def ball(value: Fraction) -> flint.arb:
    """Return a ball of the working precision around an exact number."""
    return flint.arb(rational(value))


def rational(value: Fraction) -> flint.fmpq:
    """Return an exact number as flint's."""
    return flint.fmpq(*value.as_integer_ratio())


def power(base: flint.arb, exponent: Fraction) -> flint.arb:
    """Return base ** exponent; not finite where the real power is not defined on the whole ball."""
    if exponent.denominator == 1:
        return whole_power(base, exponent.numerator)
    if exponent.denominator <= _LARGEST_ROOT:
        return whole_power(base.root(exponent.denominator), exponent.numerator)
    return base ** ball(exponent)


def whole_power(base: flint.arb, exponent: int) -> flint.arb:
    """Return base ** exponent, also for a ball that holds 0, on which flint's own power gives up."""
    if not base.contains(0) or exponent <= 0:
        return base ** flint.fmpz(exponent)
    result = flint.arb(1)
    for bit in f"{exponent:b}":
        result = result * result * (base if bit == "1" else 1)
    return result


def at(
    graph: Graph,
    nodes: Iterable[int],
    point: Mapping[str, Fraction],
    known: dict[int, flint.arb] | None = None,
) -> dict[int, flint.arb]:
    """Return balls around the values of nodes at an exact point, at the working precision.

    Balls that are `known` are not computed again, and the new ones are added to them.
    """
    return graph.read(nodes, _Balls(point), known)


def digits(value: flint.arb) -> str:
    """Write a ball's value with the digits that are certain, 17 at most, and an ellipsis for the rest."""
    return str(value.str(17, radius=False)).lower() + "…"
