"""Exact values of nodes at a point where they may be 0, 0/0 or infinite: numbers, limits, or why there are none.

A ball around 0 says nothing: it is no 0 and no infinity. So what is neither apart from 0 nor a rational is looked at
again with the numbers of the point put into the formula, in more digits, and by the prover, which shows constants to
be 0. What has no finite value at the point, as 0/0, has its limit along a direction, by its series (`series`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction

import flint

from verify.proof import balls, dyadics, field, rationals
from verify.proof.graph import Graph, Known
from verify.proof.series import Series, along
from verify.tracing.region import Point

_BITS = (256, 2048)  # of balls; a constant that is 0 to the digits of the second one is 0, or never known to be none
_GOOD = 128  # bits of a value that are known


class Unknown(Enum):
    """Why a value has no number, in words that follow `not judged: `."""

    INFINITE = "a derivative on one side of it has no finite limit there"
    OPEN = "a derivative on one side of it has no value there, and whether it has a limit is not known"
    CLOSE = "a value there is too close to 0 to be told from it"
    BEYOND = "a value there is beyond what can be written out"


Number = Fraction | Unknown


def numbers(
    graph: Graph,
    nodes: Sequence[int],
    point: Point,
    direction: Mapping[str, Fraction | int] | None = None,
    cache: Known | None = None,
) -> list[Number]:
    """Return the values of nodes as rationals, irrational ones to 60 digits; limits along a direction where asked.

    `cache` has the rationals that are known from an earlier call at the same point.
    """
    found = rationals.real(graph, nodes, point, cache)
    known: dict[int, Number] = {}
    for node in dict.fromkeys(nodes):
        real = found[node]
        known[node] = real.rational if real.rational is not None else _number(graph, node, point, real.ball)
    open_ = [node for node, value in known.items() if value is Unknown.INFINITE]
    if direction is not None and open_:
        known |= _limits(graph, open_, point, direction)
    return [known[node] for node in nodes]


def complete(values: Sequence[Number]) -> list[Fraction] | Unknown:
    """Return the values if all of them are numbers, else the first reason for which one is not."""
    known = [value for value in values if isinstance(value, Fraction)]
    return known if len(known) == len(values) else next(v for v in values if isinstance(v, Unknown))


def _number(graph: Graph, node: int, point: Point, ball: flint.arb) -> Number:
    if not ball.is_finite():
        return Unknown.INFINITE
    if ball.rel_accuracy_bits() < _GOOD:
        constant, folded = _substituted(graph, node, point)
        return _constant(constant, folded)
    return _written(ball)


def _written(ball: flint.arb) -> Number:
    value = dyadics.rounded(ball)
    return Unknown.BEYOND if value is None else value


def _constant(graph: Graph, node: int) -> Number:
    """Return the value of a node without variables: 0 where the prover says so."""
    value = graph.value(node)
    if value is not None:
        return value
    zero = graph.constant(Fraction(0))
    with flint.ctx.workprec(_BITS[-1]):
        ball = balls.at(graph, [node], {})[node]
    if not ball.is_finite():
        return Unknown.INFINITE
    if not ball.contains(0):
        return _written(ball)
    vanishes = any(field.equal(graph, [(node, zero)], 0, laws)[0] == [True] for laws in field.Laws)
    return Fraction(0) if vanishes else Unknown.CLOSE


def _substituted(graph: Graph, node: int, point: Point) -> tuple[Graph, int]:
    """Return a node with the numbers of a point in place of its variables, which folds what cancels."""
    made = Graph()
    return made, graph.read([node], _Rebuilt(made, point))[node]


class _Rebuilt:
    """The graph read into another one."""

    def __init__(self, graph: Graph, point: Point) -> None:
        self.graph, self.point = graph, point
        self.constant, self.typed, self.sum, self.product = graph.constant, graph.typed, graph.sum, graph.product
        self.power = graph.power

    def variable(self, name: str) -> int:
        return self.graph.constant(self.point[name])

    def pi(self, payload: None) -> int:
        return self.graph.pi()

    def function(self, name: str, a: int, number: int) -> int:
        return self.graph.function(name, a)


def _limits(
    graph: Graph, nodes: Sequence[int], point: Point, direction: Mapping[str, Fraction | int]
) -> dict[int, Number]:
    return {node: _limit(series) for node, series in along(graph, nodes, point, direction).items()}


def _limit(series: Series | None) -> Number:
    if series is not None and series.order < 0:
        return Unknown.INFINITE if series.terms else Unknown.OPEN
    limit = None if series is None else series.limit
    if limit is None:
        return Unknown.OPEN
    return limit if isinstance(limit, Fraction) else digits(limit)


def digits(value: flint.arb) -> Number:
    """Return a number as it is known: to 60 digits, or not at all."""
    return _written(value) if value.is_finite() and value.rel_accuracy_bits() >= _GOOD else Unknown.CLOSE
