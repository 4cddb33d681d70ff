"""Memory that nobody wrote to: whatever is computed from it is as unknown, also where a formula would lose it.

Such memory may hold infinite numbers, of which `0 * x` and `x - x` are NaN, and not 0. So every operation on a number
that stands for it gives that number. This is done where nodes and elements are made, so that no caller can miss it, and
costs runs without such memory nothing: they get a graph that does so with their first such number.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.graph.graph import Graph
from verify.tape.tape import Elements, Tape


def spoiling(kind: type[Any]) -> type[Any]:
    """Return a class of graphs that does with the nodes in `unset` what this module says, the same for each kind."""
    if issubclass(kind, _Spoiling):
        return kind
    if kind not in _kinds:
        _kinds[kind] = type(f"Spoiling{kind.__name__}", (_Spoiling, kind), {})
    return _kinds[kind]


_kinds: dict[type[Any], type[Any]] = {}


class _Spoiling(Graph):
    unset: set[int]

    def _first(self, *nodes: int) -> int | None:
        return next((node for node in nodes if node in self.unset), None)

    def sum(self, a: int, b: int) -> int:
        return super().sum(a, b) if (unset := self._first(a, b)) is None else unset

    def total(self, numbers: Iterable[int]) -> int:
        terms = list(numbers)
        return super().total(terms) if (unset := self._first(*terms)) is None else unset

    def product(self, a: int, b: int) -> int:
        return super().product(a, b) if (unset := self._first(a, b)) is None else unset

    def power(self, a: int, exponent: Fraction) -> int:
        return a if a in self.unset else super().power(a, exponent)

    def function(self, name: str, a: int) -> int:
        return a if a in self.unset else super().function(name, a)

    def joint(self, op: str, args: Sequence[int], payload: Any) -> int:
        return super().joint(op, args, payload) if (unset := self._first(*args)) is None else unset


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
