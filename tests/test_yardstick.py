"""Approximations of what rounds without a known bound: SciPy's functions beside a series below a threshold."""

import numpy as np
import pytest
from effort import slow, some
from scipy import special

import verify
from verify.checks.checker import check
from verify.model.result import Verdict


def series_case(forward, series, closed, threshold):
    """Return the case of a derivative that is a series below a threshold."""

    def prime(x):
        near = np.abs(x) < threshold
        return np.where(near, series(x), closed(np.where(near, 1.0, x)))

    return verify.derivative(forward, prime, x=verify.real("", low=threshold / 1000, high=1))


def exprel(square=8, threshold=1e-2):
    return series_case(
        special.exprel,
        lambda x: 1 / 2 + x / 3 + x**2 / square + x**3 / 30 + x**4 / 144,
        lambda x: ((x - 1) * np.exp(x) + 1) / x**2,
        threshold,
    )


def bessel(cube=16, threshold=1e-2):
    return series_case(special.j0, lambda x: -x / 2 + x**3 / cube - x**5 / 384, lambda x: -special.j1(x), threshold)


def modified(cube=16, threshold=1e-2):
    return series_case(special.i0, lambda x: x / 2 + x**3 / cube + x**5 / 384, special.i1, threshold)


WRONG = {
    "exprel, the second coefficient": exprel(square=7),
    "j0, the second coefficient": bessel(cube=12),
    "j0, the second coefficient a little": bessel(cube=16.1),
    "i0, the second coefficient": modified(cube=18),
    "j0, a threshold too far out": bessel(threshold=0.5),
}
RIGHT = {"exprel": exprel(), "exprel, closer": exprel(threshold=1e-4), "j0": bessel(), "i0": modified()}


@pytest.mark.parametrize("name", some(WRONG, 4))
def test_a_wrong_series_beside_a_function_without_a_bound_is_refuted(name):
    """What is worse than half of the digits is excused by nothing, whether or not a bound is known."""
    assert Verdict.REFUTED in {row.verdict for row in check(WRONG[name]).comparisons}


@slow
@pytest.mark.parametrize("name", some(RIGHT, 8))
def test_a_right_series_beside_a_function_without_a_bound_is_not_refuted(name):
    """What is off by less than half of the digits may be as good as the function: it is not refuted."""
    verdicts = {row.verdict for row in check(RIGHT[name]).comparisons}
    assert verdicts <= {Verdict.PROVED, Verdict.AGREES, Verdict.UNDECIDED}
    assert verdicts != {Verdict.PROVED}
