"""Two nodes, one verdict: are they the same function?

Asked in this order, each question only of the pairs that the one before left open:

1. Are they the same node? Then they were built from equal parts by rewrites that hold wherever both are defined.
2. Do they agree at random points of a finite field, roots being free elements? (`field`: a proof up to its printed
   bound)
3. Do their balls at an exact point fail to overlap? (`balls`: a refutation; it needs no other support)
4. Do they agree in the field with roots that are roots? (a proof, up to its printed bound)
5. Else they agree at every point that was tried, which is said as just that.

Proof never rests on points of the reals, refutation never on floats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from verify import balls, field
from verify.exact import simplest_rational
from verify.graph import FUNCTIONS, Graph
from verify.result import Evidence, Verdict

Pair = tuple[int, int]
Point = Mapping[str, Fraction]
Points = Callable[[], Sequence[Point]]  # asked for only where points are needed
_PRECISIONS = (128, 2048)  # bits, tried in this order
_GUARD_BITS = 400  # 100 digits and more
_GUARD_POINTS = 3
_DIGITS = 600  # that 2048 bits are certain to hold, some lost to cancellation


@dataclass(frozen=True, slots=True)
class Decision:
    """A verdict on a pair of nodes, how it is known, and for a refutation the point that shows it."""

    verdict: Verdict
    evidence: Evidence
    point: Point | None = None


_SAME = Decision(Verdict.PROVED, Evidence("same formula", "both sides are the same formula"))
_ROUNDED = Decision(
    Verdict.AGREES,
    Evidence(
        "constants",
        "not the same function for the constants as read, but equal to the rounding of the floats typed in the code",
    ),
)
_UNDEFINED = Decision(
    Verdict.UNDECIDED, Evidence("undefined", "both sides are defined at none of the points that were tried")
)
_HIDDEN = Decision(
    Verdict.UNDECIDED, Evidence("no example", "the formulas differ, but at none of the points that were tried")
)


def decide(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int) -> list[Decision]:
    """Return a decision for each pair of nodes; `points` gives exact inputs to try, the most telling first."""
    found: dict[Pair, Decision] = {pair: _SAME for pair in pairs if pair[0] == pair[1]}
    stages: list[Callable[[Sequence[Pair]], dict[Pair, Decision]]] = [
        lambda still: _in_field(graph, still, points, seed, rooted=False),
        lambda still: _by_balls(graph, still, points()),
        lambda still: _one_by_one(graph, still, points, seed),
    ]
    for settle in stages:
        still = list(dict.fromkeys(pair for pair in pairs if pair not in found))
        found.update(settle(still) if still else {})
    return [found.get(pair) or _left_open(graph, pair, len(points()), seed) for pair in pairs]


def _one_by_one(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int) -> dict[Pair, Decision]:
    """Ask the field with roots; the walks that it takes grow with the roots of a pair, so each pair is asked alone."""
    return {pair: found for one in pairs for pair, found in _in_field(graph, [one], points, seed, rooted=True).items()}


def _in_field(graph: Graph, pairs: Sequence[Pair], points: Points, seed: int, *, rooted: bool) -> dict[Pair, Decision]:
    alike, bound = field.equal(graph, pairs, seed, rooted=rooted)
    equal = [pair for pair, same in zip(pairs, alike, strict=True) if same]
    return {pair: _proved(graph, pair, bound, rooted) for pair in equal if _confirmed(graph, pair, points)}


def _confirmed(graph: Graph, pair: Pair, points: Points) -> bool:
    """Guard a proof that rests on the map of exponentials: the sides also have to agree to 100 digits at three points.

    Rational functions and roots need no guard, and for the same node there is nothing to ask.
    """
    if not any(graph.ops[i] in FUNCTIONS for i in graph.reach(pair)):
        return True
    agreeing = 0
    for point in points():
        with flint.ctx.workprec(_GUARD_BITS):
            values = balls.at(graph, pair, point)
            a, b = values[pair[0]], values[pair[1]]
            if a.is_finite() and b.is_finite():
                if not a.overlaps(b):
                    return False
                agreeing += 1
        if agreeing == _GUARD_POINTS:
            return True
    return False


def _proved(graph: Graph, pair: Pair, bound: str, rooted: bool) -> Decision:
    laws = ", with square roots of either sign" if rooted else ""
    typed = _typed(graph, pair)
    read = f"; floats in the code are read as the simplest rationals that round to them ({typed})" if typed else ""
    detail = f"equal at random points of a finite field{laws}: wrong with a chance below {bound}{read}"
    return Decision(Verdict.PROVED, Evidence(f"field, {bound}", detail))


def _typed(graph: Graph, pair: Pair) -> str:
    """Return the floats that the code of a pair has typed in, as read."""
    floats = sorted({graph.payloads[i] for i in graph.reach(pair) if graph.ops[i] == "typed"})
    return ", ".join(f"{value!r} as {simplest_rational(value)}" for value in floats)


def _by_balls(graph: Graph, pairs: Sequence[Pair], points: Sequence[Point]) -> dict[Pair, Decision]:
    found = {}
    for pair in pairs:
        compared, point = _first_difference(graph, pair, points)
        if point is not None:
            found[pair] = _refuted(graph, pair, points, point)
        elif not compared:
            found[pair] = _UNDEFINED
    return found


def _first_difference(
    graph: Graph, pair: Pair, points: Sequence[Point], *, typed_as_balls: bool = False
) -> tuple[int, Point | None]:
    """Return at how many points both sides are defined, and the first at which they are not equal."""
    compared = 0
    for point in points:
        for bits in _PRECISIONS:
            with flint.ctx.workprec(bits):
                values = balls.at(graph, pair, point, typed_as_balls=typed_as_balls)
                a, b = values[pair[0]], values[pair[1]]
                defined = a.is_finite() and b.is_finite()
                if defined and not a.overlaps(b):
                    return compared + 1, point
        compared += defined
    return compared, None


def _refuted(graph: Graph, pair: Pair, points: Sequence[Point], point: Point) -> Decision:
    """Refute a pair that differs at a point, unless the rounding of the code's constants covers it everywhere."""
    if _typed(graph, pair) and _first_difference(graph, pair, points, typed_as_balls=True)[1] is None:
        return _ROUNDED
    return Decision(Verdict.REFUTED, Evidence("counterexample", "the exact values at one exact point differ"), point)


def _has_roots(graph: Graph, pair: Pair) -> bool:
    return any(graph.ops[i] == "power" and graph.payloads[i].denominator != 1 for i in graph.reach(pair))


def _left_open(graph: Graph, pair: Pair, points: int, seed: int) -> Decision:
    """Say why a pair that agrees at every point is not proved."""
    laws = _has_roots(graph, pair) or any(graph.ops[i] in FUNCTIONS for i in graph.reach(pair))
    if not laws and field.equal(graph, [pair], seed)[1]:
        return _HIDDEN
    why = "by a law that could not be proved for all inputs" if laws else "of a degree too high for a proof"
    return Decision(
        Verdict.AGREES, Evidence(f"{_DIGITS} digits", f"equal to {_DIGITS} digits at {points} points, but {why}")
    )
