"""Whether two nodes agree at a point of the reals: by their balls, as precise as it takes.

Agreement is no proof; that balls do not overlap is a refutation.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.proof.decision import Pair, Point

PRECISIONS = (2048, 8192)  # tried in this order, the second where digits cancel
GUARD_PRECISIONS = (400, 8192)  # three quarters of 400 bits are 90 digits
GUARD_POINTS = 3
_UNIT = flint.arb(1)


def agree_at(graph: Graph, pairs: Sequence[Pair], point: Point) -> bool:
    """Tell whether the sides of all pairs agree to most of their digits at a point, which proves nothing beyond it."""
    distinct = [pair for pair in dict.fromkeys(pairs) if pair[0] != pair[1]]
    return all(agreements(graph, distinct, point, GUARD_PRECISIONS).values())


def confirmed(graph: Graph, pairs: Sequence[Pair], points: Sequence[Point], needed: int) -> set[Pair]:
    """Return the pairs whose sides also agree at points of the reals, at `needed` of them if so many serve.

    It guards what the field rests on: that no coefficient hides in its prime, that exponentials behave like elements.
    """
    agreeing = dict.fromkeys(pairs, 0)
    waiting: Sequence[Pair] = pairs
    for place in reversed(range(len(points))):  # the first ones share the sample's inputs; each is made when asked for
        for pair, agree in agreements(graph, waiting, points[place], GUARD_PRECISIONS).items():
            agreeing[pair] = -1 if agree is False else agreeing[pair] + bool(agree)
        waiting = [pair for pair, count in agreeing.items() if 0 <= count < needed]
        if not waiting:
            break
    return {pair for pair, count in agreeing.items() if count > 0}


def agreements(graph: Graph, pairs: Sequence[Pair], point: Point, precisions: Sequence[int]) -> dict[Pair, bool | None]:
    """Tell for each pair whether its nodes agree at a point, with the least precision that tells."""
    agreements: dict[Pair, bool | None] = {}
    still = list(pairs)
    for bits in precisions:
        with flint.ctx.workprec(bits):
            values = balls.at(graph, [node for pair in still for node in pair], point)
            agreements.update({pair: agree(values[pair[0]], values[pair[1]], bits) for pair in still})
        still = [p for p in still if agreements[p] is None and not any(balls.is_undefined(graph, n, values) for n in p)]
        if not still:
            break
    return agreements


def agree(a: flint.arb, b: flint.arb, bits: int) -> bool | None:
    """Tell whether two balls agree to most of the digits that they are computed with; None where one is too wide.

    Overlap alone says nothing: a ball may be as wide as its midpoint is large.
    """
    if not (a.is_finite() and b.is_finite()):
        return None
    if not a.overlaps(b):
        return False
    # Near 0, where cancellation leaves no digits, places are counted instead.
    size = (abs(a) + abs(b)).max(_UNIT)
    return True if (a.rad() + b.rad()) * _power_of_two(3 * bits // 4) < size else None


@functools.cache
def _power_of_two(exponent: int) -> flint.arb:
    return flint.arb(2) ** exponent  # exact
