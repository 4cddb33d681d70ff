"""Nodes multiplied out: sums of products of powers of what is itself no sum.

Products of sums are distributed, and equal terms are added, so that `(L + m)**2 / (2*s**2*m)` shows its term `L/s**2`.
Each step is a law of numbers, and holds wherever the node is defined. What would get too long stays as it is.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction

from verify.graph.graph import Graph

Monomial = frozenset[tuple[int, Fraction]]  # nodes with their exponents
Expansion = dict[Monomial, Fraction]

_MOST_TERMS = 48  # of one node
_MOST_WORK = 100_000  # terms that are multiplied or added, of all nodes: less than a second
_LARGEST_POWER = 4  # of a sum
_UNITY: Monomial = frozenset()


class TooLongError(Exception):
    """A node has too many terms, or all of them had."""


class Expansions:
    """The nodes of a graph multiplied out, each once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._expansions: dict[int, Expansion] = {}
        self._work = 0

    def of(self, node: int) -> Expansion:
        """Return the terms of a node; raises TooLongError where there are too many."""
        for number in self._graph.reach([node], self._expansions):
            self._expansions[number] = self._expanded(number)
        return self._expansions[node]

    def node(self, terms: Expansion) -> int:
        """Return the node of some terms."""
        graph = self._graph
        return graph.total(
            graph.product(graph.constant(factor), self._product(monomial)) for monomial, factor in terms.items()
        )

    def _product(self, monomial: Monomial) -> int:
        graph = self._graph
        result = graph.constant(Fraction(1))
        for number, exponent in sorted(monomial):
            result = graph.product(result, graph.power(number, exponent))
        return result

    def _expanded(self, number: int) -> Expansion:
        graph, args = self._graph, self._graph.args[number]
        op, payload = graph.ops[number], graph.payloads[number]
        if op == "constant":
            return {_UNITY: payload} if payload else {}
        if op == "sum":
            return self._sum(self._expansions[args[0]], self._expansions[args[1]])
        if op == "product":
            return self._times(self._expansions[args[0]], self._expansions[args[1]])
        if op == "power":
            return self._power(number, self._expansions[args[0]], payload)
        return {frozenset([(number, Fraction(1))]): Fraction(1)}

    def _power(self, number: int, base: Expansion, exponent: Fraction) -> Expansion:
        """Return a power: whole ones of one term, small ones of sums, and else of the base as it stands."""
        if exponent.denominator == 1 and len(base) == 1:
            ((monomial, factor),) = base.items()
            return {frozenset((node, power * exponent) for node, power in monomial): factor ** int(exponent)}
        if exponent.denominator == 1 and 1 < exponent <= _LARGEST_POWER:
            result = base
            for _ in range(int(exponent) - 1):
                result = self._times(result, base)
            return result
        return {frozenset([(self._graph.args[number][0], exponent)]): Fraction(1)}

    def _sum(self, a: Expansion, b: Expansion) -> Expansion:
        self._spend(len(a) + len(b))
        total = defaultdict(Fraction, a)
        for monomial, factor in b.items():
            total[monomial] += factor
        return _without_zeros(total)

    def _times(self, a: Expansion, b: Expansion) -> Expansion:
        self._spend(len(a) * len(b))
        total: Expansion = defaultdict(Fraction)
        for left, x in a.items():
            for right, y in b.items():
                total[_joined(left, right)] += x * y
        return _without_zeros(total)

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > _MOST_WORK:
            raise TooLongError


def _joined(a: Monomial, b: Monomial) -> Monomial:
    powers: dict[int, Fraction] = defaultdict(Fraction, a)
    for number, exponent in b:
        powers[number] += exponent
    return frozenset((number, exponent) for number, exponent in powers.items() if exponent)


def _without_zeros(terms: Expansion) -> Expansion:
    """Return the terms that are not 0; raises TooLongError where they are too many."""
    left = {monomial: factor for monomial, factor in terms.items() if factor}
    if len(left) > _MOST_TERMS:
        raise TooLongError
    return left
