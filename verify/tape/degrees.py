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

Numbers are floats, whose roundings are covered by `_SLACK`; infinity and NaN stand for no bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from fractions import Fraction

import numpy as np

from verify.exact import simplest_rational
from verify.proof.field import Laws
from verify.tape.denominators import ATOM, DEGREE, HEIGHT, NOTHING, Denominators, Rows
from verify.tape.parts import Part
from verify.tape.tape import Elements, Tape

ABOVE, HIGH, WHOLE = 3, 4, 5  # the columns after those of the denominator
_DENOMINATOR = slice(0, 3)
_VARIABLE = (0.0, 0.0, NOTHING, 1.0, 0.0, 0.0)
_SLACK = 1.001  # of operations one after the other, each within 2**-52
_MANY = 1000  # denominators of constants whose least common multiple is not computed


class Degrees:
    """Rows of elements; `order` is the common denominator of the exponents of all powers."""

    def __init__(self, tape: Tape, parts: Sequence[Part], order: int, laws: Laws) -> None:
        self.order = order
        self.laws = laws
        self.size = tape.size
        self.scale = _bits_of_constants(parts)  # log2 of D
        self.rows: Rows = np.empty((tape.size, 6))
        self.denominators = Denominators(4 * tape.size)
        with np.errstate(invalid="ignore", over="ignore"):
            for part in parts:
                self.rows[part.elements] = self._row(part)

    def of_differences(self, left: Elements, right: Elements) -> tuple[Rows, Rows]:
        """Return the degree, and the logarithm of the largest coefficient, of the numerators of differences."""
        with np.errstate(invalid="ignore", over="ignore"):
            rows = self._sums(self.rows[left], self.rows[right])
        return rows[:, ABOVE] * _SLACK, rows[:, HIGH] * _SLACK

    def sizes(self, elements: Elements) -> tuple[Rows, Rows]:
        """Return the same for the difference of two of the elements: for each, what it contributes at most."""
        rows = self.rows[elements]
        with np.errstate(invalid="ignore", over="ignore"):
            high = np.maximum(rows[:, HIGH], rows[:, HEIGHT] + rows[:, WHOLE] * self.scale)
            return 2 * np.maximum(rows[:, ABOVE], rows[:, DEGREE]) * _SLACK, (2 * high + 1) * _SLACK

    def _row(self, part: Part) -> Rows | tuple[float, ...]:
        match part.op:
            case "variable" | "pi":
                return _VARIABLE
            case "constant" | "typed":
                return np.array([self._constant(value) for value in rationals(part)])
            case "sum":
                return self._sums(self.rows[part.args[0]], self.rows[part.args[1]])
            case "product":
                return self._products(self.rows[part.args[0]], self.rows[part.args[1]])
            case "power":
                return self._powers(part.args[0], part.payload)
            case "total":
                return self._totals(self.rows[part.args[0]], part.payload)
            case "matmul":
                return self._matmul(*part.args)
            case _:
                return self._functions(part.op, part.args[0])

    def _constant(self, value: Fraction) -> tuple[float, ...]:
        whole = value.denominator == 1
        bits = math.log2(abs(value.numerator)) - math.log2(value.denominator) if value else 0.0
        return 0.0, 0.0, NOTHING, 0.0, bits if whole else bits + self.scale, float(not whole)

    def _sums(self, a: Rows, b: Rows) -> Rows:
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
        result = a + b
        result[:, _DENOMINATOR] = self.denominators.product(a[:, _DENOMINATOR], b[:, _DENOMINATOR])
        return result

    def _totals(self, terms: Rows, starts: Elements) -> Rows:
        lengths = np.diff(starts, append=len(terms))
        result = np.empty((len(starts), 6))
        result[:, _DENOMINATOR] = self.denominators.common_of_all(np.ascontiguousarray(terms[:, _DENOMINATOR]), starts)
        result[:, WHOLE] = np.maximum.reduceat(terms[:, WHOLE], starts)
        above, high = self._over(terms, np.repeat(result, lengths, axis=0))
        result[:, ABOVE] = np.maximum.reduceat(above, starts)
        result[:, HIGH] = np.maximum.reduceat(high, starts) + np.log2(lengths)
        return result

    def _matmul(self, a: Elements, b: Elements) -> Rows:
        """Bound the products of rows and columns, each brought to a common denominator of its own."""
        stacks, height, terms = a.shape
        width = b.shape[2]
        rows, columns = self._lines(a), self._lines(b.swapaxes(1, 2))
        left = np.repeat(rows, width, axis=0)
        right = np.tile(columns.reshape(stacks, 1, width, 6), (1, height, 1, 1)).reshape(-1, 6)
        result = self._products(left, right)
        result[:, HIGH] += math.log2(terms)
        return result

    def _lines(self, lines: Elements) -> Rows:
        """Bound all elements of each line over a common denominator: as their total, but for the number of terms."""
        length = lines.shape[2]
        result = self._totals(self.rows[lines.ravel()], np.arange(0, lines.size, length))
        result[:, HIGH] -= math.log2(length)
        return result

    def _powers(self, base: Elements, exponent: Fraction) -> Rows:
        rows = self.rows[base]
        if exponent.denominator != 1:
            return self._roots(rows, base, exponent)
        return self._whole(rows, abs(exponent.numerator)) if exponent > 0 else self._inverses(rows, base, -exponent)

    def _whole(self, rows: Rows, exponent: int) -> Rows:
        result = rows * exponent
        result[:, _DENOMINATOR] = self.denominators.power(rows[:, _DENOMINATOR], exponent)
        return result

    def _inverses(self, rows: Rows, atoms: Elements, exponent: Fraction) -> Rows:
        """Return powers of the inverse: its denominator is the numerator of the base, as it stands."""
        inverse = np.column_stack(
            [
                rows[:, ABOVE],
                rows[:, HIGH],
                atoms,
                rows[:, DEGREE],
                rows[:, HEIGHT] + rows[:, WHOLE] * self.scale,
                np.zeros(len(rows)),
            ]
        )
        return self._whole(inverse, int(exponent))

    def _roots(self, base: Rows, elements: Elements, exponent: Fraction) -> Rows:
        """Bound powers of the root of order `order`: an indeterminate.

        Where roots have their law, it has a weight, the degree of the root s of N Q**(order - 1) D**..., which is a
        polynomial; the root of N / (Q D**w) is s / (Q D**w). Reducing s**order then makes no weight or length larger.
        """
        rows = np.tile(np.array(_VARIABLE), (len(base), 1))
        if self.laws is Laws.ROOTS:
            rows[:, ABOVE] = np.maximum(1.0, np.maximum(base[:, ABOVE], base[:, DEGREE]))
            rows[:, HIGH] = np.maximum(base[:, HIGH], base[:, HEIGHT] + base[:, WHOLE] * self.scale)
            rows[:, _DENOMINATOR] = base[:, _DENOMINATOR]
            rows[:, WHOLE] = base[:, WHOLE]
        exponent *= self.order
        if exponent > 0:
            return self._whole(rows, int(exponent))
        return self._inverses(rows, elements + self.size, -exponent)

    def _functions(self, name: str, arguments: Elements) -> Rows:
        """Return the row of a function, which is an indeterminate or a quotient in one (`kernels`, `fields`)."""
        rows = np.tile(np.array(_VARIABLE), (len(arguments), 1))
        if name in ("sin", "cos"):  # 2 t and 1 - t**2 over 1 + t**2
            rows[:] = (2.0, 1.0, 0.0, 2.0, 1.0, 0.0)
            rows[:, ATOM] = arguments + 2 * self.size
        elif self.laws is not Laws.NONE and name == "exp":  # the square of an indeterminate, as every square modulo p
            rows[:, ABOVE] = 2.0
        elif self.laws is not Laws.NONE and name == "tanh":  # (e - 1) / (e + 1) for the square e of such a value
            rows[:] = (4.0, 1.0, 0.0, 4.0, 1.0, 0.0)
            rows[:, ATOM] = arguments + 3 * self.size
        return rows


def rationals(part: Part) -> Iterable[Fraction]:
    """Return the values of constants: floats in the code are the simplest rationals that round to them."""
    return map(simplest_rational, part.payload) if part.op == "typed" else part.payload


def _bits_of_constants(parts: Sequence[Part]) -> float:
    """Return the logarithm of a common denominator of all constants."""
    leaves = [part for part in parts if part.op in ("constant", "typed")]
    denominators = {value.denominator for part in leaves for value in rationals(part)}
    if len(denominators) > _MANY:
        return sum(map(math.log2, denominators))
    return math.log2(math.lcm(*denominators))
