"""Recorded operations read in rounding arithmetic: what floats of a format may have at each of them, at each point.

An enclosure is a ball that holds the exact value and whatever a run on floats may have in its place. Each operation is
done on balls and widened by the half ulps that it may be off by, of its largest value in the ball, or of the subnormal
numbers; a sum of n terms, in any order, by (n - 1) u / (1 - (n - 1) u) of the sum of their magnitudes (Higham, Accuracy
and Stability of Numerical Algorithms, 2.2 and 4.2). A ball without limit stands for what may overflow, or divide by 0.

All points in all formats are read at once, a column for each: nodes of one kind that do not need each other are one
operation of NumPy's on extended floats, whose own rounding is counted as well. What the graph composes, and functions
without a rule, are read in flint's balls.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint
import numpy as np

from verify.checks.rounding.formats import Format
from verify.checks.rounding.points import Point
from verify.checks.rounding.recorder import Recorder
from verify.graph import balls
from verify.graph.functions import FUNCTIONS

Array = Any
Pair = tuple[Array, Array]
_long = np.longdouble
SLOP = 16 * np.finfo(_long).eps  # of our own operations, functions of the C library among them
_SMALLEST = np.finfo(_long).tiny
_BITS = 192  # of flint's balls
_EXPONENT = 16  # half ulps that an exponent may be off by


class Column(NamedTuple):
    """A point in a format, whose numbers are of that format."""

    format: Format
    point: Point


class Rounding(NamedTuple):
    """What rounding does in each column: the unit roundoff, the smallest normal number, half a subnormal, the end.

    Where all of it is 0, and there is no end, values are exact but for our own roundings.
    """

    unit: Array
    tiny: Array
    half: Array
    overflow: Array

    @classmethod
    def of(cls, formats: Sequence[Format]) -> Rounding:
        """Return what rounding does in formats, one for each column."""
        names = ("unit", "tiny", "half_subnormal", "overflow")
        return cls(*(np.array([getattr(numbers, name) for numbers in formats], _long) for name in names))

    def of_columns(self, columns: Array) -> Rounding:
        """Return what rounding does in some of the columns."""
        return Rounding(*(part[columns] for part in self))

    def widened(
        self, op: str, pair: Pair, units: Array, outer: Any, magnitude: Array | None = None, terms: Any = 0
    ) -> Pair:
        """Return what an operation gives on floats, from what it gives exactly on balls.

        `units` are the half ulps that it may be off by; what is not `outer` is no operation on floats. A total has
        so many `terms`, whose sizes add up to a `magnitude`.
        """
        middle, radius = pair
        magnitudes = np.abs(middle)
        size = magnitudes + radius
        if magnitude is None:
            rounded = size * (units * self.unit)
        else:
            growth = (terms - 1) * self.unit
            rounded = np.where(growth < 1, magnitude * growth / (1 - growth), np.inf)
            size = magnitude
        if op not in ("sum", "total", "variable"):  # sums of subnormal numbers are exact
            subnormal = size - 2 * radius < self.tiny
            if subnormal.any():
                subnormal &= outer & (size > 0)
                rounded = rounded + np.where(subnormal, self.half * np.maximum(units, 1), 0)
        exact = outer & (units == 0)  # variables, and products by powers of two
        ours = magnitudes * SLOP if not np.any(exact) else np.where(exact, 0, magnitudes * SLOP)
        result = (radius + rounded) * (1 + SLOP) + ours
        if not ((size < self.overflow) & (result < np.inf)).all():  # all below an end that is a number: all is finite
            unlimited = (outer & ~(size < self.overflow)) | ~np.isfinite(middle) | np.isnan(result)
            result = np.where(unlimited, np.inf, result)
        return middle, result


def exponent_units(exponent: Fraction, base: Array) -> Any:
    """Return the half ulps that a power is off by because its exponent may have to be rounded to the format.

    It was read as what is simple and a few ulps from it.
    """
    if not exponent.denominator & (exponent.denominator - 1):
        return 0
    return _EXPONENT * np.abs(extended(exponent) * np.log(np.abs(base)))


class Enclosures:
    """The middles and radii of balls, a row for each node and a column for each point."""

    def __init__(self, recorder: Recorder, nodes: Iterable[int], columns: Sequence[Column]) -> None:
        self.recorder = recorder
        self.operands = _operands(recorder, nodes)
        order = sorted(self.operands)
        self.row = {number: row for row, number in enumerate(order)}
        self.middle = np.zeros((len(order), len(columns)), _long)
        self.radius = np.zeros((len(order), len(columns)), _long)
        self.columns = columns
        self._rounding = Rounding.of([column.format for column in columns])
        with np.errstate(all="ignore"):
            for kind, numbers in _groups(recorder, order, self.operands):
                self._read(kind, numbers)

    def of(self, nodes: Sequence[int]) -> Pair:
        """Return the middles and radii of nodes."""
        rows = [self.row[number] for number in nodes]
        return self.middle[rows], self.radius[rows]

    def certain(self, conditions: Iterable[int]) -> Array:
        """Return for each of some nodes, in each column, whether its sign is certain, whatever rounding does."""
        middle, radius = self.of(list(conditions))
        exactly = (middle == 0) & (radius == 0)
        return (np.abs(middle) > radius) | exactly

    def _read(self, kind: tuple[Any, ...], numbers: list[int]) -> None:
        """Compute nodes of one kind."""
        recorder, operands = self.recorder, self.operands
        units = np.array([recorder.units[number] for number in numbers]).astype(_long)[:, None]
        outer = np.array([number not in recorder.inner for number in numbers])[:, None]
        if not recorder.args[numbers[0]]:
            middle, radius, units = self._leaves(numbers)
        elif kind[0] == "composed" or (kind[0] in FUNCTIONS and kind[0] not in RULES):
            middle, radius = self._composed(numbers)
        else:
            pairs = [self.of([operands[number][i] for number in numbers]) for i in range(kind[-1])]
            middle, radius = RULES.get(kind[0], power)(pairs, kind[1])
        if kind[0] == "power":
            units = units + exponent_units(kind[1], pairs[0][0])
        magnitude = sum(np.abs(m) + r for m, r in pairs) if kind[0] == "total" else None
        middle, radius = self._rounding.widened(kind[0], (middle, radius), units, outer, magnitude, kind[-1])
        rows = [self.row[number] for number in numbers]
        self.middle[rows] = middle
        self.radius[rows] = radius

    def _leaves(self, numbers: list[int]) -> tuple[Array, Array, Array]:
        """Return variables, which are numbers of the format, and constants, which may have to be rounded to it."""
        ops, payloads = self.recorder.ops, self.recorder.payloads
        if ops[numbers[0]] == "variable":
            names = [payloads[number] for number in numbers]
            sample = self.recorder.sample  # for memory that nobody has written to
            inputs = np.array(
                [[float(c.point.get(name, sample[name])) for name in names] for c in self.columns], _long
            ).T
            return inputs, np.zeros_like(inputs), np.zeros((len(numbers), 1))
        values = [_constant(ops[number], payloads[number]) for number in numbers]
        middle = np.repeat(np.array(values, _long)[:, None], len(self.columns), axis=1)
        units = np.array([[self._bits(number)] for number in numbers])
        precisions = np.array([column.format.bits for column in self.columns])
        return middle, np.zeros_like(middle), np.where(units > precisions, 2, 0)

    def _bits(self, number: int) -> float:
        """Return how many bits a leaf has."""
        value = self.recorder.constants.get(number)
        if value is None:
            return np.inf
        top, bottom = value.numerator, value.denominator
        return np.inf if bottom & (bottom - 1) else abs(top).bit_length() - _twos(top)

    def _composed(self, numbers: list[int]) -> Pair:
        shape = len(numbers), len(self.columns)
        middle, radius = split(self._in_balls(number, i) for number in numbers for i in range(shape[1]))
        return middle.reshape(shape), radius.reshape(shape)

    def _in_balls(self, number: int, column: int) -> flint.arb:
        recorder = self.recorder
        operands = self.operands[number]
        values = {}
        for operand in operands:
            middle, radius = self.middle[self.row[operand], column], self.radius[self.row[operand], column]
            if not np.isfinite(radius):
                return flint.arb(0, math.inf)
            values[operand] = ball(middle, radius)
        inner = recorder.args[number][-1] if recorder.is_composed(number) else number
        with flint.ctx.workprec(_BITS):
            return balls.at(recorder, [inner], {}, values)[inner]


def split(values: Iterable[flint.arb]) -> Pair:
    """Return the middles and radii of flint's balls as extended floats; those without limit may have no middle."""
    middle, reach = middles(values)
    with np.errstate(invalid="ignore"):
        return middle, widened(middle, reach)


