"""Approximations inside longer formulas: several inputs, several series, pieces before and after them."""

import itertools
import math
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from effort import LONG, slow, some

import verify
from verify.checks.gradients.traced import decided
from verify.model.result import Verdict
from verify.tracing.observe import Observation, observe, variants
from verify.tracing.symbols.trace import Trace

THRESHOLD = 0.1


def phi(a):
    """Return (exp(a) - 1) / a, by its series near 0."""
    near = np.abs(a) < THRESHOLD
    safe = np.where(near, 1.0, a)
    return np.where(near, sum(a**k / math.factorial(k + 1) for k in range(12)), (np.exp(safe) - 1) / safe)


def phi_slope(a, last=13, wrong=0.0):
    """Return its derivative, of which the series has so many terms, and one of them is off."""
    near = np.abs(a) < THRESHOLD
    safe = np.where(near, 1.0, a)
    series = sum(k * a ** (k - 1) / math.factorial(k + 1) for k in range(1, last)) + wrong * a * a
    return np.where(near, series, (safe * np.exp(safe) - np.exp(safe) + 1) / safe**2)


def product(slope=phi_slope, factor=1.0):
    """Return phi(x w) tanh(y): the series is of a product of two inputs, and a third one multiplies it."""

    def forward(x, w, y):
        return phi(x * w) * np.tanh(y)

    def backward(d, x, w, y):
        inner = d * np.tanh(y) * slope(x * w) * np.where(np.abs(x * w) < THRESHOLD, factor, 1.0)
        return inner * w, inner * x, d * phi(x * w) * (1 - np.tanh(y) ** 2)

    return verify.pair(forward, backward, x="2", w="2", y="2", name="layer")


def softmax(slope=phi_slope, factor=1.0):
    """Return the softmax of phi: every entry depends on the series of all."""

    def forward(x):
        e = np.exp(phi(x))
        return e / e.sum()

    def backward(d, x):
        y = forward(x)
        return y * (d - (d * y).sum()) * slope(x) * np.where(np.abs(x) < THRESHOLD, factor, 1.0)

    return verify.pair(forward, backward, x="2", name="layer")


def ordered(slope=phi_slope, factor=1.0):
    """Return the softmax of phi less its maximum: the code asks which entry is the largest, close to the threshold too."""

    def forward(x):
        a = phi(x)
        e = np.exp(a - a.max())
        return e / e.sum()

    def backward(d, x):
        y = forward(x)
        return y * (d - (d * y).sum()) * slope(x) * np.where(np.abs(x) < THRESHOLD, factor, 1.0)

    return verify.pair(forward, backward, x=verify.real("2", low=0, high=1), name="layer")


def total(slope=phi_slope, factor=1.0):
    """Return a sum of phi over entries on either side of the threshold, in a domain."""

    def backward(d, x):
        return d * slope(x) * np.where(np.abs(x) < THRESHOLD, factor, 1.0)

    return verify.pair(lambda x: phi(x).sum(), backward, x=verify.real("3", low=-1, high=1), name="layer")


def outside(slope=phi_slope, factor=1.0):
    """Return phi of x / 20 for inputs below 1: the closed form is never reached in the domain."""

    def backward(d, x):
        return d * slope(x / 20) / 20 * np.where(np.abs(x) < 2, factor, 1.0)

    return verify.pair(lambda x: phi(x / 20), backward, x=verify.real("2", low=-1, high=1), name="layer")


def logarithm(slope=phi_slope, factor=1.0):
    """Return phi(log(1 + x**2)): its exponential is 1 + x**2, which does not look like one."""

    def backward(d, x):
        u = np.log(1 + x * x)
        return d * slope(u) * 2 * x / (1 + x * x) * np.where(u < THRESHOLD, factor, 1.0)

    return verify.pair(lambda x: phi(np.log(1 + x * x)), backward, x="2", name="layer")


def power(slope=phi_slope, factor=1.0):
    """Return phi(arctan(x)**2): the powers of the square are powers of the arctangent."""

    def backward(d, x):
        u = np.arctan(x)
        return d * slope(u * u) * 2 * u / (1 + x * x) * np.where(u * u < THRESHOLD, factor, 1.0)

    return verify.pair(lambda x: phi(np.arctan(x) ** 2), backward, x="2", name="layer")


QUICK = [ordered, logarithm, power]  # the others take 3 to 8 seconds each
LAYERS = [*QUICK, product, softmax, total, outside]


def rows(result):
    """Return the rows that say something of an approximation."""
    return [row for row in result.comparisons if row.evidence.kind == "approximation"]


