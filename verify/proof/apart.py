"""How far two nodes are apart at a point, and how that is said."""

from __future__ import annotations

from collections.abc import Sequence

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.result import Evidence
from verify.proof import rationals
from verify.proof.agreement import GUARD_PRECISIONS
from verify.proof.decision import Pair, Point

FLOAT_BITS = 53
INVISIBLE = 2.0**-FLOAT_BITS  # relative: below the resolution of float64
LITTLE = 1e-3  # relative: a smaller difference is told with its size
_NONE = flint.arb(0)
_SIDES = "sides at a point"  # what a graph remembers of pairs, each at the last point that was read for many


def apart(graph: Graph, pair: Pair, point: Point, least: flint.arb = _NONE) -> float:
    """Return how far two nodes are apart at a point, relative to the larger, or to `least` where that is larger."""
    a, b = sides(graph, pair, point)
    with flint.ctx.workprec(GUARD_PRECISIONS[0]):
        apart = abs(a - b) / abs(a).max(abs(b)).max(least)
        return float(apart) if balls.is_known(apart) else 0.0


def sides(graph: Graph, pair: Pair, point: Point) -> tuple[flint.arb, flint.arb]:
    """Return what two nodes have at a point, from what was read of many pairs there, if it was."""
    read_at, balls_there = graph.memory(_SIDES).get(pair, (None, ()))
    if read_at is point:
        a, b = balls_there
        return a, b
    real = rationals.real(graph, pair, point)
    return real[pair[0]].ball, real[pair[1]].ball


def read(graph: Graph, pairs: Sequence[Pair], point: Point) -> None:
    """Read many pairs at a point for `sides`: one way through the graph, where each pair would take nearly as long."""
    real = rationals.real(graph, [node for pair in pairs for node in pair], point)
    sharp = [pair for pair in pairs if all(real[node].is_known for node in pair)]  # of others alone more bits are read
    graph.memory(_SIDES).update({(a, b): (point, (real[a].ball, real[b].ball)) for a, b in sharp})


def difference(graph: Graph, pair: Pair, point: Point) -> Evidence:
    """Say how far two nodes are apart at a point, where that is little: it may be an epsilon, or a rounded constant."""
    return difference_at(apart(graph, pair, point))


def difference_at(apart: float) -> Evidence:
    """Say that two sides are so far apart at a point, relative to the larger."""
    if apart > LITTLE or not apart:
        return Evidence("counterexample", "the exact values at one exact point differ")
    text = f"the exact values differ by {apart:.1e} relative"
    if apart < INVISIBLE:
        return Evidence("small difference", f"{text}: not the same function, though no float64 shows it here")
    return Evidence("small difference", f"{text}: larger than a few roundings, smaller than most mistakes")
