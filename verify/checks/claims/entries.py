"""Both sides of a whole wrong gradient: at its counterexample, and how far each entry is off at the sample.

The values hold where the inputs that the counterexample names are as it says, and all others 0: these are set to 0 in
the formulas. What then still depends on one of them, since it may not be 0 in the region, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import flint
import numpy as np

from verify.graph import balls
from verify.graph.graph import Graph
from verify.graph.substitution import replaced
from verify.model.comparison import Arrays, Entry, Rest, Verdict
from verify.proof import rationals
from verify.proof.decision import Decision
from verify.tracing.region import Point, Region

_SMALL = 12  # entries, up to which all are listed that are not 0 on both sides
_MOST = 4  # entries that are listed of a larger array
_LARGEST = 4_096  # entries of an array that is looked at
_MOST_NODES = 300_000
_BITS = 128
_NEARLY = 1e-9  # of a tenth: a half is five tenths, in balls too
_RIGHT, _OPEN, _UNKNOWN = ".", "?", "x"


class Sides(NamedTuple):
    """A gradient as nodes, entry by entry in the order of its array: the exact one, and what the code computes."""

    graph: Graph
    shape: tuple[int, ...]
    expected: Sequence[int]
    actual: Sequence[int]

    @property
    def nodes(self) -> list[int]:
        """Return the nodes of both sides."""
        return [*self.expected, *self.actual]

    @property
    def is_readable(self) -> bool:
        """Tell whether it is an array, and not too large."""
        return 1 < len(self.expected) <= _LARGEST and len(self.graph.reach(self.nodes)) <= _MOST_NODES


def emptied(graph: Graph, region: Region, point: Point, named: Collection[str]) -> list[Point]:
    """Return points of the region in which inputs that are not `named` are 0: all of them, or those of the upstream.

    Of the edges that touch the named inputs, they lie on those only on which the point lies.
    """
    others = [name for name in region.sample if name not in named]
    conditions = region.about(named)
    touched, points = region.touched(point, conditions), []
    for chosen in (others, [name for name in others if name in region.upstream]):
        changed = {**point, **dict.fromkeys(chosen, 0 * point[chosen[0]])} if chosen else point
        if changed is point or not region.holds(changed, region.about(chosen)):
            continue
        if region.touched(changed, conditions) <= touched:
            points.append(changed)
    return points


def arrays(
    sides: Sides, point: Point, named: Collection[str], proved: Collection[int], open_: Collection[int] = ()
) -> Arrays | None:
    """Return both sides at a point, as far as they depend on the `named` inputs where others that are 0 there are 0.

    Entries are `proved` to be equal by their places; of `open_` ones nothing is said, unless both sides are 0.
    """
    if not sides.is_readable:
        return None
    settled, pairs = _settled(sides, point, named)
    with flint.ctx.workprec(_BITS):
        values = balls.at(sides.graph, [node for place in settled for node in pairs[place]], point)
    enclosed = {place: (values[pairs[place][0]], values[pairs[place][1]]) for place in settled}
    apart = {place: _apart(*pair) for place, pair in enclosed.items()}
    zeros = {place for place, pair in enclosed.items() if all(ball.is_zero() for ball in pair)}
    alike = {place for place, (expected, actual) in enumerate(pairs) if expected == actual}
    hidden = {*open_} - zeros
    equal = (alike | zeros | {*proved}) - hidden
    listed = [place for place in _listed(apart, zeros, len(pairs)) if place not in hidden]
    others = {*range(len(pairs))}.difference(listed)
    rest = Rest.ZERO if others <= zeros else Rest.EQUAL if others <= equal else Rest.OPEN
    entries = tuple(_entry(sides, place, pairs[place], point) for place in listed)
    return Arrays(entries, rest, sum(bool(apart[place]) for place in apart if place not in hidden))


def _settled(sides: Sides, point: Point, named: Collection[str]) -> tuple[list[int], list[tuple[int, int]]]:
    """Return the places that depend on named inputs alone where others that are 0 are 0, and both sides there."""
    graph = sides.graph
    variables = {node: graph.payloads[node] for node in graph.reach(sides.nodes) if graph.ops[node] == "variable"}
    zero = graph.whole(0)
    zeros = {node: zero for node, name in variables.items() if name not in named and not point[name]}
    nodes = replaced(graph, sides.nodes, zeros)
    pairs = list(zip(nodes[: len(sides.expected)], nodes[len(sides.expected) :], strict=True))
    others = {node for node, name in variables.items() if name not in named} - zeros.keys()
    open_ = _depending(graph, nodes, others)
    return [place for place, pair in enumerate(pairs) if open_.isdisjoint(pair)], pairs


def _depending(graph: Graph, nodes: Sequence[int], sources: Collection[int]) -> set[int]:
    """Return what nodes are computed from, themselves among it, that depends on some variables."""
    depending = set(sources)
    for node in graph.reach(nodes) if depending else ():
        if not depending.isdisjoint(graph.args[node]):
            depending.add(node)
    return depending


def _apart(expected: flint.arb, actual: flint.arb) -> float:
    """Return how far two balls are apart, 0 where they may hold the same number or are not known."""
    if not (expected.is_finite() and actual.is_finite()) or expected.overlaps(actual):
        return 0.0
    return float(abs(expected - actual).lower()) or math.ulp(0.0)


def _listed(apart: Mapping[int, float], zeros: Collection[int], entries: int) -> list[int]:
    """Return the places to be listed: all that are not 0 of a small array, of a large one those that differ most."""
    if entries <= _SMALL:
        return [place for place in apart if place not in zeros]
    differing = [place for place in apart if apart[place]]
    return sorted(sorted(differing, key=lambda place: -apart[place])[:_MOST])


def _entry(sides: Sides, place: int, pair: tuple[int, int], point: Point) -> Entry:
    real = rationals.real(sides.graph, pair, point)
    expected, actual = (real[node] for node in pair)
    index = tuple(map(int, np.unravel_index(place, sides.shape)))
    return Entry(index, expected.readable, actual.readable, _apart(expected.ball, actual.ball) > 0)


def marks(sides: Sides, decisions: Sequence[Decision], sample: Point) -> str:
    """Return a sign for each entry: right, undecided, or how many tenths of the larger side it is off at the sample."""
    if not sides.is_readable:
        return ""
    wrong = [place for place, decision in enumerate(decisions) if decision.verdict is Verdict.REFUTED]
    with flint.ctx.workprec(_BITS):
        nodes = [node for place in wrong for node in (sides.expected[place], sides.actual[place])]
        values = balls.at(sides.graph, nodes, sample)
        tenths = {place: _tenths(values[sides.expected[place]], values[sides.actual[place]]) for place in wrong}
    return "".join(
        tenths.get(place, _RIGHT if decision.verdict.good else _OPEN) for place, decision in enumerate(decisions)
    )


def _tenths(expected: flint.arb, actual: flint.arb) -> str:
    larger = abs(expected).max(abs(actual))
    if not larger.is_finite() or larger.contains(0):
        return _UNKNOWN
    return str(min(9, int(10 * float((abs(expected - actual) / larger).mid()) + _NEARLY)))
