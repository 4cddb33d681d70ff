"""Denominators as monomials in atoms, so that a common denominator is bounded once, however many terms have it.

An *atom* is a polynomial that something was divided by: the numerator of the base of an inverse, say. A denominator is
a row (degree, height, atom): nothing, a power of one atom, or a monomial in several, which gets a number. Of a power of
one atom, degree and height are both proportional to the exponent, so the larger is that of the higher power. What comes
after too many others is `UNKNOWN`: then two denominators are multiplied as if they had nothing in common, which is
always a common denominator.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from verify.tape.masks import all_of, any_of
from verify.tape.tape import Mask

Rows = npt.NDArray[np.float64]
Monomial = dict[int, tuple[float, float]]  # degree and height of the power of each atom

DEGREE, HEIGHT, ATOM = 0, 1, 2
NOTHING, UNKNOWN = -1.0, -2.0
_MOST_ATOMS = 64  # of a monomial that is taken apart again
_BUDGET = 40_000  # monomials that are multiplied one by one, about 5 microseconds each
_MOST_PAIRS = 400_000  # that equal ones are looked for in


class Denominators:
    """The monomials of several atoms by number; numbers from `first` on are theirs, those below are atoms.

    A monomial in many atoms is one more atom, a number from `atoms` on.
    """

    def __init__(self, atoms: int) -> None:
        self.atoms = atoms
        self.first = atoms + _BUDGET
        self.monomials: list[Monomial] = []
        self.numbers: dict[frozenset[tuple[int, tuple[float, float]]], int] = {}
        self.left = _BUDGET

    def product(self, a: Rows, b: Rows) -> Rows:
        """Return the denominators of products."""
        return self._joined(a, b, np.add)

    def common(self, a: Rows, b: Rows) -> Rows:
        """Return common multiples of denominators."""
        return self._joined(a, b, np.maximum)

    def _joined(self, a: Rows, b: Rows, join: Callable[..., Any]) -> Rows:
        """Join the powers of each atom in two arrays of denominators."""
        left, right = a[:, ATOM], b[:, ATOM]
        result = a + b
        if not any_of((left != NOTHING) & (right != NOTHING)):
            result[:, ATOM] -= NOTHING  # one of the two is added to another
            return result
        result[:, ATOM] = UNKNOWN
        free = right == NOTHING
        alike = (left == right) & (left >= 0)
        if join is np.maximum:
            result[alike] = np.maximum(a[alike], b[alike])
        else:
            alike &= left < self.first
        plain = free | (left == NOTHING) | alike
        result[plain, ATOM] = np.where(free, left, right)[plain]
        rest = ~plain & (left != UNKNOWN) & (right != UNKNOWN)
        if 0 < np.count_nonzero(rest) <= _MOST_PAIRS * (self.left > 0):
            result[rest] = self._one_by_one(np.concatenate([a[rest], b[rest]], axis=1), join)
        return result

    def _one_by_one(self, pairs: Rows, join: Callable[..., Any]) -> Rows:
        """Join denominators of which each has other atoms, once for equal pairs."""
        unique, places = np.unique(pairs, axis=0, return_inverse=True)
        result = unique[:, :3] + unique[:, 3:]
        result[:, ATOM] = UNKNOWN
        if len(unique) <= self.left:
            self.left -= len(unique)
            for row, pair in zip(result, unique, strict=True):
                row[:] = self._row(_merged([self._monomial(pair[:3]), self._monomial(pair[3:])], join))
        return result[places.reshape(-1)]

    def power(self, rows: Rows, exponent: int) -> Rows:
        """Return whole powers, from 1 on."""
        result = rows * exponent
        result[:, ATOM] = np.where(rows[:, ATOM] < self.first, rows[:, ATOM], UNKNOWN)
        return result

    def common_of_all(self, rows: Rows, starts: npt.NDArray[np.int64]) -> Rows:
        """Return a common multiple of consecutive denominators, from each start to the next."""
        atoms = rows[:, ATOM]
        highest = np.maximum.reduceat(rows, starts)
        lowest = np.minimum.reduceat(np.where(atoms == NOTHING, np.inf, atoms), starts)
        uniform = (highest[:, ATOM] == lowest) & (lowest >= 0) | (lowest == np.inf)
        if all_of(uniform):
            return highest
        mixed = np.add.reduceat(rows, starts)
        mixed[:, ATOM] = UNKNOWN
        result = np.where(uniform[:, None], highest, mixed)
        self._sum_by_sum(rows, starts, ~uniform & (lowest >= 0), result)
        return result

    def _sum_by_sum(self, rows: Rows, starts: npt.NDArray[np.int64], open_: Mask, result: Rows) -> None:
        """Find common multiples for sums whose terms have several denominators, once for equal terms."""
        sums = np.repeat(np.arange(len(starts)), np.diff(starts, append=len(rows)))
        chosen = open_[sums] & (rows[:, ATOM] != NOTHING)
        unique = np.unique(np.column_stack([sums[chosen], rows[chosen]]), axis=0)
        if not 0 < len(unique) <= self.left:
            return
        self.left -= len(unique)
        ends = np.flatnonzero(np.diff(unique[:, 0], append=np.inf)) + 1
        for begin, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            monomials = [self._monomial(row[1:]) for row in unique[begin:end]]
            result[int(unique[begin, 0])] = self._row(_merged(monomials, np.maximum))

    def _monomial(self, row: Rows) -> Monomial:
        degree, height, atom = row.tolist()
        if atom == NOTHING:
            return {}
        return self.monomials[int(atom) - self.first] if atom >= self.first else {int(atom): (degree, height)}

    def _row(self, monomial: Monomial) -> tuple[float, float, float]:
        degree, height = (sum(power[i] for power in monomial.values()) for i in (0, 1))
        if len(monomial) < 2:
            return degree, height, float(next(iter(monomial), NOTHING))
        key = frozenset(monomial.items())
        if key not in self.numbers:
            if len(monomial) > _MOST_ATOMS:
                self.numbers[key] = self.atoms
                self.atoms += 1
            else:
                self.numbers[key] = self.first + len(self.monomials)
                self.monomials.append(monomial)
        return degree, height, float(self.numbers[key])


def _merged(monomials: list[Monomial], join: Callable[..., Any]) -> Monomial:
    """Return a product, or a common multiple."""
    result = dict(monomials[0])
    for monomial in monomials[1:]:
        for atom, power in monomial.items():
            present = result.get(atom)
            if present is None:
                result[atom] = power
            elif join is np.maximum:
                result[atom] = max(present, power)
            else:
                result[atom] = (present[0] + power[0], present[1] + power[1])
    return result
