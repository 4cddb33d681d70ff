"""Points at which forward takes a number for NaN: the derivative of what the code computes there is held to."""

import math

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict


def nan_to_num(value, number):
    return np.nan_to_num(value, nan=number)


def in_place(value, number):
    return np.nan_to_num(value, copy=False, nan=number)


def by_where(value, number):
    return np.where(np.isnan(value), number, value)


def by_mask(value, number):
    value[np.isnan(value)] = number
    return value


def by_itself(value, number):
    return np.where(value != value, number, value)


def by_copyto(value, number):
    np.copyto(value, number, where=~np.isfinite(value))
    return value


def by_loop(value, number):
    return np.array([number if math.isnan(entry) else entry for entry in value])


def by_index(value, number):
    for place in np.flatnonzero(np.isnan(value)):
        value[place] = number
    return value


FILLS = [nan_to_num, in_place, by_where, by_mask, by_itself, by_copyto, by_loop, by_index]

# A quotient, its limit at the zero of the divisor, its derivative, and the limit of that.
QUOTIENTS = {
    "sine": (lambda x: np.sin(x) / x, 1, lambda x: (x * np.cos(x) - np.sin(x)) / x**2, 0),
    "exponential": (lambda x: (np.exp(x) - 1) / x, 1, lambda x: (x * np.exp(x) - np.exp(x) + 1) / x**2, 1 / 2),
    "logarithm": (lambda x: np.log1p(x) / x, 1, lambda x: 1 / (x * (1 + x)) - np.log1p(x) / x**2, -1 / 2),
    "square": (lambda x: x**2 / x, 0, lambda x: x / x, 1),
    "cosine": (lambda x: (1 - np.cos(x)) / x**2, 1 / 2, lambda x: np.sin(x) / x**2 - 2 * (1 - np.cos(x)) / x**3, 0),
    "Bernoulli": (
        lambda x: x / np.expm1(x),
        1,
        lambda x: 1 / np.expm1(x) - x * np.exp(x) / np.expm1(x) ** 2,
        -1 / 2,
    ),
    "at 1": (lambda x: (x**2 - 1) / (x - 1), 2, lambda x: (2 * x * (x - 1) - (x**2 - 1)) / (x - 1) ** 2, 1),
    "third power": (
        lambda x: (x - np.sin(x)) / x**3,
        1 / 6,
        lambda x: (1 - np.cos(x)) / x**3 - 3 * (x - np.sin(x)) / x**4,
        0,
    ),
    "irrational": (
        lambda x: np.sin(np.pi * x) / x,
        np.pi,
        lambda x: np.pi * np.cos(np.pi * x) / x - np.sin(np.pi * x) / x**2,
        0,
    ),
    "tangent": (
        lambda x: np.tanh(2 * x) / x,
        2,
        lambda x: 2 / (x * np.cosh(2 * x) ** 2) - np.tanh(2 * x) / x**2,
        0,
    ),
    "irrational slope": (
        lambda x: (np.exp(np.pi * x) - 1) / x,
        np.pi,
        lambda x: (np.pi * x * np.exp(np.pi * x) - np.exp(np.pi * x) + 1) / x**2,
        np.pi**2 / 2,
    ),
}


def case_of(quotient, number, fill=nan_to_num, scale=1, left=False):
    """Return the case of a quotient whose backward has a number at the zero, or NaN that is `left` there."""
    forward, limit, slope, _ = QUOTIENTS[quotient]
    low = -0.9 if quotient == "logarithm" else None

    def backward(d, x):
        return d * scale * (slope(x) if left else fill(slope(x), number))

    return verify.pair(lambda x: scale * fill(forward(x), limit), backward, x=verify.real("3", low=low))


def refuted(result):
    return [row for row in result.comparisons if row.verdict is Verdict.REFUTED]


@pytest.mark.parametrize("quotient", some(QUOTIENTS, 6))
def test_the_derivative_of_the_continuous_extension_is_right_there(quotient):
    """The limit of the slopes is the derivative, and nothing else is told."""
    result = verify.check(case_of(quotient, QUOTIENTS[quotient][3]))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in result.findings if finding.fails]
    assert not any("NaN" in sentence for sentence in result.cover.kinks)


