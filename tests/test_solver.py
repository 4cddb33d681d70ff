"""Inputs that satisfy conditions, by z3: found, proved to be none, or not asked for."""

from fractions import Fraction

import pytest

from verify.checks.regions.solver import available, solve
from verify.graph.graph import Graph
from verify.tracing.symbols.symbolic import Symbol

UP = frozenset({1})
needs_z3 = pytest.mark.skipif(not available(), reason="z3 is an extra")


@pytest.fixture
def ask():
    graph = Graph()
    x, y = (Symbol(graph, graph.variable(name)) for name in "xy")

    def run(formula):
        return solve(graph, [(formula(x, y).node, UP)], {"x": (Fraction(-4), Fraction(4))})

    return run


@needs_z3
def test_solutions_are_found_or_excluded(ask):
    """A polynomial condition has a solution, or is shown to have none."""
    assert isinstance(ask(lambda x, y: x * y - 10), dict)
    assert ask(lambda x, y: -x * x - y * y - 1) is False


def test_a_condition_of_countless_monomials_is_not_asked_for(ask):
    """A polynomial of degree 1024 in a few operations would take minutes, which no limit of steps ends."""

    def iterated(x, y):
        for place in range(10):
            x = x * x * Fraction(1, 10**6) + x + y + place
        return x - 10**9

    assert ask(iterated) is None


def test_a_power_is_as_long_as_its_product(ask):
    """A sum to the power of a hundred is not asked for either, and that of one number is."""
    assert ask(lambda x, y: (x + y) ** 100 - 7) is None
    assert ask(lambda x, y: x**40 - 7) is not None or not available()
