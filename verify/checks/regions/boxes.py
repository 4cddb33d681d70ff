"""The proof that a node has some sign nowhere in a domain: by bounds over boxes, which are halved until they decide.

Boxes overlap, so that no point is lost between two of them: where each box excludes a sign, the domain does. In a box
two enclosures hold, exact ranges (which know open ends and infinite ones) and balls (which know every function).
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import flint

from verify.graph import balls
from verify.graph.graph import Graph
from verify.proof.ranges import Domain, signs

_ALL = frozenset((-1, 0, 1))
_MOST_VARIABLES = 6
_MOST_WORK = 8_000  # nodes that are read: some hundredths of a second
_DEEPEST = 60  # cuts of one box: what is open in so small a box, or so far out, stays open
_OVERLAP = 64  # parts of a box by which its halves overlap
_GROWTH = 16  # an infinite box is cut at ends that grow by this factor
_BITS = 64

Ends = tuple[Fraction | None, Fraction | None]
Box = dict[str, Ends]


def excludes(graph: Graph, node: int, wanted: Iterable[int], domain: Domain) -> bool:
    """Tell whether a node is proved to have none of the wanted signs in a domain; False where that stays open."""
    reached = graph.reach([node])
    names = [graph.payloads[number] for number in reached if graph.ops[number] == "variable"]
    if not names or len(names) > _MOST_VARIABLES:
        return False
    boxes: list[tuple[Box, int]] = [({name: domain.get(name, (None, None)) for name in names}, 0)]
    looks = _MOST_WORK // len(reached)
    while boxes:
        box, depth = boxes.pop()
        if _signs(graph, node, box).isdisjoint(wanted):
            continue
        if (looks := looks - 1) < 0 or depth == _DEEPEST:
            return False
        name = names[depth % len(names)]
        boxes += [({**box, name: ends}, depth + 1) for ends in _halves(*box[name])]
    return True


def _signs(graph: Graph, node: int, box: Box) -> frozenset[int]:
    """Return the signs that a node may have in a box."""
    possible = signs(graph, node, box)
    if possible and all(None not in ends for ends in box.values()):
        possible &= _in_ball(graph, node, box)
    return possible


def _in_ball(graph: Graph, node: int, box: Box) -> frozenset[int]:
    with flint.ctx.workprec(_BITS):
        ball: flint.arb = graph.read([node], _Boxes(box))[node]
        if not ball.is_finite():  # undefined in a part of the box, or unbounded
            return _ALL
        tests = ((-1, ball >= 0), (0, not ball.contains(0)), (1, ball <= 0))
        return frozenset(sign for sign, impossible in tests if not impossible)


class _Boxes(balls.Balls):
    """The graph read in balls that hold all values over a box."""

    def __init__(self, box: Box) -> None:
        super().__init__({})
        self.box = box

    def variable(self, name: str) -> flint.arb:
        low, high = self.box[name]
        assert low is not None
        assert high is not None
        return balls.ball(low).union(balls.ball(high))


def _halves(low: Fraction | None, high: Fraction | None) -> list[Ends]:
    """Return two open intervals that overlap, and together are one; an infinite one is cut further and further out."""
    if low is None and high is None:
        return [(None, Fraction(1)), (Fraction(-1), None)]
    if low is None:
        assert high is not None
        return [(None if a is None else -a, None if b is None else -b) for b, a in _halves(-high, None)]
    if high is None:
        cut = low + _GROWTH * max(abs(low), Fraction(1))
        return [(low, cut), (cut - (cut - low) / _OVERLAP, None)]
    middle, overlap = (low + high) / 2, (high - low) / _OVERLAP
    return [(low, middle + overlap), (middle - overlap, high)]
