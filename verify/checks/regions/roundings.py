"""How far values may be off because floats that stand in the code are rounded: 0.1 * 3 where 0.3 was meant.

Gradients are compared exactly on an edge, and a right one may differ in the last digits of such constants. So every
constant becomes a ball around all numbers that may have been meant, and what a value's ball covers is no mistake. Balls
grow with every operation: where they are wide, nothing is judged, so that they never cover one.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import flint

from verify.graph import balls, dyadics
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.proof.constants import reach
from verify.tracing.region import Point

_BITS = 256
ROUGH = Fraction(1, 2**20)  # of the largest value: a rounding that does more to it is no small change


def roundings(graph: Graph, nodes: Sequence[int], point: Point) -> list[Fraction] | None:
    """Return how far each value may be off, 0 without constants; None where that has no limit."""
    typed = [node for node in graph.reach(nodes) if graph.ops[node] == "typed"]
    if not typed:
        return [Fraction(0)] * len(nodes)
    with flint.ctx.workprec(_BITS):
        enclosures = {node: _meant(graph.payloads[node]) for node in typed}
        values = balls.at(graph, nodes, point, enclosures)
        radii = [dyadics.rounded(values[node].rad()) if values[node].is_finite() else None for node in nodes]
    sizes = [size for size in radii if size is not None]
    return sizes if len(sizes) == len(nodes) else None


def _meant(value: float) -> flint.arb:
    return flint.arb(balls.ball(simplest_rational(value)), balls.ball(reach(value)))