@pytest.mark.parametrize("plant", ["number", "sign or 0", "NaN", "a little"])
@pytest.mark.parametrize("quotient", some(QUOTIENTS, 6))
def test_another_number_there_is_refuted_with_the_point(quotient, plant):
    """A wrong number at the one point at which the formula says nothing is a counterexample, and so is NaN."""
    right = QUOTIENTS[quotient][3]
    number = {"number": 3.5, "sign or 0": -right if right else 1, "NaN": 0, "a little": right + 1e-6}[plant]
    rows = refuted(verify.check(case_of(quotient, number, left=plant == "NaN")))
    assert [row.evidence.kind for row in rows] == ["hole"]
    assert rows[0].counterexample.inputs[0][1] == ("1" if quotient == "at 1" else "0")
    assert "forward divides by" in rows[0].evidence.detail
    assert (rows[0].counterexample.actual == "nan") == (plant == "NaN")


@pytest.mark.parametrize("fill", some(FILLS))
@pytest.mark.parametrize("number", [0.5, 0])
def test_numbers_are_taken_for_nan_in_many_ways(fill, number):
    """Masks, loops, comparisons of a number with itself and functions for it are followed alike."""
    result = verify.check(case_of("exponential", number, fill))
    assert bool(refuted(result)) == (number == 0)
    assert bool(result.good) == (number == 0.5)


@pytest.mark.parametrize("scale", [1e-12, 1e12])
@pytest.mark.parametrize("number", [0.5, 0.4999])
def test_a_scale_changes_nothing(scale, number):
    """What is wrong by 0.02 % is found at all scales, and what is right is not refuted at any."""
    assert bool(refuted(verify.check(case_of("exponential", number, scale=scale)))) == (number != 0.5)


def divided_difference(a, b):
    return (np.exp(a) - np.exp(b)) / (a - b)


def norm(x):
    return np.sqrt((x**2).sum())


OTHERS = {  # the case of a number that backward takes for NaN, the right one, and a wrong one
    "where two inputs meet": (
        lambda n: verify.pair(
            lambda a, b: np.nan_to_num((np.exp(a - b) - 1) / (a - b), nan=1),
            lambda d, a, b: (
                d * np.nan_to_num((np.exp(a - b) * (a - b - 1) + 1) / (a - b) ** 2, nan=n),
                -d * np.nan_to_num((np.exp(a - b) * (a - b - 1) + 1) / (a - b) ** 2, nan=n),
            ),
            a="2",
            b="2",
        ),
        0.5,
        -0.5,
    ),
    "the other input": (
        lambda n: verify.pair(
            lambda x, y: y * np.nan_to_num(np.sin(x) / x, nan=1),
            lambda d, x, y: (
                d * y * np.nan_to_num((x * np.cos(x) - np.sin(x)) / x**2),
                d * np.nan_to_num(np.sin(x) / x, nan=n),
            ),
            x="2",
            y="2",
        ),
        1,
        0,
    ),
    "a sum without NaN": (
        lambda n: verify.pair(
            lambda x: np.nansum(np.expm1(x) * x / x), lambda d, x: d * np.where(np.isnan(x / x), n, np.exp(x)), x="3"
        ),
        1,
        0,
    ),
    "a radius": (
        lambda n: verify.pair(
            lambda x: np.nan_to_num(np.sin(norm(x)) / norm(x), nan=1),
            lambda d, x: d * np.nan_to_num(x * (norm(x) * np.cos(norm(x)) - np.sin(norm(x))) / norm(x) ** 3, nan=n),
            x="2",
        ),
        0,
        1,
    ),
    "a product by division": (
        lambda n: verify.pair(
            lambda x, y: np.nan_to_num(x * y * x / x),
            lambda d, x, y: (d * np.where(np.isnan(x / x), n * y, y), d * x),
            x="2",
            y="2",
        ),
        1,
        0,
    ),
    "backward divides by nothing": (
        lambda n: verify.pair(lambda x: np.nan_to_num(x**3 / x), lambda d, x: d * (2 * x + n * np.isnan(0 / x)), x="3"),
        0,
        1,
    ),
    "a chain of two": (
        lambda n: verify.pair(
            lambda x: np.exp(np.nan_to_num(np.log1p(x) / x, nan=1)),
            lambda d, x: (
                d
                * np.exp(np.nan_to_num(np.log1p(x) / x, nan=1))
                * np.nan_to_num(1 / (x * (1 + x)) - np.log1p(x) / x**2, nan=n)
            ),
            x=verify.real("2", low=-0.9),
        ),
        -0.5,
        0,
    ),
}


