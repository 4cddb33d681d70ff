"""Taylor models: series inside functions whose coefficients are no rationals, and the blur that stands for that."""

import math
from fractions import Fraction

import flint
import pytest

from verify.checks.approximation.models import BeyondError, near

BITS = 256
POINTS = [flint.fmpq(k, 100) for k in range(-9, 10)]


@pytest.fixture(autouse=True)
def digits():
    """Give balls as many digits as enclosures have."""
    with flint.ctx.workprec(BITS):
        yield


def interval(positive=False):
    """Return t itself, between -0.1 and 0.1."""
    return near(flint.arb(0, flint.arb("0.1")), positive=positive)


def sinc(t, terms=None):
    """Return sin(t) / t, or so many terms of its series."""
    if terms is None:
        return t.apply("sin") * t.inverse()
    total = t.constant(Fraction(1))
    for k in range(1, terms):
        total = total + t.constant(Fraction((-1) ** k, math.factorial(2 * k + 1))) * t.power(Fraction(2 * k))
    return total


def minus(a, b):
    """Return a - b."""
    return a + a.constant(Fraction(-1)) * b


FUNCTIONS = ["atan", "exp", "log", "tanh", "sin", "erf"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_series_inside_a_function_is_as_close_as_outside(name):
    """Six terms of sin(t) / t differ from it by 1e-22 for |t| < 0.1, and by about that inside a function; three by 1e-10."""
    t = interval()
    exact = sinc(t).apply(name)
    errors = [minus(sinc(t, terms).apply(name), exact) * exact.inverse() for terms in (6, 3)]
    assert 0 < errors[0].value().abs_upper() < 1e-19
    assert 1e-11 < errors[1].value().abs_upper() < 1e-6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_model_holds_all_values(name):
    """Polynomial, blur and rest together hold the value at every point of the interval, and the polynomial alone does not."""
    t = interval()
    model = (t + t.constant(Fraction(5, 4))).apply(name).apply("atan").power(Fraction(1, 3))
    assert not model.blur.is_zero()
    with flint.ctx.workprec(2 * BITS):
        for at in POINTS:
            argument = getattr(flint.arb(flint.fmpq(5, 4) + at), name)()
            value = (argument.atan().log() / 3).exp()
            poly = flint.arb_poly(model.poly)(flint.arb(at))
            assert (poly + model.blur + flint.arb(at) ** model.cut * model.rest).contains(value)
            assert not poly.contains(value)
            assert model.value().contains(value)


def test_a_blurred_difference_is_not_0():
    """Two numbers that are equal as far as their digits tell leave a blur, by which nothing is divided."""
    t = interval()
    difference = minus(t.constant(Fraction(1)).apply("exp"), t.constant(Fraction(1)).apply("exp"))
    assert not difference.is_zero
    assert difference.value().abs_upper() > 0
    with pytest.raises(BeyondError):
        difference.inverse()


def test_a_factor_is_divided_out_beside_a_blur():
    """t atan(sin(t) / t) / t is no 0/0, and (atan(sin(t) / t) - atan(1)) / t is left open."""
    t = interval()
    arc = sinc(t).apply("atan")
    assert (t * arc * t.inverse()).value().contains(flint.arb(1).atan())
    with pytest.raises(BeyondError):
        (minus(arc, t.constant(Fraction(1)).apply("atan")) * t.inverse()).value()


def test_a_root_of_a_model():
    """The root of a number that is no square is a ball around it, and that of t * 2 has a factor t**(1/2) no model has."""
    t = interval(positive=True)
    assert t.constant(Fraction(2)).power(Fraction(1, 2)).value().contains(flint.arb(2).sqrt())
    assert (t * t * t.constant(Fraction(2))).power(Fraction(1, 2)).order == 1
    with pytest.raises(BeyondError):
        t.constant(Fraction(-2)).power(Fraction(1, 2))
