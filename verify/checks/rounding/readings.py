"""A recording read at several points at once, a column for each: rounded to the format of the column, and exactly.

`Rounded` is to a recording what `enclosures.Enclosures` is to a recorder: each operation on balls, widened by what
rounding may add, in NumPy's extended floats; here whole blocks at once. Read without rounding, the same balls hold the
exact values, to about 60 bits: enough to judge single and half precision. What is to be known better is read in flint's
balls (`exact_balls`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

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
from verify.checks.rounding.formats import Format
from verify.graph import balls
from verify.graph.functions import FUNCTIONS
from verify.model.exact import simplest_rational
from verify.tape.parts import Part, lengths_of, parts
from verify.tape.recording import Recording, needed
from verify.tape.tape import Block, Elements

_long = np.longdouble
_TINY = 8 * np.finfo(_long).smallest_subnormal  # what underflow takes from an operation or two
_EPS = float(np.finfo(_long).eps)
_BITS = 192  # of flint's balls, for functions that NumPy lacks
_NOTHING = np.zeros(1, _long)
_EXACT = Rounding(_NOTHING, _NOTHING, _NOTHING, np.full(1, np.inf, _long))
_PIECE = 1_000_000  # products that are looked at at once


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
        self._rounding = _EXACT if formats is None else Rounding.of(formats)
        shape = tape.size, values.shape[1]
        self.middle, self.radius = np.zeros(shape, _long), np.zeros(shape, _long)
        self.middle[variables] = values
        with np.errstate(all="ignore"):
            for place in needed(tape, wanted):
                block = tape.blocks[place]
                if block.op != "variable":
                    self._keep(block, *self._read(place, block))

    def of(self, elements: Elements) -> Pair:
        """Return the middles and radii of elements."""
        return self.middle[elements], self.radius[elements]

    def overflows(self) -> Any:
        """Tell for each column whether the numbers of its format may end at an element whose ball has no limit."""
        with np.errstate(invalid="ignore"):
            return (np.isinf(self.radius) & ~(np.abs(self.middle) < self._rounding.overflow)).any(axis=0)

    def keep(self, columns: Any) -> None:
        """Leave out all other points."""
        self.middle, self.radius = self.middle[:, columns], self.radius[:, columns]
        self._rounding = Rounding(*(part[columns] for part in self._rounding))

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
        if block.op == "pi":
            values, bits = [_long(np.pi)], [np.inf]
        elif block.op == "typed" and self._formats is not None:
            values, bits = [_long(value) for value in block.payload], [np.inf] * block.size
        else:
            exact = [simplest_rational(v) for v in block.payload] if block.op == "typed" else block.payload
            values, bits = [extended(value) for value in exact], [_bits(value) for value in exact]
        middle = np.repeat(np.array(values, _long)[:, None], self.middle.shape[1], axis=1)
        precisions = [f.bits for f in self._formats] if self._formats is not None else [0]
        units = np.where(np.array(bits)[:, None] > np.array(precisions), 2, 0)
        return self._rounding.widened(block.op, (middle, np.zeros_like(middle)), units, outer=True)

    def _added(self, block: Block, operands: Sequence[Pair], terms: Any) -> Pair:
        """Compute sums of many terms, and of products; our own rounding is that of so many extended floats."""
        if block.op == "total":
            (m, r), starts = operands[0], block.payload
            counts = lengths_of(starts, len(m)) if terms is None else terms
            middle, spread = np.add.reduceat(m, starts, axis=0), np.add.reduceat(r, starts, axis=0)
            magnitude = np.add.reduceat(np.abs(m), starts, axis=0) + spread
            most = counts
        else:
            middle, spread, magnitude = self._products(*operands)
            most = block.args[0].shape[2]
            counts = np.full(block.size, most) if terms is None else terms
        ours = (np.asarray(most)[..., None] + 4) * (2 * _EPS * magnitude + (_TINY if block.op == "matmul" else 0))
        spread = spread * (1 + 2 * _EPS * (np.asarray(most)[..., None] + 8)) + ours
        if self._formats is None:
            return middle, np.where(np.isfinite(middle) & np.isfinite(spread), spread, np.inf)
        counts = np.asarray(counts)[:, None]
        pair = self._rounding.widened("total", (middle, spread), 1, True, magnitude, np.maximum(counts, 1))
        of_two = self._rounding.widened("sum", (middle, spread), np.asarray(1, _long), True)
        return middle, np.where(counts == 2, of_two[1], pair[1])

    def _products(self, left: Pair, right: Pair) -> tuple[Array, Array, Array]:
        """Return sums of products, and what the terms are off by and how large they are, added up."""
        (a, r), (b, s) = [tuple(np.ascontiguousarray(np.moveaxis(p, -1, 0)) for p in pair) for pair in (left, right)]
        size_a, size_b = np.abs(a), np.abs(b)
        sizes = size_a @ size_b
        spread = size_a @ s if s.any() else np.zeros_like(sizes)
        spread = spread + r @ (size_b + s) if r.any() else spread
        unit = self._rounding.unit[:, None, None, None]
        rounded = (sizes + spread) * unit + self._subnormal((size_a, r), (size_b, s))
        spread = spread * (1 + SLOP) + rounded
        return _rows(a @ b), _rows(spread), _rows(sizes + spread)

    def _subnormal(self, left: Pair, right: Pair) -> Any:
        """Return what rounding adds to products that may lie below the normal numbers of a format.

        Such a product may be any number between the least and the largest sizes in the balls: one whose middle is 0,
        but whose radius is not, underflows as well as another one does.
        """
        if self._formats is None:
            return 0
        (least_a, most_a), (least_b, most_b) = _reaches(*left), _reaches(*right)
        added = np.zeros((most_a.shape[0], most_a.shape[1], most_a.shape[2], most_b.shape[3]), _long)
        for column, (tiny, half) in enumerate(zip(self._rounding.tiny, self._rounding.half, strict=True)):
            sides = (least_a[column], most_a[column] > 0), (least_b[column], most_b[column] > 0)
            smallest = [np.min(least[nonzero], initial=np.inf) for least, nonzero in sides]
            if smallest[0] * smallest[1] < tiny:
                added[column] = half * _below(*sides, float(tiny))
        return added


def _reaches(size: Array, radius: Array) -> Pair:
    """Return the least and the largest sizes of numbers in balls."""
    return np.fmax(size - radius, 0), size + radius  # 0 at least where neither has a limit


def _exactly(middle: Array, radius: Array, *, is_rounded: bool) -> Pair:
    """Return the ball of an exact value: nothing is added but our own rounding, where there is any."""
    radius = radius * (1 + SLOP) + (np.abs(middle) * SLOP + _TINY if is_rounded else 0)
    return middle, np.where(np.isfinite(middle) & ~np.isnan(radius), radius, np.inf)


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
            counts[stack, piece] = ((sizes < tiny * (1 + 2.0**-40)) & nonzero).sum(axis=1)
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


def exact_balls(tape: Recording, wanted: Elements, variables: Elements, values: Array, bits: int) -> Any:
    """Return balls around elements at points, a row for each element and a column for each point."""
    columns = values.shape[1]
    values_at = np.empty((tape.size, columns), object)
    with flint.ctx.workprec(bits):
        leaves = [flint.arb(value) for value in values.ravel().tolist()]
        values_at[variables] = np.array([*leaves, None], object)[:-1].reshape(values.shape)
        for part in parts(tape, wanted):
            if part.op != "variable":
                values_at[part.elements] = _leaves(part, columns) if not part.args else _computed(part, values_at)
    return values_at[wanted]


def _leaves(part: Part, columns: int) -> Any:
    if part.op == "pi":
        leaves = [flint.arb.pi()]
    else:
        exact = [simplest_rational(value) for value in part.payload] if part.op == "typed" else part.payload
        leaves = [balls.ball(Fraction(value)) for value in exact]
    return _columned(leaves, columns)


def _columned(leaves: Sequence[flint.arb], columns: int) -> Any:
    return np.repeat(np.array([*leaves, None], object)[:-1, None], columns, axis=1)


def _computed(part: Part, values_at: Any) -> Any:
    """Return the balls of a part from those of its arguments."""
    args = [values_at[arg] for arg in part.args]
    match part.op:
        case "sum":
            return np.add(*args)
        case "product":
            return np.multiply(*args)
        case "total":
            return np.add.reduceat(args[0], part.payload, axis=0)
        case "matmul":
            return _matmul(*args)
        case "power" if part.payload in _SHORT_WAYS:
            return _SHORT_WAYS[part.payload](args[0])
        case "power":
            return _each(args[0], lambda base: balls.power(base, part.payload))
    return _each(args[0], lambda argument: balls.function(part.op, argument))


# Powers that NumPy does with operations of balls, an array at a time.
_SHORT_WAYS: dict[Fraction, Any] = {Fraction(2): lambda a: a * a, Fraction(-1): lambda a: flint.arb(1) / a}


def _each(arguments: Any, function: Any) -> Any:
    result = np.empty(arguments.shape, object)
    result.ravel()[:] = list(map(function, arguments.ravel().tolist()))
    return result


def _matmul(left: Any, right: Any) -> Any:
    """Return the entries of products of matrices, one after the other, in each column."""
    columns = left.shape[-1]
    entries = [
        [entry for a, b in zip(left, right, strict=True) for entry in _product(a[..., i], b[..., i])]
        for i in range(columns)
    ]
    return _transposed(entries)


def _transposed(entries: Sequence[Sequence[flint.arb]]) -> Any:
    result = np.empty((len(entries[0]), len(entries)), object)
    for column, values in enumerate(entries):
        result[:, column] = values
    return result


def _product(a: Any, b: Any) -> Sequence[flint.arb]:
    return list((_matrix(a) * _matrix(b)).entries())


def _matrix(part: Any) -> flint.arb_mat:
    height, width = part.shape
    return flint.arb_mat(height, width, part.ravel().tolist())
