"""Narrow sides that are found by a search on floats, and what is wrong in them."""

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict

SIDES = {
    "a wave's crest": (lambda x: np.sin(x) > 0.9999, {}),
    "a narrow crest": (lambda x: np.cos(3 * x + 1) < -1 + 1e-13, {}),
    "a crest within bounds": (lambda x: np.sin(50 * x) > 0.99999, {"low": 0, "high": 1}),
    "close to an irrational number": (lambda x: (x - np.sqrt(7)) ** 2 < 1e-14, {}),
    "an exponential's place": (lambda x: np.abs(np.exp(x) - 5) < 1e-6, {}),
    "near a bound": (lambda x: x + np.exp(x) > 3.7, {"low": 0, "high": 1}),
    "beyond a peak": (lambda x: np.exp(-((x - 656.28) ** 2)) > 0.5, {}),
}


def checked(side, bounds, factor):
    """Check the square, whose gradient is `factor` times x on a side."""
    return verify.check(
        verify.derivative(lambda x: x**2, lambda x: np.where(side(x), factor * x, 2 * x), x=verify.real("N", **bounds))
    )


@pytest.mark.parametrize("name", some(SIDES, 16))
def test_what_is_wrong_on_a_narrow_side_is_refuted(name):
    """The search gets to the side, and the gradient is decided there."""
    assert Verdict.REFUTED in {c.verdict for c in checked(*SIDES[name], 3).comparisons}


@pytest.mark.parametrize("name", some(SIDES, 16))
def test_what_is_right_on_a_narrow_side_is_proved(name):
    """The right twin is proved, and its side counts as reached."""
    result = checked(*SIDES[name], 2)
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    assert not result.cover.unvisited
