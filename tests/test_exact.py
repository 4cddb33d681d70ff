"""Numbers are read exactly, or refused."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from verify.model.errors import InputError
from verify.model.exact import decimal_text, exact, simplest_rational

FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, "3"),
        ("1.1", "11/10"),
        (1.1, "11/10"),
        (Decimal("1.1"), "11/10"),
        ("11/10", "11/10"),
        ("1_000", "1000"),
        ("-2.5e-3", "-1/400"),
        (Fraction(2, 3), "2/3"),
        (np.float64(0.1), "1/10"),
        (np.int64(7), "7"),
    ],
)
def test_reads_what_was_typed(value, number):
    """Text, decimals, floats and fractions mean what their digits say."""
    assert exact(value, "x") == Fraction(number)


@pytest.mark.parametrize(
    "value",
    [
        "nan",
        "inf",
        "-inf",
        math.nan,
        math.inf,
        Decimal("nan"),
        Decimal("inf"),
        "one",
        "",
        "1/0",
        "1 2",
        None,
        True,
        [1],
        1j,
    ]
    + ["1e400", "1e-400", "1e999999999999", 10**400, Fraction(1, 10**400)],
)
def test_refuses_what_is_no_finite_float64(value):
    """NaN, infinity, other kinds and numbers beyond a float64 are refused by name."""
    with pytest.raises(InputError, match="the price"):
        exact(value, "the price")


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (0.1, "1/10"),
        (1 / 6, "1/6"),
        (2 / 3, "2/3"),
        (0.5, "1/2"),
        (-0.3, "-3/10"),
        (1e300, str(10**300)),
        (6.02214076e23, "602214076000000000000000"),
        (0.518554019, "518554019/1000000000"),  # no 23975427/46235158
        (1.5e-30, "3/2000000000000000000000000000000"),
        (0.0, "0"),
    ],
)
def test_simplest_rational(value, number):
    """A typed float stands for the simplest rational that rounds to it."""
    assert simplest_rational(value) == Fraction(number)


@given(FLOATS)
def test_simplest_rational_rounds_back(value):
    """Whatever the float, the rational rounds to it."""
    assert float(simplest_rational(value)) == value


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_simplest_rational_finds_quotients(above, below):
    """A quotient of moderate integers is found again from its float."""
    assert simplest_rational(above / below) == Fraction(above, below)


@given(st.fractions())
def test_decimal_text_is_exact(number):
    """What is written can be typed in again, and is the same number."""
    assert exact(decimal_text(number), "x") == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("11/10", "1.1"),
        ("1/3", "1/3"),
        ("-5", "-5"),
        ("0", "0"),
        ("1/1000000000000", "1e-12"),
        ("450000000000000000000", "4.5e+20"),
    ],
)
def test_decimal_text(number, text):
    """Decimals that end are written as decimals, others as quotients."""
    assert decimal_text(Fraction(number)) == text
