"""A sample at which the expression is not defined is refused, naming the step."""

from fractions import Fraction

import pytest

from verify.cases.domain import check_domain
from verify.cases.expression import parse
from verify.model.errors import InputError


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("apple / apple_cnt", {"apple": 1, "apple_cnt": 0}, "apple_cnt is 0 in 'out'"),
        ("rest = a - b\nprice = c / rest", {"a": 2, "b": 2, "c": 1}, "rest is 0 in 'price'"),
        ("c / (a / 3 - b)", {"a": 1, "b": Fraction(1, 3), "c": 1}, "a / 3 - b is 0"),
        ("x ** -1", {"x": 0}, "x is 0"),
        ("c / (x ** 0.5 - 2)", {"x": 4, "c": 1}, "is 0"),
        ("x ** 0.5", {"x": -4}, "x is not positive"),
        ("x ** 0.5", {"x": 0}, "x is not positive"),
        ("x ** 1.5", {"x": 0}, "x is not positive"),
        ("x * (-2) ** 0.5", {"x": 1}, "-2 is not positive"),
    ],
)
def test_undefined_samples(text, at, message):
    """Division by zero, and a root of what is not positive, are told before anything runs."""
    with pytest.raises(InputError, match=message):
        check_domain(parse(text), {name: Fraction(value) for name, value in at.items()})


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("x ** 2 / y", {"x": 0, "y": -3}),
        ("x ** 0.5 / 3", {"x": Fraction(1, 10**300)}),
        ("a / (b - c)", {"a": 0, "b": 1, "c": 1 + Fraction(1, 10**60)}),
    ],
)
def test_defined_samples(text, at):
    """Zeros, negatives and near misses that are defined pass."""
    check_domain(parse(text), {name: Fraction(value) for name, value in at.items()})


def test_a_near_zero_is_not_zero():
    """What is not 0 may be divided by, however small beside what it was computed from."""
    check_domain(parse("1 / (a + b - a)"), {"a": Fraction(10**300), "b": Fraction(1, 10**300)})
