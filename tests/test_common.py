"""Two formulas set apart: what both have is named, what differs stands in full, and nothing else is changed."""

import pytest
import sympy
from effort import slow

from verify.checks.claims.common import set_apart
from verify.graph.graph import Graph
from verify.tracing.symbols.symbolic import Symbol


@pytest.fixture
def named():
    """A graph, and symbols of it by their names."""
    graph = Graph()
    return graph, {name: Symbol(graph, graph.variable(name)) for name in ("x", "y", "z", "t0")}


def exp(of):
    """Return the exponential of a symbol."""
    return Symbol(of.graph, of.graph.function("exp", of.node))


def tanh(of):
    """Return the hyperbolic tangent of a symbol."""
    return Symbol(of.graph, of.graph.function("tanh", of.node))


def apart(graph, expected, actual, outputs=None, in_full=1000):
    """Return two symbols set apart."""
    return set_apart(graph, expected.node, actual.node, ["x", "y", "z", "t0"], outputs or {}, in_full)


def put_back(pair):
    """Return both formulas as SymPy has them, with what the names stand for in their place."""
    expressions = [sympy.sympify(text) for text in (pair.actual, pair.expected)]
    for name, text in reversed(pair.common):
        expressions = [e.subs(sympy.Symbol(name), sympy.sympify(text)) for e in expressions]
    return expressions


@slow
def test_common_terms_and_factors_are_named(named):
    """Of two sums that differ in a factor of one term, each other term has one name, and the names give the formulas."""
    graph, s = named
    first, second = exp(s["x"]) * s["y"] * s["z"], tanh(s["x"] + s["y"] * s["z"]) * s["y"]
    pair = apart(graph, first + second * 2, first + second)
    assert (pair.actual, pair.expected) == ("t1 + t2", "t1 + 2*t2")
    x, y, z = sympy.symbols("x y z")
    a, b = sympy.exp(x) * y * z, sympy.tanh(x + y * z) * y
    assert [sympy.simplify(e) for e in put_back(pair)] == [sympy.simplify(e) for e in (a + b, a + 2 * b)]


def test_a_name_of_the_case_is_not_taken(named):
    """An input that is called t0 keeps its name."""
    graph, s = named
    part = exp(s["t0"] * s["x"] + s["y"])
    pair = apart(graph, part * s["x"], part * s["y"])
    assert [name for name, _ in pair.common] == ["t1"]
    assert "t0" in pair.common[0][1]


def test_outputs_go_by_their_names(named):
    """A part that forward returned has its name, and no definition, where that makes both formulas shorter."""
    graph, s = named
    out = exp(s["x"] + s["y"]) / (1 + exp(s["x"] + s["y"]))
    pair = apart(graph, out * (1 - out) * exp(tanh(s["z"])), out * exp(tanh(s["z"])), {out.node: "out"})
    assert (pair.actual, pair.expected) == ("t1", "t1*(1 - out)")
    assert [text for _, text in pair.common] == ["out*exp(tanh(z))"]


def test_short_formulas_are_not_set_apart(named):
    """What is read at a glance stays in full, and so do formulas that have nothing in common."""
    graph, s = named
    part = exp(s["x"]) * s["y"]
    assert apart(graph, part, part * 2, in_full=40) is None
    assert apart(graph, exp(s["x"]) * s["x"] + 1, tanh(s["y"]) * s["z"] + 2) is None


def test_what_is_no_shorter_is_left(named):
    """Names that take more signs than the two formulas in full are given up."""
    graph, s = named
    part = s["x"] * s["y"] + s["z"]
    assert apart(graph, exp(part), tanh(part), in_full=91) is not None
    assert apart(graph, exp(part), tanh(part), in_full=20) is None


def test_one_formula_within_the_other(named):
    """A gradient that has a factor too many is that factor times the exact one."""
    graph, s = named
    exact = exp(s["x"] * s["y"]) * tanh(s["z"])
    pair = apart(graph, exact, exact * s["x"])
    assert (pair.actual, pair.expected) in {("t1*x", "t1"), ("x*t1", "t1")}


def test_a_shared_part_of_shared_parts_is_named_once(named):
    """A sum below two named parts has a name of its own, which stands before theirs."""
    graph, s = named
    inner = s["x"] * s["x"] + s["y"] * s["y"] + s["z"] * s["z"]
    left, right = s["x"] * exp(inner), s["y"] * tanh(inner)
    pair = apart(graph, left + right, left + 3 * right)
    assert pair.common[0][1].count("**2") == 3
    assert sum("x**2" in text for _, text in pair.common) == 1


def test_what_one_side_repeats_is_named(named):
    """A long sum that stands in several products of one side has a name, and the products have not."""
    graph, s = named
    x, y, z = (s[name] for name in "xyz")
    total = exp(x) * y + exp(y) * z + exp(z) * x
    pair = apart(graph, x + total * tanh(x) + total * tanh(y), x)
    assert len(pair.common) == 1
    assert pair.expected.count(pair.common[0][0]) == 2
    assert "exp" not in pair.expected
