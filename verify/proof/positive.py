"""Which nodes are positive wherever a pair of formulas is defined: what its logarithms and roots are taken of.

The argument of a logarithm is positive where that is defined, and so is the base of a root that is divided by; that of
another even root is not negative. What is made of such nodes by sums, products and powers is alike. And where a product
is positive with all factors but one not negative, that one is positive too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from verify.graph.graph import Graph

_ALWAYS = ("exp", "pi")


class Positive:
    """The nodes of a graph that are positive, or not negative, wherever some nodes and all below them are defined.

    Those `declared` are positive by what the claim is for, as inputs of a domain are.
    """

    def __init__(self, graph: Graph, nodes: Sequence[int], declared: Iterable[int] = ()) -> None:
        self._graph = graph
        self.positive: set[int] = set(declared)
        self.not_negative: set[int] = set()
        for node in nodes:
            self._ask(node)
        for node in reversed(nodes):
            self._pass_down(node)
        for node in nodes:
            self._pass_up(node)

    def _ask(self, node: int) -> None:
        """Note what is positive where a node is defined."""
        graph = self._graph
        if graph.ops[node] == "log":
            self.positive.add(graph.args[node][0])
        elif graph.ops[node] == "power" and graph.payloads[node].denominator % 2 == 0:
            (self.positive if graph.payloads[node] < 0 else self.not_negative).add(graph.args[node][0])

    def _pass_down(self, node: int) -> None:
        """Note what a positive product or power says of its arguments."""
        graph = self._graph
        if node not in self.positive:
            return
        if graph.ops[node] == "power" and graph.payloads[node].numerator % 2:
            self.positive.update(graph.args[node])
        elif graph.ops[node] == "product":
            open_factors = [factor for factor in graph.args[node] if not self.is_not_negative(factor)]
            if len(open_factors) <= 1:
                self.positive.update(graph.args[node])

    def _pass_up(self, node: int) -> None:
        """Note a sum, product or power of what is positive or not negative."""
        args, op = self._graph.args[node], self._graph.ops[node]
        if op in ("sum", "product", "power"):
            if all(map(self.is_positive, args)):
                self.positive.add(node)
            elif all(map(self.is_not_negative, args)):
                self.not_negative.add(node)

    def is_positive(self, node: int) -> bool:
        """Tell whether a node is known to be positive."""
        if node in self.positive or self._graph.ops[node] in _ALWAYS:
            return True
        number = self._graph.number(node)
        return number is not None and number > 0

    def is_not_negative(self, node: int) -> bool:
        """Tell whether a node is known to be positive or 0."""
        return node in self.not_negative or self.is_positive(node) or self._is_even(node)

    def _is_even(self, node: int) -> bool:
        graph = self._graph
        return graph.ops[node] == "power" and graph.payloads[node].numerator % 2 == 0
