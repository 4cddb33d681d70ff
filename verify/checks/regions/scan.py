"""A search on floats for points where a condition is answered in the other way.

The condition is read at thousands of points at once, along each of its inputs and along all of them together; between
the points where it comes closest to the other side, the search goes on with finer steps. That finds narrow windows and
those that return again and again, as in `sin(x) > 0.9999`. Floats only propose: the case is run at what they give.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from verify.graph.functions import approximate
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.proof.ranges import Domain
from verify.tracing.observe import Observation
from verify.tracing.region import Point
from verify.tracing.symbols.trace import Condition

Array = Any

_EVENLY = 2048  # points between the ends
_LARGEST = 10.0  # of what is looked at evenly, where there are no ends
_MAGNITUDES = np.logspace(-12, 12, 481)  # from the ends, or on both sides of 0
_MOST_NODES = 2000
_MOST_VARIABLES = 6
_MOST_BEFORE = 16  # earlier questions that are to keep their answers
_HEIGHTS = 6  # points close to the other side, around each of which the search goes on
_FINER = 64  # points of a finer search
_TIMES = 12  # that it gets finer
_PROPOSALS = 3

_FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
    "atan": np.arctan,
    "erf": np.vectorize(math.erf, otypes=[float]),
}


Wanted = tuple[int, frozenset[int]]  # a node, and the signs that it may have


def read(graph: Graph, node: int, moved: Mapping[str, Array]) -> Array:
    """Return a node in floats, at arrays of numbers for all of its inputs; NaN where it is not defined."""
    with np.errstate(all="ignore"):
        return graph.read([node], _Floats({}, moved))[node]


def is_short(seen: Observation, condition: Condition) -> bool:
    """Tell whether a condition has so few operations that it is read at thousands of points."""
    return len(seen.trace.reach([condition.node])) <= _MOST_NODES


def scan(
    seen: Observation, condition: Condition, wanted: frozenset[int], bounds: Domain, before: Sequence[Wanted] = ()
) -> Iterator[Point]:
    """Return points at which the node of a short condition may have one of the wanted signs, 0 not being looked for.

    What was asked `before` is to be answered as it was, at first; then whatever comes of it.
    """
    graph = seen.trace
    decided = [(node, 1 if 1 in signs else -1) for node, signs in before if len(signs - {0}) == 1]
    inputs = {node for quantity in seen.inputs.values() for node in quantity.nodes}
    reached = graph.reach([condition.node])
    names = [graph.payloads[node] for node in reached if node in inputs]
    paths = [decided[-_MOST_BEFORE:], []] if decided else [[]]
    for moved in [*([name] for name in names[:_MOST_VARIABLES]), *([names] if len(names) > 1 else [])]:
        ends = _ends([bounds.get(name, (None, None)) for name in moved])
        for sign, path in product(sorted(wanted - {0}), paths):
            for value in _crossed(_Line(seen, [(condition.node, sign), *path], moved), _grid(*ends)):
                yield dict.fromkeys(moved, value)


def _ends(bounds: Sequence[tuple[Fraction | None, Fraction | None]]) -> tuple[float, float]:
    """Return the ends that are common to several inputs."""
    lows = [float(low) for low, _ in bounds if low is not None]
    highs = [float(high) for _, high in bounds if high is not None]
    return max(lows, default=-math.inf), min(highs, default=math.inf)


def _grid(low: float, high: float) -> Array:
    """Return points between two ends: evenly, and of all magnitudes from each end, or from 0 where there is none."""
    first = low if low > -math.inf else min(-_LARGEST, high - 2 * _LARGEST)
    last = high if high < math.inf else max(_LARGEST, low + 2 * _LARGEST)
    parts = [np.linspace(first, last, _EVENLY), _MAGNITUDES, -_MAGNITUDES]
    parts += [low + _MAGNITUDES] if low > -math.inf else []
    parts += [high - _MAGNITUDES] if high < math.inf else []
    points = np.unique(np.concatenate(parts))
    return points[(points > low) & (points < high)]


class _Line:
    """How far nodes are on the wanted sides, as floats, where some inputs are all moved to one value."""

    def __init__(self, seen: Observation, sides: Sequence[tuple[int, int]], moved: Sequence[str]) -> None:
        self.graph: Graph = seen.trace
        self.sides, self.moved = sides, frozenset(moved)
        self.sample = seen.trace.sample

    def height(self, values: Array) -> Array:
        """Return the least of the nodes' values, with the wanted sides up; minus infinity where one is not defined."""
        with np.errstate(all="ignore"):
            read = self.graph.read(
                [node for node, _ in self.sides], _Floats(self.sample, dict.fromkeys(self.moved, values))
            )
            heights = [np.broadcast_to(read[node] * sign, values.shape) for node, sign in self.sides]
            lowest = np.minimum.reduce(heights)  # NaN where any is
            return np.nan_to_num(lowest, nan=-math.inf, posinf=math.inf, neginf=-math.inf)


