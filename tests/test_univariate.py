"""Pairs of formulas of one pivot, without the names of their inputs."""

from fractions import Fraction

import flint
import pytest
from effort import some

from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.models import BeyondError
from verify.checks.approximation.univariate import Univariate, beyond, error, largest
from verify.graph.graph import Graph

ENDS = Fraction(0), Fraction(1, 10)


def phi(g, u, grown):
    """Return the first terms of (exp(u) - 1) / u, and itself with `grown` for exp(u)."""
    terms = [g.product(g.constant(Fraction(1, n)), g.power(u, Fraction(k))) for k, n in enumerate((1, 2, 6, 24, 120))]
    series = g.total(terms)
    return series, g.quotient(g.sum(grown, g.constant(Fraction(-1))), u)


def test_entries_are_one_formula():
    """What is enclosed for one entry is that of another, and of another factor's name."""
    g = Graph()
    x, y, w = (g.variable(name) for name in ("x[0]", "x[1]", "w"))
    first, second = phi(g, x, g.function("exp", x)), phi(g, y, g.function("exp", y))
    one = Univariate.of(g, first, Pivot((x,)))
    other = Univariate.of(g, second, Pivot((y,)))
    assert one == other
    assert largest(g, first, Pivot((x,)), ENDS) is largest(g, second, Pivot((y,)), ENDS)
    weighted = tuple(g.product(node, w) for node in first)
    assert Univariate.of(g, weighted, Pivot((x,))) != one


@pytest.mark.parametrize("name", some(["itself", "logarithm", "power"], 6))
def test_what_the_pivot_is_computed_from_follows_it(name):
    """exp(log(1 + y**2)) is 1 + y**2 to the graph, and a function of the logarithm all the same."""
    g = Graph()
    y, one = g.variable("y"), g.constant(Fraction(1))
    square = g.power(y, Fraction(2))
    pivot = {"itself": y, "logarithm": g.function("log", g.sum(one, square)), "power": square}[name]
    pair = phi(g, pivot, g.function("exp", pivot))
    bound = largest(g, pair, Pivot((pivot,)), ENDS)
    assert 1e-8 < float(bound.error) < 1e-7  # u**5 / 720
    wrong = pair[0], g.product(pair[1], y)
    with pytest.raises(BeyondError):
        largest(g, wrong, Pivot((pivot,)), ENDS)


def test_an_error_at_a_place_is_that_of_the_formulas():
    """The error at one place is between 0 and the largest, and none where the exact side has no such term."""
    g = Graph()
    x, w = g.variable("x"), g.variable("w")
    pair = phi(g, x, g.function("exp", x))
    place = Fraction(1, 20)
    assert 0 < float(error(g, pair, Pivot((x,)), place)) < float(largest(g, pair, Pivot((x,)), ENDS).error)
    assert error(g, (g.sum(pair[0], w), pair[1]), Pivot((x,)), place) is None


def test_an_error_beyond_a_limit_is_one_whatever_digits_are_lost():
    """A rough approximation is beyond a limit that it misses, not beyond one that it meets; lost digits show nothing."""
    graph = Graph()
    x = graph.variable("x")
    exact = graph.quotient(graph.function("sin", x), x)
    rough, pivot, place = graph.constant(Fraction(1)), Pivot((x,)), Fraction(1, 10)
    wrong = beyond(graph, (rough, exact), pivot, place, flint.arb(1) / 1000)
    assert wrong is not None
    assert 1.6e-3 < float(wrong.error) < 1.7e-3
    assert beyond(graph, (rough, exact), pivot, place, flint.arb(1) / 100) is None
    minus = graph.product(graph.constant(Fraction(-1)), graph.function("cos", x))
    cancelling = graph.product(graph.sum(graph.constant(Fraction(1)), minus), graph.power(x, Fraction(-2)))
    near = Fraction(1, 10**60)
    assert beyond(graph, (graph.constant(Fraction(1, 2)), cancelling), pivot, near, flint.arb(10) ** -80) is None
