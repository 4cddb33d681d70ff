"""A recording read at several points at once, a column for each: rounded to the format of the column, and exactly.

`Rounded` is to a recording what `enclosures.Enclosures` is to a recorder: each operation on balls, widened by what
rounding may add, in NumPy's extended floats; here whole blocks at once. Read without rounding, the same balls hold the
exact values, to about 60 bits: enough to judge single and half precision. What is to be known better is read in flint's
balls (`tape.balls`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import flint
import numpy as np

from verify.checks.rounding.enclosures import (
    RULES,
    SLOP,
    Array,
    Pair,
    Rounding,
    ball,
    exponent_units,
    extended,
    power,
    split,
)
from verify.checks.rounding.formats import DOUBLE, HALF, Format
from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.model.exact import simplest_rational
from verify.tape.parts import lengths_of
from verify.tape.recording import Recording, needed
from verify.tape.tape import Block, Elements

_long = np.longdouble
_TINY = 8 * np.finfo(_long).smallest_subnormal  # what underflow takes from an operation or two
_EPS = float(np.finfo(_long).eps)
_BITS = 192  # of flint's balls, for functions that NumPy lacks
_NOTHING = np.zeros(1, _long)
_EXACT = Rounding(_NOTHING, _NOTHING, _NOTHING, np.full(1, np.inf, _long))
_PAIR = 2
_NEARLY = 1 + 2.0**-40  # times the smallest normal number: below it products may be, as they are rounded
_FEW_PRODUCTS = 20_000  # up to here two kinds of floats take longer than one
_PIECE = 1_000_000  # products that are looked at at once


class _Kind(NamedTuple):
    """Floats that matrix products are done in: what an operation may be off by, relative, and where it underflows.

    Doubles are rounded to them from extended floats, which counts as well.
    """

    dtype: Any
    eps: Any
    least: Any


_LONG = _Kind(_long, _long(_EPS), _TINY)
_SHORT = _Kind(np.dtype(float), _long(2.0**-52), _long(2.0**-1070))


class Reading:
    """The middles and radii of balls, a row for each element and a column for each point.

    `values` are those of `variables`, floats of the formats. Without formats, values are exact. Only what the wanted
    elements need is read.
    """

    def __init__(
        self,
        tape: Recording,
        wanted: Elements,
        variables: Elements,
        values: Array,
        formats: Sequence[Format] | None = None,
    ) -> None:
        self._tape, self._formats = tape, formats
        self._overflows: Array | None = None
        self._rounding = _EXACT if formats is None else Rounding.of(formats)
        shape = tape.size, values.shape[1]
        self._arrange(np.ones(shape[1], bool) if formats is None else np.array([f is DOUBLE for f in formats], bool))
        self.middle, self.radius = np.zeros(shape, _long), np.zeros(shape, _long)
        self.middle[variables] = values
        with np.errstate(all="ignore"):
            for place in needed(tape, wanted):
                block = tape.blocks[place]
                if block.op != "variable":
                    self._keep(block, *self._read(place, block))

    def _arrange(self, long: Array) -> None:
        """Take the columns apart whose matrix products need extended floats, and those for which doubles will do."""
        self._kinds = [
            (kind, columns)
            for kind, columns in ((_LONG, np.flatnonzero(long)), (_SHORT, np.flatnonzero(~long)))
            if columns.size
        ]
        self._eps, self._least = np.where(long, _LONG.eps, _SHORT.eps), np.where(long, _LONG.least, _SHORT.least)

    def of(self, elements: Elements) -> Pair:
        """Return the middles and radii of elements."""
        return self.middle[elements], self.radius[elements]

    def overflows(self) -> Any:
        """Tell for each column whether the numbers of its format may end at an element whose ball has no limit.

        Few elements are such, and they are asked for with each gradient: all are looked through once.
        """
        if self._overflows is None:
            limitless = np.flatnonzero(np.isinf(self.radius).any(axis=1))
            middle, radius = self.of(limitless)
            with np.errstate(invalid="ignore"):
                self._overflows = (np.isinf(radius) & ~(np.abs(middle) < self._rounding.overflow)).any(axis=0)
        return self._overflows

    def keep(self, columns: Any) -> None:
        """Leave out all other points."""
        self._overflows = None
        self.middle, self.radius = self.middle[:, columns], self.radius[:, columns]
        self._rounding = self._rounding.of_columns(columns)

    def _keep(self, block: Block, middle: Array, radius: Array) -> None:
        self.middle[block.elements], self.radius[block.elements] = middle, radius

    def _read(self, place: int, block: Block) -> Pair:
        """Compute a block."""
        if not block.args:
            return self._leaves(block)
        tape = self._tape
        units: Any = tape.units.get(place, 1)
        operands = [self.of(arg) for arg in block.args]
        if block.op in ("total", "matmul"):
            return self._added(block, operands, tape.terms.get(place))
        if block.op in FUNCTIONS and block.op not in RULES:
            pair = _by_balls(block.op, operands[0])
        elif self._formats is None and block.op == "power" and _is_rounded(block.payload):
            return operands[0][0], np.full_like(operands[0][0], np.inf)  # for flint
        else:
            pair = RULES.get(block.op, power)(operands, block.payload)
        if block.op == "power" and self._formats is not None:
            units = units + exponent_units(block.payload, operands[0][0])
        if self._formats is None:
            return _exactly(*pair, is_rounded=place in tape.inner or units != 0)
        return self._rounding.widened(block.op, pair, np.asarray(units, _long), place not in tape.inner)

    def _leaves(self, block: Block) -> Pair:
        """Return constants: exactly where nothing is rounded, as in the format elsewhere."""
        values, bits = _constants(block, as_floats=self._formats is not None)
        middle = np.repeat(values[:, None], self.middle.shape[1], axis=1)
        sizes = np.abs(values)
        plain = (sizes == 0) | ((sizes >= HALF.tiny) & (sizes < HALF.overflow))
        if (plain & (bits <= HALF.bits)).all():  # numbers of every format
            return middle, np.zeros_like(middle)
        precisions = [f.bits for f in self._formats] if self._formats is not None else [0]
        units = np.where(bits[:, None] > np.array(precisions), 2, 0)
        return self._rounding.widened(block.op, (middle, np.zeros_like(middle)), units, outer=True)

    def _added(self, block: Block, operands: Sequence[Pair], terms: Any) -> Pair:
        """Compute sums of many terms, and of products; our own rounding is that of so many extended floats."""
        eps: Any = _EPS
        least: Any = 0
        if block.op == "total":
            (m, r), starts = operands[0], block.payload
            counts = lengths_of(starts, len(m)) if terms is None else terms
            middle, spread = np.add.reduceat(m, starts, axis=0), np.add.reduceat(r, starts, axis=0)
            magnitude = np.add.reduceat(np.abs(m), starts, axis=0) + spread
            most = counts
        else:
            middle, spread, magnitude = self._products(*operands)
            most, eps, least = block.args[0].shape[2], self._eps, self._least
            counts = np.full(block.size, most) if terms is None else terms
        most = np.asarray(most)[..., None]
        spread = spread * (1 + 2 * eps * (most + 8)) + (most + 4) * (2 * eps * magnitude + least)
        if self._formats is None:
            return middle, np.where(np.isfinite(middle) & np.isfinite(spread), spread, np.inf)
        counts = np.asarray(counts)[:, None]
        of_two = counts == _PAIR  # whose sum is rounded once, by less than the sum of their sizes has it
        pair = middle, spread
        if not of_two.all():
            pair = self._rounding.widened("total", pair, 1, True, magnitude, np.maximum(counts, 1))
        if of_two.any():
            rounded_once = self._rounding.widened("sum", (middle, spread), 1, True)
            pair = middle, np.where(of_two, rounded_once[1], pair[1])
        return pair

    def _products(self, left: Pair, right: Pair) -> tuple[Array, Array, Array]:
        """Return sums of products, and what the terms are off by and how large they are, added up.

        For what rounding does in shorter formats doubles will do (`_Kind`), whose matrix products take far less time.
        Exact values are read in extended floats: sums that cancel would not be known to these formats otherwise.
        """
        columns, (stack, rows, length), width = left[0].shape[-1], left[0].shape[:3], right[0].shape[2]
        if columns * stack * rows * length * width < _FEW_PRODUCTS:
            a, b = ([np.ascontiguousarray(np.moveaxis(part, -1, 0)) for part in side] for side in (left, right))
            middle, spread, sizes = map(_rows, self._multiplied(a, b, slice(None)))
            return middle, spread, sizes
        result = [np.empty((columns, stack, rows, width), _long) for _ in range(3)]
        for kind, chosen in self._kinds:
            a, b = (
                [np.moveaxis(part[..., chosen], -1, 0).astype(kind.dtype, "C") for part in side]
                for side in (left, right)
            )
            for whole, part in zip(result, self._multiplied(a, b, chosen), strict=True):
                whole[chosen] = part
        middle, spread, sizes = map(_rows, result)
        return middle, spread, sizes

    def _multiplied(self, left: Sequence[Array], right: Sequence[Array], columns: Any) -> tuple[Array, Array, Array]:
        (a, r), (b, s) = left, right
        size_a, size_b = np.abs(a), np.abs(b)
        sizes = size_a @ size_b
        spread = size_a @ s if s.any() else np.zeros_like(sizes)
        spread = spread + r @ (size_b + s) if r.any() else spread
        if self._formats is None:
            return a @ b, spread * (1 + SLOP), sizes + spread
        rounding = self._rounding.of_columns(columns)
        unit = rounding.unit[:, None, None, None]
        rounded = (sizes + spread) * unit + _subnormal(rounding, (size_a, r), (size_b, s))
        spread = spread * (1 + SLOP) + rounded
        return a @ b, spread, sizes + spread


def _constants(block: Block, *, as_floats: bool) -> tuple[Array, Array]:
    """Return the values of constants, and how many bits each has: typed ones have those of the float, if as floats."""
    if block.op == "pi":
        return np.array([_long(np.pi)]), np.array([np.inf])
    if block.op == "typed" and as_floats:
        return np.array(block.payload, _long), np.full(block.size, np.inf)
    exact = [simplest_rational(v) for v in block.payload] if block.op == "typed" else block.payload
    unique = {value: (extended(value), _bits(value)) for value in dict.fromkeys(exact)}
    values, bits = zip(*(unique[value] for value in exact), strict=True)
    return np.array(values, _long), np.array(bits, float)


def _exactly(middle: Array, radius: Array, *, is_rounded: bool) -> Pair:
    """Return the ball of an exact value: nothing is added but our own rounding, where there is any."""
    radius = radius * (1 + SLOP) + (np.abs(middle) * SLOP + _TINY if is_rounded else 0)
    return middle, np.where(np.isfinite(middle) & ~np.isnan(radius), radius, np.inf)


def _subnormal(rounding: Rounding, left: Pair, right: Pair) -> Any:
    """Return what rounding adds to products that may lie below the normal numbers of a format, for each column.

    Such a product may be any number between the least and the largest sizes in the balls: one whose middle is 0, but
    whose radius is not, underflows as well as another one does.
    """
    sides = [(np.fmax(size - radius, 0), size + radius > 0) for size, radius in (left, right)]
    smallest = [
        np.where(used, least, np.inf).reshape(len(least), -1).min(axis=1, initial=np.inf) for least, used in sides
    ]
    small = np.flatnonzero(smallest[0] * smallest[1] < rounding.tiny * _NEARLY)
    if not small.size:
        return 0
    added = np.zeros((*left[0].shape[:3], right[0].shape[3]), _long)
    for column in small.tolist():
        (least_a, used_a), (least_b, used_b) = [(least[column], used[column]) for least, used in sides]
        below = _below((least_a, used_a), (least_b, used_b), float(rounding.tiny[column]))
        added[column] = rounding.half[column] * below
    return added


def _below(left: Pair, right: Pair, tiny: float) -> Array:
    """Count the products that may be below a number and need not be 0, in each sum of products.

    Each side comes as the least sizes of its numbers, and whether they may be other numbers than 0.
    """
    (a, used_a), (b, used_b) = left, right
    a, b = a.astype(float), b.astype(float)
    counts = np.zeros((a.shape[0], a.shape[1], b.shape[2]))
    step = max(1, _PIECE // max(1, a.shape[2] * b.shape[2]))
    for stack in range(a.shape[0]):
        for row in range(0, a.shape[1], step):
            piece = slice(row, row + step)
            sizes = a[stack, piece, :, None] * b[stack][None]
            nonzero = used_a[stack, piece, :, None] & used_b[stack][None]
            counts[stack, piece] = ((sizes < tiny * _NEARLY) & nonzero).sum(axis=1)
    return counts


def _rows(part: Array) -> Array:
    return np.moveaxis(part, 0, -1).reshape(-1, part.shape[0])


def _bits(value: Fraction) -> float:
    """Return how many bits a constant has."""
    top, bottom = value.numerator, value.denominator
    if bottom & (bottom - 1):
        return np.inf
    return abs(top).bit_length() - ((top & -top).bit_length() - 1 if top else 0)


def _is_rounded(exponent: Fraction) -> bool:
    return bool(exponent.denominator & (exponent.denominator - 1))


def _by_balls(name: str, pair: Pair) -> Pair:
    """Return a function in flint's balls."""
    middle, radius = pair
    with flint.ctx.workprec(_BITS):
        values = [
            balls.function(name, ball(m, r)) if np.isfinite(r) else flint.arb(0, "inf")
            for m, r in zip(middle.ravel(), radius.ravel(), strict=True)
        ]
    m, r = split(values)
    return m.reshape(middle.shape), r.reshape(middle.shape)
