"""Nodes multiplied out: they keep their values, equal terms meet, and what is too long is refused."""

import random
from fractions import Fraction

import pytest

from verify.graph import balls
from verify.graph.graph import Graph
from verify.proof import expansions
from verify.proof.expansions import Expansions, TooLongError


def _random(graph, rng, steps=12):
    """Return a random node of positive variables: sums, products, powers and functions."""
    nodes = [graph.variable(name) for name in "abc"] + [graph.constant(Fraction(rng.randrange(1, 5), 2))]
    for _ in range(steps):
        left, right = rng.choice(nodes[-6:]), rng.choice(nodes)
        exponent = Fraction(rng.choice([-1, 2, -2, 3]), rng.choice([1, 1, 2]))
        nodes.append(
            rng.choice(
                [
                    lambda a=left, b=right: graph.sum(a, b),
                    lambda a=left, b=right: graph.product(a, b),
                    lambda a=left, e=exponent: graph.power(a, e),
                    lambda a=left: graph.function("log", graph.sum(a, graph.constant(Fraction(1)))),
                ]
            )()
        )
    return nodes[-1]


@pytest.mark.parametrize("seed", range(30))
def test_values_stay(seed):
    """A node that is multiplied out has the value that it had."""
    graph, rng = Graph(), random.Random(seed)
    node = _random(graph, rng)
    try:
        anew = (expansion := Expansions(graph)).node(expansion.of(node))
    except TooLongError:
        return
    point = {name: Fraction(rng.randrange(1, 40), 16) for name in "abc"}
    values = balls.at(graph, [node, anew], point)
    assert values[node].overlaps(values[anew])


def test_terms_meet():
    """In the square of a sum over a square the mixed term is seen, and what cancels is gone."""
    graph = Graph()
    log, m, s = graph.function("log", graph.variable("x")), graph.variable("m"), graph.variable("s")
    square = graph.power(graph.quotient(graph.sum(log, m), s), Fraction(2))
    terms = Expansions(graph).of(graph.product(square, graph.quotient(graph.power(s, Fraction(2)), m)))
    assert terms[frozenset([(log, Fraction(1))])] == 2
    root = graph.power(m, Fraction(1, 2))
    assert Expansions(graph).of(graph.power(graph.product(s, root), Fraction(-2))) == {
        frozenset([(s, Fraction(-2)), (m, Fraction(-1))]): 1
    }
    minus = graph.product(graph.constant(Fraction(-1)), graph.product(s, graph.sum(m, log)))
    assert Expansions(graph).of(graph.sum(graph.product(graph.sum(log, m), s), minus)) == {}


def test_what_is_too_long(monkeypatch):
    """A product of many sums is refused, by its terms or by the work of all."""
    graph = Graph()
    names = iter(range(100))
    pairs = [graph.sum(graph.variable(f"x{next(names)}"), graph.variable(f"x{next(names)}")) for _ in range(6)]
    whole = pairs[0]
    for pair in pairs[1:]:
        whole = graph.product(whole, pair)
    with pytest.raises(TooLongError):
        Expansions(graph).of(whole)
    assert Expansions(graph).of(pairs[0])
    monkeypatch.setattr(expansions, "_MOST_WORK", 1)
    with pytest.raises(TooLongError):
        Expansions(graph).of(pairs[0])