@pytest.mark.parametrize("name", some(OTHERS, 6))
def test_relatives_are_told_apart(name):
    """What depends on several inputs, on a norm or on nothing is right with one number and refuted with another."""
    make, right, wrong = OTHERS[name]
    result = verify.check(make(right))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in result.findings if finding.fails]
    assert refuted(verify.check(make(wrong)))


SPARED = {  # right code, and code of which nothing is known at the point
    "parallel resistors": verify.pair(
        lambda a, b: np.nan_to_num(1 / (1 / a + 1 / b)),
        lambda d, a, b: (np.nan_to_num(d * b**2 / (a + b) ** 2), np.nan_to_num(d * a**2 / (a + b) ** 2)),
        a="2",
        b="2",
    ),
    "parallel resistors by the inverses": verify.pair(
        lambda a, b: np.nan_to_num(1 / (1 / a + 1 / b)),
        lambda d, a, b: (
            np.nan_to_num(d * (1 / a**2) / (1 / a + 1 / b) ** 2),
            np.nan_to_num(d * (1 / b**2) / (1 / a + 1 / b) ** 2),
        ),
        a="2",
        b="2",
    ),
    "no limit": verify.pair(
        lambda x, y: np.nan_to_num(x * y / (x**2 + y**2)),
        lambda d, x, y: (
            d * np.nan_to_num(y * (y**2 - x**2) / (x**2 + y**2) ** 2, nan=7),
            d * np.nan_to_num(x * (x**2 - y**2) / (x**2 + y**2) ** 2, nan=7),
        ),
        x="",
        y="",
    ),
    "no derivative": verify.pair(
        lambda x, y: np.nan_to_num(x * y / np.sqrt(x**2 + y**2)),
        lambda d, x, y: (
            d * np.nan_to_num(y**3 / np.sqrt(x**2 + y**2) ** 3, nan=0.25),
            d * np.nan_to_num(x**3 / np.sqrt(x**2 + y**2) ** 3, nan=0.25),
        ),
        x="",
        y="",
    ),
    "a kink": verify.pair(
        lambda x: np.nan_to_num((x**2).sum() / norm(x)), lambda d, x: d * np.nan_to_num(x / norm(x), nan=0.3), x="3"
    ),
    "a pole": verify.pair(
        lambda x: np.nan_to_num(1 / x, posinf=0, neginf=0), lambda d, x: -d * np.nan_to_num(1 / x**2, posinf=0), x="3"
    ),
    "a logarithm": verify.pair(
        lambda x: np.nan_to_num(x * np.log(x)),
        lambda d, x: d * np.nan_to_num(np.log(x) + 1, neginf=0),
        x=verify.real("3", low=0),
    ),
    "not in the domain": verify.pair(
        lambda x: np.nan_to_num(np.sin(x) / x, nan=1),
        lambda d, x: d * (x * np.cos(x) - np.sin(x)) / x**2,
        x=verify.real("3", low=0),
    ),
}


@pytest.mark.parametrize("name", some(SPARED, 6))
def test_what_has_no_derivative_there_is_not_refuted(name):
    """Jumps, kinks, poles and infinities that nobody replaced leave a right formula right."""
    result = verify.check(SPARED[name])
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not [finding for finding in result.findings if finding.fails]


def test_a_number_that_is_no_limit_is_told():
    """With 2 for the limit 1 there is no derivative, whatever backward returns; the report says so."""
    case = verify.pair(
        lambda x: np.nan_to_num(np.sin(x) / x, nan=2),
        lambda d, x: d * np.nan_to_num((x * np.cos(x) - np.sin(x)) / x**2, nan=5),
        x="",
    )
    result = verify.check(case)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    (told,) = [sentence for sentence in result.cover.kinks if "jumps" in sentence]
    assert told.startswith("at x = 0, forward replaces ")


def test_nan_at_a_kink_is_a_finding():
    """A norm that takes 0 for its own NaN has subgradients at 0, and NaN is none."""
    case = verify.pair(lambda x: np.nan_to_num((x**2).sum() / norm(x)), lambda d, x: d * x / norm(x), x="3")
    codes = {finding.code for finding in verify.check(case).findings if finding.fails}
    assert codes == {"GP211"}
