"""A tape that folds nothing: the very operations that a run on floats does, array by array, and how each is rounded.

It is to a tape what `arithmetic.recorder` is to a graph, with the same rules for each entry: only what finite floats do
exactly is folded (0 + x, 1 * x, 0 * x, -(-x), x - x for one element x, small whole numbers). An array operation on the
same two arrays is done once where IEEE 754 determines its result; equal operations on single entries are not looked
for, so that a bound here may be wider than the recorder's, and never narrower.

Once the run is over, `recording` is set to False: what is appended then, the exact derivative, is a tape's own work.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from hashlib import blake2b
from typing import Any

import numpy as np

from verify.graph.functions import FUNCTIONS
from verify.model.errors import TraceError, UnboundedError
from verify.model.where import asked_at
from verify.tape.parts import lengths_of
from verify.tape.tape import MINUS_ONE, ONE, ZERO, Elements, Tape, distinct

ARITHMETIC, FUNCTION, ULP = 1, 8, 2  # half ulps that an operation may be off by, as in `arithmetic.recorder`
_SIMPLE = (Fraction(1, 2), Fraction(2), Fraction(-1))
_EXACT = 2**11
_SMALL = 11  # exponents of constants that are worked out
_MANY = 60  # blocks, from which on code is left to single numbers where it computes with these
_SINGLE = 8  # elements in a block, on average
_MOST_EXPANDED = 1_000_000  # products of a matrix product that are written out
_NONE = -1


class UnrecordedError(TraceError):
    """What is left to the recorder of single numbers."""


class Recording(Tape):
    """A tape of operations as they are executed.

    By the place of a block: `units` are the half ulps that each of its elements adds, `terms` how many terms are added
    up in each element of a total or matrix product, and `inner` are the blocks that floats do not compute, the inverses
    in quotients.
    """

    finds_again = False  # an operation that is executed twice has two numbers of half ulps

    def __init__(self) -> None:
        self.units: dict[int, int] = {}
        self.terms: dict[int, Any] = {}
        self.inner: set[int] = set()
        self.recording = True
        self._short = np.zeros(0, bool)  # elements that are constants of every format
        self._scales = np.zeros(0, bool)  # those of them that are powers of two, or their negatives
        self._opposite = np.zeros(0, np.int64)
        self._computed: dict[tuple[object, ...], Elements] = {}
        self._operands: dict[int, list[int]] = {}
        super().__init__()

    def operands_of(self, place: int) -> Sequence[int]:
        """Return the places of the blocks that a block is computed from, looked for once."""
        if place not in self._operands:
            args = self.blocks[place].args
            self._operands[place] = [operand for arg in args for operand in self.blocks_of(arg)]
        return self._operands[place]

    def _new(self, op: str, count: int, args: tuple[Elements, ...] = (), payload: Any = None) -> Elements:
        elements = super()._new(op, count, args, payload)
        if self.size > len(self._short):
            room = self.size + 1024
            self._short = np.concatenate([self._short, np.zeros(room, bool)])
            self._scales = np.concatenate([self._scales, np.zeros(room, bool)])
            self._opposite = np.concatenate([self._opposite, np.full(room, _NONE)])
        return elements

    def _operation(self, op: str, args: tuple[Elements, ...], units: int, payload: Any = None) -> Elements:
        """Append an operation on arrays of one axis, with its half ulps."""
        if len(self.blocks) > _MANY and self.size < _SINGLE * len(self.blocks):
            raise UnrecordedError("the code computes number by number")
        if args[0].size:
            self.units[len(self.blocks)] = units
        return self._new(op, args[0].size, args, payload)

    def constants(self, values: Iterable[Fraction | float]) -> Elements:
        """Return the elements of constants."""
        listed = list(values)
        elements = super().constants(listed)
        for value, element in dict(zip(listed, elements.tolist(), strict=True)).items():
            if type(value) is not float and _is_short(Fraction(value)):
                self._short[element] = True
                self._scales[element] = _is_power_of_two(Fraction(value))
        return elements

    def sums(self, a: Elements, b: Elements) -> Elements:
        """Return a + b."""
        if not self.recording:
            return super().sums(a, b)
        left, right = a.ravel(), b.ravel()
        cancelled = self._opposite[left] == right
        special = self._short[left] | self._short[right] | cancelled
        if not special.any():
            return self._once("sum", left, right).reshape(a.shape)
        result = np.where(left == ZERO, right, np.where(right == ZERO, left, np.where(cancelled, ZERO, _NONE)))
        return self._filled("sum", left, right, result).reshape(a.shape)

    def products(self, a: Elements, b: Elements) -> Elements:
        """Return a * b."""
        if not self.recording:
            return super().products(a, b)
        left, right = a.ravel(), b.ravel()
        if not (self._short[left] | self._short[right]).any():
            return self._once("product", left, right).reshape(a.shape)
        zero = (left == ZERO) | (right == ZERO)
        result = np.where(zero, ZERO, np.where(left == ONE, right, np.where(right == ONE, left, _NONE)))
        for factor, other in ((left, right), (right, left)):
            negative = (factor == MINUS_ONE) & (result == _NONE)
            if negative.any():
                result[negative] = self.negatives(other[negative])
        return self._filled("product", left, right, result).reshape(a.shape)

    def _filled(self, op: str, left: Elements, right: Elements, result: Elements) -> Elements:
        """Compute what is not known of a result: of constants, by powers of two, and the rest."""
        self._fold(_FOLDED[op], left, right, result)
        open_ = result == _NONE
        exact = open_ & (self._scales[left] | self._scales[right]) if op == "product" else np.zeros_like(open_)
        for chosen, units in ((exact, 0), (open_ & ~exact, ARITHMETIC)):
            if chosen.any():
                result[chosen] = self._operation(op, (left[chosen], right[chosen]), units)
        return result

    def _fold(self, compute: Callable[..., Fraction], left: Elements, right: Elements, result: Elements) -> None:
        """Set the results of constants that are constants of every format again."""
        both = np.flatnonzero(self._short[left] & self._short[right] & (result == _NONE))
        for place in both.tolist():
            value = compute(self._values[int(left[place])], self._values[int(right[place])])
            if _is_short(value):
                result[place] = self.constant(value)

    def _once(self, op: str, left: Elements, right: Elements) -> Elements:
        """Append an operation whose result IEEE 754 determines, on the same arrays once."""
        key = op, *(blake2b(np.ascontiguousarray(side).data, digest_size=16).digest() for side in (left, right))
        if key not in self._computed:
            self._computed[key] = self._operation(op, (left, right), ARITHMETIC)
        return self._computed[key].copy()

    def negatives(self, a: Elements) -> Elements:
        """Return -a, which is exact."""
        if not self.recording:
            return super().negatives(a)
        unique, places = distinct(a)
        result = self._opposite[unique]
        for place in np.flatnonzero(self._exact[unique]).tolist():
            result[place] = self.constant(-self._values[int(unique[place])])
        open_ = result == _NONE
        if open_.any():
            new = self._operation("product", (np.full(int(open_.sum()), MINUS_ONE), unique[open_]), 0)
            self._opposite[new], self._opposite[unique[open_]] = unique[open_], new
            result[open_] = new
        return result[places].reshape(a.shape)

    def quotients(self, a: Elements, b: Elements) -> Elements:
        """Return a / b: a times the inverse of b, which is not rounded."""
        if not self.recording:
            return super().quotients(a, b)
        left, right = a.ravel(), b.ravel()
        result = np.where(left == ZERO, ZERO, np.full(left.shape, _NONE))
        by_scale = self._scales[right] & (result == _NONE)
        if by_scale.any():
            inverses = [1 / self._values[element] for element in right[by_scale].tolist()]
            result[by_scale] = self.products(left[by_scale], self.constants(inverses))
        self._fold(operator.truediv, left, right, result)
        open_ = result == _NONE
        if open_.any():
            unique, places = distinct(right[open_])
            self.inner.add(len(self.blocks))
            inverse = self._operation("power", (unique,), 0, Fraction(-1))
            result[open_] = self._operation("product", (left[open_], inverse[places]), ARITHMETIC)
        return result.reshape(a.shape)

    def powers(self, a: Elements, exponent: Fraction) -> Elements:
        """Return a ** exponent."""
        if not self.recording:
            return super().powers(a, exponent)
        if exponent in (0, 1):
            return np.array(a) if exponent else np.full(a.shape, ONE)

        def fold(value: Fraction) -> Fraction | None:
            if exponent.denominator != 1 or abs(exponent) > _SMALL or (not value and exponent < 0):
                return None
            power = value**exponent.numerator
            return power if _is_short(power) else None

        return self._apart("power", a, ULP if exponent in _SIMPLE else FUNCTION, fold, exponent)

    def functions(self, name: str, a: Elements) -> Elements:
        """Return a function of `graph.functions.FUNCTIONS`."""
        if not self.recording:
            return super().functions(name, a)
        at_zero = FUNCTIONS[name].at_zero

        def fold(value: Fraction) -> Fraction | None:
            if value == 0 and at_zero is not None:
                return Fraction(at_zero)
            return Fraction(0) if name == "log" and value == 1 else None

        if (units := FUNCTIONS[name].units) == math.inf:
            raise UnboundedError(f"no rounding bound is known for {name}", asked_at())
        return self._apart(name, a, int(units), fold)

    def _apart(
        self, op: str, a: Elements, units: int, fold: Callable[[Fraction], Fraction | None], payload: Any = None
    ) -> Elements:
        """Append an operation on one array, each time anew: equal calls may give different floats."""
        unique, places = distinct(a)
        result = np.full(unique.shape, _NONE)
        for place in np.flatnonzero(self._short[unique]).tolist():
            value = fold(self._values[int(unique[place])])
            result[place] = _NONE if value is None else self.constant(value)
        open_ = result == _NONE
        if open_.any():
            result[open_] = self._operation(op, (unique[open_],), units, payload)
        return result[places].reshape(a.shape)

    def totals(self, terms: Elements, starts: Elements) -> Elements:
        """Return sums of consecutive terms, in any order: zeros are no terms, and sums of small constants are exact."""
        if not self.recording:
            return super().totals(terms, starts)
        counted = terms != ZERO
        lengths = lengths_of(starts, len(terms)) if counted.all() else np.add.reduceat(counted.astype(np.int64), starts)
        owners = np.repeat(np.arange(len(starts)), lengths)
        terms = terms[counted]
        first = np.cumsum(lengths) - lengths
        result = np.where(lengths == 0, ZERO, _NONE)
        alone = lengths == 1
        result[alone] = terms[first[alone]]
        self._count(terms, first, lengths, result)
        open_ = result == _NONE
        if open_.any():
            self.terms[len(self.blocks)] = lengths[open_]
            self.units[len(self.blocks)] = ARITHMETIC
            begins = np.cumsum(lengths[open_]) - lengths[open_]
            result[open_] = self._new("total", int(open_.sum()), (terms[open_[owners]],), begins)
        return result

    def _count(self, terms: Elements, first: Elements, lengths: Elements, result: Elements) -> None:
        """Set the sums of constants that are exact in any order."""
        short = self._short[terms]
        if not short.any():
            return
        for place in np.flatnonzero(result == _NONE).tolist():
            begin, end = int(first[place]), int(first[place] + lengths[place])
            if short[begin:end].all():
                values = [self._values[element] for element in terms[begin:end].tolist()]
                if _is_short(sum(map(abs, values), Fraction(0))):
                    result[place] = self.constant(sum(values, Fraction(0)))

    def sums_of_rows(self, matrix: Elements) -> Elements:
        """Return the sum of each row of a matrix."""
        if not self.recording or not matrix.size:
            return super().sums_of_rows(matrix)
        rows, length = matrix.shape
        return self.totals(matrix.ravel(), np.arange(0, rows * length, length))

    def matmul(self, a: Elements, b: Elements) -> Elements:
        """Return the products of two stacks of matrices; a product with 0 is no term, one with 1 is not rounded."""
        if not self.recording:
            return super().matmul(a, b)
        shape = (a.shape[0], a.shape[1], b.shape[2])
        if self._folds(a) or self._folds(b):
            return self._written_out(a, b).reshape(shape)
        terms = (a != ZERO).astype(float) @ (b != ZERO).astype(float)
        self.terms[len(self.blocks)] = terms.ravel().astype(np.int64)
        self.units[len(self.blocks)] = ARITHMETIC
        result = super().matmul(a, b)
        return np.where(terms == 0, ZERO, result)

    def _folds(self, a: Elements) -> bool:
        return bool((self._short[a] & (a != ZERO)).any())

    def _written_out(self, a: Elements, b: Elements) -> Elements:
        length = a.shape[2]
        if a.size * b.shape[2] > _MOST_EXPANDED:
            raise UnrecordedError("a product of many numbers, constants among them")
        left, right = np.broadcast_arrays(a[:, :, None, :], b.transpose(0, 2, 1)[:, None, :, :])
        products = self.products(np.ascontiguousarray(left), np.ascontiguousarray(right)).ravel()
        return self.totals(products, np.arange(0, len(products), length))


def needed(tape: Recording, wanted: Elements) -> list[int]:
    """Return the places of the blocks that some elements need, in order."""
    todo, places = list(tape.blocks_of(wanted)), set[int]()
    while todo:
        place = todo.pop()
        if place not in places:
            places.add(place)
            todo += tape.operands_of(place)
    return sorted(places)


_FOLDED: dict[str, Callable[..., Fraction]] = {"sum": operator.add, "product": operator.mul}


def _is_short(value: Fraction) -> bool:
    top, bottom = value.numerator, value.denominator
    return abs(top) <= _EXACT and bottom <= _EXACT and not bottom & (bottom - 1)


def _is_power_of_two(value: Fraction) -> bool:
    top, bottom = abs(value.numerator), value.denominator
    return bool(top) and not top & (top - 1) and not bottom & (bottom - 1)
