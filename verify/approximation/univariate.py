"""A pair of formulas without the names of their inputs: what is enclosed of them for one entry holds for all entries.

The entries of an array go through the same formulas, and so do the regions of a case. Each pair is rebuilt on a graph
of its own, in which the pivot and the other inputs have names by their order; equal graphs have equal enclosures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

from verify.approximation.enclosure import Ends, Largest, Pair, largest_error, misprint
from verify.approximation.frames import Pivot
from verify.approximation.models import BeyondError
from verify.proof.graph import Graph

_REMEMBERED = 1000  # enclosures, each a few numbers


@dataclass(frozen=True, slots=True)
class Univariate:
    """A pair of formulas of a pivot; two are equal if their graphs are."""

    key: tuple[Any, ...]
    graph: Graph = field(compare=False)
    pair: Pair = field(compare=False)
    pivot: Pivot = field(compare=False)

    @classmethod
    def of(cls, graph: Graph, pair: Pair, pivot: Pivot) -> Univariate:
        """Rebuild a pair of nodes on a graph of its own."""
        copy = Graph()
        variables = [copy.variable(f"pivot {i}") for i in range(len(pivot.variables))]
        known = dict(zip(pivot.variables, variables, strict=True))
        square = None
        if pivot.square is not None:
            square = known[pivot.square] = copy.variable("square")
        values = graph.read(pair, _Copying(copy), known)
        new = values[pair[0]], values[pair[1]]
        key = (tuple(copy.ops), tuple(copy.args), tuple(copy.payloads), new, tuple(variables), square)
        return cls(key, copy, new, Pivot(tuple(variables), square))


class _Copying:
    """The graph read as a copy of it, whose variables are named by their order."""

    def __init__(self, copy: Graph) -> None:
        self.copy = copy
        self.constant, self.typed = copy.constant, copy.typed
        self.sum, self.product, self.power = copy.sum, copy.product, copy.power

    def variable(self, name: str) -> int:
        """Return the node of another input than the pivot."""
        return self.copy.variable(f"input {len(self.copy.variables)}")

    def pi(self, payload: None) -> int:
        """Return the circle's constant."""
        return self.copy.pi()

    def function(self, name: str, a: int, number: int) -> int:
        """Return a function of FUNCTIONS at a."""
        return self.copy.function(name, a)


def largest(graph: Graph, pair: Pair, pivot: Pivot, ends: Ends) -> Largest:
    """Bound the relative error of a pair of nodes over an interval, as `largest_error` does; raises BeyondError."""
    result = _largest(Univariate.of(graph, pair, pivot), ends)
    if isinstance(result, str):
        raise BeyondError(result)
    return result


@lru_cache(_REMEMBERED)
def _largest(formulas: Univariate, ends: tuple[Fraction | None, Fraction | None]) -> Largest | str:
    try:
        return largest_error(formulas.graph, formulas.pair, formulas.pivot, ends)
    except BeyondError as problem:
        return str(problem)


def misprinted(graph: Graph, pair: Pair, pivot: Pivot) -> str:
    """Return how one coefficient of a polynomial differs from that of a series, as `misprint` does, or nothing."""
    return _misprinted(Univariate.of(graph, pair, pivot))


@lru_cache(_REMEMBERED)
def _misprinted(formulas: Univariate) -> str:
    return misprint(formulas.graph, formulas.pair, formulas.pivot)
