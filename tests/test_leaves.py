"""Two formulas of one computation, taken apart into the leaves in which they differ."""

from fractions import Fraction

import pytest

from verify.checks.approximation import leaves
from verify.checks.approximation.leaves import Matching
from verify.graph.graph import Graph

POINT = {"x": Fraction(1, 20), "y": Fraction(3, 7), "z": Fraction(-2)}


class Formulas:
    """A series of x and what it stands for, inside other formulas."""

    def __init__(self):
        self.graph = g = Graph()
        self.x, self.y, self.z = (g.variable(name) for name in "xyz")
        cube = g.product(g.constant(Fraction(-1, 6)), g.power(self.x, Fraction(3)))
        self.series, self.exact = g.sum(self.x, cube), g.function("sin", self.x)

    def pair(self, build):
        """Return a formula of the series, and the same one of what it stands for."""
        return build(self.graph, self.series), build(self.graph, self.exact)

    def matching(self):
        """Return a matching whose leaves are pairs of nodes."""
        return Matching(self.graph, POINT, lambda p, q: (p, q) if (p, q) == (self.series, self.exact) else None)


@pytest.fixture
def formulas():
    """Return the formulas."""
    return Formulas()


BUILDS = {
    "itself": lambda f: lambda g, a: a,
    "a product": lambda f: lambda g, a: g.product(f.y, g.product(a, f.z)),
    "a sum in another order": lambda f: lambda g, a: g.sum(f.z, g.sum(f.y, a)),
    "functions": lambda f: lambda g, a: g.function("tanh", g.power(g.sum(a, f.y), Fraction(-2))),
    "twice": lambda f: lambda g, a: g.sum(g.product(a, f.y), g.product(g.function("exp", a), f.z)),
}


@pytest.mark.parametrize("build", BUILDS)
def test_leaves_are_what_differs(formulas, build):
    """Whatever is built around it, the series is the one leaf."""
    found = formulas.matching().leaves(*formulas.pair(BUILDS[build](formulas)))
    assert set(found) == {(formulas.series, formulas.exact)}


def test_equal_formulas_have_no_leaves(formulas):
    """Formulas that are one node differ in nothing."""
    assert formulas.matching().leaves(formulas.y, formulas.y) == []


@pytest.mark.parametrize(
    "other",
    [
        lambda f: f.graph.product(f.exact, f.graph.constant(Fraction(21, 20))),
        lambda f: f.graph.product(f.exact, f.graph.constant(Fraction(-1))),
        lambda f: f.graph.sum(f.exact, f.y),
        lambda f: f.graph.function("cos", f.x),
    ],
)
def test_what_differs_elsewhere_too_is_not_settled(formulas, other):
    """A further factor, sign or term leaves the pair open."""
    assert formulas.matching().leaves(formulas.series, other(formulas)) is None


def test_the_budget_of_pairs_ends_the_search(formulas, monkeypatch):
    """Where more pairs than the budget allows would be compared, nothing is settled."""
    monkeypatch.setattr(leaves, "_MOST_PAIRS", 1)
    assert formulas.matching().leaves(*formulas.pair(BUILDS["twice"](formulas))) is None


def test_formulas_of_any_depth_are_compared(formulas):
    """Thousands of nested functions end the search, not the process."""

    def build(g, a):
        for _ in range(3000):
            a = g.function("tanh", a)
        return a

    assert formulas.matching().leaves(*formulas.pair(build)) is None
