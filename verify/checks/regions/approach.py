"""A point at which several conditions have the signs that are wanted: an overlap needs a width and a height above 0.

Each condition is replaced by its tangent at a point, which bounds a half-space. The point is moved onto the half-space
that it is farthest outside of, again and again: that gets into the intersection of all where this has an interior
(relaxation; Agmon 1954, Motzkin and Schoenberg 1954). Tangents of conditions that are not linear are drawn anew there.
Floats only propose a point: its signs are read in balls, and the case is run there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import flint

from verify.graph import balls, joints, slopes
from verify.graph.functions import approximate
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational, within
from verify.proof.ranges import Domain
from verify.tracing.region import Point

_BITS_OF_JOINTS = 128  # enough for the floats that are made of them
Wanted = tuple[int, frozenset[int]]  # a node, and the signs that it may have
Slopes = dict[str, float]

_MOST_NODES = 2000  # that are read for each tangent
_TANGENTS = 16  # times that they are drawn anew
_STEPS = 200  # onto half-spaces, for tangents once drawn
_WORK = 30_000  # slopes that are read in all: about a hundredth of a second
_BEYOND = 1.25  # of a step, which ends inside of the half-space and not on its border
_DEPTHS = (1 / 8, 1 / 64, 1 / 1024)  # inside of each half-space, in distances of the start from the farthest
_FARTHEST = 2  # move at once, in distances of the point from 0 and 1 more: tangents say little far out
_DIGITS = (1, 3, 6, 12)
_SLOPES: dict[str, Callable[[float, float], float]] = {
    "exp": lambda u, v: v,
    "log": lambda u, v: 1 / u,
    "tanh": lambda u, v: 1 - v * v,
    "sin": lambda u, v: math.cos(u),
    "cos": lambda u, v: -math.sin(u),
    "atan": lambda u, v: 1 / (1 + u * u),
    "erf": lambda u, v: 2 / math.sqrt(math.pi) * math.exp(-u * u),
}


class _HalfSpace(NamedTuple):
    """Where `distance` plus the scalar product of `normal`, of length 1, and a move is above 0."""

    distance: float
    normal: Slopes


def approach(graph: Graph, wanted: Sequence[Wanted], start: Point, bounds: Domain) -> Point | None:
    """Return values of inputs at which all nodes have wanted signs, the others being those of a start, or None."""
    signs = {node: sign for node, sign in map(_signed, wanted) if sign is not None}
    reached = graph.reach(signs)
    if len(reached) > _MOST_NODES:
        return None
    names = [graph.payloads[node] for node in reached if graph.ops[node] == "variable"]
    search = _Search(graph, signs, names, bounds)
    for depth in _DEPTHS:
        try:
            places = list(search.places({name: float(start[name]) for name in names}, depth))
        except (ArithmeticError, ValueError):  # not defined there, as the log of what is below 0
            continue
        for place in places:
            for point in _shortened(place):
                if _is_wanted(graph, wanted, {**start, **point}, bounds):
                    return point
    return None


def _signed(wanted: Wanted) -> tuple[int, int | None]:
    """Return a node and its sign, where but one of the two besides 0 is wanted."""
    node, signs = wanted
    return node, (1 if 1 in signs else -1) if len(signs - {0}) == 1 else None


def _shortened(place: Mapping[str, float]) -> Iterator[Point]:
    for digits in _DIGITS:
        yield {name: Fraction(Decimal(str(round(value, digits)))) for name, value in place.items()}


def _is_wanted(graph: Graph, wanted: Sequence[Wanted], point: Point, bounds: Domain) -> bool:
    """Tell whether a point lies in the domain, and all nodes have wanted signs there for certain."""
    if not all(within(point[name], ends) for name, ends in bounds.items()):
        return False
    values = balls.at(graph, [node for node, _ in wanted], point)
    return all(
        values[node].is_finite() and not values[node].contains(0) and (1 if values[node] > 0 else -1) in signs
        for node, signs in wanted
    )


class _Search:
    """The signs that nodes are to have, and the inputs that are moved for them."""

    def __init__(self, graph: Graph, signs: Mapping[int, int], names: Sequence[str], bounds: Domain) -> None:
        self.graph, self.signs, self.names, self.bounds = graph, signs, names, bounds
        self.work = 0

    def places(self, place: dict[str, float], depth: float) -> Iterator[dict[str, float]]:
        """Return points that lie inside of all half-spaces, each by other tangents."""
        for _ in range(_TANGENTS):
            spaces = [*self._tangents(place), *self._ends(place)]
            outside = max((-space.distance for space in spaces), default=-1.0)
            if outside < 0 or self.work > _WORK:
                return
            size = outside or max(space.distance for space in spaces) or 1.0
            move = self._relaxed(spaces, depth * size)
            farthest = _FARTHEST * (1 + math.hypot(*place.values()))
            part = min(1.0, farthest / (math.hypot(*move.values()) or 1.0))
            place = {name: place[name] + part * move[name] for name in self.names}
            if not all(map(math.isfinite, place.values())):  # a tangent was steeper than floats tell
                return
            yield place

    def _tangents(self, place: Mapping[str, float]) -> Iterator[_HalfSpace]:
        read = self.graph.read(self.signs, _Tangents(place))
        for node, sign in self.signs.items():
            value, slopes = read[node]
            size = math.hypot(*slopes.values())
            if size:
                yield _HalfSpace(sign * value / size, {name: sign * slope / size for name, slope in slopes.items()})

    def _ends(self, place: Mapping[str, float]) -> Iterator[_HalfSpace]:
        for name in self.names:
            low, high = self.bounds.get(name, (None, None))
            if low is not None:
                yield _HalfSpace(place[name] - float(low), {name: 1.0})
            if high is not None:
                yield _HalfSpace(float(high) - place[name], {name: -1.0})

    def _relaxed(self, spaces: Sequence[_HalfSpace], inside: float) -> Slopes:
        """Return a move that leads into all half-spaces, or as near as some steps get.

        A step along one normal changes each distance by a multiple of the scalar product of the two normals, which are
        multiplied once: that takes as long as to read all distances anew, and later steps take a fraction of it.
        """
        move = dict.fromkeys(self.names, 0.0)
        distances, normals = [space.distance for space in spaces], [space.normal for space in spaces]
        size = sum(map(len, normals))
        products: dict[int, list[float]] = {}  # of the normals of a row with those of all
        for _ in range(_STEPS):
            self.work += size
            distance = min(distances)
            if distance >= inside / 2 or self.work > _WORK:
                break
            row = distances.index(distance)
            if row not in products:
                products[row] = [_scalar_product(normal, normals[row]) for normal in normals]
            step = _BEYOND * (inside - distance)
            distances = [far + step * product for far, product in zip(distances, products[row], strict=True)]
            for name, slope in normals[row].items():
                move[name] += step * slope
        return move


class _Tangents:
    """The graph read in floats with their slopes along the inputs."""

    def __init__(self, place: Mapping[str, float]) -> None:
        self.place = place

    def variable(self, name: str) -> tuple[float, Slopes]:
        return self.place[name], {name: 1.0}

    def constant(self, value: Fraction) -> tuple[float, Slopes]:
        return float(value), {}

    def typed(self, value: float) -> tuple[float, Slopes]:
        return float(simplest_rational(value)), {}

    def pi(self, payload: None) -> tuple[float, Slopes]:
        return math.pi, {}

    def sum(self, a: tuple[float, Slopes], b: tuple[float, Slopes]) -> tuple[float, Slopes]:
        return a[0] + b[0], _combined(1.0, a[1], 1.0, b[1])

    def product(self, a: tuple[float, Slopes], b: tuple[float, Slopes]) -> tuple[float, Slopes]:
        return a[0] * b[0], _combined(b[0], a[1], a[0], b[1])

    def power(self, a: tuple[float, Slopes], exponent: Fraction) -> tuple[float, Slopes]:
        slope = float(exponent) * math.pow(a[0], exponent - 1) if a[1] else 0.0
        return math.pow(a[0], exponent), _combined(slope, a[1], 0.0, {})

    def function(self, name: str, a: tuple[float, Slopes], number: int) -> tuple[float, Slopes]:
        if name in _SLOPES:
            value = float(getattr(math, name)(a[0]))
            return value, _combined(_SLOPES[name](a[0], value) if a[1] else 0.0, a[1], 0.0, {})
        value = approximate(name, a[0])
        return value, _combined(slopes.approximate(name, a[0]) if a[1] else 0.0, a[1], 0.0, {})

    def joint(self, op: str, values: list[tuple[float, Slopes]], payload: Any) -> tuple[float, Slopes]:
        with flint.ctx.workprec(_BITS_OF_JOINTS):
            arguments = [flint.arb(value) for value, _ in values]
            result = joints.in_balls(op, arguments, payload)
            moves = joints.slopes(op, arguments, payload, result)
        total: Slopes = {}
        for slope, (_, inner) in zip(moves, values, strict=True):
            total = _combined(1.0, total, float(slope), inner)
        return float(result), total


def _scalar_product(a: Slopes, b: Slopes) -> float:
    fewer, others = (a, b) if len(a) < len(b) else (b, a)
    return sum([slope * others[name] for name, slope in fewer.items() if name in others])


def _combined(p: float, a: Slopes, q: float, b: Slopes) -> Slopes:
    """Return p a + q b."""
    combined = {name: p * slope for name, slope in a.items()}
    for name, slope in b.items():
        combined[name] = combined.get(name, 0.0) + q * slope
    return combined
