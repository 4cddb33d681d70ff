"""A tape on which whatever is computed from memory that nobody wrote to is as unknown (`unwritten.py` says why)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verify.tape.tape import Elements, Tape


class SpoilingTape(Tape):
    """A tape with elements that stand for memory that nobody wrote to."""

    def __init__(self) -> None:
        super().__init__()
        self._unset: list[int] = []
        self._elements = np.empty(0, np.int64)

    def spoil(self, elements: Elements) -> None:
        """Have elements stand for memory that nobody wrote to."""
        self._unset.extend(elements.tolist())

    @property
    def unset(self) -> Elements:
        """Return the elements that stand for such memory."""
        if len(self._elements) < len(self._unset):
            self._elements = np.array(self._unset)
        return self._elements

    def sums(self, a: Elements, b: Elements) -> Elements:
        """Return sums."""
        return self._spoilt(super().sums(a, b), a, b)

    def products(self, a: Elements, b: Elements) -> Elements:
        """Return products."""
        return self._spoilt(super().products(a, b), a, b)

    def negatives(self, a: Elements) -> Elements:
        """Return negatives."""
        return self._spoilt(super().negatives(a), a)

    def quotients(self, a: Elements, b: Elements) -> Elements:
        """Return quotients."""
        return self._spoilt(super().quotients(a, b), a, b)

    def powers(self, a: Elements, exponent: Fraction) -> Elements:
        """Return a ** exponent."""
        return self._spoilt(super().powers(a, exponent), a)

    def functions(self, name: str, a: Elements) -> Elements:
        """Return a function of each element."""
        return self._spoilt(super().functions(name, a), a)

    def totals(self, terms: Elements, starts: Elements) -> Elements:
        """Return sums of consecutive terms, from each start to the next; no sum is empty."""
        result = super().totals(terms, starts)
        return self._spoilt(result, np.maximum.reduceat(self._marked(terms), starts)) if self.unset.size else result

    def matmul(self, a: Elements, b: Elements) -> Elements:
        """Return the products of two stacks of matrices, (s, n, k) and (s, k, m), for k > 0."""
        result = super().matmul(a, b)
        if not self.unset.size:
            return result
        rows, columns = self._marked(a).max(axis=2)[:, :, None], self._marked(b).max(axis=1)[:, None, :]
        return self._spoilt(result, np.broadcast_to(rows, result.shape), np.broadcast_to(columns, result.shape))

    def _marked(self, elements: Elements) -> Elements:
        """Return elements with those that are not unset as -1."""
        return np.where(np.isin(elements, self.unset), elements, -1)

    def _spoilt(self, result: Elements, *operands: Elements) -> Elements:
        for elements in operands if self.unset.size else ():
            result = np.where(np.isin(elements, self.unset), elements, result)
        return result
