"""Outputs on floats are judged as gradients are, and a formula that floats show to be wrong is refuted."""

import numpy as np
import pytest
from effort import some

import verify
from verify.checks.gradients.traced import check_traced
from verify.checks.rounding.check import arithmetic
from verify.model.result import Verdict


def checked(forward, backward, **domain):
    """Check a layer of a function of x and its gradient."""

    @verify.case(x=verify.real("N 4", **domain), name="layer")
    def layer(x):
        dout = yield forward(x)
        return backward(x, dout)

    return verify.check(layer)


def findings(*args, **domain):
    """Return code, name and severity of the findings on floats."""
    return {(f.code, f.name, f.fails) for f in checked(*args, **domain).findings if f.code.startswith("GP2")}


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def softmax(x):
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def shifted(x):
    return softmax(x - x.max(axis=1, keepdims=True))


def softmax_backward(x, d):
    y = shifted(x)
    return y * (d - (d * y).sum(axis=1, keepdims=True))


def variance_backward(x, d):
    return 2 * d * (x - x.mean(axis=0)) / len(x)


TWINS = {  # forward that is bad on floats, its twin that is not, their backward, and what is found
    "softplus": (
        lambda x: np.log(1 + np.exp(x)),
        lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
        lambda x, d: d * sigmoid(x),
        ("GP203", False),
    ),
    "softmax": (softmax, shifted, softmax_backward, ("GP203", False)),
    "variance": (
        lambda x: (x**2).mean(axis=0) - x.mean(axis=0) ** 2,
        lambda x: ((x - x.mean(axis=0)) ** 2).mean(axis=0),
        variance_backward,
        ("GP202", False),
    ),
    "half precision": (
        lambda x: (x * x).astype(np.float16),
        lambda x: x * x,
        lambda x, d: 2 * d * x,
        ("GP201", False),
    ),
    "through single precision": (
        lambda x: (x * x).astype(np.float32).astype(np.float64),
        lambda x: x * x,
        lambda x, d: 2 * d * x,
        ("GP201", True),
    ),
    "another power in single precision": (
        lambda x: x**3 if x.dtype == np.float32 else x**2,
        lambda x: x**2,
        lambda x, d: 2 * d * x,
        ("GP201", True),
    ),
}


@pytest.mark.parametrize("name", some(TWINS, 6))
def test_outputs_are_judged_as_gradients_are(name):
    """An output that overflows, cancels or is narrowed is found, though backward is right and stable."""
    forward, twin, backward, (code, fails) = TWINS[name]
    assert (code, "output", fails) in findings(forward, backward)
    assert findings(twin, backward) == set()


def test_code_that_asks_for_its_precision_on_both_sides_is_right():
    """A power by the type of the numbers, with its own derivative, is no fault."""

    def forward(x):
        return x**3 if x.dtype == np.float32 else x**2

    def backward(x, d):
        return 3 * d * x**2 if x.dtype == np.float32 else 2 * d * x

    assert findings(forward, backward) == set()


BYTES = {
    "an entry": lambda x: x.itemsize != 4,
    "its type": lambda x: x.dtype.itemsize != 4,
    "all": lambda x: x.nbytes != 4 * x.size,
    "a step": lambda x: x.strides[-1] != 4,
}


@pytest.mark.parametrize("name", some(BYTES, 8))
def test_code_that_asks_for_the_bytes_of_its_numbers_is_judged_by_what_it_computes(name):
    """A gradient that is wrong for short floats alone is found, whichever way the code asks for them."""
    is_long = BYTES[name]

    def wrong(power):
        return findings(lambda x: x**2 if is_long(x) else x**power, lambda x, d: 2 * d * x)

    assert wrong(2) == set()
    assert ("GP201", "output", True) in wrong(3) or ("GP201", "x", True) in wrong(3)
    assert findings(lambda x: x**2, lambda x, d: (2 if is_long(x) else 3) * d * x) == {("GP201", "x", True)}


def test_views_by_the_bytes_of_short_floats_are_not_followed():
    """Symbols lie further apart than short floats: a view by such steps is no finding, and a note says so."""

    def by_steps(x):
        step = x.itemsize
        view = np.lib.stride_tricks.as_strided(x, (len(x), 3, 2), (4 * step, step, step))
        return view.sum(axis=2) ** (3 if step == 4 else 2)

    def by_sizes(x):
        return np.lib.stride_tricks.sliding_window_view(x, 2, 1).sum(axis=2) ** (3 if x.itemsize == 4 else 2)

    def backward(x, d):
        dx, pairs = np.zeros_like(x), 2 * d * (x[:, 1:] + x[:, :-1])
        dx[:, 1:] += pairs
        dx[:, :-1] += pairs
        return dx

    result = checked(by_steps, backward)
    assert [row.verdict for row in result.comparisons] == [Verdict.PROVED] * len(result.comparisons)
    assert not [finding for finding in result.findings if finding.code == "GP201"]
    (note,) = [note for note in result.notes if "cannot be traced: they are not judged" in note]
    assert note.startswith("floats in float32 differ from the formulas")
    assert ("GP201", "x", True) in findings(by_sizes, backward) or ("GP201", "output", True) in findings(
        by_sizes, backward
    )


