"""Wrong gradients are refuted on whole arrays at exact inputs; a difference that may be no mistake is left to scalars."""

import math
from fractions import Fraction

import numpy as np
import pytest
from effort import some
from whole_cases import case

import verify
from verify import Verdict
from verify.checks.claims import needed
from verify.checks.gradients import apart, gates, whole
from verify.checks.gradients.apart import OTHERS
from verify.checks.gradients.traced import check_traced
from verify.checks.gradients.whole import attempted
from verify.tracing.observe import variants


@pytest.fixture(autouse=True)
def _small_arrays_too(monkeypatch):
    """Take arrays of any size for too large for scalars."""
    monkeypatch.setattr(whole, "_FEW", -1)
    monkeypatch.setattr(apart, "LARGE", -1)


def attempt(one, seed=0):
    return attempted(one, variants(one)[0], seed)


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(mistake=""):
    """Return scaled attention of 3 steps of 4 features, with a mistake."""

    def forward(q, k, v):
        return softmax(q @ k.T / math.sqrt(4)) @ v

    def backward(d, y, q, k, v):
        p = softmax(q @ k.T / math.sqrt(4))
        dp = d @ v.T
        ds = p * (dp if mistake == "no row sum" else dp - (dp * p).sum(axis=-1, keepdims=True))
        ds = ds if mistake == "no scale" else ds / math.sqrt(4)
        return ds @ k, (ds if mistake == "no transpose" else ds.T) @ q, p.T @ d

    return case(forward, backward, {"q": "3 4", "k": "3 4", "v": "3 4"})


WRONG = {
    "attention without the sum of a row": attention("no row sum"),
    "attention without its scale": attention("no scale"),
    "attention without a transpose": attention("no transpose"),
    "a sign": case(lambda x: x * x, lambda d, y, x: -2 * x * d),
    "upstream squared": case(lambda x: 3 * x, lambda d, y, x: 3 * d * d),
    "one entry": case(lambda x: np.tanh(x), lambda d, y, x: d * (1 - y * y) * (np.arange(6) < 5)),
    "a wrong branch": case(lambda x: np.maximum(x, 0), lambda d, y, x: d * (x < 0)),
    "a constant where the input has a bound": case(
        lambda x: np.log(x), lambda d, y, x: d / x**2, {"x": verify.real("6", low=2)}
    ),
    "floats overflow at the sample": case(lambda x: np.exp(500 * x), lambda d, y, x: d * y),
}
RIGHT = {"attention": attention(), "a branch": case(lambda x: np.maximum(x, 0), lambda d, y, x: d * (x > 0))}


@pytest.mark.parametrize("name", some(WRONG, 6))
def test_wrong_gradients_are_refuted(name):
    """Both roads refute the same gradients, and the exact values at the inputs shown differ."""
    found = attempt(WRONG[name])
    assert found.proved is None
    by_arrays = {row.name: row for row in found.refuted.rows}
    by_scalars = {row.name: row.verdict for row in check_traced(WRONG[name])[0].comparisons}
    if name != "floats overflow at the sample":  # which scalars say as well
        assert {key: row.verdict for key, row in by_arrays.items()} == by_scalars
    wrong = [row for row in by_arrays.values() if row.verdict is Verdict.REFUTED]
    assert wrong
    for row in wrong:
        assert row.counterexample.expected != row.counterexample.actual
        assert 0 < row.failing <= row.entries
        assert row.where


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients_are_proved(name):
    """What is proved is not looked at."""
    found = attempt(RIGHT[name])
    assert found.refuted is None
    assert found.proved is not None


