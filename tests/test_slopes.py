"""Slopes of nodes with respect to constants and to nodes are what SymPy gives."""

from fractions import Fraction

import flint
import pytest

from verify.graph import balls
from verify.graph.derive import function_partial
from verify.graph.formulas import from_sympy
from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.slopes import Tape, is_rounded, slope
from verify.tracing.symbols.symbolic import Symbol

X = Fraction(3, 7)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_slopes_of_functions(graph, xy, name):
    """Every function has a slope, the one that SymPy finds."""
    placeholder = next(iter(function_partial(name).free_symbols))
    node = from_sympy(graph, function_partial(name), {placeholder: xy[0].node})
    with flint.ctx.workprec(300):
        u = balls.ball(X)
        actual, expected = slope(name, u, balls.function(name, u)), balls.at(graph, [node], {"x": X})[node]
        assert abs(actual - expected) < 1e-80


@pytest.mark.parametrize(
    ("exponent", "rounded"),
    [("1/2", False), ("1/3", False), ("7/5", False), ("0.4375", False), ("3.0857548622253179", True), ("1.0001", True)],
)
def test_exponents_that_may_be_rounded(exponent, rounded):
    """Short fractions are meant as they are."""
    assert is_rounded(Fraction(exponent)) == rounded


def test_slopes_of_constants():
    """Floats and exponents move a node as fast as quotients of small differences say."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    node = (0.3 * x ** Fraction("3.0857548622253179") * (1.7 * x).function("exp") - 0.3 / x).node
    tape = Tape(graph, [node])
    assert len(tape.keys) == 3
    with flint.ctx.workprec(400):
        start = {
            key: balls.ball(Fraction(key if isinstance(key, Fraction) else graph.payloads[key])) for key in tape.keys
        }
        values: dict[int, flint.arb] = {}
        tape.at({"x": X}, start, values)
        slopes = tape.slopes(node, start, values)
        for key in tape.keys:
            moved = dict(values)
            tape.at({"x": X}, {**start, key: start[key] + flint.arb(2) ** -150}, moved)
            assert abs((moved[node] - values[node]) * flint.arb(2) ** 150 - slopes[key]) < 1e-40


def test_whole_exponents_are_no_constants():
    """The node of a float and an exponent may have one number: x**2 stays x**2."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    graph.constant(Fraction(5))
    typed = graph.typed(0.3)
    assert typed == 2
    node = (Symbol(graph, typed) * x**2).node
    tape, values = Tape(graph, [node]), {}
    with flint.ctx.workprec(100):
        tape.at({"x": -X}, {typed: flint.arb(1) / 3}, values)
        assert values[node].overlaps(balls.ball(X**2 / 3))
