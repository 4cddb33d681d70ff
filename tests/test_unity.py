"""Cosines of rational parts of a turn in finite fields: what holds among them is proved, what nearly holds is not."""

from fractions import Fraction
from itertools import pairwise

import flint
import pytest

from verify import Verdict
from verify.graph.graph import Graph
from verify.proof import unity
from verify.proof.decide import decide
from verify.proof.field import Laws, equal


def cosine(graph, turn, name="cos"):
    """Return the node of the cosine of a part of a turn."""
    return graph.function(name, graph.product(graph.constant(2 * Fraction(turn)), graph.pi()))


def total(graph, factors, nodes):
    return graph.total([graph.product(graph.constant(Fraction(f)), n) for f, n in zip(factors, nodes, strict=True)])


@pytest.mark.parametrize("order", [5, 7, 8, 9, 12, 16, 30])
def test_sum_of_all_roots(order):
    """The cosines of all parts of a turn add up to 0, and all but one of them do not."""
    graph = Graph()
    nodes = [cosine(graph, Fraction(k, order)) for k in range(order)]
    zero = graph.constant(Fraction(0))
    alike, bits = equal(graph, [(graph.total(nodes), zero), (graph.total(nodes[1:]), zero)], 0)
    assert alike == [True, False]
    assert bits >= 100


def test_squares_of_sine_and_cosine():
    """A sine of a part of a turn is the cosine of a quarter less; their squares add up to 1."""
    graph = Graph()
    sine, other = cosine(graph, Fraction(1, 7), "sin"), cosine(graph, Fraction(1, 7) - Fraction(1, 4))
    squares = [graph.power(node, Fraction(2)) for node in (sine, cosine(graph, Fraction(1, 7)))]
    assert equal(graph, [(sine, other), (graph.total(squares), graph.constant(Fraction(1)))], 0)[0] == [True, True]


@pytest.mark.parametrize(("factor", "verdict"), [(1, Verdict.PROVED), (2, Verdict.REFUTED)])
def test_law_of_exponentials_with_cosines(factor, verdict):
    """In exponents cosines keep their relations: exp(cos(2 pi/5) x) exp(cos(4 pi/5) x) is exp(-x/2)."""
    graph = Graph()
    x = graph.variable("x")
    first, second = (
        graph.function("exp", graph.product(cosine(graph, Fraction(k, 5)), x)) for k in (factor, 2 * factor)
    )
    if factor == 2:
        second = graph.product(second, second)
    half = graph.function("exp", graph.product(graph.constant(Fraction(-1, 2)), x))
    pair = graph.product(first, second), half
    points = [{"x": Fraction(k, 7)} for k in (3, 8, 11)]
    assert decide(graph, [pair], lambda: points, 0)[0].verdict is verdict


def test_conjugates_are_not_confused():
    """An equation that holds for another root of unity only, as a root of either sign would have it, is refuted."""
    graph = Graph()
    a, b = cosine(graph, Fraction(1, 5)), cosine(graph, Fraction(2, 5))
    assert equal(graph, [(a, b)], 0)[0] == [False]
    assert decide(graph, [(a, b)], lambda: [{}], 0)[0].verdict is Verdict.REFUTED


def test_with_roots_beside_cosines():
    """Square roots are adjoined beside roots of unity: (sqrt(x) + cos)**2 multiplies out, and has no other sign."""
    graph = Graph()
    x, c = graph.variable("x"), cosine(graph, Fraction(1, 7))
    root = graph.power(x, Fraction(1, 2))
    square = graph.power(graph.sum(root, c), Fraction(2))
    terms = [x, graph.power(c, Fraction(2)), graph.product(graph.constant(Fraction(2)), graph.product(root, c))]
    assert equal(graph, [(square, graph.total(terms))], 0, Laws.ROOTS)[0] == [True]
    assert equal(graph, [(square, graph.total(terms[:2]))], 0, Laws.ROOTS)[0] == [False]


def test_odd_roots_need_a_field_without_them():
    """Where the field has several cube roots, nothing is proved of cube roots by their law."""
    graph = Graph()
    x, c = graph.variable("x"), cosine(graph, Fraction(1, 9))
    cube = graph.power(graph.power(graph.sum(x, c), Fraction(1, 3)), Fraction(3))
    other = graph.power(graph.product(graph.sum(x, c), x), Fraction(1, 3))
    parts = graph.product(graph.power(graph.sum(x, c), Fraction(1, 3)), graph.power(x, Fraction(1, 3)))
    assert equal(graph, [(cube, graph.sum(x, c))], 0, Laws.NONE)[0] == [True]
    assert equal(graph, [(other, parts)], 0, Laws.ROOTS) == ([False], 0)


@pytest.mark.parametrize("order", [3, 8, 40, 2520])
def test_chain_of_primes(order):
    """Each prime of a chain has the roots of unity, and divides the one before less 1."""
    primes = unity.chain(order)
    assert len(primes) == unity.LEVELS
    assert all(flint.fmpz(prime).is_prime() and prime % order == 1 and prime > 2**123 for prime in primes)
    assert all((p - 1) % q == 0 for p, q in pairwise(primes))


def test_other_angles_are_no_parts_of_a_turn():
    """Angles that are no rational part of a turn, or depend on inputs, stay free elements."""
    graph = Graph()
    x, pi = graph.variable("x"), graph.pi()
    nodes = [
        graph.function("cos", a) for a in (x, graph.product(x, pi), graph.power(pi, Fraction(2)), graph.typed(0.1))
    ]
    assert not unity.circle(graph, graph.reach(nodes)).turns
