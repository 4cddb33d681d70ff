"""A pair of formulas without the names of their inputs: what is enclosed of them for one entry holds for all entries.

The entries of an array go through the same formulas, and so do the regions of a case. Each pair is rebuilt on a graph
of its own, in which the pivot and the other inputs have names by their order; equal graphs have equal enclosures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Any

import flint

from verify.checks.approximation.enclosure import BITS, Ends, Largest, Pair, error_at, largest_error, misprint
from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.models import BeyondError
from verify.graph.graph import Graph
from verify.graph.substitution import Rewritten

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
        """Rebuild a pair of nodes on a graph of its own, once for each graph."""
        remembered = graph.memory("univariate")
        if (pair, pivot) not in remembered:
            remembered[pair, pivot] = cls._rebuilt(graph, pair, pivot)
        rebuilt: Univariate = remembered[pair, pivot]
        return rebuilt

    @classmethod
    def _rebuilt(cls, graph: Graph, pair: Pair, pivot: Pivot) -> Univariate:
        copy = Graph()
        variables = [copy.variable(f"pivot {i}") for i in range(len(pivot.variables))]
        copies = dict(zip(pivot.variables, variables, strict=True))
        square = None
        if pivot.square is not None:
            square = copies[pivot.square] = copy.variable("square")
        reading = _Copying(copy)
        if pivot.square is None:
            _follow(graph, reading, pivot.variables[0], copies)
        values = _read(graph, pair, reading, copies)
        new = values[pair[0]], values[pair[1]]
        key = (tuple(copy.ops), tuple(copy.args), tuple(copy.payloads), new, tuple(variables), square)
        return cls(key, copy, new, Pivot(tuple(variables), square))


class _Copying(Rewritten):
    """The graph read as a copy of it, whose variables are named by their order.

    Where the pivot is base**exponent, other powers of that base are powers of the pivot.
    """

    def __init__(self, copy: Graph) -> None:
        super().__init__(copy)
        self.pivot, self.base, self.exponent = -1, -1, Fraction(1)

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent."""
        if a != self.base or exponent.denominator != 1:
            return self.graph.power(a, exponent)
        whole, rest = divmod(exponent, self.exponent)
        return self.graph.product(self.graph.power(self.pivot, Fraction(whole)), self.graph.power(a, rest))

    def variable(self, name: str) -> int:
        """Return the node of another input than the pivot."""
        return self.graph.variable(f"input {len(self.graph.variables)}")


def _read(graph: Graph, pair: Pair, reading: _Copying, copies: dict[int, int]) -> dict[int, int]:
    """Read a pair, operands ordered by what they are: their numbers tell what the whole case computed first."""
    kind = lambda node: (graph.ops[node], str(graph.payloads[node]))  # noqa: E731
    todo = [pair[1], pair[0]]
    while todo:
        node = todo[-1]
        waiting = [] if node in copies else [argument for argument in graph.args[node] if argument not in copies]
        todo += sorted(waiting, key=kind, reverse=True)
        if not waiting:
            graph.read([todo.pop()], reading, copies)
    return copies


_INVERSES = {"log": "exp", "exp": "log"}


def _follow(graph: Graph, reading: _Copying, node: int, copies: dict[int, int]) -> None:
    """Write what the pivot is computed from as functions of it, as far as that has one value.

    Where the pivot is t = log(1 + y**2), y**2 is exp(t) - 1: the graph may have simplified exp(t) to 1 + y**2.
    """
    copy = reading.graph
    while graph.args[node]:
        value, op = copies[node], graph.ops[node]
        if op in _INVERSES:
            node, value = graph.args[node][0], copy.function(_INVERSES[op], value)
        elif op in ("sum", "product"):
            numbers = [argument for argument in graph.args[node] if graph.ops[argument] in ("constant", "typed")]
            if not numbers:
                return
            number = graph.read(numbers[:1], reading, copies)[numbers[0]]
            (node,) = (argument for argument in graph.args[node] if argument != numbers[0])
            if op == "sum":
                value = copy.sum(value, copy.product(copy.constant(Fraction(-1)), number))
            else:
                value = copy.quotient(value, number)
        else:
            exponent = graph.payloads[node]
            if op == "power" and exponent.denominator == 1 and exponent > 1:
                base = graph.args[node][0]
                reading.base = graph.read([base], reading, copies)[base]
                reading.pivot, reading.exponent = value, exponent
            return
        copies[node] = value


def error(graph: Graph, pair: Pair, pivot: Pivot, place: Fraction, bits: int = BITS) -> flint.arb | None:
    """Return the relative error of a pair of nodes at one place of the pivot, as `error_at` does."""
    return _error(Univariate.of(graph, pair, pivot), place, bits)


@lru_cache(_REMEMBERED)
def _error(formulas: Univariate, place: Fraction, bits: int) -> flint.arb | None:
    return error_at(formulas.graph, formulas.pair, formulas.pivot, place, bits)


def beyond(graph: Graph, pair: Pair, pivot: Pivot, place: Fraction, limit: flint.arb) -> Largest | None:
    """Return the error of a pair of nodes at a place, if it surely is larger than a limit.

    A bound is the error and a radius that comes from roundings, of which twice the bits leave next to nothing: where
    they leave half of the bound, the error is at least as large as the radius was, and what they leave is the error.
    """
    first = error(graph, pair, pivot, place)
    if first is None or not first > limit:
        return None
    exact = error(graph, pair, pivot, place, 2 * BITS)
    if exact is None or not exact > limit or not 2 * exact >= first:
        return None
    return Largest(exact, exact, place, 1)


def largest(graph: Graph, pair: Pair, pivot: Pivot, ends: Ends) -> Largest:
    """Bound the relative error of a pair of nodes over an interval, as `largest_error` does; raises BeyondError."""
    result = _largest(Univariate.of(graph, pair, pivot), ends)
    if isinstance(result, BeyondError):
        raise type(result)(*result.args)
    return result


@lru_cache(_REMEMBERED)
def _largest(formulas: Univariate, ends: tuple[Fraction | None, Fraction | None]) -> Largest | BeyondError:
    try:
        return largest_error(formulas.graph, formulas.pair, formulas.pivot, ends)
    except BeyondError as problem:
        return problem


def misprinted(graph: Graph, pair: Pair, pivot: Pivot, unit: float) -> str:
    """Return how one coefficient of a polynomial differs from that of a series, as `misprint` does, or nothing."""
    return _misprinted(Univariate.of(graph, pair, pivot), unit)


@lru_cache(_REMEMBERED)
def _misprinted(formulas: Univariate, unit: float) -> str:
    return misprint(formulas.graph, formulas.pair, formulas.pivot, unit)


def forget() -> None:
    """Forget all enclosures: what bounds them has changed."""
    for remembered in (_error, _largest, _misprinted):
        remembered.cache_clear()
