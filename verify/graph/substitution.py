"""The graph read as itself, with other nodes in the places of some."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from verify.graph.graph import Graph


class Rewritten:
    """A reading whose values are nodes of a graph, of the one that is read or of another."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.constant, self.typed = graph.constant, graph.typed
        self.sum, self.product, self.joint = graph.sum, graph.product, graph.joint

    def variable(self, name: str) -> int:
        """Return the node of an input."""
        return self.graph.variable(name)

    def pi(self, payload: None) -> int:
        """Return the circle's constant."""
        return self.graph.pi()

    def power(self, a: int, exponent: Fraction) -> int:
        """Return the node of a ** exponent."""
        return self.graph.power(a, exponent)

    def function(self, name: str, a: int, number: int) -> int:
        """Return a function of FUNCTIONS at a."""
        return self.graph.function(name, a)


def replaced(graph: Graph, nodes: Iterable[int], partners: Mapping[int, int]) -> list[int]:
    """Return nodes computed with other nodes in the places of some."""
    wanted = list(nodes)
    values: dict[int, Any] = dict(partners)
    graph.read(wanted, Rewritten(graph), values)
    return [values[node] for node in wanted]
