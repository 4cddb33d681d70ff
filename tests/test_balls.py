"""Balls hold the exact value, and their digits are certain."""

from fractions import Fraction

import flint
import pytest

from verify.graph import balls, digits
from verify.graph.graph import Graph
from verify.tracing.symbols.symbolic import Symbol


def test_a_formula_at_a_point():
    """The ball of sqrt(x + 1/3) at 2 holds the root of 7/3, and no more than the precision allows."""
    graph = Graph()
    node = ((Symbol(graph, graph.variable("x")) + Fraction(1, 3)) ** 0.5).node
    with flint.ctx.workprec(128):
        found = balls.at(graph, [node], {"x": Fraction(2)})[node]
        assert (found**2).contains(balls.ball(Fraction(7, 3)))
        assert found.rad() < 1e-35


@pytest.mark.parametrize(("base", "exponent"), [("-2", "1/2"), ("0", "-1"), ("-8", "1/3"), ("-2", "1/1009")])
def test_undefined_powers_are_not_finite(base, exponent):
    """There is no real root of a negative number here, and no inverse of 0."""
    assert not balls.power(balls.ball(Fraction(base)), Fraction(exponent)).is_finite()


@pytest.mark.parametrize("exponent", ["1/3", "-5/2", "7", "1001/1009"])
def test_powers(exponent):
    """A power to the q-th is the base to the p-th."""
    exponent = Fraction(exponent)
    found = balls.power(flint.arb(3), exponent)
    assert (found**exponent.denominator).overlaps(flint.arb(3) ** flint.fmpz(exponent.numerator))


@pytest.mark.parametrize("exponent", [1, 2, 3, 10])
def test_powers_of_a_ball_around_zero(exponent):
    """Positive powers of what may be 0 are defined."""
    wide = flint.arb(0, 0.5)
    found = balls.whole_power(wide, exponent)
    assert all(found.contains(flint.arb(x) ** exponent) for x in (-0.5, -0.25, 0, 0.5))
    assert not balls.whole_power(wide, -exponent).is_finite()


@pytest.mark.parametrize("argument", [750, 1000, 5000])
def test_what_takes_many_bits_is_defined(argument):
    """1 / (2 + exp(exp(x))) is known once the bits reach the whole part of exp(x); what takes far more is not."""
    graph = Graph()
    x = Symbol(graph, graph.variable("x"))
    node = (1 / (2 + x.function("exp").function("exp"))).node
    value = balls.enclose(graph, [node], {"x": Fraction(argument)})[node]
    assert value.is_finite()
    assert value > 0
    assert balls.enclose(graph, [node], {"x": Fraction(10) ** 6})[node].is_nan()


def test_digits_end_with_an_ellipsis():
    """An irrational is written with its certain digits."""
    assert digits.digits(flint.arb(2).sqrt()).startswith("1.41421356237")
    assert digits.digits(flint.arb(2).sqrt()).endswith("…")
