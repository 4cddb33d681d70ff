"""Is a difference no more than the rounding of the constants that stand in the code?

A typed-in irrational is off by up to half an ulp, a constant that the code computed in float operations by a few. Each
constant is moved by so much, alone, and the difference of the two sides is watched: where the movements add up to at
least the difference, rounding explains it. (A ball around each constant would not do: balls grow with every operation
in which a constant occurs, and in the end cover anything, a numerical derivative for one.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

import flint

from verify import balls
from verify.exact import simplest_rational
from verify.graph import Graph

_BITS = 512
_EPSILON = Fraction(1, 2**52)
_ULPS = 4  # that a constant may be off: half an ulp where it was typed in, the rest where it was computed
_MOST_CONSTANTS = 64


def covered(graph: Graph, pair: tuple[int, int], points: Sequence[Mapping[str, Fraction]]) -> bool:
    """Tell whether at every point where both sides are defined their difference is explained by rounded constants."""
    typed = [i for i in graph.reach(pair) if graph.ops[i] == "typed"]
    if len(typed) > _MOST_CONSTANTS:
        return False
    with flint.ctx.workprec(_BITS):
        found = [_covered_at(graph, pair, point, typed) for point in points]
    return False not in found and True in found


def _covered_at(graph: Graph, pair: tuple[int, int], point: Mapping[str, Fraction], typed: list[int]) -> bool | None:
    values = {i: simplest_rational(graph.payloads[i]) for i in typed}
    difference = _difference(graph, pair, point, values)
    if not difference.is_finite() or difference.contains(0):
        return None
    reach = flint.arb(0)
    for group in _groups(graph, typed):
        moved = {**values, **{i: values[i] * (1 + _ULPS * _EPSILON) for i in group}}
        reach += abs(_difference(graph, pair, point, moved) - difference)
    return bool(abs(difference) <= reach)


def _groups(graph: Graph, typed: list[int]) -> list[list[int]]:
    """Return the constants that are one but for a power of two, as h and 2 * h are: floats scale without rounding."""
    groups: dict[float, list[int]] = {}
    for i in typed:
        groups.setdefault(abs(math.frexp(graph.payloads[i])[0]), []).append(i)
    return list(groups.values())


def _difference(
    graph: Graph, pair: tuple[int, int], point: Mapping[str, Fraction], typed: Mapping[int, Fraction]
) -> flint.arb:
    known = {i: balls.ball(value) for i, value in typed.items()}
    values = balls.at(graph, pair, point, known=known)
    return values[pair[0]] - values[pair[1]]
