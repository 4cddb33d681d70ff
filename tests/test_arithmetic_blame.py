"""Where digits go: the operation that is named, and what the data itself explains."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.gradients.traced import check_traced
from verify.checks.rounding.blame import breaking, condition, losing
from verify.checks.rounding.check import _planned
from verify.checks.rounding.formats import DOUBLE
from verify.checks.rounding.trials import trials


def trial(forward, backward, magnitude="sample"):
    """Return the trial of a layer in double precision at a magnitude, and the node of the first entry of its gradient."""

    @verify.case(x="3", name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    runs = check_traced(layer)[1]
    ((run, tried),) = _planned(layer, runs)
    (found,) = [
        one for one in trials(layer, run, runs, tried, 0).trials if (one.name, one.numbers) == (magnitude, DOUBLE)
    ]
    return found, found.place.seen.gradients["x"].nodes[0]


LOSING = {
    "the subtraction": lambda x, d: d * ((x + 1) - x + x),
    "the addition": lambda x, d: d * (((2 * x + 1) + -2 * x) + x),
    "the sum": lambda x, d: d * (np.sum([x, -x, np.ones(3)], axis=0) + x),
    "cos": lambda x, d: d * (np.cos(x) + x + 1 - np.cos(x)),
}


@pytest.mark.parametrize("word", some(LOSING, 6))
def test_the_operation_that_loses_most_is_named(word):
    """At 1e8 the sum cancels, or cos has no digits of its argument left; the line is that of the code."""
    suspect = losing(*trial(lambda x: x + x**2 / 2, LOSING[word], "1e8"))
    assert str(suspect.where).startswith("tests/test_arithmetic_blame.py:")
    if word != "cos":
        assert suspect.word == word
        assert suspect.grown > 2**20


def test_what_is_stable_loses_nothing_anywhere():
    """The twin that does not cancel makes no error much larger."""
    assert losing(*trial(lambda x: x + x**2 / 2, lambda x, d: d * (1 + x), "1e8")).grown < 4


@slow
def test_the_first_operation_that_may_overflow_is_named():
    """exp overflows at 1e3, and not at the sample; a quotient by what may be 0 is no overflow."""

    def backward(x, d):
        return d * np.exp(x) / (1 + np.exp(x))

    assert breaking(*trial(lambda x: np.log(1 + np.exp(x)), backward)) is None
    suspect = breaking(*trial(lambda x: np.log(1 + np.exp(x)), backward, "1e3"))
    assert (suspect.word, suspect.overflows, suspect.unlimited) == ("exp", True, True)
    suspect = breaking(*trial(lambda x: x**2, lambda x, d: d * 2 * x * x**4 / ((x**4 + 1) - 1), "1e-8"))
    assert (suspect.word, suspect.overflows) == ("the division", False)


@pytest.mark.parametrize(("power", "digits"), some([(2, 1), (10, 9), (100, 99)], 6))
def test_the_condition_is_how_far_the_data_moves_the_gradient(power, digits):
    """x**n / n has the slope x**(n - 1), which half an ulp in x moves by n - 1 half ulps, and one in dout by one."""
    found, _ = trial(lambda x: x**power / power, lambda x, d: d * x ** (power - 1))
    exact = abs(float(found.judgements["x"].exact[0]))
    node = found.place.run.gradient("x")[0]
    moved = condition(found.place.run, node, DOUBLE, found.point)
    assert moved / exact * 2**53 == pytest.approx(digits + 2)  # and one for the result itself
