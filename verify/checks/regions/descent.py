"""A search on floats for zeros of a node over all of its inputs at once, where no single input leads to one.

The node is read at hundreds of points of the domain. Between two with other signs a segment is halved; from those where
it is closest to 0, steps go down its slope or to the bottom of a parabola, which also leads to zeros that it only
touches, as a sum of squares does. In the end single inputs are moved to short rationals, or by single digits, where
that is closer to 0. Floats only propose: what they give is confirmed in exact arithmetic, or by the code on floats.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from verify.checks.regions.scan import read
from verify.graph.graph import Graph
from verify.model.exact import within
from verify.proof.ranges import Domain
from verify.tracing.region import Point

Array = Any

_STARTS = 256  # points of the domain
_MOST_NODES, _MOST_VARIABLES = 1000, 16  # of a node that is read at so many points, some milliseconds each time
_SEGMENTS = 4  # that are halved: those whose ends are closest to 0
_LOWEST = 8  # points from which steps go on
_HALVINGS = 70
_WIDTHS = (*[2.0**-13] * 20, *[2.0**-20] * 10, *[2.0**-27] * 10)  # of differences, relative to an input, in each step
_FLAT = 2.0**-30  # of the largest bend: along what bends less, a parabola tells nothing
_LEAST = 0.125  # of an input that is moved so little: less, and the rounding of what cancels would hide the slope
_CLOSE = 2.0**-40  # of a node, relative to its middle size: so much is rounding, or a zero
_SHORT = 64  # the largest denominator of an exact zero that is looked for beside a float
_BESIDE = 2.0**-20  # of an input: so close to a short rational it may be that
_NEIGHBOURS = (0, 1, -1, 2, -2)  # in ulps of one input


class Descent:
    """The places near which a node may be 0, and how many points were read to find them."""

    def __init__(self, graph: Graph, node: int, bounds: Domain) -> None:
        self._graph, self._node = graph, node
        self.names = [str(graph.payloads[number]) for number in graph.leaves(node)]
        self._ends = [bounds.get(name, (None, None)) for name in self.names]
        self._low, self._high = (
            np.array([missing if ends[side] is None else float(ends[side] or 0) for ends in self._ends])[:, None]
            for side, missing in ((0, -np.inf), (1, np.inf))
        )
        self.tried = 0
        self.places: list[Point] = []
        if 0 < len(self.names) <= _MOST_VARIABLES and len(graph.reach([node])) <= _MOST_NODES:
            with np.errstate(all="ignore"):
                places = self._search()
            self.places = [dict(zip(self.names, map(Fraction, place.tolist()), strict=True)) for place in places]

    def floats(self) -> Iterator[list[Point]]:
        """Yield for each place the floats about it: it, and those that differ in the last digit of one input."""
        for place in self.places:
            beside = [
                {**place, name: Fraction(float(at) + step * float(np.spacing(float(at))))}
                for name, at in place.items()
                for step in _NEIGHBOURS
            ]
            yield [point for point in beside if self._is_inside(point)]

    def short(self) -> Iterator[Point]:
        """Yield for each place the point of short rationals about it, which may be a zero exactly."""
        for place in self.places:
            point = {name: at.limit_denominator(_SHORT) for name, at in place.items()}
            if self._is_inside(point):
                yield point

    def _is_inside(self, point: Point) -> bool:
        return all(within(point[name], ends) for name, ends in zip(self.names, self._ends, strict=True))

    def _read(self, points: Array) -> Array:
        """Return the node at points, a column each; NaN where it is not defined or outside of the domain."""
        self.tried += points.shape[1]
        values = read(self._graph, self._node, dict(zip(self.names, points, strict=True)))
        inside = ((points > self._low) & (points < self._high)).all(axis=0)
        return np.where(inside, np.broadcast_to(values, points.shape[1:]), np.nan)

    def _search(self) -> list[Array]:
        """Return a few points at which the node is as good as 0."""
        points = self._starts()
        values = self._read(points)
        usable = np.isfinite(values)
        points, values = points[:, usable], values[usable]
        if not values.size:
            return []
        order = np.argsort(np.abs(values), kind="stable")
        points, values = points[:, order], values[order]
        close = _CLOSE * float(np.median(np.abs(values)))
        candidates = np.concatenate([self._halved(points, values), self._lowest(points[:, :_LOWEST])], axis=1)
        heights = np.abs(self._read(candidates))
        good = np.flatnonzero(heights <= close)
        best = candidates[:, good[np.argsort(heights[good], kind="stable")][:_SEGMENTS]]
        return [self._polished(place, close) for place in best.T]

    def _polished(self, place: Array, close: float) -> Array:
        """Return a place with inputs at short rationals, the others moved once more, then by single digits."""
        short = np.array([float(Fraction(float(at)).limit_denominator(_SHORT)) for at in place])
        near = np.flatnonzero(np.abs(short - place) <= _BESIDE * np.maximum(np.abs(place), _LEAST))
        snapped = place.copy()
        snapped[near] = short[near]
        free = np.setdiff1d(np.arange(len(place)), near)
        if len(near) and np.abs(self._read(snapped[:, None]))[0] <= close:
            place = self._lowest(snapped[:, None], free)[:, 0] if len(free) else snapped
        for at in [*free, *free]:
            moved = np.repeat(place[:, None], len(_NEIGHBOURS), axis=1)
            moved[at] += np.multiply(_NEIGHBOURS, np.spacing(abs(place[at])))
            place = moved[:, np.argmin(_worst(np.abs(self._read(moved))))]
        return place

    def _starts(self) -> Array:
        """Return points of the domain, of several magnitudes, the same in every run."""
        random = np.random.default_rng(0)
        size = len(self.names), _STARTS
        moves = random.standard_normal(size) * 10.0 ** random.uniform(-1, 1, _STARTS)
        width = self._high - self._low
        both, below, above = np.isfinite(width), np.isfinite(self._low), np.isfinite(self._high)
        share = random.uniform(0, 1, size)
        low, high = np.where(below, self._low, 0), np.where(above, self._high, 0)
        return np.select(
            [np.broadcast_to(mask, size) for mask in (both, below, above)],
            [low + share * np.where(both, width, 0), low + np.abs(moves), high - np.abs(moves)],
            moves,
        )

    def _halved(self, points: Array, values: Array) -> Array:
        """Return where segments between points with other signs cross 0, or a pole."""
        above, below = np.flatnonzero(values > 0)[:_SEGMENTS], np.flatnonzero(values < 0)[:_SEGMENTS]
        number = min(len(above), len(below))
        high, low = points[:, above[:number]], points[:, below[:number]]
        for _ in range(_HALVINGS if number else 0):
            middle = (high + low) / 2
            is_high = self._read(middle) > 0
            high, low = np.where(is_high, middle, high), np.where(is_high, low, middle)
        return np.concatenate([high, low], axis=1)

    def _lowest(self, points: Array, free: Array | None = None) -> Array:
        """Return where steps towards 0 lead from points, of some inputs; one that leads nowhere closer is shortened."""
        moving = np.isin(np.arange(len(points)), np.arange(len(points)) if free is None else free)[:, None]
        heights = np.abs(self._read(points))
        sizes = np.ones((2, points.shape[1]))
        for number, width in enumerate(_WIDTHS):
            if width != _WIDTHS[number - 1]:
                sizes[:] = 1
            steps = self._steps(points, heights, width)
            moved = [points - size * step * moving for size, step in zip(sizes, steps, strict=True)]
            after = np.abs(self._read(np.concatenate(moved, axis=1))).reshape(2, -1)
            for kind in range(2):
                better = after[kind] < heights
                points, heights = np.where(better, moved[kind], points), np.where(better, after[kind], heights)
                sizes[kind] = np.where(better, np.minimum(1, 2 * sizes[kind]), sizes[kind] / 4)
        return points

    def _steps(self, points: Array, heights: Array, width: float) -> tuple[Array, Array]:
        """Return two steps from each point: to where a line along the slope is 0, and to where a parabola is lowest."""
        slopes, bends = self._differences(points, heights, width)
        line = slopes * (heights / np.maximum((slopes**2).sum(axis=0), np.finfo(float).tiny))
        values, vectors = np.linalg.eigh(np.moveaxis(bends, 2, 0))
        along = np.einsum("kij,ik->kj", vectors, slopes)
        lowest = np.finfo(float).tiny + _FLAT * np.abs(values).max(axis=1, keepdims=True)
        return line, np.einsum("kij,kj->ik", vectors, along / np.maximum(np.abs(values), lowest))

    def _differences(self, points: Array, heights: Array, width: float) -> tuple[Array, Array]:
        """Return the first and second derivatives of the size of the node, by differences, all in one reading."""
        names, number = points.shape
        steps = width * np.maximum(np.abs(points), _LEAST)
        unit = np.eye(names)
        rows, columns = np.tril_indices(names)
        moves = np.concatenate([-unit, unit, unit[rows] + unit[columns]])[:, :, None] * steps
        moved = np.moveaxis(points + moves, 0, 1).reshape(names, -1)
        read = np.abs(self._read(moved)).reshape(len(moves), number)
        below, above, both = read[:names], read[names : 2 * names], read[2 * names :]
        bends = np.zeros((names, names, number))
        bends[rows, columns] = (both - above[rows] - above[columns] + heights) / (steps[rows] * steps[columns])
        bends[columns, rows] = bends[rows, columns]
        return _finite((above - below) / (2 * steps)), _finite(bends)


def _worst(heights: Array) -> Array:
    return np.nan_to_num(heights, nan=np.inf)


def _finite(values: Array) -> Array:
    return np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
