"""Where regions meet: what the code returns on the very edge, against the derivatives on all sides of it.

Where the sides have different derivatives the function has a kink, and any convex combination of them is a choice that
people make (Clarke's generalised gradient, 1975): it has to be one for all entries at once. Where they have the same,
the function is smooth, and there is no choice. Where the output jumps there is no derivative, and nothing to be wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import chain, product

import flint

from verify.checks.claims.claims import Exact
from verify.checks.regions.cells import meeting
from verify.checks.regions.explore import Explorer
from verify.checks.regions.hull import Place, Vector, covered, place
from verify.checks.regions.jumps import Jump, classified
from verify.checks.regions.roundings import ROUGH, roundings
from verify.checks.regions.sites import Passed
from verify.checks.regions.values import Number, Unknown, complete, numbers
from verify.graph import balls
from verify.graph.graph import NodeValues
from verify.model.exact import within
from verify.proof.constants import same_up_to_constants
from verify.tracing.observe import Observation
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Trace

_BITS = 256
_NEAR = (Fraction(1, 2**40), Fraction(1, 2**90))  # how far beside an edge its sides are looked at
_ROUNDING = Fraction(1, 10**6)  # relative: what lies further apart is not asked about the roundings of constants
_DIRECTIONS = 48
_MOST_SIDES = 8
_MOST_APART = 5  # of what is 0 on an edge, each of an entry of its own: 32 sides, whose derivatives may be a box
_UNWRITTEN = (Unknown.CLOSE, Unknown.BEYOND)  # values that exist
_ANY = Fraction(0)
_STEPS = [n for n in range(-9, 10) if n]
Signs = tuple[int, ...]  # of what is 0 on an edge, beside it: each is 1 or -1


@dataclass(frozen=True, slots=True)
class Side:
    """A region that meets others at a point: a run in it, and the way that leads into it from there."""

    run: Exact
    direction: Point


@dataclass(frozen=True, slots=True)
class Sides:
    """The regions that meet at a point; `complete` if there can be no others."""

    all: Sequence[Side]
    complete: bool


class Edge:
    """A point on the very edge of a branch: what the code returns there, and the derivatives around it."""

    def __init__(self, seen: Observation, sides: Sides) -> None:
        self.seen, self.sides = seen, sides
        # Where a side has more outputs, or larger ones, it has upstreams of its own.
        self.point: Point = dict(
            chain(*(part.trace.sample.items() for part in (*(s.run.seen for s in sides.all), seen)))
        )
        self._caches: dict[int, tuple[Point, NodeValues]] = {}  # by the identity of the point
        names = [name for name in seen.gradients if name not in seen.malformed]
        beside = sides.all[0].run.seen
        # Gradients of which no formula came on the edge, as of NaN: a derivative stands in for it, and is not compared.
        self.lost = [name for name in beside.gradients if name not in {*names, *beside.malformed}]
        names += self.lost
        self.entries = [(name, i) for name in names for i in range(len(seen.inputs[name].nodes))]
        self.derivatives = [[node for name in names for node in side.run.reference(name)] for side in sides.all]
        self.returned = [
            node if name in self.lost else seen.gradients[name].nodes[i]
            for (name, i), node in zip(self.entries, self.derivatives[0], strict=True)
        ]
        self._alike = {
            i for i, nodes in enumerate(zip(self.returned, *self.derivatives, strict=True)) if len(set(nodes)) == 1
        }

    def _numbers(self, nodes: Sequence[int], point: Point, direction: Point | None = None) -> list[Number]:
        _, cache = self._caches.setdefault(id(point), (point, {}))
        return numbers(self.seen.trace, nodes, point, direction, cache)

    def _complete(self, values: Sequence[Number]) -> list[Fraction] | Unknown:
        """Return the values if all that count are numbers.

        What is one formula in the gradients that came and on all sides tells them apart by no number: whether a point
        is in the convex hull of others does not change with a coordinate that all of them share.
        """
        return complete([_ANY if i in self._alike and v in _UNWRITTEN else v for i, v in enumerate(values)])

    def gradients_at(self, point: Point) -> list[Fraction] | Unknown:
        """Return the gradients that came, at a point."""
        return self._complete(self._numbers(self.returned, point))

    def slopes(self, point: Point) -> list[list[Fraction]] | Unknown:
        """Return the derivatives on each side, at a point: the values of their formulas, or else the limits.

        Where a gradient was accepted as an approximation it stands for the derivative.
        """
        rows = self._rows(self.derivatives, point)
        returned = self.gradients_at(point)
        if isinstance(rows, Unknown):
            return rows
        if isinstance(returned, list):
            self._snap(rows, returned, point)
        return rows

    def exact_slopes(self, point: Point) -> list[list[Fraction]] | Unknown:
        """Return the exact derivatives on each side, whatever was accepted in their place."""
        names = list(dict.fromkeys(name for name, _ in self.entries))
        return self._rows(
            [[node for name in names for node in side.run.gradient(name)] for side in self.sides.all], point
        )

    def _rows(self, derivatives: Sequence[Sequence[int]], point: Point) -> list[list[Fraction]] | Unknown:
        rows = []
        for side, nodes in zip(self.sides.all, derivatives, strict=True):
            row = self._complete(self._numbers(nodes, point, side.direction))
            if isinstance(row, Unknown):
                return row
            rows.append(row)
        return rows

    def _snap(self, rows: list[list[Fraction]], returned: Sequence[Fraction], point: Point) -> None:
        """Give the derivatives of sides the value that came, or that of the first side, where roundings are between."""
        graph = self.seen.trace
        for number, value in enumerate(returned):
            like = [(value, self.returned[number]), (rows[0][number], self.derivatives[0][number])]
            for row, nodes in zip(rows, self.derivatives, strict=True):
                same = (
                    target
                    for target, node in like
                    if _close(row[number], target) and same_up_to_constants(graph, (nodes[number], node), point)
                )
                row[number] = next(same, row[number])

    def place(self, point: Point, returned: Vector, sides: Sequence[Vector]) -> Place | None:
        """Return where the gradients that came lie among the derivatives, up to roundings of constants."""
        position = place(returned, sides)
        if position not in (Place.OFF, Place.OUTSIDE):
            return position
        slack = self._slack(point)
        size = max(abs(x) for row in (returned, *sides) for x in row)
        if slack is None or max(slack) > ROUGH * size:
            return None
        if not any(slack) or not covered(returned, sides, slack):
            return position
        return Place.EQUAL if all(covered(sides[0], [side], slack) for side in sides) else Place.BETWEEN

    def apart(self, returned: Vector, sides: Sequence[Vector]) -> bool:
        """Tell whether the gradients lie further from the derivatives than roundings of constants are asked about."""
        size = max(abs(x) for row in (returned, *sides) for x in row)
        return not covered(returned, sides, [size * _ROUNDING] * len(returned))

    def _slack(self, point: Point) -> list[Fraction] | None:
        """Return how far each entry and its derivatives may be off together; None where that is not known."""
        rows = [self.returned, *self.derivatives]
        sizes = roundings(self.seen.trace, [node for row in rows for node in row], point)
        if sizes is None:
            return None
        width = len(self.returned)
        own, others = sizes[:width], [sizes[i : i + width] for i in range(width, len(sizes), width)]
        return [size + max(row[i] for row in others) for i, size in enumerate(own)]

    @property
    def complete(self) -> bool:
        """Tell whether the derivatives of the sides are all that there are around the point.

        A limit is that along one line. Where more than one variable leads away from the point, others may differ.
        """
        one_line = all(len(side.direction) == 1 for side in self.sides.all)
        return self.sides.complete and (one_line or not self.limited)

    @property
    def limited(self) -> bool:
        """Tell whether a derivative has no value at the point, but limits along directions."""
        nodes = [node for row in self.derivatives for node in row]
        return any(value is Unknown.INFINITE for value in self._numbers(nodes, self.point))

    def jump(self, largest: Fraction) -> Jump | Unknown:
        """Return how the output changes from where the sides lead to; approximations have a `largest` error."""
        jumps = [Jump.NONE]
        for side in self.sides.all:
            jump = self._jump_from(side, largest)
            if jump is Jump.LARGE or isinstance(jump, Unknown):
                return jump
            jumps.append(jump)
        return Jump.LITTLE if Jump.LITTLE in jumps else Jump.NONE

    def _jump_from(self, side: Side, largest: Fraction) -> Jump | Unknown:
        if [output.shape for output in side.run.seen.outputs] != [output.shape for output in self.seen.outputs]:
            return Jump.LARGE
        graph, minus = self.seen.trace, self.seen.trace.constant(Fraction(-1))
        pairs = [(a, b) for a, b in zip(_outputs(side.run.seen), _outputs(self.seen), strict=True) if a != b]
        nodes = [graph.sum(a, graph.product(minus, b)) for a, b in pairs]
        gaps = complete(self._numbers(nodes, self.point, side.direction))
        if isinstance(gaps, Unknown):
            return gaps
        apart = [(b, gap) for (a, b), gap in zip(pairs, gaps, strict=True) if gap and not self._are_same(a, b)]
        values = complete(self._numbers([node for node, _ in apart], self.point))
        return Jump.LARGE if isinstance(values, Unknown) else classified([gap for _, gap in apart], values, largest)

    def _are_same(self, a: int, b: int) -> bool:
        return same_up_to_constants(self.seen.trace, (a, b), self.point)

    @property
    def approximates(self) -> bool:
        """Tell whether a gradient beside the edge is an approximation, as which it was accepted."""
        return any(side.run.accepted for side in self.sides.all)

    @cached_property
    def ones(self) -> Point:
        """Return the point with an upstream of ones, for which values are easy to read."""
        upstream = {self.seen.trace.payloads[node]: Fraction(1) for node in self.seen.upstream_nodes}
        return {**self.point, **upstream}


def _close(a: Fraction, b: Fraction) -> bool:
    """Tell whether two numbers differ, and by so little that the roundings of constants may be all there is."""
    return 0 < abs(a - b) <= max(abs(a), abs(b)) * _ROUNDING


def _outputs(seen: Observation) -> list[int]:
    return [node for output in seen.outputs for node in output.nodes]


def edge(explorer: Explorer, at: Point, question: Passed) -> Edge | None:
    """Run the case on the very edge of a condition and on all sides of it.

    Returns None where that cannot be done, or a side is wrong already.
    """
    seen = explorer.run(at)
    if seen is None:
        return None
    tied = {question.condition.node for question in explorer.sites.passed(seen) if question.condition.tie}
    if question.condition.node not in tied:
        return None
    explorer.sites.add(seen, edges_only=True)
    sides = _sides(explorer, seen, tied)
    if not sides.all or not all(explorer.right(side.run) for side in sides.all):
        return None
    edge_point = Edge(seen, sides)
    if edge_point.limited and (opposite := _opposite(explorer, seen, sides)):
        return Edge(seen, replace(sides, all=[*sides.all, *opposite]))
    return edge_point


def _opposite(explorer: Explorer, seen: Observation, sides: Sides) -> list[Side]:
    """Return the sides in the opposite directions, where limits of derivatives are others: x / |x| is 1 and -1 at 0."""
    opposite = []
    for side in sides.all:
        direction = {name: -step for name, step in side.direction.items()}
        point = {name: seen.trace.sample[name] + step for name, step in direction.items()}
        inside = all(within(value, explorer.bounds.get(name, (None, None))) for name, value in point.items())
        run = explorer.beside({**seen.at, **point}) if inside else None
        if run is not None and explorer.right(run):
            opposite.append(Side(run, direction))
    return opposite


def _sides(explorer: Explorer, seen: Observation, tied: set[int]) -> Sides:
    """Return the regions that meet at a point: those of points close to it, in all directions.

    A region is found by the signs of what is 0 at the point; its run may ask for more that is 0 there, and then there
    are more regions to tell apart.
    """
    while True:
        cells = _cells(explorer, seen, sorted(tied))
        runs: list[Side] = []
        number = len(tied)
        for point in cells.values():
            run = explorer.beside({**seen.at, **point})
            if run is None or not explorer.affordable:
                return Sides(runs, complete=False)
            runs.append(Side(run, {name: value - seen.trace.sample[name] for name, value in point.items()}))
            tied |= set(_vanishing(explorer, run, seen.trace.sample))
        if len(tied) == number:
            return Sides(runs, complete=_all_found(seen, [side.run.seen for side in runs], sorted(tied), list(cells)))


def _all_found(seen: Observation, around: Sequence[Observation], tied: Sequence[int], cells: Sequence[Signs]) -> bool:
    """Tell whether all regions of the function that meet at a point were looked at.

    These are told apart by what is 0 there and was asked before there was an output: whatever else the code asks is
    backward's, and the function is one formula on both sides of it. What is not 0 there keeps its sign around it.
    """
    graph = seen.trace
    branches = {c.node for run in (seen, *around) for c in run.conditions[: run.forward]}
    forward = [place for place, node in enumerate(tied) if node in branches]
    nodes = [tied[place] for place in forward]
    inputs = {node for quantity in seen.inputs.values() for node in quantity.nodes}
    variables = [node for node in graph.reach(nodes) if node in inputs]
    regions = {tuple(signs[place] for place in forward) for signs in cells}
    return len(regions) == (meeting(graph, nodes, variables, graph.sample) if nodes else 1)


def _vanishing(explorer: Explorer, run: Exact, point: Point) -> Iterator[int]:
    """Return what a run branched on that is 0 at a point, or as good as."""
    nodes = [question.condition.node for question in explorer.sites.passed(run.seen)]
    return (node for node, sign in zip(nodes, signs_at(run.seen.trace, nodes, point), strict=True) if not sign)


def _cells(explorer: Explorer, seen: Observation, tied: Sequence[int]) -> dict[Signs, Point]:
    """Return points close to the edge, the first for each combination of signs of what is 0 on it."""
    graph = seen.trace
    inputs = {node for quantity in seen.inputs.values() for node in quantity.nodes}
    names = [graph.payloads[node] for node in graph.reach(tied) if node in inputs]
    apart = len(names) <= _MOST_APART and all(len(inputs.intersection(graph.leaves(node))) == 1 for node in tied)
    most = 2 ** len(names) if apart else min(2 ** len(tied), _MOST_SIDES)
    cells: dict[Signs, Point] = {}
    for near in _NEAR:
        for direction in [] if cells else _directions(len(names), apart=apart):
            if len(cells) == most:
                break
            point = {n: graph.sample[n] + near * step for n, step in zip(names, direction, strict=True)}
            if all(within(value, explorer.bounds.get(name, (None, None))) for name, value in point.items()):
                signs = signs_at(graph, tied, {**graph.sample, **point})
                if all(signs):
                    cells.setdefault(signs, point)
    return cells


@lru_cache(maxsize=64)
def _directions(number: int, *, apart: bool = False) -> Sequence[Sequence[int]]:
    """Return directions in all of which no two variables move alike, as far as there are so many steps.

    Of some variables that lie on edges of their own, all combinations of signs are sides.
    """
    rng = random.Random(number)
    if number == 1:
        return [(1,), (-1,)]
    if apart and number <= _MOST_APART:
        return list(product(*((step, -step) for step in range(1, number + 1))))
    return [
        rng.sample(_STEPS, number) if number <= len(_STEPS) else rng.choices(_STEPS, k=number)
        for _ in range(_DIRECTIONS)
    ]


def signs_at(graph: Trace, nodes: Sequence[int], point: Point) -> Signs:
    """Return the signs of nodes at a point; 0 also for what is undefined or too close to call there."""
    with flint.ctx.workprec(_BITS):
        values = balls.at(graph, nodes, point)
        return tuple(
            0 if not values[n].is_finite() or values[n].contains(0) else 1 if values[n] > 0 else -1 for n in nodes
        )
