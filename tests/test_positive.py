"""Nodes that are positive wherever a formula is defined: each reason is one, and nothing else is taken for positive."""

from fractions import Fraction

import pytest

from verify.graph.graph import Graph
from verify.proof.positive import Positive

HALF = Fraction(1, 2)


def _known(build):
    """Return the signs of the nodes below what is built of x, y and z, and these by name."""
    graph = Graph()
    x, y, z = (graph.variable(name) for name in "xyz")
    nodes = build(graph, x, y, z)
    signs = Positive(graph, graph.reach(nodes))
    names = {"x": x, "y": y, "z": z}
    return {n for n in names if signs.is_positive(names[n])}, {n for n in names if signs.is_not_negative(names[n])}


@pytest.mark.parametrize(
    ("build", "positive", "not_negative"),
    [
        (lambda g, x, y, z: [g.function("log", x)], "x", "x"),
        (lambda g, x, y, z: [g.function("log", g.product(x, y))], "", ""),
        (lambda g, x, y, z: [g.function("log", g.product(x, y)), g.function("log", x)], "xy", "xy"),
        (lambda g, x, y, z: [g.function("log", g.product(x, y)), g.power(x, HALF)], "xy", "xy"),
        (lambda g, x, y, z: [g.function("log", g.product(x, g.function("exp", y)))], "x", "x"),
        (lambda g, x, y, z: [g.function("log", g.power(x, Fraction(3)))], "x", "x"),
        (lambda g, x, y, z: [g.function("log", g.power(x, Fraction(2)))], "", ""),
        (lambda g, x, y, z: [g.function("log", g.sum(x, y))], "", ""),
        (lambda g, x, y, z: [g.power(x, HALF)], "", "x"),
        (lambda g, x, y, z: [g.power(x, -HALF)], "x", "x"),
        (lambda g, x, y, z: [g.power(x, Fraction(1, 3))], "", ""),
        (lambda g, x, y, z: [g.function("exp", x), g.product(x, y)], "", ""),
    ],
)
def test_positive(build, positive, not_negative):
    """Logarithms and roots ask for a sign, and positive products pass it on; squares, sums and odd roots do not."""
    assert _known(build) == (set(positive), set(not_negative))


def test_what_is_made_of_positive_nodes():
    """Sums, products and powers of what is positive are positive, differences are not."""
    graph = Graph()
    x, y = graph.variable("x"), graph.variable("y")
    logs = [graph.function("log", x), graph.function("log", y)]
    total, quotient = graph.sum(x, graph.power(y, HALF)), graph.quotient(x, y)
    difference = graph.sum(x, graph.product(graph.constant(Fraction(-1)), y))
    signs = Positive(graph, graph.reach([*logs, total, quotient, difference]))
    assert signs.is_positive(total)
    assert signs.is_positive(quotient)
    assert not signs.is_not_negative(difference)
    assert signs.is_not_negative(graph.power(difference, Fraction(2)))
    assert not signs.is_positive(graph.power(difference, Fraction(2)))
