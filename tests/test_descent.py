"""Zeros of a node that a search on floats over all inputs leads to."""

from fractions import Fraction

import pytest

from verify.checks.regions.descent import Descent
from verify.graph.graph import Graph

F = Fraction


def minus(graph, node, value):
    return graph.sum(node, graph.constant(F(-value)))


def squares(graph, x, y):
    """Return (x - 3)**2 + (x y - 6)**2, which is 0 at 3 and 2 alone."""
    product = minus(graph, graph.product(x, y), 6)
    return graph.sum(graph.power(minus(graph, x, 3), F(2)), graph.power(product, F(2)))


def line(graph, x, y):
    return minus(graph, graph.sum(x, graph.function("exp", y)), 7)


def positive(graph, x, y):
    return graph.sum(squares(graph, x, y), graph.constant(F(1, 1000)))


def descent_of(make, bounds=None):
    graph = Graph()
    node = make(graph, graph.variable("x"), graph.variable("y"))
    return Descent(graph, node, bounds or {})


def test_a_zero_that_is_only_touched_is_found():
    """Steps down lead to the only zero of a sum of squares, whose short rationals are the zero."""
    assert {"x": F(3), "y": F(2)} in list(descent_of(squares).short())


def test_a_zero_between_two_signs_is_found():
    """A segment between points with other signs is halved."""
    for place in descent_of(line).places:
        assert abs(float(place["x"]) + 2.718281828459045 ** float(place["y"]) - 7) < 1e-9
    assert descent_of(line).places


def test_what_is_positive_has_no_zero():
    """A small positive number is no zero, and the points that were read are counted."""
    descent = descent_of(positive)
    assert not descent.places
    assert descent.tried > 256


@pytest.mark.parametrize("bounds", [{"x": (F(4), None)}, {"y": (None, F(1))}, {"x": (F(0), F(1)), "y": (F(0), F(1))}])
def test_a_zero_outside_of_the_domain_is_none(bounds):
    """All points that are looked at lie within the bounds of the inputs."""
    descent = descent_of(squares, bounds)
    assert not descent.places


def test_the_floats_about_a_place_differ_in_the_last_digits():
    """Beside a place there are floats that differ in one input by an ulp or two."""
    for points in descent_of(line).floats():
        assert len({tuple(point.values()) for point in points}) == 9
