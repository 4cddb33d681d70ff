"""Exact values where formulas are 0, 0/0 or infinite."""

from fractions import Fraction

import pytest

from verify.checks.regions.values import Unknown, complete, numbers
from verify.graph.graph import Graph

F = Fraction


def value(build, at, direction=None):
    graph = Graph()
    x, y = graph.variable("x"), graph.variable("y")
    return numbers(graph, [build(graph, x, y)], {"x": F(at), "y": F("0.3")}, direction)[0]


def minus(graph, a, b):
    return graph.sum(a, graph.product(graph.constant(F(-1)), b))


def test_a_ball_around_zero_is_zero_where_the_terms_cancel():
    """(x - 1) * y * exp(x) + y * (1 - x) * exp(x) at 1, of which balls say nothing, is 0."""

    def build(graph, x, y):
        wave = graph.function("exp", graph.product(x, y))
        return graph.sum(graph.product(graph.product(x, y), wave), graph.product(graph.constant(F("-0.3")), wave))

    assert value(build, 1) == 0


def test_a_law_of_exponentials_shows_zero():
    """exp(x) * exp(y) - exp(x + y) is 0 by a law that the prover knows."""

    def build(graph, x, y):
        apart = graph.product(graph.function("exp", x), graph.function("exp", y))
        return minus(graph, apart, graph.function("exp", graph.sum(x, y)))

    assert value(build, 1) == 0


def test_a_zero_that_no_law_shows_is_too_close_to_call():
    """2 * atan(1) * 2 - pi is 0, which the prover does not know: it is no 0 and no other number."""

    def build(graph, x, y):
        return minus(graph, graph.product(graph.constant(F(4)), graph.function("atan", x)), graph.pi())

    assert value(build, 1) is Unknown.CLOSE


@pytest.mark.parametrize("step", [1, -1])
def test_a_quotient_of_zeros_is_its_limit_along_a_direction(step):
    """sin(x) / x has no value at 0 by its formula, and the limit 1 from both sides."""

    def build(graph, x, y):
        return graph.product(graph.function("sin", x), graph.power(x, F(-1)))

    assert value(build, 0) is Unknown.INFINITE
    assert value(build, 0, {"x": F(step)}) == 1


def test_a_pole_stays_infinite():
    """1 / x has no limit."""
    assert value(lambda graph, x, y: graph.power(x, F(-1)), 0, {"x": F(1)}) is Unknown.INFINITE


def test_a_logarithm_of_zero_has_a_limit_beside_a_power():
    """x * log(x) tends to 0, which no power series shows, and log(x) to no number."""

    def build(graph, x, y):
        return graph.product(x, graph.function("log", x))

    assert value(build, 0, {"x": F(1)}) == 0
    assert value(lambda graph, x, y: graph.function("log", x), 0, {"x": F(1)}) is Unknown.INFINITE


def test_exp_of_a_large_negative_number_takes_no_time():
    """The number is small, and nobody writes a thousand million bits."""
    found = value(lambda graph, x, y: graph.function("exp", x), -(10**9))
    assert 0 < found < F(1, 10**300)


def test_the_first_reason_counts():
    """A vector of which one value is unknown is unknown."""
    assert complete([F(1), Unknown.OPEN, Unknown.CLOSE]) is Unknown.OPEN
    assert complete([F(1), F(2)]) == [1, 2]
