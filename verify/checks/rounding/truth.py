"""Exact values at several points at once, in balls of many digits: for each node a list of balls, one for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from operator import add, mul
from typing import Any

import flint

from verify.checks.rounding.points import Point
from verify.graph import balls, joints
from verify.model.exact import simplest_rational
from verify.proof import rationals
from verify.tracing.symbols.trace import Trace

Column = list[flint.arb]
_BITS = 320  # of the balls
_MORE_BITS = (1280, 5120)  # where those are too wide: enough for the subnormal numbers of double precision, and more


class Truth:
    """The exact values of nodes at points, in balls that are as narrow as whoever asks needs them."""

    def __init__(self, graph: Trace, nodes: Sequence[int], points: Sequence[Point]) -> None:
        self.graph, self.points = graph, points
        self._zero: dict[int, bool] = {}
        with flint.ctx.workprec(_BITS):
            self._columns: dict[int, Column] = graph.read(nodes, _Columns(points))

    def at(self, nodes: Sequence[int], column: int) -> list[flint.arb]:
        """Return the values of nodes at a point."""
        return [self._columns[node][column] for node in nodes]

    def narrow(self, nodes: Sequence[int], column: int, enough: Callable[[flint.arb], bool]) -> None:
        """Compute the values of nodes at a point with more bits; a function that is shown to be 0 is 0."""
        point, zero = exactly(self.points[column]), flint.arb(0)
        zeros = {n for n in nodes if may_be_zero(self._columns[n][column]) and self._vanishes(n)}
        others = [n for n in nodes if n not in zeros and not enough(self._columns[n][column])]
        values = {**balls.enclose(self.graph, others, point, enough, _MORE_BITS), **dict.fromkeys(zeros, zero)}
        for node, ball in values.items():
            self._columns[node][column] = ball

    def _vanishes(self, node: int) -> bool:
        """Tell whether a node is the function 0; the prover is not asked where it is another number at a point."""
        if node not in self._zero:
            balls_there = [*self._columns[node], self.graph.at_sample(node)]  # all points may be extreme ones
            everywhere = all(ball.contains(0) for ball in balls_there)
            self._zero[node] = everywhere and rationals.vanishes(self.graph, node)
        return self._zero[node]


def may_be_zero(ball: flint.arb) -> bool:
    """Tell whether a ball lies around 0, and may hold other numbers too."""
    if ball.rel_accuracy_bits() > 1:  # the radius is below a half of the middle
        return False
    return bool(ball.is_finite()) and bool(ball.contains(0)) and not ball.is_zero()


def exactly(point: Point) -> dict[str, Fraction]:
    """Return a point of floats as the exact numbers that they are."""
    return {name: Fraction(value) for name, value in point.items()}


class _Columns:
    def __init__(self, points: Sequence[Point]) -> None:
        self.points = points

    def variable(self, name: str) -> Column:
        return [flint.arb(float(point[name])) for point in self.points]  # exactly

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

    def joint(self, op: str, values: list[Column], payload: Any) -> Column:
        return [joints.in_balls(op, row, payload) for row in zip(*values, strict=True)]
