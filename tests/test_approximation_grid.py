"""Series of several functions, cut off where they are good enough below a threshold, and wrong twins of each."""

from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict

ODD = [Fraction((-1) ** k, 2 * k + 1) for k in range(6)]
# The coefficients of a series, by the steps of its powers; a formula, its derivative.
FUNCTIONS = {
    "sinh(x)/x": (
        [1, 0, Fraction(1, 6), 0, Fraction(1, 120), 0, Fraction(1, 5040), 0, Fraction(1, 362880)],
        lambda x: np.sinh(x) / x,
        lambda x: (x * np.cosh(x) - np.sinh(x)) / x**2,
    ),
    "tanh(x)/x": (
        [1, 0, Fraction(-1, 3), 0, Fraction(2, 15), 0, Fraction(-17, 315), 0, Fraction(62, 2835)],
        lambda x: np.tanh(x) / x,
        lambda x: (1 - np.tanh(x) ** 2) / x - np.tanh(x) / x**2,
    ),
    "arctan(x)/x": (
        [0 if k % 2 else ODD[k // 2] for k in range(11)],
        lambda x: np.arctan(x) / x,
        lambda x: 1 / (x * (1 + x**2)) - np.arctan(x) / x**2,
    ),
    "x/(exp(x) - 1)": (
        [1, Fraction(-1, 2), Fraction(1, 12), 0, Fraction(-1, 720), 0, Fraction(1, 30240), 0, Fraction(-1, 1209600)],
        lambda x: x / (np.exp(x) - 1),
        lambda x: 1 / (np.exp(x) - 1) - x * np.exp(x) / (np.exp(x) - 1) ** 2,
    ),
}
UNIT = 2.0**-53


def orders(coefficients, threshold, error):
    """Return how many coefficients of a series are needed for an error below a threshold, relative to the first."""
    nonzero = [k for k, c in enumerate(coefficients) if c]
    size = lambda k: abs(coefficients[k] / coefficients[nonzero[0]]) * threshold ** (k - nonzero[0])  # noqa: E731
    return next(k for k in nonzero[1:] if size(k) <= error)


def polynomial(coefficients):
    """Return a polynomial as people write it, c * x**k, without terms that are 0."""
    terms = [(k, float(c)) for k, c in enumerate(coefficients) if c]
    return lambda x: sum(c * x**k for k, c in terms)


def checked(name, threshold, error=UNIT, factor=1):
    """Check a function by a series with some error; the first coefficient of its derivative has a factor."""
    terms, formula, slope = FUNCTIONS[name]
    slopes = [k * c for k, c in enumerate(terms)][1:]
    short = slopes[: orders(slopes, threshold, error)]
    first = next(k for k, c in enumerate(short) if c)
    short[first] *= factor
    series = polynomial(terms[: orders(terms, threshold, UNIT)]), polynomial(short)

    def switched(x, near, far):
        small = np.abs(x) < threshold
        return np.where(small, near(x), far(np.where(small, 1.0, x)))

    functions = [lambda x, pair=pair: switched(x, *pair) for pair in zip(series, (formula, slope), strict=True)]
    return verify.check(verify.derivative(*functions, x="1", name="layer"))


@pytest.mark.parametrize("threshold", [1e-3])
@pytest.mark.parametrize("name", some(FUNCTIONS, 8))
def test_enough_terms(name, threshold):
    """A series with as many terms as its threshold needs agrees over its region, also on its edges."""
    result = checked(name, threshold)
    assert {row.verdict for row in result.comparisons} <= {Verdict.PROVED, Verdict.AGREES}
    assert not {"GP002", "GP004"} & {finding.code for finding in result.findings}


WRONG = {"one coefficient off by 1 %": {"factor": Fraction(101, 100)}, "a term too few": {"error": 1e-3}}


@pytest.mark.parametrize(("name", "how"), some([(name, how) for name in FUNCTIONS for how in WRONG], 16))
def test_wrong_twins(name, how):
    """A series with a wrong coefficient, or a term too few for its threshold, is refuted with both numbers."""
    refuted = [row for row in checked(name, 1e-2 if "few" in how else 1e-3, **WRONG[how]).comparisons if not row.good]
    assert {row.verdict for row in refuted} == {Verdict.REFUTED}
    assert all(row.evidence.ulps and row.evidence.limit for row in refuted)
