"""Gradients that compiled code computes, judged at points: right ones are SAMPLED, wrong ones never pass."""

import ctypes
import ctypes.util
import math
from fractions import Fraction

import numpy as np
import pytest
from effort import slow, some
from scipy.linalg import blas
from scipy.signal import sepfir2d
from scipy.special import cython_special

import verify
from verify.model.reasons import Reason
from verify.model.result import Run, Verdict, exit_status, strict

LIBRARY = ctypes.CDLL(ctypes.util.find_library("m"))
EXP, LOG, SINGLE = LIBRARY.exp, LIBRARY.log, LIBRARY.expf
EXP.restype, EXP.argtypes = ctypes.c_double, [ctypes.c_double]
LOG.restype, LOG.argtypes = ctypes.c_double, [ctypes.c_double]
SINGLE.restype, SINGLE.argtypes = ctypes.c_float, [ctypes.c_float]
TRIPLE, SAME = np.array([0.0, 3, 0]), np.array([0.0, 1, 0])  # filters
POSITIVE = {"low": 0, "high": 2}
CALLS = []


def sigmoid(x):
    return 1 / (1 + EXP(-x))


def step(x):
    return np.array([cython_special.expit(1e30 * v) for v in x])


def through_memory(x):
    """Return a copy that compiled code makes of an address."""
    pointer = x.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    return np.array([pointer[i] for i in range(len(x))])


def counting(x):
    CALLS.append(1)
    return EXP(x) * len(CALLS)


def row_of(forward, backward, shape="", **bounds):
    """Return the row of a layer of one input."""
    case = verify.pair(forward, backward, x=verify.real(shape, **bounds))
    rows = verify.check(case).comparisons
    return max(rows, key=lambda row: row.verdict.rank)


# Forward, the right backward, a wrong one, the shape and bounds.
TWINS = {
    "ctypes": (np.exp, lambda d, x: d * EXP(x), lambda d, x: d * EXP(-x), "", {}),
    "a small error": (np.exp, lambda d, x: d * EXP(x), lambda d, x: d * EXP(x) * 1.0005, "", {}),
    "f2py": (lambda x: x * x, lambda d, x: blas.daxpy(d * x, d * x), lambda d, x: blas.daxpy(d, d * x), "N", {}),
    "a sum": (lambda x: x.sum() ** 2, lambda d, x: 2 * d * blas.ddot(x, x**0) * x**0, lambda d, x: d * blas.ddot(x, x) * x**0, "N", {}),
    "Cython": (lambda x: np.log(1 + np.exp(x)), lambda d, x: d * cython_special.expit(x), lambda d, x: d * cython_special.expit(-x), "", {}),
    "C": (lambda x: 3 * x, lambda d, x: sepfir2d(d, TRIPLE, SAME), lambda d, x: sepfir2d(d, SAME, SAME), "4 5", {}),
    "memory": (lambda x: 2 * x, lambda d, x: 2 * through_memory(d), lambda d, x: 2 * through_memory(x), "3", {}),
    "branches": (lambda x: np.maximum(x, 0), lambda d, x: d * step(x), lambda d, x: d * (1 - step(x)), "N", {}),
    "zeros": (lambda x: np.maximum(x, 0), lambda d, x: d * step(x), lambda d, x: d * (step(x) + 1e-3), "3", {}),
    "lost digits": (lambda x: 1 / (1 + np.exp(-x)), lambda d, x: d * sigmoid(x) * (1 - sigmoid(x)), lambda d, x: d * sigmoid(x) * sigmoid(x), "", {}),
    "a domain": (lambda x: x * x, lambda d, x: 2 * d * EXP(LOG(x)), lambda d, x: d * EXP(LOG(x)), "", POSITIVE),
}  # fmt: skip


@slow
@pytest.mark.parametrize("name", some(TWINS, 40))
def test_right_gradients_are_sampled(name):
    """The verdict has the digits and the points, passes the gate, and fails it with --strict; nothing is proved."""
    forward, right, _, shape, bounds = TWINS[name]
    row = row_of(forward, right, shape, **bounds)
    assert row.verdict is Verdict.SAMPLED
    assert (row.good, row.failing, row.counterexample) == (True, 0, None)
    assert row.evidence.digits >= 8
    assert row.evidence.points >= 8
    assert f"equal to the exact derivative of forward at {row.evidence.points} points" in row.evidence.detail


