"""Series inside series: thresholds that ask of what another series computes, and how far away their other sides lie."""

import math
from functools import partial

import numpy as np
import pytest
from effort import LONG, slow, some
from random_kinked import Plan, case_of
from subjects import complaints

import verify
from verify.checks.checker import check
from verify.model.result import Verdict

THRESHOLD = 0.1


def sinc(a, at=THRESHOLD, terms=6):
    """Return sin(a) / a, by its series near 0."""
    near = np.abs(a) < at
    safe = np.where(near, 1.0, a)
    series = sum((-1) ** k * a ** (2 * k) / math.factorial(2 * k + 1) for k in range(terms))
    return np.where(near, series, np.sin(safe) / safe)


def sinc_slope(a, at=THRESHOLD, terms=7, wrong=0.0):
    """Return its derivative, of which the series has so many terms less one, and one of them is off."""
    near = np.abs(a) < at
    safe = np.where(near, 1.0, a)
    series = sum((-1) ** k * 2 * k * a ** (2 * k - 1) / math.factorial(2 * k + 1) for k in range(1, terms))
    return np.where(near, series + wrong * a * a * a, (safe * np.cos(safe) - np.sin(safe)) / safe**2)


def phi(a, at=THRESHOLD):
    """Return (exp(a) - 1) / a, by its series near 0."""
    near = np.abs(a) < at
    safe = np.where(near, 1.0, a)
    return np.where(near, sum(a**k / math.factorial(k + 1) for k in range(12)), (np.exp(safe) - 1) / safe)


def phi_slope(a, at=THRESHOLD):
    """Return its derivative, by its series near 0."""
    near = np.abs(a) < at
    safe = np.where(near, 1.0, a)
    series = sum(k * a ** (k - 1) / math.factorial(k + 1) for k in range(1, 13))
    return np.where(near, series, (safe * np.exp(safe) - np.exp(safe) + 1) / safe**2)


def thrice(slope=sinc_slope):
    """Return a series of a series of a series, the innermost of which may be wrong."""

    def backward(d, x):
        a, b = sinc(x), sinc(sinc(x))
        return d * sinc_slope(b) * sinc_slope(a) * slope(x)

    return verify.pair(lambda x: sinc(sinc(sinc(x))), backward, x="", name="layer")


def outer(slope=sinc_slope):
    """Return a series of a series, the outer of which may be wrong: it is used where |sin(x) / x| < 0.1."""

    def backward(d, x):
        return d * slope(sinc(x)) * sinc_slope(x)

    return verify.pair(lambda x: sinc(sinc(x)), backward, x="", name="layer")


def elsewhere(slope=sinc_slope):
    """Return a series of a series at other thresholds: beyond -0.2, sin(x) / x lies for 4.2 < |x| < 4.8 alone."""

    def backward(d, x):
        return d * slope(sinc(x, 0.05), 0.2) * sinc_slope(x, 0.05)

    return verify.pair(lambda x: sinc(sinc(x, 0.05), 0.2), backward, x="", name="layer")


def quotient(slope=sinc_slope):
    """Return 1 / (1 + series**2), times another input."""

    def backward(d, x, y):
        a = sinc(x)
        below = 1 + a * a
        return -2 * d * y * a * slope(x) / below**2, d / below

    return verify.pair(lambda x, y: y / (1 + sinc(x) ** 2), backward, x="", y="", name="layer")


def product(slope=sinc_slope):
    """Return the product of a series of one input and a series of a series of the other."""

    def backward(d, x, y):
        return d * slope(x) * phi(sinc(y)), d * sinc(x) * phi_slope(sinc(y)) * sinc_slope(y)

    return verify.pair(lambda x, y: sinc(x) * phi(sinc(y)), backward, x="", y="", name="layer")


def arc(slope=sinc_slope):
    """Return the arctangent of the series of a magnitude: for x < 0 the graph takes a sign out of it on one side alone."""

    def backward(d, x):
        return d * np.sign(x) * slope(np.abs(x)) / (1 + sinc(np.abs(x)) ** 2)

    return verify.pair(lambda x: np.arctan(sinc(np.abs(x))), backward, x=verify.real("", low=-1, high=1), name="layer")


def shifted_arc(slope=sinc_slope):
    """Return the arctangent of a series plus another input, of which a sign is taken out too."""

    def backward(d, x, y):
        inner = d / (1 + (sinc(x) - y) ** 2)
        return inner * slope(x), -inner

    return verify.pair(lambda x, y: np.arctan(sinc(x) - y), backward, x="", y="", name="layer")


def power(slope=phi_slope):
    """Return a series of a series of log(1 + x**2), whose exponential the graph takes for a root of 1 + x**2."""

    def backward(d, x):
        u = np.log(1 + x * x)
        return d * phi_slope(phi(u)) * slope(u) * 2 * x / (1 + x * x)

    return verify.pair(lambda x: phi(phi(np.log(1 + x * x))), backward, x="", name="layer")


def gathered(slope=sinc_slope):
    """Return the mean of shifted series of hinges: the graph adds the constants of all of them, as of those at 0."""

    def backward(d, x):
        return -d * (x < 1) * slope(np.maximum(0, 1 - x)) / x.size

    return verify.pair(lambda x: (sinc(np.maximum(0, 1 - x)) - 0.3).mean(), backward, x="3", name="layer")


LAYERS = [outer, arc, quotient, elsewhere, shifted_arc, gathered]
SLOW = [thrice, product] if LONG else []  # these take 5 seconds and more each
WRONG = {"a coefficient": {"wrong": 1e-7}, "too few terms": {"terms": 3}}


@slow
@pytest.mark.parametrize("layer", [*some(LAYERS, 24), *SLOW, power])
def test_a_right_series_inside_a_series_agrees(layer):
    """Whatever a series is computed from, and wherever its threshold is crossed, a right one is proved to be close."""
    result = verify.check(layer())
    assert result.passes
    rows = [row for row in result.comparisons if row.evidence.kind == "approximation"]
    assert rows
    assert all(row.verdict is Verdict.AGREES and float(row.evidence.ulps) <= float(row.evidence.limit) for row in rows)


@slow
@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("layer", [*some(LAYERS, 24), *SLOW])
def test_a_wrong_series_inside_a_series_is_refuted(layer, wrong):
    """One coefficient that is off, and too few terms for the threshold, are refuted wherever the series stands."""
    result = verify.check(layer(partial(sinc_slope, **WRONG[wrong])))
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)


PLANS = [
    Plan("1", "", (("huber", "shift", "series sinc"),), "add", "nothing", ("plain", "plain")),
    Plan("3", "", (("series sinc", "series exp"), ()), "multiply", "sum", ("plain", "plain")),
    Plan("1 3", "", (("leaky", "series sinc", "series sinc"),), "multiply", "mean", ("dot", "dot")),
    Plan("3", "unit", (("abs", "series sinc", "arctan"), ()), "divide", "square sum", ("dot", "reversed")),
    Plan("1 3", "", (("hinge", "series sinc", "shift"),), "larger", "mean", ("dot", "einsum")),
]


@pytest.mark.parametrize("plan", some(PLANS, 10))
def test_random_layers_with_nested_series(plan):
    """Layers that were left open once: series behind kinks, and beside other entries on either side of the threshold."""
    assert not complaints(check(case_of(plan)))
