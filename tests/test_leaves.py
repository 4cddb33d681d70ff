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


class Sums:
    """A sum of series of several inputs, whose constants the graph adds, and the sum of what they stand for."""

    def __init__(self, scales=(1, 1), shift=Fraction(-3, 10)):
        self.graph = g = Graph()
        self.pairs = []
        for name, scale in zip("xyz", scales, strict=False):
            x, factor = g.variable(name), g.constant(Fraction(scale))
            square = g.product(g.constant(Fraction(-1, 6)), g.power(x, Fraction(2)))
            exact = g.product(g.function("sin", x), g.power(x, Fraction(-1)))
            self.pairs.append((g.product(factor, g.sum(g.constant(Fraction(1)), square)), g.product(factor, exact)))
        self.shift = g.constant(shift)

    def sums(self, off=Fraction(0)):
        """Return both sums, each term shifted, the first one with a constant that is off."""
        left, right = zip(*self.pairs, strict=True)
        shifts = [self.shift] * len(left)
        return self.graph.total([*left, *shifts, self.graph.constant(off)]), self.graph.total([*right, *shifts])

    def leaves(self, off=Fraction(0)):
        """Return the leaves of both sums, each of them one of the pairs."""
        point = {"x": Fraction(1, 10**5), "y": Fraction(1, 10**6), "z": Fraction(2, 10**5)}
        matching = Matching(self.graph, point, lambda p, q: (p, q) if (p, q) in self.shifted else None)
        return matching.leaves(*self.sums(off))

    @property
    def shifted(self):
        """Return the pairs as a series multiplied out."""
        return [(self.graph.total([*self._terms(p)]), q) for p, q in self.pairs]

    def _terms(self, number):
        graph, todo = self.graph, [number]
        while todo:
            node = todo.pop()
            if graph.ops[node] == "sum":
                todo += graph.args[node]
            else:
                yield node


@pytest.mark.parametrize("shift", [Fraction(0), Fraction(-3, 10), Fraction(22, 7)])
@pytest.mark.parametrize("inputs", [2, 3])
def test_constants_that_the_graph_has_added_are_shared_out(inputs, shift):
    """Each of several series gets its own constant back, whatever was added to all of them."""
    sums = Sums([1] * inputs, shift)
    assert sorted(sums.leaves()) == sorted(sums.shifted)


@pytest.mark.parametrize("off", [Fraction(1, 10**6), Fraction(-1, 3), Fraction(1, 10**15)])
def test_constants_that_do_not_add_up_are_no_match(off):
    """What is left of the constant is not dropped, however little it is."""
    assert Sums().leaves(off) is None