@slow
@pytest.mark.parametrize("name", some(TWINS, 40))
def test_wrong_gradients_are_refuted(name):
    """The counterexample has floats that show it when they are typed in again, and the assumption is stated."""
    forward, right, wrong, shape, bounds = TWINS[name]
    row = row_of(forward, wrong, shape, **bounds)
    assert row.verdict is Verdict.REFUTED
    assert row.evidence.detail.startswith("compiled code is assumed to round no worse than half precision")
    values = {key: float(Fraction(value)) for key, value in row.counterexample.inputs}
    x, d = (np.array([value for key, value in values.items() if key.startswith(start)]) for start in ("x", "dout"))
    x = x.reshape(row.shape)[()]
    d = d.reshape(np.shape(forward(x)))[()]
    actual = np.asarray(wrong(d, x))[row.index]
    assert repr(float(actual)) == row.counterexample.actual
    assert float(Fraction(row.counterexample.expected.rstrip("…"))) == pytest.approx(
        float(np.asarray(right(d, x))[row.index])
    )


UNCLEAR = {
    "nine digits": (np.exp, lambda d, x: d * EXP(x) * (1 + 1e-9), "8 digits agree"),
    "single precision": (np.exp, lambda d, x: d * SINGLE(x), "digits agree"),
    "all digits lost": (
        lambda x: 1 / (1 + np.exp(-1000 * x)),
        lambda d, x: 1000 * d * sigmoid(1000 * x) * (1 - sigmoid(1000 * x)),
        "0 digits agree",
    ),
    "no number": (lambda x: x * x, lambda d, x: d * EXP(1000 + x * x) * 0, "is nan, exactly"),
    "another number each time": (np.exp, lambda d, x: d * counting(x), "digits agree"),
    "raises elsewhere": (lambda x: x * x, lambda d, x: 2 * d * EXP(math.log(1 + x)) - 2 * d, "math domain error"),
}


@slow
@pytest.mark.parametrize("name", some(UNCLEAR, 12))
def test_what_is_not_certain_is_neither(name):
    """What rounding, a lost digit, another precision or state may explain is told with its numbers, and fails."""
    forward, backward, part = UNCLEAR[name]
    row = row_of(forward, backward)
    assert row.verdict in (Verdict.UNDECIDED, Verdict.ERROR)
    assert part in row.evidence.detail
    assert (row.evidence.reason is Reason.POINTS_UNCLEAR) == (row.verdict is Verdict.UNDECIDED)
    assert not row.good


@slow
def test_forward_in_compiled_code_is_undecided():
    """Without a formula for forward there is no exact derivative, at points neither."""
    row = row_of(lambda x: EXP(x), lambda d, x: d * EXP(x))
    assert (row.quantity, row.verdict) == ("case", Verdict.UNDECIDED)
    assert row.evidence.detail.startswith("EXP is compiled code (ctypes), which symbols cannot enter, at ")


@pytest.mark.parametrize(
    ("returned", "part"),
    some(
        [
            (lambda d, x: (d * EXP(x), d), "expected 1 gradient (x), got 2"),
            (lambda d, x: "text" if EXP(x) else d, "is a str: expected an array of shape ()"),
            (lambda d, x: np.full(3, EXP(x)), "is an array of shape (3,): expected an array of shape ()"),
        ]
    ),
)
def test_what_is_no_gradient_is_an_error(returned, part):
    """Shapes and numbers of gradients are judged as of code that can be followed."""
    row = row_of(np.exp, returned)
    assert row.verdict is Verdict.ERROR
    assert part in row.evidence.detail


@slow
def test_gradients_that_are_not_claimed_are_told():
    """None says nothing, and the other gradient is judged."""

    @verify.case(x="", y="")
    def product(x, y):
        dout = yield x * y
        return dout * EXP(LOG(abs(y))) * np.sign(y), None

    result = verify.check(product)
    assert [(row.name, row.verdict) for row in result.comparisons] == [("x", Verdict.SAMPLED)]
    assert result.unclaimed == ("y",)
    assert "backward is compiled code" in result.notes[0]
    assert [exit_status(Run((case,))) for case in (result, strict(result))] == [0, 1]


@slow
def test_compiled_code_on_one_side_of_a_branch():
    """Where inputs beside the sample's region lead to compiled code, that is not covered; a wrong gradient is found."""
    for factor, verdicts in ((2, {Verdict.PROVED}), (3, {Verdict.PROVED, Verdict.REFUTED})):

        def backward(d, x, factor=factor):
            return 2 * d * x if x < 0 else d * EXP(LOG(x)) * factor

        result = verify.check(verify.pair(lambda x: x * x, backward, x=""))
        assert {row.verdict for row in result.comparisons} == verdicts
        assert "GP002" in {finding.code for finding in result.findings}
        assert not result.cover.complete
