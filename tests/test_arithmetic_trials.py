"""Where the floats of a layer are run: every format, magnitude and region; and what is not held against it."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.checks.gradients.traced import check_traced
from verify.checks.regions.check import regions
from verify.checks.rounding.check import arithmetic
from verify.checks.rounding.points import REGION
from verify.model.result import Verdict


def judged(forward, backward, shape="2", **domain):
    """Return the findings and the accuracy of a layer of one input, in all of its regions."""

    @verify.case(x=verify.real(shape, **domain), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    runs = check_traced(layer)[1]
    floats = arithmetic(layer, [*runs, *regions(layer, runs, 0)[2]], 0)
    return floats.findings, floats.accuracy


def codes(*args, **domain):
    return [(finding.code, finding.fails) for finding in judged(*args, **domain)[0]]


def clipped(x, inside, outside):
    """Return what x is inside of [-50, 50], and far outside: no multiple of the sample that is tried lies between."""
    return np.where(np.abs(x - 5000) < 1, inside, outside)


@slow
def test_every_region_is_run_in_its_own_sample():
    """Digits that are lost in a narrow region only are found there; its twin that keeps them is let pass."""

    def forward(x):
        return clipped(x, x**2, x)

    def lossy(x, d):
        return d * clipped(x, ((x + 1e14) - 1e14) * 2, 1)

    findings, accuracy = judged(forward, lossy)
    (finding,) = findings
    assert finding.code == "GP202"
    assert finding.detail.startswith("in another region, x[")
    assert {row.precision for row in accuracy if row.magnitude == REGION} == {"float64", "float32"}
    assert codes(forward, lambda x, d: d * clipped(x, 2 * x, 1)) == []


def eps(x):
    return 1e3 * np.finfo(x.dtype).eps


FINFO = {
    "of its input": (lambda x: x * x + eps(x) * x, lambda x, d: d * (2 * x + eps(x))),
    "of dout": (lambda x: x * x + eps(x) * x, lambda x, d: d * (2 * x + eps(d))),
    "in a norm": (
        lambda x: x / np.sqrt((x * x).sum() + eps(x)),
        lambda x, d: d / np.sqrt((x * x).sum() + eps(x)) - x * (d * x).sum() / ((x * x).sum() + eps(x)) ** 1.5,
    ),
    "by its bytes": (
        lambda x: x * (1 + 2.0 ** (-3 * x.dtype.itemsize)),
        lambda x, d: d * (1 + 2.0 ** (-3 * x.dtype.itemsize)),
    ),
    "by bytes that symbols do not have": (
        lambda x: x * (1 + 2.0 ** (-3 * x.itemsize)),
        lambda x, d: d * (1 + 2.0 ** (-3 * x.itemsize)),
    ),
}
IN_SINGLE_ONLY = {
    "forgotten": lambda x, d: d * (2 * x + (eps(x) if x.dtype == np.float64 else 0)),
    "halved": lambda x, d: d * (2 * x + eps(x)) * (0.5 if x.dtype == np.float32 else 1),
    "cast": lambda x, d: d * (2 * x.astype(np.float16) if x.dtype == np.float32 else 2 * x) + d * eps(x),
}


@pytest.mark.parametrize("name", some(FINFO, 6))
def test_code_that_asks_for_its_precision_is_judged_by_what_it_computes(name):
    """Another eps in each precision is another formula, right in each."""
    assert codes(*FINFO[name]) == []


@pytest.mark.parametrize("name", some(IN_SINGLE_ONLY, 6))
def test_what_is_wrong_in_single_precision_only_is_found_all_the_same(name):
    """Beside an eps by the type of the numbers, what is wrong for one type is no rounding."""
    found = judged(FINFO["of its input"][0], IN_SINGLE_ONLY[name])[0]
    assert ("GP201", True) in [(finding.code, finding.fails) for finding in found]
    assert all(" in float" in finding.detail for finding in found)


def parted(x, kth, axis):
    return np.take_along_axis(x, np.argpartition(x, kth, axis), axis)


def put_back(x, d, kth, axis):
    result = np.zeros_like(d)
    np.put_along_axis(result, np.argpartition(x, kth, axis), d, axis)
    return result


@slow
@pytest.mark.parametrize(
    ("shape", "kth", "axis"), some([("3 4", 1, 1), ("4 2", 2, 0), ("2 7", -2, -1), ("9", 3, 0)], 8)
)
def test_the_order_within_a_part_is_that_of_each_type(shape, kth, axis):
    """NumPy orders the parts of floats of 16 bits in another way: that is another function, whose gradient is right."""
    forward, backward = (lambda x: parted(x, kth, axis)), (lambda x, d: put_back(x, d, kth, axis))
    assert judged(forward, backward, shape)[0] == []
    doubled = judged(forward, lambda x, d: backward(x, d) * (2 if x.dtype == np.float16 else 1), shape)[0]
    assert {(finding.code, finding.fails) for finding in doubled} == {("GP201", True)}


def narrow(x):
    return np.tanh(x.astype(np.float32))


CASTS = {  # each with whether it fails
    "the whole layer": (narrow, lambda x, d: (d * (1 - narrow(x) ** 2)).astype(np.float32), False),
    "all but the gradient": (narrow, lambda x, d: d * (1 - narrow(x) ** 2), False),
    "and back": (lambda x: narrow(x).astype(np.float64), lambda x, d: d * (1 - narrow(x) ** 2), True),
    "the gradient": (np.tanh, lambda x, d: (d * (1 - np.tanh(x) ** 2)).astype(np.float32), True),
    "inside of backward": (np.tanh, lambda x, d: d * (1 - narrow(x) ** 2), True),
}


@pytest.mark.parametrize("name", some(CASTS, 6))
def test_a_cast_fails_unless_the_output_declares_it(name):
    """A layer in single precision throughout is its author's choice; a gradient with fewer digits than the output not."""
    *functions, fails = CASTS[name]
    (finding,) = judged(*functions)[0]
    assert (finding.code, finding.fails) == ("GP201", fails)
    assert "a cast to float32 at tests/test_arithmetic_trials.py:" in finding.detail
    assert ("as the output is float32" in finding.detail) != fails