def test_a_type_of_which_output_and_gradient_are_others_is_found():
    """The output in single precision is another power, whose derivative the gradient is not: one of both is told."""
    for dtype in (np.float32, np.float16):
        told = findings(lambda x, t=dtype: x**3 if x.dtype == t else x**2, lambda x, d: 2 * d * x)
        assert told == {("GP201", "output", True)}


def test_several_outputs_are_told_apart():
    """The second of two outputs overflows, and is named."""

    @verify.case(x="3")
    def layer(x):
        a, b = yield np.tanh(x), np.log(1 + np.exp(x))
        return a * (1 - np.tanh(x) ** 2) + b * sigmoid(x)

    found = {finding.name: finding for finding in verify.check(layer).findings if finding.code == "GP203"}
    assert set(found) == {"output 2"}
    assert "out2[0] is inf" in found["output 2"].detail


LINE = (lambda x: 0.5 * x + 3 * np.exp(-((x - 5e3) ** 2) / 1e6), lambda x, d: 0.5 * d)
INVISIBLE = {  # a term that is below every digit at the sample, and large at other magnitudes that floats are run at
    "a line": (LINE[0], LINE[1], lambda x, d: 0.5 * d - 6e-6 * d * (x - 5e3) * np.exp(-((x - 5e3) ** 2) / 1e6)),
    "a barrier": (
        lambda x: x + np.exp(x - 1e3),
        lambda x, d: d + 0 * x,
        lambda x, d: d + d * np.exp(x - 1e3),
    ),
}


@pytest.mark.parametrize("name", some(INVISIBLE, 4))
def test_a_formula_that_is_wrong_elsewhere_in_its_region_is_refuted(name):
    """What is wrong at a point of its own region is wrong, whoever finds it; the right twin is proved."""
    forward, wrong, right = INVISIBLE[name]
    rows = checked(forward, wrong).comparisons
    assert Verdict.REFUTED in {row.verdict for row in rows}
    assert all(row.counterexample is not None for row in rows if row.verdict is Verdict.REFUTED)
    assert {row.verdict for row in checked(forward, right).comparisons} <= {Verdict.PROVED, Verdict.AGREES}


def test_the_point_at_which_a_formula_is_wrong_is_kept():
    """Floats name the gradient, and the point of the run's own region at which no rounding explains it."""

    @verify.case(x="3", name="layer")
    def layer(x):
        dout = yield x + np.exp(x - 1e3)
        return dout

    ((name, _, point, _), *_) = arithmetic(layer, check_traced(layer)[1], 0).wrong
    assert name == "x"
    assert max(point[f"x[{i}]"] for i in range(3)) > 900


@pytest.mark.parametrize(
    "backward", [lambda x, d: d * (1 + np.tanh(x) ** 2), lambda x, d: 2 * d / np.cosh(x) ** 2], ids=["sign", "factor"]
)
def test_floats_of_a_wrong_formula_are_not_said_to_be_unstable(backward):
    """Beside a refutation nobody says that the formula is right."""
    result = checked(np.tanh, backward, low=150, high=160)
    assert Verdict.REFUTED in {row.verdict for row in result.comparisons}
    assert not any(finding.name == "x" for finding in result.findings if finding.code.startswith("GP2"))
    assert not any("the formula is right" in finding.detail for finding in result.findings)


def test_saturated_floats_that_are_right_are_not_found():
    """The slope of a tanh at 150 is 1e-130, also where the formula of the exact side has no digit of it left."""
    assert findings(np.tanh, lambda x, d: d / np.cosh(x) ** 2, low=150, high=160) == set()


def test_a_logarithm_of_what_cancels_is_defined():
    """1 - tanh(x) is not 0 at 150, however few bits a ball has."""
    result = checked(lambda x: np.log(1 - np.tanh(x)), lambda x, d: -d * (1 + np.tanh(x)), low=150, high=160)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    (finding,) = [f for f in result.findings if f.name == "output" and "in float" not in f.detail]
    assert "log at " in finding.detail
    assert "is of a number that rounding may take to 0 or below" in finding.detail
    assert "overflows" not in finding.detail


def test_a_logarithm_of_a_negative_number_does_not_overflow():
    """A variance by one pass may be negative on floats: what its logarithm gives is no overflow."""

    def spread(x):
        return (x**2).mean(axis=0) - x.mean(axis=0) ** 2

    def backward(x, d):
        return 2 * d * (x - x.mean(axis=0)) / len(x) / ((x - x.mean(axis=0)) ** 2).mean(axis=0)

    @verify.case(x="5 2")
    def layer(x):
        dout = yield np.log(spread(x))
        return backward(x, dout)

    found = [f for f in verify.check(layer).findings if f.code.startswith("GP2")]
    assert {f.code for f in found} == {"GP202"}
    assert not any("overflows" in f.detail for f in found)


def test_what_is_not_known_is_said():
    """The slope at 1e8 takes a hundred million digits: floats are not judged there, and a note says so."""
    result = checked(lambda x: np.log(1 - np.tanh(x)), lambda x, d: -d * (1 + np.tanh(x)), low=1)
    assert any("exact value of output is not known to enough digits" in note for note in result.notes)
