"""The numbers of balls as rationals, none of which takes long."""

from fractions import Fraction

import flint
import pytest

from verify.graph import dyadics


@pytest.mark.parametrize("number", ["0", "1/3", "-7", "1e30", "1e-300"])
def test_an_ordinary_number_is_rounded_to_sixty_digits(number):
    """What is short comes with an error of less than 2**-190."""
    exact = Fraction(number)
    with flint.ctx.workprec(256):
        found = dyadics.rounded(flint.arb(flint.fmpq(*exact.as_integer_ratio())))
    assert abs(found - exact) <= abs(exact) / 2**190


@pytest.mark.parametrize("exponent", [-(10**9), -(10**12), -(10**300)])
def test_a_number_of_a_thousand_million_bits_is_rounded_to_the_smallest(exponent):
    """exp(-1e9) is not written out: it becomes a number of its sign that is small, and known to be rounded."""
    value = flint.arb(exponent).exp()
    assert 0 < dyadics.rounded(value) < dyadics.SMALL
    assert -dyadics.SMALL < dyadics.rounded(-value) < 0
    assert dyadics.exact_end(value) is None


def test_a_number_beyond_all_bounds_is_refused():
    """exp(1e9) has no rational that could be written out."""
    value = flint.arb(10**9).exp()
    assert dyadics.rounded(value) is None
    assert dyadics.exact_end(value) is None


def test_an_end_is_exact():
    """The end of an enclosure keeps all of its bits."""
    assert dyadics.exact_end(flint.arb(3) / 4) == Fraction(3, 4)
