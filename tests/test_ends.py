"""Closed bounds: gradients at the bound itself, from within."""

import numpy as np
import pytest
from effort import some
from scipy import special, stats

import verify
from verify.model.errors import InputError
from verify.model.result import Verdict

HERE = {"low": 0, "high": 4, "closed": True}


def refusing(x):
    if (x <= 0).any():
        raise ValueError("positive numbers only")
    return x**2


def square(prime, **bounds):
    """Return the case of the square with a derivative."""
    return verify.derivative(lambda x: x**2, prime, x=verify.real("N", **(bounds or HERE)))


def xlogy(prime):
    """Return the case of x * log(y) for y > 0, with a derivative by x."""
    return verify.pair(
        special.xlogy,
        lambda d, x, y: (d * prime(x, y), d * x / y),
        x=verify.real("N", low=0, closed=True),
        y=verify.real("N", low=0.1, high=3),
    )


def squared_log(prime):
    """Return the case of x**2 * log(x), with a derivative."""
    return verify.derivative(lambda x: special.xlogy(x**2, x), prime, x=verify.real("N", low=0, closed=True))


def log_squared(prime):
    """Return the case of x**2 * log(x)**2, 0 at 0, with a derivative of x and log(x), which is 0 for 0."""

    def log(x):
        return np.log(np.where(x == 0, 1, x))

    return verify.derivative(
        lambda x: x**2 * log(x) ** 2, lambda x: prime(x, log(x)), x=verify.real("N", low=0, closed=True)
    )


RIGHT = {
    "a square": square(lambda x: 2 * x),
    "a power with a half": verify.derivative(
        lambda x: x * np.sqrt(x), lambda x: 1.5 * np.sqrt(x), x=verify.real("N", **HERE)
    ),
    "relu, which chooses 0": verify.derivative(
        lambda x: np.maximum(x, 0), lambda x: (x > 0) * 1.0, x=verify.real("N", low=0, closed=True)
    ),
    "relu, from within": verify.derivative(
        lambda x: np.maximum(x, 0), lambda x: (x >= 0) * 1.0, x=verify.real("N", low=0, closed=True)
    ),
    "a density from within": verify.derivative(
        lambda x: stats.expon.pdf(x), lambda x: -np.exp(-x), x=verify.real("N", low=0, high=5, closed=True)
    ),
    "a density that ends in a kink, which chooses 0": verify.derivative(
        lambda x: stats.gamma.pdf(x, 2.0),
        lambda x: np.where(x > 0, (1 - x) * np.exp(-x), 0),
        x=verify.real("N", low=0, closed=True),
    ),
    "wrong at an open bound": square(lambda x: np.where(x == 0, 7, 2 * x), low=0, high=4, closed="high"),
    "xlogy beside a positive input": xlogy(lambda x, y: np.log(y)),
    "a power of a logarithm": log_squared(lambda x, log: 2 * x * log**2 + 2 * x * log),
    "a square times its logarithm": squared_log(lambda x: 2 * special.xlogy(x, x) + x),
    "a square times its logarithm, as entropies": squared_log(lambda x: x - 2 * special.entr(x)),
}
WRONG = {
    "0 for a logarithm": xlogy(lambda x, y: np.where(x == 0, 0, np.log(y))),
    "a power of a logarithm, off at the bound": log_squared(lambda x, log: 2 * x * log**2 + 2 * x * log + (x == 0)),
    "a square times its logarithm, off at the bound": squared_log(
        lambda x: 2 * special.xlogy(x, x) + x + 2.0**-30 * (x == 0)
    ),
    "at the low bound": square(lambda x: np.where(x == 0, 7, 2 * x)),
    "at the high bound": square(lambda x: np.where(x >= 4, 7, 2 * x)),
    "at one closed bound of two": square(lambda x: np.where(x >= 4, 7, 2 * x), low=0, high=4, closed="high"),
    "where backward divides": square(lambda x: 2 * x * x / x),
    "all entries there": square(lambda x: np.where((x == 0).all(), 3, 2 * x)),
    "the first entry alone": square(lambda x: np.where((x == 0) & (x.max() > 0), 3, 2 * x)),
    "relu, no choice": verify.derivative(
        lambda x: np.maximum(x, 0), lambda x: (x > 0) - 2.0 * (x == 0), x=verify.real("N", low=0, closed=True)
    ),
    "0 where a density ends, which jumps there": verify.derivative(
        lambda x: stats.expon.pdf(x),
        lambda x: np.where(x > 0, -np.exp(-x), 0),
        x=verify.real("N", low=0, high=5, closed=True),
    ),
    "0 at the high end of a density": verify.derivative(
        lambda x: stats.beta.pdf(x, 3.0, 1.0),
        lambda x: np.where(x < 1, 6 * x, 0),
        x=verify.real("N", low=0, high=1, closed=True),
    ),
    "0 where a step of numpy jumps": verify.derivative(
        lambda x: np.where(x >= 0, x + 1, 0), lambda x: (x > 0) * 1.0, x=verify.real("N", low=0, closed=True)
    ),
    "a product that divides": verify.pair(
        lambda x: np.prod(x), lambda d, x: d * np.prod(x) / x, x=verify.real("3", low=0, closed="low")
    ),
}
UNDEFINED = {
    "a logarithm": verify.derivative(np.log, lambda x: 1 / x, x=verify.real("N", low=0, closed=True)),
    "a root": verify.derivative(np.sqrt, lambda x: 0.5 / np.sqrt(x), x=verify.real("N", low=0, closed=True)),
    "an entropy": verify.derivative(special.entr, lambda x: -np.log(x) - 1, x=verify.real("N", low=0, closed=True)),
    "an entropy, finite at the bound": verify.derivative(
        special.entr,
        lambda x: np.where(x == 0, 5, -np.log(np.where(x == 0, 1, x)) - 1),
        x=verify.real("N", low=0, closed=True),
    ),
    "a relative entropy": verify.pair(
        special.rel_entr,
        lambda d, x, y: (d * (np.log(x / y) + 1), -d * x / y),
        x=verify.real("N", low=0, closed=True),
        y=verify.real("N", low=0.1, high=3),
    ),
    "forward raises": verify.derivative(refusing, lambda x: 2 * x, x=verify.real("N", low=0, closed=True)),
}


