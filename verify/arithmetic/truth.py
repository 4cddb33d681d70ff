"""Exact values at several points at once, in balls of many digits: for each node a list of balls, one for each."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from operator import add, mul

import flint

from verify.arithmetic.points import Point
from verify.exact import simplest_rational
from verify.proof import balls
from verify.proof.graph import Graph

Column = list[flint.arb]
_BITS = 320  # of the balls


def values(graph: Graph, nodes: Sequence[int], points: Sequence[Point]) -> dict[int, Column]:
    """Return the values of nodes at exact points."""
    with flint.ctx.workprec(_BITS):
        return graph.read(nodes, _Columns(points))


class _Columns:
    def __init__(self, points: Sequence[Point]) -> None:
        self.points = points

    def variable(self, name: str) -> Column:
        return [balls.ball(point[name]) for point in self.points]

    def constant(self, value: Fraction) -> Column:
        return [balls.ball(value)] * len(self.points)

    def typed(self, value: float) -> Column:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Column:
        return [flint.arb.pi()] * len(self.points)

    def sum(self, a: Column, b: Column) -> Column:
        return list(map(add, a, b))

    def product(self, a: Column, b: Column) -> Column:
        return list(map(mul, a, b))

    def power(self, a: Column, exponent: Fraction) -> Column:
        return [balls.power(value, exponent) for value in a]

    def function(self, name: str, a: Column, number: int) -> Column:
        return [balls.function(name, value) for value in a]
