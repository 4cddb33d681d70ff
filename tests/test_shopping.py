"""The tutorial's shopping graphs: every value it states, wired by hand and wired from the text."""

from pathlib import Path

import pytest

from layers import shopping
from verify import Verdict, check
from verify.cases.conversation import drive
from verify.discovery.collect import collect

APPLES = {
    "apple": (100, "11/5"),
    "apple_cnt": (2, "110"),
    "apple_price": (200, "11/10"),
    "tax": (1.1, "200"),
    "price": (220, "1"),
}
APPLES_AND_ORANGES = {
    "apple": (100, "11/5"),
    "apple_cnt": (2, "110"),
    "orange": (150, "33/10"),
    "orange_cnt": (3, "165"),
    "apple_price": (200, "11/10"),
    "orange_price": (450, "11/10"),
    "total_price": (650, "11/10"),
    "tax": (1.1, "650"),
    "price": (715, "1"),
}
SUITE = {case.name: case for case in collect([str(Path(shopping.__file__).with_name("shopping.toml"))])}


@pytest.mark.parametrize(
    ("case", "rows"),
    [
        (shopping.buy_apples, APPLES),
        (SUITE["apples"], APPLES),
        (shopping.buy_apples_and_oranges, APPLES_AND_ORANGES),
        (SUITE["apples and oranges"], APPLES_AND_ORANGES),
        (SUITE["add"], {"x": (10, "13/10"), "y": (5, "13/10"), "out": (15, "13/10")}),
        (SUITE["multiply"], {"x": (10, "13/2"), "y": (5, "13"), "out": (50, "13/10")}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_every_value_of_the_tutorial(case, rows, gradients):
    """Each node has the tutorial's forward value and derivative, exactly, and is proved."""
    result = check(case)
    found = gradients(result)
    assert {name: c.expected for name, c in found.items()} == {name: exact for name, (_, exact) in rows.items()}
    assert {name: float(c.value) for name, c in found.items()} == pytest.approx({n: v for n, (v, _) in rows.items()})
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    assert result.good


def test_the_float64_of_the_tutorial(gradients):
    """It prints 220.00000000000003 and 715.0000000000001: rounding, inside a bound that is derived."""
    for case, printed, exact in [
        (shopping.buy_apples, "220.00000000000003", "220"),
        (shopping.buy_apples_and_oranges, "715.0000000000001", "715"),
    ]:
        (price,) = (c for c in check(case).comparisons if (c.quantity, c.name) == ("value", "price"))
        assert (price.actual, price.expected) == (printed, exact)
        assert price.rounding.explained
        assert 1 <= float(price.rounding.error) <= float(price.rounding.bound) < 2


def test_apple_prices_in_floats():
    """The hand-wired graph gives plain floats when it is given floats."""
    steps = shopping.buy_apples.program.labels
    outcome = drive(shopping.buy_apples, {"apple": 100, "apple_cnt": 2, "tax": 1.1}, 1)
    assert outcome.values[steps["price"]] == 220.00000000000003
    assert outcome.gradients[steps["apple"]] == 2.2


def test_every_case_of_the_suite_is_proved():
    """The shipped suite holds two dozen cases, and every one of their gradients is proved."""
    results = [check(case) for case in SUITE.values()]
    assert len(results) >= 24
    assert {c.verdict for result in results for c in result.comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize("n", [1, 2, 7])
def test_basket(n):
    """A basket of n kinds has 2 n + 1 gradients, all proved."""
    result = check(shopping.basket(n))
    assert len([c for c in result.comparisons if c.quantity == "gradient"]) == 2 * n + 1
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}


def test_large_basket_is_proved():
    """Beyond what SymPy differentiates at once, the sweep alone decides: 200 kinds, 401 gradients."""
    result = check(shopping.basket(200))
    assert len([c for c in result.comparisons if c.quantity == "gradient"]) == 401
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
