"""The reverse sweep against SymPy's derivative of the whole formula."""

from fractions import Fraction

import pytest
import sympy
from effort import slow
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from verify.graph import adjoints as module
from verify.graph.adjoints import adjoints, totals
from verify.graph.formulas import to_sympy
from verify.graph.graph import Graph

NAMES = ("a", "b", "c")
SYMBOLS = {name: sympy.Symbol(name, positive=True) for name in (*NAMES, "dout1", "dout2")}
POINTS = ({"a": "0.71", "b": "1.37", "c": "0.43"}, {"a": "1.61", "b": "0.29", "c": "1.13"})
UPSTREAMS = {"dout1": "-0.83", "dout2": "1.19"}
DIGITS = 40


@st.composite
def graphs(draw):
    """Draw a graph of a few operations that are defined where the inputs are positive, with two outputs."""
    graph = Graph()
    nodes = [graph.variable(name) for name in NAMES]
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(
            st.sampled_from(["sum", "product", "scale", "power", "root", "log", "exp", "tanh", "sin", "atan", "erf"])
        )
        a, b = (draw(st.sampled_from(nodes)) for _ in range(2))
        positive = graph.sum(graph.constant(Fraction(1)), graph.power(a, Fraction(2)))
        if kind in ("sum", "product"):
            nodes.append(getattr(graph, kind)(a, b))
        elif kind == "scale":
            nodes.append(graph.product(graph.constant(Fraction(-3, 7)), a))
        elif kind == "power":
            nodes.append(graph.power(positive, Fraction(draw(st.sampled_from([-2, -1, 2])))))
        elif kind == "root":
            nodes.append(graph.power(positive, Fraction(1, draw(st.sampled_from([2, 3])))))
        elif kind == "log":
            nodes.append(graph.function("log", positive))
        else:  # of an argument that does not grow
            nodes.append(graph.function(kind, graph.product(a, graph.power(positive, Fraction(-1)))))
    return graph, nodes[-1], draw(st.sampled_from(nodes))


def wrong_entries(graph, outputs):
    """Return the inputs for which the sweep and SymPy's derivative of the whole differ, at 40 digits."""
    upstreams = [graph.variable("dout1"), graph.variable("dout2")]
    inputs = [graph.variable(name) for name in NAMES]
    found = totals(graph, adjoints(graph, zip(outputs, upstreams, strict=True), inputs))
    whole = sum(SYMBOLS[f"dout{i}"] * to_sympy(graph, node, SYMBOLS) for i, node in enumerate(outputs, 1))
    wrong = []
    for name, node in zip(NAMES, inputs, strict=True):
        pair = sympy.diff(whole, SYMBOLS[name]), to_sympy(graph, found[node], SYMBOLS)
        for point in POINTS:
            at = {SYMBOLS[key]: sympy.Rational(value) for key, value in {**point, **UPSTREAMS}.items()}
            exact, swept = (sympy.N(side.subs(at), DIGITS) for side in pair)
            if abs(exact - swept) > 10**-25 * (1 + abs(exact)):
                wrong.append(name)
                break
    return wrong


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@slow
@SETTINGS
@given(graphs())
def test_the_sweep_is_the_derivative_of_the_whole(drawn):
    """For each input the reverse sweep is what SymPy makes of the whole formula at once."""
    graph, *outputs = drawn
    assert wrong_entries(graph, outputs) == []


def build():
    """Return a graph in which every rule is used: tanh(a b) + sqrt(1 + c^2) + a."""
    graph = Graph()
    a, b, c = (graph.variable(name) for name in NAMES)
    root = graph.power(graph.sum(graph.constant(Fraction(1)), graph.power(c, Fraction(2))), Fraction(1, 2))
    total = graph.total([graph.function("tanh", graph.product(a, b)), root, a])
    return graph, [total, graph.product(a, c)]


def halved(rule):
    """Return a rule that gives half of what it should."""

    def halve(graph, terms, arguments):
        return graph.product(graph.constant(Fraction(1, 2)), arguments[0])

    return lambda op, exponent: [*rule(op, exponent), (halve, [len(rule(op, exponent)) - 1])]


@pytest.mark.parametrize(
    ("name", "planted", "wrong"),
    [
        ("_binary", lambda rule: lambda op: (False, False), ["a", "b", "c"]),
        ("_binary", lambda rule: lambda op: (True, True), ["a", "b", "c"]),
        ("_rule", halved, ["a", "b", "c"]),
        ("_depending", lambda rule: lambda graph, order, *rest: {*rule(graph, order, *rest), *rest[0]} - {0}, ["a"]),
    ],
)
def test_a_wrong_rule_is_seen(monkeypatch, name, planted, wrong):
    """A planted error in a rule of the sweep shows in the comparison above."""
    assert wrong_entries(*build()) == []
    monkeypatch.setattr(module, name, planted(getattr(module, name)))
    assert wrong_entries(*build()) == wrong


def test_an_input_used_twice_has_a_term_for_each_use():
    """The terms of an input are those of its uses, and add up to its derivative; one that is not used has none."""
    graph = Graph()
    x, y, d = graph.variable("x"), graph.variable("y"), graph.variable("d")
    shares = adjoints(graph, [(graph.sum(graph.function("exp", x), graph.function("sin", x)), d)], [x, y])
    assert len(shares[x]) == 2
    assert shares[y] == []
    assert graph.value(totals(graph, shares)[y]) == 0


def test_an_output_that_is_an_input():
    """The derivative of an output that is itself an input, and of one that is given twice, is the upstream."""
    graph = Graph()
    x, d, e = graph.variable("x"), graph.variable("d"), graph.variable("e")
    assert totals(graph, adjoints(graph, [(x, d)], [x])) == {x: d}
    assert totals(graph, adjoints(graph, [(x, d), (x, e)], [x])) == {x: graph.sum(d, e)}