def closed(forward, prime):
    return verify.derivative(forward, prime, x=verify.real("N", low=0, closed=True))


def sinc_prime(x):
    return np.nan_to_num((x * np.cos(x) - np.sin(x)) / x**2)


# What the code makes of a NaN is a number, and its formula has none.
TAKEN = {
    "a NaN replaced": closed(lambda x: np.nan_to_num(np.sin(x) / x, nan=1.0), sinc_prime),
    "a NaN replaced by a jump": closed(lambda x: np.nan_to_num(np.sin(x) / x, nan=5.0), sinc_prime),
    "a NaN asked for": closed(
        lambda x: np.where(np.isnan(x**2 * np.log(x)), 0, x**2 * np.log(x)),
        lambda x: np.nan_to_num(2 * x * np.log(x) + x),
    ),
    "a NaN left out of a sum": closed(
        lambda x: np.nansum(x**2 * np.log(x)), lambda x: np.nan_to_num(2 * x * np.log(x) + x)
    ),
    "an infinity that vanishes": closed(lambda x: np.exp(-1 / x), lambda x: np.nan_to_num(np.exp(-1 / x) / x**2)),
    "a maximum with a NaN": closed(
        lambda x: np.fmax(x**2 * np.log(x), -9), lambda x: np.nan_to_num(2 * x * np.log(x) + x)
    ),
}


@pytest.mark.parametrize("name", some(TAKEN, 6))
def test_a_number_for_a_nan_at_a_closed_bound_is_undecided(name):
    """It is no fault of the code, and not said to be one: the true reason follows the input and the bound."""
    (row,) = [c for c in verify.check(TAKEN[name]).comparisons if c.quantity == "case"]
    assert row.verdict is Verdict.UNDECIDED
    assert "the input 'x' at its closed bound low=0: forward returns a number there" in row.evidence.detail
    assert "finite limit" not in row.evidence.detail


