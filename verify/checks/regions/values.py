"""Exact values of nodes at a point where they may be 0, 0/0 or infinite: numbers, limits, or why there are none.

A ball around 0 says nothing: it is no 0 and no infinity. `rationals.real` reads such a value in more bits and asks the
prover whether it is 0. What has no finite value at the point, as 0/0, has its limit along a direction, by its series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from fractions import Fraction

import flint

from verify.graph import balls, dyadics
from verify.graph.graph import Graph, NodeValues
from verify.proof import rationals
from verify.proof.logarithmic import along
from verify.proof.series import Series
from verify.tracing.region import Point

_GOOD = 128  # bits of a value that are known


class Unknown(Enum):
    """Why a value has no number, in words that follow `not judged: `."""

    INFINITE = "a derivative on one side of it has no finite limit there"
    OPEN = "a derivative on one side of it has no value there, and whether it has a limit is not known"
    CLOSE = "a value there is too close to 0 to distinguish from it"
    BEYOND = "a value there is too large to compute"


Number = Fraction | Unknown


def numbers(
    graph: Graph,
    nodes: Sequence[int],
    point: Point,
    direction: Mapping[str, Fraction | int] | None = None,
    cache: NodeValues | None = None,
) -> list[Number]:
    """Return the values of nodes as rationals, irrational ones to 60 digits; limits along a direction where asked.

    `cache` has the rationals that are known from an earlier call at the same point.
    """
    reals = rationals.real(graph, nodes, point, cache)
    values: dict[int, Number] = {}
    few = [node for node, real in reals.items() if real.rational is None and not _is_sharp(real.ball)]
    sharper = balls.enclose(graph, few, point, _is_sharp, balls.PRECISIONS[1:]) if few else {}
    for node in dict.fromkeys(nodes):
        real = reals[node]
        values[node] = real.rational if real.rational is not None else _number(sharper.get(node, real.ball))
    open_ = [node for node, value in values.items() if value is Unknown.INFINITE]
    if direction is not None and open_:
        values |= _limits(graph, open_, point, direction)
    return [values[node] for node in nodes]


def complete(values: Sequence[Number]) -> list[Fraction] | Unknown:
    """Return the values if all of them are numbers, else the first reason for which one is not."""
    fractions = [value for value in values if isinstance(value, Fraction)]
    return fractions if len(fractions) == len(values) else next(v for v in values if isinstance(v, Unknown))


def _number(ball: flint.arb) -> Number:
    return digits(ball) if ball.is_finite() else Unknown.INFINITE


def _limits(
    graph: Graph, nodes: Sequence[int], point: Point, direction: Mapping[str, Fraction | int]
) -> dict[int, Number]:
    return {node: _limit(series) for node, series in along(graph, nodes, point, direction).items()}


def _limit(series: Series | None) -> Number:
    if series is not None and series.infinite:
        return Unknown.INFINITE
    limit = None if series is None else series.limit
    if limit is None:
        return Unknown.OPEN
    return limit if isinstance(limit, Fraction) else digits(limit)


def _is_sharp(value: flint.arb) -> bool:
    """Tell whether a value has no more digits to be computed: it has enough of them, or no first one."""
    return not value.is_finite() or value.contains(0) or bool(value.rel_accuracy_bits() >= _GOOD)


def digits(value: flint.arb) -> Number:
    """Return a finite number to 60 digits, if so many are known."""
    if not value.is_finite() or value.rel_accuracy_bits() < _GOOD:
        return Unknown.CLOSE
    rounded = dyadics.rounded(value)
    return Unknown.BEYOND if rounded is None else rounded
