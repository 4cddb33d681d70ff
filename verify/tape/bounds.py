"""The tape read as bounds on degree and size of coefficients, one for all elements of an operation.

They are those of `degrees`, in a fraction of the time and never smaller: whoever finds them too large asks there. All
elements of a part share a row of numbers; each has a denominator of its own, the same power of an *atom* (a polynomial
that something was divided by), and the atoms lie beside, by element. So a common denominator is seen where all terms
have one, and two different ones count as if they had nothing in common.

An element is N / (Q D**w), as it is there. Rows are merged by taking the larger numbers: that an upper bound is larger
makes it no less a bound. What is merged of several powers, or of several atoms, is no power of one that is *known*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from functools import cached_property, reduce
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from verify.proof.field import Laws
from verify.tape.constants import bits_of_constants, rationals
from verify.tape.masks import all_of, is_one, largest
from verify.tape.parts import Part, lengths_of
from verify.tape.tape import Elements, Tape

Atoms = Elements | None
Numbers = npt.NDArray[np.float64]

_SLACK = 1.001  # of operations one after the other, each within 2**-52
_MOST = 2.0**60  # a bound: more makes everything worthless, and products of a few of these are finite


class Row(NamedTuple):
    """Degree and logarithm of the length of N; how often the atom is in Q, with its degree and height; w."""

    above: float
    high: float
    power: float = 0.0
    degree: float = 0.0
    height: float = 0.0
    whole: float = 0.0
    has_atom: bool = True

    @property
    def below(self) -> tuple[float, float]:
        """Return degree and height of Q."""
        return self.power * self.degree, self.power * self.height


_VARIABLE = Row(1.0, 0.0)
_OF_CIRCLE = Row(2.0, 1.0, 1.0, 2.0, 1.0)  # 2 t and 1 - t**2 over 1 + t**2; tanh is (e**2 - 1) / (e**2 + 1)


class Bounds:
    """The bounds of elements, for roots that have no law; `order` is the denominator of the exponents of all powers."""

    def __init__(self, tape: Tape, parts: Iterable[Part], order: int, laws: Laws) -> None:
        listed = list(parts)
        self.order, self.laws, self.size = order, laws, tape.size
        self.scale = bits_of_constants(listed)  # log2 of D
        self.rows = [_VARIABLE]
        self.kinds = np.zeros(tape.size, np.int32)
        self.atoms = np.zeros(tape.size, np.int64)
        roots = [part for part in listed if part.op == "power" and part.payload.denominator != 1]
        self._inverse_roots = sum(part.size if part.payload < 0 else -part.size for part in roots) > 0
        self.finite = True  # or no bounds at all: then no number is of use, and infinities would need care
        for part in listed:
            row, atoms = self._row(part)
            if row is not _VARIABLE:
                self.finite = self.finite and max(row) < _MOST
                if not self.finite:
                    return
                self.kinds[part.elements] = len(self.rows)
                self.rows.append(row)
                if atoms is not None:
                    self.atoms[part.elements] = atoms

    def of_differences(self, left: Elements, right: Elements) -> tuple[Numbers, Numbers]:
        """Return the degree, and the logarithm of the largest coefficient, of the numerators of differences."""
        kinds = self.kinds.take(left) * np.int64(len(self.rows)) + self.kinds.take(right)
        if is_one(kinds):
            row, _ = self._sum(self._of(left), self._of(right))
            return np.full(len(left), row.above * _SLACK), np.full(len(left), row.high * _SLACK)
        degree, height = np.empty(len(left)), np.empty(len(left))
        for kind in np.unique(kinds):
            chosen = np.flatnonzero(kinds == kind)
            row, _ = self._sum(self._of(left[chosen]), self._of(right[chosen]))
            degree[chosen], height[chosen] = row.above * _SLACK, row.high * _SLACK
        return degree, height

    def sizes(self, elements: Elements) -> tuple[Numbers, Numbers]:
        """Return the same for the difference of two of the elements: for each, what it contributes at most."""
        sizes = self._sizes[self.kinds[elements]]
        return sizes[:, 0], sizes[:, 1]

    @cached_property
    def _sizes(self) -> Numbers:
        return np.array([self._size(row) for row in self.rows]) * _SLACK

    def _size(self, row: Row) -> tuple[float, float]:
        degree, height = row.below
        high = max(row.high, height + row.whole * self.scale)
        return 2 * max(row.above, degree), 2 * high + 1

    def _of(self, elements: Elements) -> tuple[Row, Atoms]:
        """Return the row of all of some elements, and their atoms."""
        kinds = self.kinds.take(elements)
        if is_one(kinds):
            row = self.rows[kinds.item(0)]
        else:
            row = reduce(self._merged, [self.rows[kind] for kind in np.unique(kinds).tolist()])
        return row, self.atoms.take(elements) if row.power and row.has_atom else None

    def _merged(self, a: Row, b: Row) -> Row:
        """Return a row for what is of either."""
        whole = max(a.whole, b.whole)
        above, high = max(a.above, b.above), max(self._lifted(a, whole), self._lifted(b, whole))
        if a.has_atom and b.has_atom and a.power == b.power:
            return Row(above, high, a.power, max(a.degree, b.degree), max(a.height, b.height), whole)
        (degree, height), (other, another) = a.below, b.below
        return Row(above, high, 1.0, max(degree, other), max(height, another), whole, has_atom=False)

    def _lifted(self, row: Row, whole: float) -> float:
        """Return the height of a numerator over a higher power of D."""
        return row.high if whole == row.whole else row.high + (whole - row.whole) * self.scale

    def _row(self, part: Part) -> tuple[Row, Atoms]:
        match part.op:
            case "variable" | "pi":
                return _VARIABLE, None
            case "constant" | "typed":
                return reduce(self._merged, map(self._constant, rationals(part))), None
            case "sum":
                return self._sum(*map(self._of, part.args))
            case "product":
                return _product(*map(self._of, part.args))
            case "power":
                return self._power(part.args[0], part.payload)
            case "total":
                return self._total(*self._of(part.args[0]), part.payload, part.args[0].size)
            case "matmul":
                return self._matmul(*part.args)
            case "sin" | "cos":
                return _OF_CIRCLE, part.args[0] + 2 * self.size
            case "tanh" if self.laws is not Laws.NONE:
                return _OF_CIRCLE, part.args[0] + 3 * self.size
            case _:
                return _VARIABLE, None

    def _constant(self, value: Fraction) -> Row:
        whole = value.denominator == 1
        bits = math.log2(abs(value.numerator)) - math.log2(value.denominator) if value else 0.0
        return Row(0.0, bits if whole else bits + self.scale, whole=float(not whole))

    def _sum(self, a: tuple[Row, Atoms], b: tuple[Row, Atoms]) -> tuple[Row, Atoms]:
        """Bring both to a common denominator."""
        (left, atoms), (right, others) = a, b
        whole = max(left.whole, right.whole)
        highs = self._lifted(left, whole), self._lifted(right, whole)
        if left.power == right.power == 0:
            return Row(max(left.above, right.above), max(highs) + 1, whole=whole), None
        row, common = _common(left, right, atoms, others)
        degree, height = row.below
        (lower, low), (other, another) = left.below, right.below
        above = degree + max(left.above - lower, right.above - other)
        high = height + max(highs[0] - low, highs[1] - another) + 1
        return row._replace(above=above, high=high, whole=whole), common

    def _total(self, row: Row, atoms: Atoms, starts: Elements, count: int) -> tuple[Row, Atoms]:
        lengths = lengths_of(starts, count)
        firsts = None if atoms is None else atoms[starts]
        if firsts is not None and not all_of(np.repeat(firsts, lengths) == atoms):
            firsts = None
        terms = float(largest(lengths))
        row = _as_one(row, terms, firsts)
        return row._replace(high=row.high + math.log2(terms)), firsts

    def _matmul(self, a: Elements, b: Elements) -> tuple[Row, Atoms]:
        """Bound the products of rows and columns, each brought to a common denominator of its own."""
        (row, atoms), (column, others) = self._of(a), self._of(b)
        terms = a.shape[2]
        left = None if atoms is None or not all_of(atoms == atoms[:, :, :1]) else atoms[:, :, :1]
        right = None if others is None or not all_of(others == others[:, :1, :]) else others[:, :1, :]
        lines = [_as_one(line, float(terms), firsts) for line, firsts in ((row, left), (column, right))]
        shape = (a.shape[0], a.shape[1], b.shape[2])
        sides = [None if firsts is None else np.broadcast_to(firsts, shape).ravel() for firsts in (left, right)]
        result, common = _product((lines[0], sides[0]), (lines[1], sides[1]))
        return result._replace(high=result.high + math.log2(terms)), common

    def _power(self, base: Elements, exponent: Fraction) -> tuple[Row, Atoms]:
        if exponent.denominator != 1:
            return self._root(base, exponent)
        row, atoms = self._of(base)
        times = float(min(abs(exponent.numerator), _MOST))
        if exponent < 0:  # the denominator is the numerator of the base, as it stands
            degree, height = row.below
            high = height + row.whole * self.scale
            return Row(times * degree, times * high, times, row.above, row.high), base
        above, high, power, whole = (times * number for number in (row.above, row.high, row.power, row.whole))
        return row._replace(above=above, high=high, power=power, whole=whole), atoms

    def _root(self, base: Elements, exponent: Fraction) -> tuple[Row, Atoms]:
        """Bound powers of the root of order `order`, an indeterminate, or of its inverse (`coordinates`)."""
        times = float(min(abs(exponent.numerator) * (self.order // exponent.denominator), _MOST))
        if (exponent < 0) == self._inverse_roots:
            return Row(times, 0.0), None
        return Row(0.0, 0.0, times, 1.0, 0.0), base + self.size


def _product(a: tuple[Row, Atoms], b: tuple[Row, Atoms]) -> tuple[Row, Atoms]:
    (left, atoms), (right, others) = a, b
    above, high, whole = left.above + right.above, left.high + right.high, left.whole + right.whole
    if left.power == right.power == 0:
        return Row(above, high, whole=whole), None
    if not left.power or not right.power:
        row, common = (right, others) if not left.power else (left, atoms)
        return row._replace(above=above, high=high, whole=whole), common
    degree, height = max(left.degree, right.degree), max(left.height, right.height)
    if left.has_atom and right.has_atom and _alike(atoms, others):
        return Row(above, high, left.power + right.power, degree, height, whole), atoms
    (degree, height), (other, another) = left.below, right.below
    return Row(above, high, 1.0, degree + other, height + another, whole, has_atom=False), None


def _common(left: Row, right: Row, atoms: Atoms, others: Atoms) -> tuple[Row, Atoms]:
    """Return a common denominator."""
    if not left.power or not right.power:
        return (right, others) if not left.power else (left, atoms)
    if left.has_atom and right.has_atom and _alike(atoms, others):
        power, degree = max(left.power, right.power), max(left.degree, right.degree)
        return Row(0.0, 0.0, power, degree, max(left.height, right.height)), atoms
    (degree, height), (other, another) = left.below, right.below
    return Row(0.0, 0.0, 1.0, degree + other, height + another, has_atom=False), None


def _as_one(row: Row, terms: float, atoms: Atoms) -> Row:
    """Return the row of so many terms over one denominator, where they have not the same `atoms` anyhow."""
    if not row.power or atoms is not None:
        return row
    degree, height = row.below
    above, high = row.above + (terms - 1) * degree, row.high + (terms - 1) * height
    return Row(above, high, 1.0, terms * degree, terms * height, row.whole, has_atom=False)


def _alike(a: Atoms, b: Atoms) -> bool:
    return a is not None and b is not None and all_of(a == b)