def middles(values: Iterable[flint.arb]) -> Pair:
    """Return the nearest extended floats to the middles of flint's balls, and the radii of these."""
    parts = [(float(value), float(value - float(value)), _reach(value)) for value in values]
    high, rest, reach = np.array(parts, float).reshape(-1, 3).astype(_long).T
    limited = np.isfinite(high) & np.isfinite(reach)
    with np.errstate(invalid="ignore"):
        middle = np.where(limited, high + rest, np.where(np.isnan(high), 0, high))
    return middle, np.where(limited, reach, np.inf)


def widened(middle: Array, reach: Array) -> Array:
    """Return the radii of balls around rounded middles."""
    limited = np.isfinite(middle) & np.isfinite(reach)
    return np.where(limited, (reach + np.abs(middle) * SLOP) * (1 + SLOP), np.inf)


def _reach(value: flint.arb) -> float:
    """Return the radius of a ball, which is 0 only where that is exact: one that underflows is the smallest float."""
    return float(value.rad()) or (0.0 if value.is_exact() else 2.0**-1074)


def ball(middle: Any, radius: Any) -> flint.arb:
    """Return one of flint's balls that holds what an enclosure does."""
    high = float(middle)
    reach = float(radius) * (1 + 2.0**-50) + 2.0**-1070 * bool(radius)
    return flint.arb(high) + flint.arb(float(middle - _long(high))) + flint.arb(0, reach)


