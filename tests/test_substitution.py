"""The graph read as itself, with other nodes in the places of some."""

from fractions import Fraction

from verify.graph.graph import Graph
from verify.graph.substitution import replaced


def test_replaced():
    """What depends on a replaced node is computed anew, what does not is the same node."""
    graph = Graph()
    x, y = graph.variable("x"), graph.variable("y")
    sine, square = graph.function("sin", x), graph.power(y, Fraction(2))
    nodes = [graph.product(sine, square), square]
    assert replaced(graph, nodes, {sine: y}) == [graph.product(y, square), square]
    assert replaced(graph, nodes, {x: y})[0] == graph.product(graph.function("sin", y), square)