def test_inputs_are_0_where_they_may_be():
    """Of an operation on entries two numbers are left: an input, and its upstream; both values are exact."""
    [row] = attempt(case(lambda x: x * x * x, lambda d, y, x: d * x * x)).refuted.rows
    inputs = dict(row.counterexample.inputs)
    place = [*row.index]
    assert set(inputs) == {f"x{place}", f"dout{place}"} or set(inputs) == {f"x{place}", f"dout{place}", OTHERS}
    x, d = (Fraction(inputs[f"{name}{place}"]) for name in ("x", "dout"))
    assert Fraction(row.counterexample.expected) == 3 * d * x**2
    assert Fraction(row.counterexample.actual) == d * x**2
    [row] = attempt(case(lambda x: x.sum() ** 2, lambda d, y, x: d * x.sum() * np.ones(6))).refuted.rows
    assert row.counterexample.inputs[-1] == (OTHERS, "0")


def test_inputs_stay_in_their_domain_and_region():
    """What has a bound is not 0, and a branch is taken as at the sample."""
    [row] = attempt(WRONG["a constant where the input has a bound"]).refuted.rows
    assert all(Fraction(value) > 2 for name, value in row.counterexample.inputs if name.startswith("x"))
    [row] = attempt(WRONG["a wrong branch"]).refuted.rows
    assert all(Fraction(value) for name, value in row.counterexample.inputs if name == f"x{[*row.index]}")


# Differences that may be no mistakes, each beside one that is.
OPEN = {
    "a small constant that backward ignores": (
        case(lambda x: np.log(x + 1e-3), lambda d, y, x: d / x, {"x": verify.real("6", low=0, high="0.001")}),
        case(lambda x: np.log(x + 1e-3), lambda d, y, x: d / x**3, {"x": verify.real("6", low=1)}),
    ),
    "a constant of few digits": (
        case(lambda x: (0.7978845608028654 - 0.7978845) * x, lambda d, y, x: 6.1e-8 * d),
        case(lambda x: 0.7978845608028654 * x, lambda d, y, x: 6.1e-8 * d),
    ),
    "an approximation": (
        case(lambda x: np.where(x > 0.0137, np.sin(x), x), lambda d, y, x: d * np.where(x > 0.0137, np.cos(x), 1.01)),
        case(lambda x: np.where(x > 0.0137, np.sin(x), x), lambda d, y, x: 2 * d),
    ),
    "an accuracy that is stated": (
        case(lambda x: x * x, lambda d, y, x: 3 * d * x, accuracy=0.9),
        case(lambda x: x * x, lambda d, y, x: 3 * d * x),
    ),
    "other floats": (
        case(lambda x: x * x, lambda d, y, x: (2 if type(x) is np.ndarray else 3) * d * x),
        case(lambda x: x * x, lambda d, y, x: 3 * d * x),
    ),
    "a branch on the upstream": (
        case(lambda x: x * x, lambda d, y, x: np.where(d > 0, 2, 3) * d * x),
        case(lambda x: x * x, lambda d, y, x: np.where(x > 0, 2, 3) * d * x),
    ),
}


@pytest.mark.parametrize("name", OPEN)
def test_what_may_be_no_mistake_is_left_open(name):
    """Scalars look into what has another explanation; the same without one is refuted."""
    doubtful, wrong = OPEN[name]
    assert attempt(doubtful).decided is None
    assert any(row.verdict is Verdict.REFUTED for row in attempt(wrong).refuted.rows)


def test_small_runs_are_left_to_scalars(monkeypatch):
    """They explain what is wrong; whole arrays say only where."""
    monkeypatch.setattr(apart, "LARGE", 2_000_000)
    assert attempt(WRONG["a sign"]).decided is None


def test_little_work_finds_larger_inputs(monkeypatch):
    """Where no work is left, the inputs in formulas are those of the sample; others are 0 where the code is run again."""
    monkeypatch.setattr(apart, "_WORK", 0)
    [row] = attempt(WRONG["a sign"]).refuted.rows
    assert all(len(value) > 3 for name, value in row.counterexample.inputs if name != OTHERS)
    monkeypatch.setattr(gates, "_WORK", 0)
    monkeypatch.setattr(needed, "_FEWEST", 0)
    [row] = attempt(WRONG["a sign"]).refuted.rows
    assert OTHERS not in dict(row.counterexample.inputs)
