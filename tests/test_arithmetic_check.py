"""Layers on floats: stable and unstable twins told apart, casts and overflows found, and nothing that is not there."""

import re

import numpy as np
import pytest
from effort import LONG, some

import verify
from verify.cases.case import TracedCase
from verify.checks.gradients.traced import check_traced
from verify.checks.regions.check import regions
from verify.checks.rounding.check import arithmetic
from verify.discovery.collect import collect
from verify.model.garbage import uncollected

REFERENCE = [case.name for case in collect(["layers"]) if isinstance(case, TracedCase)]
QUICK = ["attention", "batch norm", "elu", "gelu", "layer norm", "lstm", "softmax with loss", "swish"]  # the hard ones


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def one_pass(x):
    return (x**2).mean(axis=0) - x.mean(axis=0) ** 2


def two_pass(x):
    return ((x - x.mean(axis=0)) ** 2).mean(axis=0)


def normalised(var, eps):
    """Return forward and backward of a normalisation with some variance."""

    def backward(x, dout):
        std = np.sqrt(var(x) + eps)
        normal = (x - x.mean(axis=0)) / std
        return (dout - dout.mean(axis=0) - normal * (dout * normal).mean(axis=0)) / std

    return lambda x: (x - x.mean(axis=0)) / np.sqrt(var(x) + eps), backward


def found(forward, backward, **domain):
    """Return the findings on an elementwise layer, or one on columns."""

    @verify.case(x=verify.real("N 4", **domain), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    return arithmetic(layer, check_traced(layer)[1], 0).findings


def codes(*args, **domain):
    return [finding.code for finding in found(*args, **domain)]


STABLE = {
    "softplus": (lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), lambda x, d: d * sigmoid(x)),
    "log-sum-exp": (
        lambda x: x.max(axis=1) + np.log(np.exp(x - x.max(axis=1, keepdims=True)).sum(axis=1)),
        lambda x, d: d[:, None] * softmax(x),
    ),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x, d: d * sigmoid(x) * (1 - sigmoid(x))),
    "sigmoid that overflows to the right value": (
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x, d: d / (1 + np.exp(-x)) * (1 - 1 / (1 + np.exp(-x))),
    ),
    "tanh": (np.tanh, lambda x, d: d * (1 - np.tanh(x) ** 2)),
    "batch norm": normalised(two_pass, 1e-5),
    "variance of NumPy's": normalised(lambda x: x.var(axis=0), 1e-5),
    "a nearly constant row": normalised(two_pass, 0),
    "high curvature": (lambda x: np.sin(1000 * x), lambda x, d: d * 1000 * np.cos(1000 * x)),
    "a kink": (lambda x: np.maximum(x, 0), lambda x, d: d * (x > 0)),
    "a sum": (lambda x: x.sum(axis=0) * x, lambda x, d: (d * x).sum(axis=0) + d * x.sum(axis=0)),
}
UNSTABLE = {
    "batch norm": normalised(one_pass, 1e-5),
    "a nearly constant row": normalised(one_pass, 0),
    "a sum less its first term": (lambda x: 2 * x, lambda x, d: d * ((x * x + 2) - x * x)),
}
OVERFLOWING = {
    "softplus": (lambda x: np.log(1 + np.exp(x)), lambda x, d: d * np.exp(x) / (1 + np.exp(x))),
    "log-sum-exp": (
        lambda x: np.log(np.exp(x).sum(axis=1)),
        lambda x, d: d[:, None] * np.exp(x) / np.exp(x).sum(axis=1, keepdims=True),
    ),
    "sigmoid": (lambda x: np.exp(x) / (1 + np.exp(x)), lambda x, d: d * np.exp(x) / (1 + np.exp(x)) ** 2),
    "log cosh": (lambda x: np.log(np.cosh(x)), lambda x, d: d * np.sinh(x) / np.cosh(x)),
}
NEAR_ZERO = {  # each with the code that is found
    "expm1": (lambda x: np.log(np.expm1(x)), lambda x, d: d * (np.exp(x) / np.expm1(x)), []),
    "exp - 1": (lambda x: np.log(np.exp(x) - 1), lambda x, d: d * (np.exp(x) / (np.exp(x) - 1)), ["GP202"]),
    "quotient": (lambda x: (np.exp(x) - 1) / x, lambda x, d: d * (x * np.exp(x) - np.exp(x) + 1) / x**2, ["GP202"]),
    "1/sqrt": (lambda x: 1 / np.sqrt(x), lambda x, d: -d / (2 * x * np.sqrt(x)), []),
    "x**-0.5": (lambda x: x**-0.5, lambda x, d: -0.5 * d * x**-1.5, []),
    "1/sqrt of less": (lambda x: 1 / np.sqrt(x), lambda x, d: -d / (2 * ((x + 1) - 1) * np.sqrt(x)), ["GP202"]),
}


