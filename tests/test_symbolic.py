"""Symbols compute formulas, and refuse what only a number can answer, telling the line that asked."""

import math
from fractions import Fraction

import numpy as np
import pytest

from verify.graph.graph import Graph
from verify.model.errors import TraceError
from verify.tracing.symbols.symbolic import node_of


def test_operators_from_both_sides(xy):
    """Numbers may stand on either side of each operator."""
    x, _ = xy
    assert (2 + x).node == (x + 2).node
    assert (2 * x).node == (x * Fraction(2)).node == (x * np.float64(2)).node == (np.float64(2) * x).node
    assert (2 - x).node == (-x + 2).node
    assert (2 / x).node == (2 * x**-1).node
    assert (+x).node == x.node


def test_typed_floats_are_simple_rationals(xy):
    """0.5 is exact; 0.1 is remembered as typed, and as another node than the exact 1/10."""
    x, _ = xy
    assert (x * 0.5).node == (x * Fraction(1, 2)).node
    assert (x * 0.1).node != (x * Fraction(1, 10)).node
    assert x.graph.ops[node_of(x.graph, 0.1)] == "typed"


@pytest.mark.parametrize(
    "ask",
    [
        bool,
        float,
        int,
        complex,
        round,
        abs,
        math.floor,
        math.sqrt,
        lambda x: x > 0,
        lambda x: x == 0,
        lambda x: 1 if x else 2,
    ]
    + [lambda x: x % 2, lambda x: 2 // x, lambda x: [1][x], lambda x: 2**x],
)
def test_refusals_name_the_line(xy, ask):
    """A branch, a conversion or an operation that cannot be traced is told with file and line."""
    with pytest.raises(TraceError, match=r"tests/test_symbolic\.py:\d+"):
        ask(xy[0])


def test_refuses_nan_and_infinity(xy):
    """No formula contains NaN or infinity."""
    for value in (math.nan, math.inf):
        with pytest.raises(TraceError, match="computes with"):
            xy[0] * value


def test_leaves_other_kinds_alone(xy):
    """Text is no operand."""
    with pytest.raises(TypeError):
        xy[0] + "1"
    assert node_of(xy[0].graph, "1") is None


def test_division_by_the_constant_zero(xy):
    """x / 0 raises, as it does for floats."""
    with pytest.raises(ZeroDivisionError):
        xy[0] / 0


@pytest.mark.parametrize(
    ("number", "op"),
    [
        (299792458.0, "constant"),
        (4503599627370497.0, "constant"),
        (1e22, "typed"),
        (1e16, "constant"),
        (299792458.0**2, "typed"),
        (6.02214076e23, "typed"),
        (0.1, "typed"),
        (0.375, "constant"),
    ],
)
def test_floats_that_may_be_rounded(number, op):
    """A float beyond 2**53 that has many digits may be the rounding of another whole number, as c**2 is."""
    graph = Graph()
    assert graph.ops[node_of(graph, number)] == op
