"""What earlier answers leave of later questions about the same linear form."""

from fractions import Fraction

import pytest

from verify.checks.regions.forms import Left, form
from verify.graph.graph import Graph

F = Fraction


def line(graph, a, b, constant):
    """Return the node of a * x + b * y + constant."""
    x, y = (graph.product(graph.constant(F(k)), graph.variable(n)) for k, n in ((a, "x"), (b, "y")))
    return graph.sum(graph.sum(x, y), graph.constant(F(constant)))


def left(first, signs, second):
    """Return the signs that are left of a second line after some of the first, each by its coefficients."""
    graph, answers = Graph(), Left()
    answers.answer(form(graph, line(graph, *first)), frozenset(signs))
    return answers.possible(form(graph, line(graph, *second)), (-1, 0, 1))


@pytest.mark.parametrize(
    ("first", "signs", "second", "expected"),
    [
        ((1, -1, 0), {1}, (-1, 1, 0), {-1}),  # x > y: y - x
        ((1, -1, 0), {0, 1}, (-1, 1, 0), {-1, 0}),
        ((1, 0, 0), {1}, (3, 0, 1), {1}),  # x > 0: 3x + 1
        ((1, 0, 0), {1}, (1, 0, -1), {-1, 0, 1}),  # x > 0: x - 1
        ((1, 0, -20), {-1, 0}, (1, 0, -30), {-1}),  # x <= 20: x - 30
        ((1, 0, -20), {-1, 0}, (-2, 0, 40), {0, 1}),
        ((1, 0, -2), {0}, (1, 0, 5), {1}),  # x == 2
        ((1, 0, -2), {-1, 1}, (1, 0, -2), {-1, 1}),  # x != 2
        ((1, -1, 0), {1}, (1, 1, 0), {-1, 0, 1}),  # another form
    ],
)
def test_signs_that_are_left(first, signs, second, expected):
    """Scaled and shifted, a form keeps the bounds that it has got; another form has none of them."""
    assert left(first, signs, second) == expected


def test_a_form_that_cancels_is_one_of_its_own():
    """x - x has no terms, and long sums are not taken apart."""
    graph = Graph()
    nothing = graph.sum(line(graph, 1, 1, 0), line(graph, -1, -1, 0))
    assert form(graph, nothing).key == frozenset({(nothing, (1, 1))})
    long = graph.total([graph.variable(f"x{i}") for i in range(40)])
    assert form(graph, long).key == frozenset({(long, (1, 1))})