@pytest.mark.parametrize("name", some(STABLE, 4))
def test_what_is_stable_is_not_found(name):
    """What is hard for checkers that sample, and harmless on floats, gives no finding."""
    assert codes(*STABLE[name]) == []


@pytest.mark.parametrize("name", some(UNSTABLE, 6))
def test_what_loses_its_digits_is_a_hazard(name):
    """The unstable twin has the right formula, and the subtraction that loses the digits is named."""
    (finding,) = found(*UNSTABLE[name])
    assert finding.code == "GP202"
    assert not finding.fails
    assert "the formula is right, but " in finding.detail
    assert "the subtraction at tests/test_arithmetic_check.py:" in finding.detail
    assert finding.named
    assert str(finding.where) in finding.detail


@pytest.mark.parametrize(
    ("offset", "said"),
    some(
        [
            (100, ""),
            (1e5, "at .* in float32 is .* (1[2-9]|2.) of 24 bits are lost, most of them to the subtraction .*"),
            (2e8, "at the sample, .* 2[1-6] of 53 bits are lost here, and 27 may be, most of .*"),
            (1e10, "at the sample, .* (2[7-9]|3.) of 53 bits are lost, most of .*"),
        ],
        6,
    ),
)
def test_half_of_the_bits_may_be_lost_by_the_bound_too(offset, said):
    """What an operation may take counts where an error confirms it; in single precision, of the bits that it has."""
    findings = found(lambda x: x**2 / 2, lambda x, d: d * ((x + offset) - offset))
    unstable = [finding.detail for finding in findings if finding.code == "GP202"]
    assert not any(finding.fails for finding in findings)
    assert re.fullmatch(said, "".join(unstable)), unstable


@pytest.mark.parametrize("name", some(OVERFLOWING, 6))
def test_an_overflow_is_a_hazard(name):
    """NaN where the true gradient is representable is found far from the sample, with the function that overflows."""
    finding, *outputs = found(*OVERFLOWING[name])
    assert {(one.code, one.name, one.fails) for one in outputs} <= {("GP203", "output", False)}
    assert (finding.code, finding.name, finding.fails) == ("GP203", "x", False)
    assert "its gradient is nan, the exact one" in finding.detail
    assert "overflows at tests/test_arithmetic_check.py:" in finding.detail


def test_an_overflow_at_the_sample_fails():
    """Where the sample itself overflows, the layer does not work."""
    (finding,) = found(*OVERFLOWING["softplus"], low=800, high=900)
    assert (finding.code, finding.fails) == ("GP203", True)
    assert finding.detail.startswith("at the sample, x[0,0] = 8")


@pytest.mark.parametrize("name", some(NEAR_ZERO, 6))
def test_near_zero_twins_are_told_apart(name):
    """At 1e-8 from the end of the domain expm1 has its digits, and exp - 1 has none."""
    *functions, expected = NEAR_ZERO[name]
    assert codes(*functions, low=0, high=5) == expected


def narrowed(x, d):
    return (d * (1 - np.tanh(x) ** 2)).astype(np.float32)


def by_type(x, d):
    slope = 1 - np.tanh(x) ** 2
    return d * slope * (1.01 if x.dtype == np.float32 else 1)


