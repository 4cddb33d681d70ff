"""Memory that nobody wrote to: whatever is computed from it is as unknown, also where a formula would lose it.

Such memory may hold infinite numbers, of which `0 * x` and `x - x` are NaN, and not 0. So every operation on a number
that stands for it gives that number. This is done where nodes and elements are made, so that no caller can miss it, and
costs runs without such memory nothing: they get a graph that does so with their first such number. What a tape does
with such elements is beside (`unwritten_elements.py`), since this is imported where there may be no NumPy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from verify.graph.graph import Graph


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