class _Floats:
    """The graph read in arrays of floats: some inputs are moved to such arrays, the others are at a sample."""

    def __init__(self, sample: Point, moved: Mapping[str, Array]) -> None:
        self.sample, self.moved = sample, moved

    def variable(self, name: str) -> Array:
        return self.moved[name] if name in self.moved else self.constant(self.sample[name])

    def constant(self, value: Fraction) -> Array:
        try:
            return np.float64(float(value))
        except OverflowError:
            return np.float64(math.copysign(math.inf, value))

    def typed(self, value: float) -> Array:
        return np.float64(value)

    def pi(self, payload: None) -> Array:
        return np.float64(math.pi)

    def sum(self, a: Array, b: Array) -> Array:
        return a + b

    def product(self, a: Array, b: Array) -> Array:
        return a * b

    def power(self, a: Array, exponent: Fraction) -> Array:
        return np.power(a, float(exponent))

    def function(self, name: str, a: Array, number: int) -> Array:
        return _FUNCTIONS[name](a) if name in _FUNCTIONS else np.vectorize(partial(approximate, name), [float])(a)

    def joint(self, op: str, values: list[Array], payload: Any) -> Array:
        return np.float64(math.nan)  # nowhere is looked for what it would take an eigenvalue a point to find


def _crossed(line: _Line, grid: Array) -> Iterator[Fraction]:
    """Return a few values on the wanted side."""
    heights = line.height(grid)
    above = heights > 0
    if not above.any():
        grid, heights = _closer(line, grid, heights)
        above = heights > 0
    for value in _middles(grid, above):
        yield simplest_rational(float(value))


def _middles(grid: Array, above: Array) -> list[float]:
    """Return the middles of the widest stretches that are above."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], above.astype(int), [0]))))
    stretches = [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    stretches.sort(key=lambda stretch: stretch[0] - stretch[1])
    return [float(grid[(a + b) // 2]) for a, b in stretches[:_PROPOSALS]]


def _closer(line: _Line, grid: Array, heights: Array) -> tuple[Array, Array]:
    """Look between the neighbours of the points that come closest to the other side, in finer and finer steps."""
    padded = np.concatenate(([-math.inf], heights, [-math.inf]))
    peaks = np.flatnonzero((heights >= padded[:-2]) & (heights >= padded[2:]) & np.isfinite(heights))
    peaks = peaks[np.argsort(-heights[peaks], kind="stable")][:_HEIGHTS]
    for peak in peaks:
        low, high = grid[max(peak - 1, 0)], grid[min(peak + 1, len(grid) - 1)]
        for _ in range(_TIMES):
            finer = np.linspace(low, high, _FINER)
            finer_heights = line.height(finer)
            if (finer_heights > 0).any():
                return finer, finer_heights
            best = int(np.argmax(finer_heights))
            low, high = finer[max(best - 1, 0)], finer[min(best + 1, _FINER - 1)]
    return grid[:0], heights[:0]
