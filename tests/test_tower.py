"""Arithmetic with adjoined roots obeys the laws of a field, and no law of signs."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.proof.field import PRIMES
from verify.proof.kernels import Kernels
from verify.proof.tower import MOST_TERMS, RedrawError, TooManyRootsError, Tower

HALF = Fraction(1, 2)


def tower(order=2):
    return Tower(Kernels(PRIMES[0], random.Random(0)), order, {})


def test_a_root_squared_is_its_radicand():
    """t**2 = u, for a variable, for a sum, and for what has roots itself."""
    t = tower()
    x, y = t.variable("x"), t.variable("y")
    for radicand in (x, t.sum(x, y), t.sum(x, t.power(y, HALF))):
        root = t.power(radicand, HALF)
        assert t.product(root, root) == radicand
        assert t.power(root, Fraction(-2)) == t.power(radicand, Fraction(-1))


def test_the_root_of_a_square_is_not_its_base():
    """sqrt(x**2) is neither x nor -x: it may be either."""
    t = tower()
    x = t.variable("x")
    root = t.power(t.product(x, x), HALF)
    assert root not in (x, t.product(t.constant(Fraction(-1)), x))


@given(st.lists(st.integers(0, 2**127), min_size=8, max_size=8))
def test_inverses(coefficients):
    """An element times its inverse is 1, whatever roots are in it."""
    t = tower()
    roots = [t.power(t.variable(name), HALF) for name in "abc"]
    element = {}
    for mask, value in enumerate(coefficients):
        term = {0: value} if value else {}
        for i, root in enumerate(roots):
            if mask >> i & 1:
                term = t.product(term, root)
        element = t.sum(element, term)
    if element:
        assert t.product(element, t.power(element, Fraction(-1))) == {0: 1}


def test_zero_has_no_inverse():
    """Dividing by zero asks for another point."""
    with pytest.raises(RedrawError):
        tower().power({}, Fraction(-1))


def test_odd_roots():
    """The cube root cubed is the number; of what has square roots in it, it is some element, the same each time."""
    t = tower(order=6)
    x = t.variable("x")
    assert t.power(t.power(x, Fraction(1, 3)), Fraction(3)) == x
    assert t.power(t.power(x, Fraction(-5, 6)), Fraction(-6)) == t.power(x, Fraction(5))
    assert t.product(t.power(x, Fraction(1, 6)), t.power(x, Fraction(1, 3))) == t.power(x, HALF)
    mixed = t.sum(x, t.power(x, HALF))
    assert t.power(mixed, Fraction(1, 3)) == t.power(mixed, Fraction(1, 3))


def test_too_many_roots_are_refused():
    """A product of many sums of roots outgrows what is computed with, and says so."""
    t = tower()
    product = {0: 1}
    with pytest.raises(TooManyRootsError):
        for i in range(MOST_TERMS):
            product = t.product(product, t.sum({0: 1}, t.power(t.variable(f"x{i}"), HALF)))