@slow
@pytest.mark.parametrize("layer", LAYERS if LONG else QUICK)
def test_a_right_series_inside_a_longer_formula_agrees(layer):
    """A gradient with right series in it agrees, with a bound below what the formula beyond the threshold is good to."""
    result = verify.check(layer())
    assert result.passes
    assert rows(result)
    for row in rows(result):
        assert row.verdict is Verdict.AGREES
        assert float(row.evidence.ulps) <= float(row.evidence.limit)


WRONG = {
    "a factor near 0": {"factor": 1 + 1e-6},
    "a coefficient": {"slope": lambda a: phi_slope(a, wrong=1e-5)},
    "too few terms": {"slope": lambda a: phi_slope(a, last=4)},
    "another sign": {"factor": -1.0},
}


@slow
@pytest.mark.parametrize(("layer", "wrong"), some(list(itertools.product(LAYERS, WRONG)), 56))
def test_a_wrong_series_inside_a_longer_formula_is_refuted(layer, wrong):
    """A wrong coefficient, too few terms, and a factor that is wrong near 0 only are refuted wherever they stand."""
    result = verify.check(layer(**WRONG[wrong]))
    assert any(row.verdict is Verdict.REFUTED for row in result.comparisons)


def test_what_cannot_be_reached_beyond_a_threshold_is_left_open():
    """A difference below what floats tell, beside a threshold that no input crosses, is neither right nor wrong."""

    def forward(x):
        u = np.tanh(x) / 20  # never beyond 0.05
        return np.where(u < THRESHOLD, u + u**9 * 1e-10, np.sin(u))

    def backward(d, x):
        t = np.tanh(x)
        return d * (1 + 9e-10 * (t / 20) ** 8 * (1 + 1e-6)) * (1 - t * t) / 20

    result = verify.check(verify.pair(forward, backward, x="1", name="layer"))
    assert {row.verdict for row in result.comparisons} == {Verdict.UNDECIDED}


def test_a_threshold_is_crossed_without_passing_another_entry():
    """Of two entries on either side of a threshold, 1e-11 apart, the larger one stays the larger one."""
    case = ordered()
    at = {"x[0]": Fraction("0.099999999995"), "x[1]": Fraction("0.100000000005")}
    seen = Observation(next(iter(variants(case))), Trace())
    (row,), _ = decided(case, observe(case, seen.variant, 0, seen=seen, at=at), 0)
    assert row.verdict is Verdict.AGREES


def cubed(wrong=0.0):
    """Return phi of a cube."""

    def backward(d, x):
        return d * phi_slope(x * x * x, wrong=wrong) * 3 * x * x

    return verify.pair(lambda x: phi(x * x * x), backward, x="", name="layer")


def single(wrong=0.0):
    """Return phi of one number."""
    return verify.pair(phi, lambda d, x: d * phi_slope(x, wrong=wrong), x="", name="layer")


@pytest.mark.parametrize("layer", [single, cubed])
@pytest.mark.parametrize("bits", some([20, 40, 90, 200], 4))
def test_a_sample_beside_the_singularity(layer, bits):
    """Where the formula beyond the threshold loses all digits at the sample, a right series agrees, and a wrong one does not."""
    at = {"x": Fraction(1, 2**bits)}
    for wrong, verdict in ((0.0, Verdict.AGREES), (1e-9, Verdict.REFUTED)):
        case = layer(wrong=wrong)
        (row,), _ = decided(case, observe(case, next(iter(variants(case))), 0, at=at), 0)
        assert row.verdict is verdict


def powered(power, wrong=0.0):
    """Return phi of a power of an input."""

    def backward(d, x):
        return d * phi_slope(x**power, wrong=wrong) * power * x ** (power - 1)

    return verify.pair(lambda x: phi(x**power), backward, x="", name="layer")


def of_norm(wrong=0.0):
    """Return phi of the fourth power of the norm of a vector."""

    def backward(d, x):
        return d * phi_slope((x @ x) ** 2, wrong=wrong) * 4 * (x @ x) * x

    return verify.pair(lambda x: phi((x @ x) ** 2), backward, x="2", name="layer")


@slow
@pytest.mark.parametrize("layer", some([*(partial(powered, power) for power in (2, 3, 4, 5, 100)), of_norm], 12))
def test_a_threshold_of_a_power(layer):
    """Code that asks whether a power of an input is small is crossed to the other side: of an odd one, of either sign."""
    right = verify.check(layer())
    assert right.passes
    assert Verdict.AGREES in {row.verdict for row in right.comparisons}
    wrong = verify.check(layer(wrong=1e-9)).comparisons
    assert [row.evidence.kind for row in wrong if row.verdict is Verdict.REFUTED] == ["approximation"]
