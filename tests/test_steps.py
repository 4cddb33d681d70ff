"""Roundings: whole numbers at which code goes wrong are visited, and that others are left is told."""

import numpy as np
import pytest

import verify
from verify.result import Verdict

STEPS = {
    "above a number, floored": (lambda x: np.floor(10 * x) > 182, {}),
    "far out, a multiple": (lambda x: np.ceil(x / 7) * 3 > 12346, {}),
    "one number, rounded": (lambda x: np.rint(x) == 777, {}),
    "a wide step": (lambda x: np.floor(x / 2.6) >= 7, {}),
    "a remainder": (lambda x: x % 100 > 99.9, {}),
    "below a negative number": (lambda x: np.floor(x) < -43, {}),
    "one of few": (lambda x: np.floor(8 * x) == 5, {"low": 0, "high": 1}),
    "a whole part": (lambda x: np.trunc(x) == 12, {"low": 0, "high": 20}),
}


def checked(step, bounds, factor, strict=False):
    """Check the square, whose gradient is `factor` times x where a whole number is as a step tells."""
    return verify.check(
        verify.derivative(lambda x: x**2, lambda x: np.where(step(x), factor * x, 2 * x), x=verify.real("N", **bounds))
    )


@pytest.mark.parametrize("name", STEPS)
def test_what_is_wrong_at_some_whole_numbers_is_refuted(name):
    """The number that the code compares with is found from what two runs compared."""
    assert Verdict.REFUTED in {c.verdict for c in checked(*STEPS[name], 3).comparisons}


@pytest.mark.parametrize("name", STEPS)
def test_right_code_that_rounds_is_proved(name):
    """Its other whole numbers are told as unreached, unless all that the domain has were visited."""
    step, bounds = STEPS[name]
    result = checked(step, bounds, 2)
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    codes = {finding.code for finding in result.findings}
    assert ("GP002" in codes) == (not bounds)