def halved(x, d):
    slope = np.exp(x)
    return d * (slope.astype(np.float16) if x.dtype == np.float32 else slope)


def clipped(x, d):
    slope = np.cos(x)
    return d * slope + (1e-4 * d if d.dtype != np.float64 else 0)


@pytest.mark.parametrize(
    ("forward", "backward"),
    some([(np.tanh, by_type), (np.exp, halved), (np.sin, clipped)], 6),
    ids=lambda function: function.__name__,
)
def test_what_is_wrong_in_single_precision_only_is_found(forward, backward):
    """Code that looks at the type of its numbers is outside of its bound there, and fails."""
    finding = next(finding for finding in found(forward, backward) if finding.fails)
    assert finding.code == "GP201"
    assert "in float32" in finding.detail
    assert finding.detail.endswith(
        f"a cast to float16 at tests/test_arithmetic_check.py:{halved.__code__.co_firstlineno + 2}"
        if backward is halved
        else " only, where the code computes something else, or casts"
    )


def test_a_cast_is_found_with_its_place():
    """A gradient that was stored in a shorter type is further from the exact one than rounding can take it."""
    (finding,) = found(np.tanh, narrowed)
    line = narrowed.__code__.co_firstlineno + 1
    assert finding.code == "GP201"
    assert finding.detail.endswith(f"a cast to float32 at tests/test_arithmetic_check.py:{line}")


def saturated(x, d):
    y = sigmoid(x)
    return np.where(y == 1, 5 * d, d * y * (1 - y))


def beyond(x, d):
    y = sigmoid(x)
    return np.where(x > 30, 0, d * y * (1 - y))


def floored(x, d):
    y = sigmoid(x)  # overflows on its way to 0, which is far below the threshold all the same
    return d * np.where(y > 1e-12, y * (1 - y), 0)


@pytest.mark.parametrize(
    ("backward", "said"), some([(saturated, ["GP204"]), (beyond, []), (floored, []), (STABLE["sigmoid"][1], [])], 6)
)
def test_a_branch_that_rounding_decides_is_said(backward, said):
    """A sigmoid is 1 as a float only; what asks for that is not judged there, unlike what asks for the input."""
    findings = found(sigmoid, backward)
    assert [one.code for one in findings] == said
    line = saturated.__code__.co_firstlineno + 2
    assert all(str(one.where) == f"tests/test_arithmetic_check.py:{line}" and not one.fails for one in findings)


def test_a_wrong_formula_is_no_matter_of_floats():
    """What is refuted is not found again, as unstable or outside of its bound."""
    assert codes(np.tanh, lambda x, d: d * (1 + np.tanh(x) ** 2)) == []


def test_accuracy_is_told_for_each_precision():
    """Each gradient has a row for each precision and magnitude, with its bound beyond its error."""

    @verify.case(x="N D", W="D M")
    def product(x, W):
        dout = yield x @ W
        return dout @ W.T, x.T @ dout

    rows = arithmetic(product, check_traced(product)[1], 0).accuracy
    assert {(row.precision, row.magnitude) for row in rows} >= {
        ("float64", "sample"),
        ("float64", "1e8"),
        ("float64", "1e-8"),
        ("float32", "1e3"),
        ("float16", "sample"),
    }
    assert all(float(row.error) <= float(row.bound) < 1000 and float(row.bits_lost) < 10 for row in rows)


@pytest.mark.parametrize("name", some(REFERENCE if LONG else QUICK[::2]))
def test_no_reference_layer_has_a_finding(name):
    """What is found on layers that are right and stable is not there."""
    (case,) = (case for case in collect(["layers"]) if case.name == name)
    with uncollected():
        runs = check_traced(case)[1]
        floats = arithmetic(case, [*runs, *regions(case, runs, 0)[2]], 0)
    assert not floats.findings
    assert not floats.wrong
    assert not floats.notes
    assert {row.precision for row in floats.accuracy} == {"float64", "float32", "float16"}
