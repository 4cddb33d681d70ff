"""Balls as text: digits that are certain, rounded numbers, and bounds where nothing more is known."""

import flint
import pytest

from verify.graph.digits import bound, digits, rounded


def ball(text, bits=256):
    with flint.ctx.workprec(bits):
        return flint.arb(text)


def root(value, sign=1):
    with flint.ctx.workprec(256):
        return sign * flint.arb(value).sqrt()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (root(2), "1.4142135623730950…"),
        (root(3), "1.7320508075688772…"),  # and not 3, to which it would be rounded
        (root(3, sign=-1), "-1.7320508075688772…"),
        (root("3e-20"), "1.7320508075688772e-10…"),
        (root("3e40"), "1.7320508075688772e+20…"),
        (flint.arb(0), "0"),
        (flint.arb(0, 3e-97), "not known: within 1e-96 of 0"),
        (flint.arb("nan"), "not known"),
        (flint.arb(0, float("inf")), "not known"),
    ],
)
def test_digits_are_cut_and_not_rounded(value, text):
    """An ellipsis stands for more digits, so that the ones before it are the number's own."""
    assert digits(value) == text


def test_a_number_next_to_a_short_decimal_is_written_as_that():
    """Balls that reach to both sides of 2 have no digit in common with all of their numbers."""
    with flint.ctx.workprec(256):
        value = flint.arb(2).sqrt() * flint.arb(2).sqrt()
    assert digits(value) == "2.0000000000000000…"


def test_a_wide_ball_has_few_digits():
    """Only digits that all numbers of a ball share are written."""
    assert digits(flint.arb(1.5, 0.01)) == "1…"
    assert digits(flint.arb(1.2345678, 1e-4)) == "1.234…"
    assert digits(flint.arb(10, 8)) == "(not known: between 1e+0 and 1e+2)"


@pytest.mark.parametrize(
    ("value", "text"), [(root(2), "1.41421356"), (ball("0.1"), "0.1"), (ball("2e-300"), "2e-300"), (flint.arb(0), "0")]
)
def test_rounded_numbers_have_nine_digits(value, text):
    """Zeros at the end are dropped."""
    assert rounded(value) == text


def test_numbers_beyond_all_exponents_are_told_by_a_bound():
    """Nobody reads an exponent of thousands of digits."""
    with flint.ctx.workprec(256):
        tiny, huge, noise = (-flint.arb(43).exp()).exp(), flint.arb(43).exp().exp(), (-flint.arb(10**8).exp()).exp()
    assert digits(tiny) == "not 0, and within 1e-100000000000000000 of 0"
    assert bound(tiny) == "1e-100000000000000000"
    assert digits(huge) == "beyond 1e+100000000000000000"
    assert rounded(tiny) == digits(tiny)
    assert digits(noise) == "not known: within 1e-100000000000000000 of 0"