def extended(value: Fraction) -> Any:
    """Return an exact number as an extended float."""
    high = float(value)
    return _long(high) + _long(float(value - Fraction(high)))


def _constant(op: str, payload: Any) -> Any:
    return _long(np.pi) if op == "pi" else _long(payload) if op == "typed" else extended(payload)


def _twos(value: int) -> int:
    """Return how often 2 divides a number."""
    return (value & -value).bit_length() - 1 if value else 0


def _operands(recorder: Recorder, nodes: Iterable[int]) -> dict[int, list[int]]:
    """Return the operations that nodes take, themselves included, with what each is done on."""
    operands: dict[int, list[int]] = {}
    todo = list(nodes)
    while todo:
        number = todo.pop()
        if number not in operands:
            operands[number] = recorder.operands(number)
            todo.extend(operands[number])
    return operands


def _groups(
    recorder: Recorder, order: Sequence[int], operands: Mapping[int, list[int]]
) -> list[tuple[tuple[Any, ...], list[int]]]:
    """Return nodes of one kind that do not need each other, in an order in which operands come first."""
    depth: dict[int, int] = {}
    groups: dict[tuple[Any, ...], list[int]] = {}
    for number in order:
        needed = operands[number]
        depth[number] = 1 + max(map(depth.__getitem__, needed), default=-1)
        groups.setdefault((depth[number], *_kind(recorder, number, len(needed))), []).append(number)
    return [(key[1:], numbers) for key, numbers in sorted(groups.items(), key=lambda item: item[0][0])]


def _kind(recorder: Recorder, number: int, operands: int) -> tuple[Any, ...]:
    op = recorder.ops[number]
    if number in recorder.terms:
        return "total", None, operands
    if recorder.is_composed(number):
        return "composed", None, 0
    return op if operands or op == "variable" else "constant", recorder.payloads[number] if operands else None, operands


def _sum(pairs: Sequence[Pair], _: Any) -> Pair:
    return sum(m for m, _ in pairs), sum(r for _, r in pairs)


def _product(pairs: Sequence[Pair], _: Any) -> Pair:
    (a, r), (b, s) = pairs
    return a * b, np.abs(a) * s + np.abs(b) * r + r * s


def power(pairs: Sequence[Pair], exponent: Fraction) -> Pair:
    """Return a ** exponent, its radius by the largest slope in the ball (the mean value theorem)."""
    ((a, r),) = pairs
    power = exponent.numerator if exponent.denominator == 1 else extended(exponent)
    value = 1 / a if exponent == -1 else np.sqrt(a) if exponent == Fraction(1, 2) else a**power
    farthest = np.abs(a) + r if exponent >= 1 else np.abs(a) - r
    slope = np.abs(extended(exponent)) * farthest ** extended(exponent - 1)
    outside = (farthest <= 0) & ((exponent < 1) | (a != 0))
    return value, np.where(r == 0, 0, np.where(outside, np.inf, slope * r)) * (1 + 2 * SLOP)


def _by_slope(value: Callable[[Array], Array], slope: Callable[[Array, Array], Array]) -> Callable[..., Pair]:
    """Return a rule for a function, by a bound on its slope in the ball of a middle and a radius."""

    def rule(pairs: Sequence[Pair], _: Any) -> Pair:
        ((a, r),) = pairs
        return value(a), np.where(r == 0, 0, slope(a, r) * r) * (1 + 2 * SLOP)

    return rule


def _nearest(a: Array, r: Array) -> Array:
    """Return the distance from 0 to a ball."""
    return np.maximum(np.abs(a) - r, 0)


RULES: dict[str, Callable[..., Pair]] = {
    "sum": _sum,
    "total": _sum,
    "product": _product,
    "exp": _by_slope(np.exp, lambda a, r: np.exp(a + r)),
    "log": _by_slope(np.log, lambda a, r: np.where(a > r, 1 / (a - r), np.inf)),
    "tanh": _by_slope(np.tanh, lambda a, r: np.minimum(1, 4 * np.exp(-2 * _nearest(a, r)))),
    "sin": _by_slope(np.sin, lambda a, r: 1),
    "cos": _by_slope(np.cos, lambda a, r: 1),
    "atan": _by_slope(np.arctan, lambda a, r: 1 / (1 + _nearest(a, r) ** 2)),
}
