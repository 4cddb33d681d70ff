"""Jumps of the output on an edge: those of an approximation are small, and what is returned there is judged."""

from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify.checks.regions.jumps import Jump, classified, largest_error
from verify.model.result import Verdict
from verify.tracing.floats import FloatRun
from verify.tracing.observe import observe, variants


@pytest.mark.parametrize(
    ("gaps", "values", "jump"),
    [
        ([], [], Jump.NONE),
        ([0, 0], [1, 0], Jump.NONE),
        ([Fraction(1, 10**9), 0], [-1, 5], Jump.LITTLE),
        ([Fraction(1, 10**9), 1], [1, 5], Jump.LARGE),
        ([Fraction(1, 10**9)], [Fraction(1, 10**9)], Jump.LARGE),
        ([Fraction(1, 10**9)], [0], Jump.LARGE),
    ],
)
def test_a_jump_is_little_relative_to_the_output(gaps, values, jump):
    """It is little if each output changes by no more than an approximation of it may be off by."""
    assert classified(gaps, values, Fraction(1, 2**24)) is jump


@pytest.mark.parametrize(("dtype", "bits"), [(np.float64, 24), (np.float32, 12), (np.float16, 12)])
def test_an_approximation_is_as_close_as_single_precision(dtype, bits):
    """In a shorter format it has half of the digits of single precision."""
    case = verify.pair(lambda x: x.astype(dtype), lambda d, x: d, x="1")
    seen = observe(case, next(iter(variants(case))), 0)
    assert largest_error(FloatRun(case, seen, 0)) == Fraction(1, 2**bits)


def growth(at_edge=None, threshold=1e-4, side=np.less):
    """Return (exp(x) - 1) / x by its series near 0, and its derivative; another one exactly at the threshold."""

    def switched(x, series, formula):
        small = side(np.abs(x), threshold)
        return np.where(small, series, formula(np.where(small, 1.0, x)))

    def slope(x):
        series = 1 / 2 + x / 3 + x**2 / 8 + x**3 / 30
        result = switched(x, series, lambda s: (s * np.exp(s) - np.exp(s) + 1) / s**2)
        return result if at_edge is None else np.where(np.abs(x) == threshold, at_edge(result), result)

    return lambda x: switched(x, 1 + x / 2 + x**2 / 6 + x**3 / 24, lambda s: (np.exp(s) - 1) / s), slope


def softplus(at_edge=1.0):
    """Return log(1 + exp(x)), which is x from 20 on, and its derivative; another one exactly at 20."""
    return (
        lambda x: np.where(x > 20, x, np.log1p(np.exp(np.minimum(x, 20)))),
        lambda x: np.where(x == 20, at_edge, np.where(x > 20, 1.0, 1 / (1 + np.exp(-x)))),
    )


def checked(functions):
    """Check a function of one number and its derivative."""
    return verify.check(verify.derivative(*functions, x="1", name="layer"))


RIGHT = {
    "growth": growth,
    "the series at the threshold": lambda: growth(side=np.less_equal),
    "a step of 4e-34": lambda: growth(threshold=2.0**-26),
    "softplus": softplus,
    "softplus, the other side": lambda: softplus(1 / (1 + np.exp(-20.0))),
}


@pytest.mark.parametrize("name", some(RIGHT, 10))
def test_a_right_gradient_on_the_edge_of_an_approximation(name):
    """What the code returns on either side is right there, and nothing is left open."""
    result = checked(RIGHT[name]())
    assert result.passes
    assert "GP004" not in [finding.code for finding in result.findings]
    assert not result.cover.kinks


WRONG = {
    "growth": lambda: growth(lambda right: 0.5),
    "off by a millionth": lambda: growth(lambda right: right * (1 + 1e-6)),
    "a step of 4e-34": lambda: growth(lambda right: 5.0, threshold=2.0**-26),
    "softplus": lambda: softplus(0.5),
    "softplus, both": lambda: softplus(2.0),
}


@pytest.mark.parametrize("name", some(WRONG, 10))
def test_a_wrong_gradient_on_the_edge_of_an_approximation(name):
    """What is off by more than an approximation may be is refuted, and the small step of the output is told."""
    refuted = [row for row in checked(WRONG[name]()).comparisons if row.verdict is Verdict.REFUTED]
    assert {row.evidence.kind for row in refuted} == {"edge"}
    assert "by so little that one side approximates the other" in refuted[0].evidence.detail


@pytest.mark.parametrize("name", some(["growth", "a step of 4e-34"], 4))
def test_what_is_off_by_less_than_an_approximation_may_be_is_left_open(name):
    """A value of its own that is off by 1e-9 is neither right nor wrong there: a hazard."""
    threshold = {"growth": 1e-4}.get(name, 2.0**-26)
    result = checked(growth(lambda right: right * (1 + 1e-9), threshold=threshold))
    assert result.passes
    assert "GP004" in [finding.code for finding in result.findings]


def test_a_large_jump_has_no_derivative():
    """Where the output jumps by a thousandth, whatever comes is neither right nor wrong."""
    result = checked(
        (lambda x: np.where(x > 1, 1.001 * x, x), lambda x: np.where(x == 1, 9.0, np.where(x > 1, 1.001, 1.0)))
    )
    assert result.passes
    assert any("the output jumps there" in said for said in result.cover.kinks)