HARD = {  # for checkers that sample: each is right, and its floats are as good as any
    "inputs of 1e8": (np.log, lambda x, d: d / x, {"low": 1e7}),
    "inputs of 1e8 within bounds": (np.sqrt, lambda x, d: d / (2 * np.sqrt(x)), {"low": 1e7, "high": 1e9}),
    "inputs of 1e-8": (lambda x: x * x + x, lambda x, d: d * (2 * x + 1), {"low": 0, "high": 1e-7}),
    "next to a kink": (lambda x: np.maximum(x, 0), lambda x, d: d * (x > 0), {"low": -1e-9, "high": 1e-9}),
    "next to a kink at 1": (
        lambda x: np.abs(x - 1),
        lambda x, d: d * np.sign(x - 1),
        {"low": 0.99999, "high": 1.00001},
    ),
    "high curvature": (lambda x: np.sin(1000 * x), lambda x, d: d * 1000 * np.cos(1000 * x), {}),
    "steep": (lambda x: np.exp(50 * x), lambda x, d: d * 50 * np.exp(50 * x), {"low": -1, "high": 1}),
    "single precision": (narrow, lambda x, d: d * (1 - narrow(x) ** 2), {}),
    "cancellation in forward": (lambda x: (x + 1e8) - 1e8, lambda x, d: d.copy(), {}),
    "all of forward cancels": (lambda x: (1 + x) ** 2 - 1 - 2 * x, lambda x, d: 2 * d * x, {}),
}


@pytest.mark.parametrize("name", some(HARD, 8))
def test_what_is_right_is_proved_however_hard_to_sample(name):
    """Nothing of it is refuted, and nothing fails."""
    forward, backward, domain = HARD[name]

    @verify.case(x=verify.real("2", **domain), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    result = verify.check(layer)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert [finding.detail for finding in result.findings if finding.fails] == []


@pytest.mark.parametrize("name", HARD)
def test_what_is_wrong_is_refuted_however_hard_to_sample(name):
    """The same layers with an error of a part in a million are refuted."""
    forward, backward, domain = HARD[name]

    @verify.case(x=verify.real("2", **domain), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout) * 1.000001

    assert Verdict.REFUTED in {row.verdict for row in verify.check(layer, quick=True).comparisons}


@pytest.mark.parametrize(("is_cast", "expected"), [(False, []), (True, [("GP201", True)])])
def test_a_fixed_upstream_of_a_scalar_has_no_short_type(is_cast, expected):
    """A plain number, as callers write it, is not rounded in what the code makes of it; digits that are lost are told."""

    def loss(x):
        return (np.where(x < 0, 3.0, 1.0) * x**2).sum() / 3

    @verify.case(x="3", upstream=1, name="loss")
    def layer(x):
        dout = yield loss(x)
        slope = dout * 2 / 3 * np.where(x < 0, 3.0, 1.0) * x
        return slope.astype(np.float32).astype(np.float64) if is_cast else slope

    found = verify.check(layer).findings
    assert [(finding.code, finding.fails) for finding in found if finding.code == "GP201"][:1] == expected
