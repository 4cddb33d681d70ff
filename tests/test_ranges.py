"""Bounds of formulas for all inputs: no value ever lies outside of them, and what is plainly positive is seen to be."""

import random
from fractions import Fraction

import flint
import pytest

from verify.graph import balls
from verify.graph.graph import FUNCTIONS, Graph
from verify.proof.ranges import signs

F = Fraction
DOMAINS = [{}, {"x": (F(0), None)}, {"x": (F(-1), F(2)), "y": (None, F(-3))}]


def grown(rng, graph):
    """Return a random node of x and y."""
    nodes = [graph.variable("x"), graph.variable("y"), graph.constant(F(rng.randint(-3, 3), 2))]
    for _ in range(12):
        a, b = rng.choice(nodes), rng.choice(nodes)
        kind = rng.randrange(4)
        if kind == 0:
            nodes.append(graph.sum(a, b))
        elif kind == 1:
            nodes.append(graph.product(a, b))
        elif kind == 2:
            nodes.append(graph.power(a, rng.choice([F(2), F(3), F(-1), F(-2), F(1, 2), F(1, 3), F(-1, 2), F(3, 2)])))
        else:
            nodes.append(graph.function(rng.choice(list(FUNCTIONS)), a))
    return nodes


def inside(rng, low, high):
    """Return a number of a domain, now and then close to its ends or far from them."""
    size = F(10) ** rng.randint(-6, 4)
    if low is not None and high is not None:
        return low + (high - low) * F(rng.randint(1, 999), 1000)
    return (
        low + size
        if low is not None
        else high - size
        if high is not None
        else rng.choice([-1, 1]) * size * rng.randint(0, 9)
    )


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("seed", range(60))
def test_no_value_has_another_sign(seed, domain):
    """At random points of the domain every node has one of the signs that were found possible."""
    rng, graph = random.Random(seed), Graph()
    nodes = grown(rng, graph)
    possible = {node: signs(graph, node, domain) for node in nodes}
    with flint.ctx.workprec(200):
        for _ in range(25):
            point = {name: inside(rng, *domain.get(name, (None, None))) for name in "xy"}
            for node, ball in balls.at(graph, nodes, point).items():
                if node in possible and ball.is_finite() and (ball.is_zero() or not ball.contains(0)):
                    assert (0 if ball.is_zero() else 1 if ball > 0 else -1) in possible[node]


def positive():
    """Return formulas of x and y that are positive everywhere."""
    graph = Graph()
    x, y = graph.variable("x"), graph.variable("y")

    def plus(a, number):
        return graph.sum(a, graph.constant(F(number)))

    square = graph.power(x, F(2))
    return graph, {
        "exp x": graph.function("exp", x),
        "x^2 + 1": plus(square, 1),
        "1 + exp x": plus(graph.function("exp", x), 1),
        "1 + tanh x": plus(graph.function("tanh", x), 1),
        "sqrt(x^2 + 1) + y^2": graph.sum(graph.power(plus(square, 1), F(1, 2)), graph.power(y, F(2))),
        "1 / (x^2 + 2)": graph.power(plus(square, 2), F(-1)),
        "log(x^2 + 2)": graph.function("log", plus(square, 2)),
    }


@pytest.mark.parametrize("name", positive()[1])
def test_what_is_positive_is_seen_to_be(name):
    """Sums of squares, exponentials and the like have one sign only."""
    graph, found = positive()
    assert signs(graph, found[name], {}) == {1}


def test_a_square_may_be_zero_and_a_bound_is_no_part_of_the_domain():
    """0 is possible for x^2, but not for an x that is declared to be above 0."""
    graph = Graph()
    x = graph.variable("x")
    assert signs(graph, graph.power(x, F(2)), {}) == {0, 1}
    assert signs(graph, graph.power(x, F(2)), {"x": (F(0), None)}) == {1}
    assert signs(graph, graph.sum(x, graph.constant(F(-1))), {"x": (F(0), None)}) == {-1, 0, 1}
