"""The operations of arithmetic on nodes of a graph, by their signs in text."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from verify.graph.graph import Graph

_MINUS_ONE = Fraction(-1)


def operations(graph: Graph) -> dict[str, Callable[..., int]]:
    """Return the operations of arithmetic on nodes, as symbols have them."""

    def negative(a: int) -> int:
        return graph.product(graph.constant(_MINUS_ONE), a)

    return {
        "+": graph.sum,
        "-": lambda a, b: graph.sum(a, negative(b)),
        "*": graph.product,
        "/": graph.quotient,
        "**": lambda a, exponent: graph.power(a, graph.payloads[exponent]),
        "neg": negative,
    }