def test_an_infinite_derivative_is_told_where_a_nan_is_replaced():
    """The derivative of x * log(x) has no limit at 0, whatever number the code returns for 0 * log(0)."""
    case = closed(lambda x: np.nan_to_num(x * np.log(x)), lambda x: np.log(x) + 1)
    (row,) = [c for c in verify.check(case).comparisons if c.quantity == "case"]
    assert row.verdict is Verdict.ERROR
    assert "no finite limit" in row.evidence.detail


def test_no_output_at_a_closed_bound_is_an_error():
    """A quotient that is 0/0 there on floats too has no finite value."""
    case = closed(lambda x: np.sin(x) / x, lambda x: (x * np.cos(x) - np.sin(x)) / x**2)
    (row,) = [c for c in verify.check(case).comparisons if c.quantity == "case"]
    assert row.verdict is Verdict.ERROR
    assert "the output of forward has no finite value there" in row.evidence.detail


@pytest.mark.parametrize("name", some(RIGHT, 4))
def test_right_gradients_at_a_closed_bound(name):
    """The derivative from within, or its limit, is right there; so is a choice where the code branches there."""
    assert {c.verdict for c in verify.check(RIGHT[name]).comparisons} == {Verdict.PROVED}


@pytest.mark.parametrize("name", some(WRONG, 4))
def test_wrong_gradients_at_a_closed_bound(name):
    """A value that is wrong at the bound only is refuted with the bound as its counterexample."""
    refuted = [c for c in verify.check(WRONG[name]).comparisons if c.verdict is Verdict.REFUTED]
    assert refuted
    assert refuted[0].diagnosis == "wrong only at a closed bound of the domain"


@pytest.mark.parametrize("name", some(UNDEFINED, 6))
def test_closed_bounds_where_the_code_is_not_defined(name):
    """The message names the input and the bound, and says what to write instead."""
    (row,) = [c for c in verify.check(UNDEFINED[name]).comparisons if c.verdict is Verdict.ERROR]
    assert "the input 'x' at its closed bound low=0: " in row.evidence.detail
    assert "leave closed= out" in row.evidence.detail


def test_one_of_two_closed_bounds_may_stay():
    """Where the other bound is closed too, the message keeps that one."""
    case = verify.derivative(np.log, lambda x: 1 / x, x=verify.real("N", low=0, high=1, closed=True))
    (row,) = [c for c in verify.check(case).comparisons if c.verdict is Verdict.ERROR]
    assert "write closed='high'" in row.evidence.detail


@pytest.mark.parametrize(
    ("bounds", "signature"),
    [
        ({"low": 0, "closed": True}, "x: N >= 0"),
        ({"low": 0, "high": 1, "closed": True}, "x: N >= 0, <= 1"),
        ({"low": 0, "high": 1, "closed": "high"}, "x: N > 0, <= 1"),
        ({"low": 0}, "x: N > 0"),
    ],
)
def test_the_signature_tells_closed_bounds(bounds, signature):
    """A bound that belongs to the claim is written with an equals sign."""
    assert list(map(str, verify.check(square(lambda x: 2 * x, **bounds)).signature)) == [signature]


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"low": 2, "high": 1}, "low=2 is above high=1: write low=1, high=2"),
        ({"low": 1, "high": 1}, r"low and high are both 1: write gradproof.constant\(1\)"),
        ({"low": "a"}, "low='a' is not a real number: write a finite one, such as low=0"),
        ({"high": float("nan")}, "high=nan is not a real number"),
        ({"low": float("-inf")}, "low=-inf is not a bound: omit low"),
        ({"low": 1j}, "low=1j is not a real number"),
        ({"low": True}, "low=True is not a real number"),
        ({"low": [0, 1]}, r"low=\[0, 1\] is not a real number"),
        ({"high": 10**400}, "high does not fit a float64"),
        ({"closed": True}, "closed=True without a bound: give low or high"),
        ({"low": 0, "closed": "high"}, "closed='high' without a bound: give high"),
        ({"low": 0, "closed": "both"}, "closed='both': expected True, 'low' or 'high'"),
    ],
)
def test_bounds_that_make_no_domain(bounds, message):
    """The message has the case, the input, what is wrong and what to write."""
    with pytest.raises(InputError, match=f"case 'square of x': the input 'x': {message}"):
        verify.derivative(lambda x: x**2, lambda x: 2 * x, x=verify.real("N", **bounds), name="square of x")
