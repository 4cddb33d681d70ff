"""The tape read as bounds on degree and size of coefficients.

An element is N / (Q D**w): N and Q are polynomials with whole coefficients in the variables and the values of functions
and roots (the *indeterminates*), and D is the common denominator of all constants. Its row bounds

* `ABOVE`, the degree of N, and `HIGH`, the logarithm (base 2) of its length, which is the sum of the absolute values
  of its coefficients: the length of a product is at most the product, that of a sum at most the sum of the lengths;
* degree and length of Q, and which denominator it is (`denominators`), and `WHOLE`, which is w.

Sums are brought to a common denominator: a numerator is multiplied by what its own denominator lacks, whose degree and
logarithm are differences, for Q is a known monomial in known atoms. What could be cancelled is not: the bounds hold for
the fraction as it stands, and where its numerator is 0, it is 0. So the numerator of a difference of two elements has
at most degree `ABOVE` and length 2**`HIGH` of the difference, and if it is 0 modulo a prime for all values, the
prime divides each coefficient, which is a whole number not larger than the length.

The degree of a denominator may be negative, if that is a power of one atom that is an indeterminate: then N / Q is N
times a power of it, and the degree of N is what counts: it is 0 where the element is, for no such indeterminate is 0 in
any walk. That indeterminate may be anything that is drawn uniformly, but for a few values: a root or its inverse, or
1 / (1 + exp(u)) for exp(u) (`coordinates`).

Numbers are floats, whose roundings are covered by `_SLACK`; infinity and NaN stand for no bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from verify.proof.field import Laws
from verify.tape.combinations import Kinds, Places, combinations
from verify.tape.constants import bits_of_constants, rationals
from verify.tape.coordinates import Coordinates
from verify.tape.denominators import ATOM, DEGREE, HEIGHT, NOTHING, UNKNOWN, Denominators, Rows
from verify.tape.masks import any_of, is_one
from verify.tape.parts import Part, lengths_of
from verify.tape.tape import Elements, Mask, Tape

ABOVE, HIGH, WHOLE = 3, 4, 5  # the columns after those of the denominator
_DENOMINATOR = slice(0, 3)
_VARIABLE = (0.0, 0.0, NOTHING, 1.0, 0.0, 0.0)
_CIRCLE = (2.0, 1.0, 0.0, 2.0, 1.0, 0.0)
_TANH = (2.0, 1.0, 0.0, 2.0, 1.0, 0.0)  # (e**2 - 1) / (e**2 + 1)
_COMPLEMENT = (1.0, 0.0, 0.0, 1.0, 1.0, 0.0)  # (1 - y) / y
_INVERSE = (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)  # 1 / y
_FEW = 256  # lines, of which no equal ones are looked for
_SLACK = 1.001  # of operations one after the other, each within 2**-52


class Degrees:
    """The bounds of elements; `order` is the common denominator of the exponents of all powers.

    Most elements of an array have the same bounds: rows are kept once for each *kind* of element, and an operation
    computes those of the combinations of kinds that there are. Elements of one kind have the same denominator, also
    where it is `UNKNOWN`: it comes from those of their arguments in the same way, and these are of the same kinds.
    """

    def __init__(self, tape: Tape, parts: Sequence[Part], order: int, laws: Laws) -> None:
        self.order = order
        self.laws = laws
        self.size = tape.size
        self.scale = bits_of_constants(parts)  # log2 of D
        self.kinds: Kinds = np.empty(tape.size, np.int32)
        # A kind for each element, and for the rows and columns of matrices; memory is taken when it is written to.
        self.rows: Rows = np.empty((1 + 3 * sum(part.size for part in parts), 6))
        self.rows[0] = _VARIABLE
        self.count = 1
        self.results: dict[tuple[str, int, int], int] = {}  # of operations on one kind, or two
        self.denominators = Denominators(5 * tape.size)
        self.coordinates = Coordinates(tape, parts)
        with np.errstate(invalid="ignore", over="ignore"):
            for part in parts:
                self.kinds[part.elements] = self._kinds(part)

    def of_differences(self, left: Elements, right: Elements) -> tuple[Rows, Rows]:
        """Return the degree, and the logarithm of the largest coefficient, of the numerators of differences."""
        a, b, places = combinations(self.kinds[left], self.kinds[right])
        with np.errstate(invalid="ignore", over="ignore"):
            rows = self._sums(self.rows[a], self.rows[b])[:, [ABOVE, HIGH]] * _SLACK
        return rows[places, 0], rows[places, 1]

    def sizes(self, elements: Elements) -> tuple[Rows, Rows]:
        """Return the same for the difference of two of the elements: for each, what it contributes at most."""
        rows = self.rows[self.kinds[elements]]
        with np.errstate(invalid="ignore", over="ignore"):
            rows = _settled(rows)
            high = np.maximum(rows[:, HIGH], rows[:, HEIGHT] + rows[:, WHOLE] * self.scale)
            return 2 * np.maximum(rows[:, ABOVE], rows[:, DEGREE]) * _SLACK, (2 * high + 1) * _SLACK

    def _kinds(self, part: Part) -> Kinds | int:
        match part.op:
            case "variable" | "pi":
                return 0
            case "constant" | "typed":
                return self._new(np.array([self._constant(value) for value in rationals(part)]))
            case "sum":
                return self._with_inverses(part, self._combined(self._sums, *(self.kinds[arg] for arg in part.args)))
            case "product":
                return self._combined(self._products, *(self.kinds[arg] for arg in part.args))
            case "power":
                return self._powers(part.args[0], part.payload)
            case "total":
                return self._totals(self.kinds[part.args[0]], part.payload)
            case "matmul":
                return self._matmul(*part.args)
            case _:
                return self._functions(part)

    def _combined(self, combine: Callable[[Rows, Rows], Rows], a: Kinds, b: Kinds) -> Kinds:
        """Return the kinds of an operation on two arrays."""
        if not (is_one(a) and is_one(b)):
            a, b, places = combinations(a, b)
            return self._new(combine(self.rows[a], self.rows[b]), places)
        key = (combine.__name__, int(a[0]), int(b[0]))
        if key not in self.results:
            self.results[key] = int(self._new(combine(self.rows[a[:1]], self.rows[b[:1]]))[0])
        return np.full(len(a), self.results[key], np.int32)

    def _new(self, rows: Rows, places: Places | None = None) -> Kinds:
        """Return the numbers of new kinds, each at some places."""
        first, self.count = self.count, self.count + len(rows)
        self.rows[first : self.count] = rows
        return np.arange(first, self.count, dtype=np.int32) if places is None else (places + first).astype(np.int32)

    def _constant(self, value: Fraction) -> tuple[float, ...]:
        whole = value.denominator == 1
        bits = math.log2(abs(value.numerator)) - math.log2(value.denominator) if value else 0.0
        return 0.0, 0.0, NOTHING, 0.0, bits if whole else bits + self.scale, float(not whole)

    def _sums(self, a: Rows, b: Rows) -> Rows:
        if _has_powers(a) or _has_powers(b):
            different = a[:, ATOM] != b[:, ATOM]
            a, b = _settled(a, different), _settled(b, different)
        result = np.empty_like(a)
        result[:, _DENOMINATOR] = self.denominators.common(a[:, _DENOMINATOR], b[:, _DENOMINATOR])
        result[:, WHOLE] = np.maximum(a[:, WHOLE], b[:, WHOLE])
        left, right = self._over(a, result), self._over(b, result)
        result[:, ABOVE] = np.maximum(left[0], right[0])
        result[:, HIGH] = np.logaddexp2(left[1], right[1])
        return result

    def _over(self, rows: Rows, common: Rows) -> tuple[Rows, Rows]:
        """Return degree and height of numerators over common denominators."""
        above = rows[:, ABOVE] + (common[:, DEGREE] - rows[:, DEGREE])
        lacking = (common[:, HEIGHT] - rows[:, HEIGHT]) + (common[:, WHOLE] - rows[:, WHOLE]) * self.scale
        return above, rows[:, HIGH] + lacking

    def _products(self, a: Rows, b: Rows) -> Rows:
        if _has_powers(a) or _has_powers(b):
            return self._products_with_powers(a, b)
        result = a + b
        result[:, _DENOMINATOR] = self.denominators.product(a[:, _DENOMINATOR], b[:, _DENOMINATOR])
        return result

    def _products_with_powers(self, a: Rows, b: Rows) -> Rows:
        different = (a[:, ATOM] != b[:, ATOM]) & (a[:, ATOM] != NOTHING) & (b[:, ATOM] != NOTHING)
        # Of two powers of different indeterminates, the higher one is kept apart: it may meet its inverse yet.
        lower = (a[:, DEGREE] > b[:, DEGREE]) | (b[:, DEGREE] >= 0)
        upper = (a[:, DEGREE] <= b[:, DEGREE]) | (a[:, DEGREE] >= 0)
        a, b = _settled(a, different & lower), _settled(b, different & upper)
        result = a + b
        result[:, _DENOMINATOR] = self.denominators.product(a[:, _DENOMINATOR], b[:, _DENOMINATOR])
        result[(result[:, DEGREE] == 0) & (result[:, HEIGHT] == 0), ATOM] = NOTHING
        return result

    def _totals(self, kinds: Kinds, starts: Elements) -> Kinds:
        """Return the kinds of sums of consecutive terms."""
        lengths = lengths_of(starts, len(kinds))
        if not (is_one(kinds) and is_one(lengths)):
            return self._new(self._rows_of_totals(kinds, starts))
        key = ("total", int(kinds[0]), int(lengths[0]))
        if key not in self.results:
            self.results[key] = int(self._new(self._rows_of_totals(kinds[: lengths[0]], starts[:1]))[0])
        return np.full(len(starts), self.results[key], np.int32)

    def _rows_of_totals(self, kinds: Kinds, starts: Elements) -> Rows:
        """Bound sums of consecutive terms: their number, and once for each sum the kinds that are in it."""
        lengths = lengths_of(starts, len(kinds))
        sums, different, _ = combinations(np.repeat(np.arange(len(starts), dtype=np.int32), lengths), kinds)
        begins = _firsts(sums)
        terms = _settled(self.rows[different])
        result = np.empty((len(starts), 6))
        result[:, _DENOMINATOR] = self.denominators.common_of_all(np.ascontiguousarray(terms[:, _DENOMINATOR]), begins)
        result[:, WHOLE] = np.maximum.reduceat(terms[:, WHOLE], begins)
        above, high = self._over(terms, result[sums])
        result[:, ABOVE] = np.maximum.reduceat(above, begins)
        result[:, HIGH] = np.maximum.reduceat(high, begins) + np.log2(lengths)
        return result

    def _matmul(self, a: Elements, b: Elements) -> Kinds:
        """Bound the products of rows and columns, each brought to a common denominator of its own."""
        stacks, height, terms = a.shape
        rows, columns = self._lines(a), self._lines(b.swapaxes(1, 2))
        shape = (stacks, height, b.shape[2])
        uniform = is_one(rows) and is_one(columns)
        left = rows[:1] if uniform else np.broadcast_to(rows.reshape(stacks, height, 1), shape).ravel()
        right = columns[:1] if uniform else np.broadcast_to(columns.reshape(stacks, 1, b.shape[2]), shape).ravel()
        left, right, places = combinations(left, right)
        result = self._products(self.rows[left], self.rows[right])
        result[:, HIGH] += math.log2(terms)
        kinds = self._new(result, places)
        return kinds.repeat(math.prod(shape)) if uniform else kinds

    def _lines(self, lines: Elements) -> Kinds:
        """Bound all elements of each line over a common denominator: as their total, but for the number of terms."""
        length, kinds = lines.shape[2], self.kinds[lines].ravel()
        if is_one(kinds) and self.rows[kinds[0], DEGREE] >= 0:
            return kinds[::length]
        result = self._rows_of_totals(kinds, np.arange(0, lines.size, length))
        result[:, HIGH] -= math.log2(length)
        if len(result) < _FEW:
            return self._new(result)
        # Lines with unknown denominators may have different ones.
        apart = np.where(result[:, ATOM] == UNKNOWN, np.arange(len(result)), -1)
        unique, places = np.unique(np.column_stack([result, apart]), axis=0, return_inverse=True)
        return self._new(unique[:, :6], places.reshape(-1))

    def _powers(self, base: Elements, exponent: Fraction) -> Kinds:
        if exponent < 0 and exponent.denominator == 1 and self.coordinates.are_inverses(base):
            atoms = self.coordinates.exponentials(base) + 4 * self.size
            return self._quotients((exponent.numerator, 0.0, 0.0, 0.0, 0.0, 0.0), atoms)
        if exponent > 0 and exponent.denominator == 1:
            kinds, _, places = combinations(self.kinds[base], np.zeros(len(base), np.int32))
            return self._new(self._whole(self.rows[kinds], exponent.numerator), places)
        rows = _settled(self.rows[self.kinds[base]])
        if exponent.denominator != 1:
            return self._new(self._roots(rows, base, exponent))
        return self._new(self._inverses(rows, base, -exponent.numerator))

    def _whole(self, rows: Rows, exponent: int) -> Rows:
        result = rows * exponent
        result[:, _DENOMINATOR] = self.denominators.power(rows[:, _DENOMINATOR], exponent)
        return result

    def _inverses(self, rows: Rows, atoms: Elements, exponent: int) -> Rows:
        """Return powers of the inverse: its denominator is the numerator of the base, as it stands."""
        inverse = np.zeros_like(rows)
        inverse[:, DEGREE], inverse[:, HEIGHT], inverse[:, ATOM] = rows[:, ABOVE], rows[:, HIGH], atoms
        inverse[:, ABOVE] = rows[:, DEGREE]
        inverse[:, HIGH] = rows[:, HEIGHT] + rows[:, WHOLE] * self.scale
        return self._whole(inverse, exponent)

    def _roots(self, base: Rows, elements: Elements, exponent: Fraction) -> Rows:
        """Bound powers of the root of order `order`: an indeterminate.

        Where roots have their law, it has a weight, the degree of the root s of N Q**(order - 1) D**..., which is a
        polynomial; the root of N / (Q D**w) is s / (Q D**w). Reducing s**order then makes no weight or length larger.
        """
        whole = int(exponent * self.order)
        rows = np.zeros_like(base)
        if self.laws is not Laws.ROOTS:
            rows[:, ATOM], rows[:, DEGREE] = (
                elements + self.size,
                whole if self.coordinates.of_inverse_roots else -whole,
            )
            return rows
        rows[:, ABOVE] = np.maximum(1.0, np.maximum(base[:, ABOVE], base[:, DEGREE]))
        rows[:, HIGH] = np.maximum(base[:, HIGH], base[:, HEIGHT] + base[:, WHOLE] * self.scale)
        rows[:, _DENOMINATOR] = base[:, _DENOMINATOR]
        rows[:, WHOLE] = base[:, WHOLE]
        return self._whole(rows, whole) if whole > 0 else self._inverses(rows, elements + self.size, -whole)

    def _functions(self, part: Part) -> Kinds | int:
        """Return the kinds of a function, which is an indeterminate or a quotient in one (`kernels`, `walks`)."""
        if part.op == "exp" and self.coordinates.of_inverses:
            return self._quotients(_COMPLEMENT, part.numbers + 4 * self.size)
        if part.op in ("sin", "cos"):  # 2 t and 1 - t**2 over 1 + t**2
            return self._quotients(_CIRCLE, part.args[0] + 2 * self.size)
        if part.op == "tanh" and self.laws is not Laws.NONE:
            return self._quotients(_TANH, part.args[0] + 3 * self.size)
        return 0

    def _quotients(self, row: tuple[float, ...], atoms: Elements) -> Kinds:
        rows = np.tile(np.array(row), (len(atoms), 1))
        rows[:, ATOM] = atoms
        return self._new(rows)

    def _with_inverses(self, part: Part, kinds: Kinds) -> Kinds:
        """Return the kinds of sums, of which those of 1 and exp(u) are inverses of indeterminates."""
        places, exponentials = self.coordinates.sums_with_one(part)
        if places.size:
            kinds[places] = self._quotients(_INVERSE, exponentials + 4 * self.size)
        return kinds


def _has_powers(rows: Rows) -> bool:
    """Tell whether any row has a denominator of negative degree: a power of an indeterminate as a factor."""
    return any_of(rows[:, DEGREE] < 0)


def _firsts(sums: Places) -> Elements:
    """Return where each number of an array of ascending numbers stands first."""
    different = np.empty(len(sums), bool)
    different[:1] = True
    np.not_equal(sums[1:], sums[:-1], out=different[1:])
    return np.flatnonzero(different)


def _settled(rows: Rows, chosen: Mask | None = None) -> Rows:
    """Return rows of which no chosen one has a denominator of negative degree: its power goes into the numerator."""
    negative = rows[:, DEGREE] < 0
    if chosen is not None:
        negative &= chosen
    if not any_of(negative):
        return rows
    rows = rows.copy()
    rows[negative, ABOVE] -= rows[negative, DEGREE]
    rows[negative, DEGREE] = 0
    rows[negative, ATOM] = NOTHING
    return rows
