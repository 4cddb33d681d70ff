"""Exact values are rationals where they are short ones."""

from fractions import Fraction

import pytest

from verify.graph.graph import Graph
from verify.proof.rationals import power, real
from verify.tracing.symbols.symbolic import Symbol


@pytest.mark.parametrize(
    ("base", "exponent", "value"),
    [
        ("9/4", "1/2", "3/2"),
        ("8", "-2/3", "1/4"),
        ("2", "1/2", None),
        ("-8", "1/3", None),
        ("0", "-1", None),
        ("0", "1/2", "0"),
    ],
)
def test_powers(base, exponent, value):
    """A power is rational, or None: irrational, undefined, or too long."""
    assert power(Fraction(base), Fraction(exponent)) == (None if value is None else Fraction(value))


def test_long_powers_are_not_written_out():
    """A number of thousands of digits is left to balls."""
    assert power(Fraction(3), Fraction(10**6)) is None


def test_texts():
    """A rational is a quotient, or the decimal that it is; an irrational has an ellipsis; None spreads."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    third, tenth, root, beyond = x / 3, x / 10, x**0.5, (x**0.5 + 1) ** 2
    found = real(graph, [s.node for s in (third, tenth, root, beyond)], {"x": Fraction(11)})
    assert found[third.node].text == found[third.node].readable == "11/3"
    assert (found[tenth.node].text, found[tenth.node].readable) == ("11/10", "1.1")
    assert found[root.node].text.startswith("3.31662479")
    assert found[beyond.node].rational is None
    assert found[beyond.node].ball.overlaps((found[root.node].ball + 1) ** 2)


def test_a_zero_that_cancels(xy):
    """A formula that is the function 0 is 0 exactly; one that is too small for 256 bits is read with more."""
    x, _ = xy
    zero, tiny = x**0.5 * x**0.5 - x, x**0.5 * (x**0.5 + Fraction(1, 10**90)) - x
    found = real(x.graph, [zero.node, tiny.node], {"x": Fraction(2)})
    assert found[zero.node].rational == 0
    assert found[tiny.node].rational is None
    assert found[tiny.node].text == "1.4142135623730950e-90…"
