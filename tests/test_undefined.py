"""Backward that divides by 0 at the sample, in all of its region: what floats return there is held to the derivative."""

import numpy as np
import pytest

import verify
from verify import Verdict


class Relu:
    """Divides by its output, which is 0 wherever the input is negative."""

    def forward(self, x):
        self.y = np.maximum(x, 0)
        return self.y * 1

    def backward(self, dout):
        return dout * self.y / self.y


class Mask(Relu):
    """Divides by its mask."""

    def forward(self, x):
        self.y = (x > 0) * 1.0
        return x * self.y


class Guarded(Relu):
    """Divides as well, and drops what comes of it."""

    def backward(self, dout):
        with np.errstate(all="ignore"):
            return dout * np.where(self.y > 0, self.y / self.y, 0)


def weighted(d, x, w):
    y = np.maximum(x, 0)
    return d * w * y / y, d * y


WRONG = {
    "by its output": verify.layer(Relu, inputs={"x": "N"}),
    "by its mask": verify.layer(Mask, inputs={"x": "4"}),
    "by a difference": verify.pair(lambda x: x * 2, lambda d, x: d * 2 / (x - x), x="N"),
    "one of two gradients": verify.pair(lambda x, w: np.maximum(x, 0) * w, weighted, x="5", w="5"),
}


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("name", WRONG)
def test_no_number_where_there_is_a_derivative_is_refuted(name, quick):
    """NaN or infinity is returned on floats, and forward is smooth there; what is not known stays open."""
    rows = verify.check(WRONG[name], quick=quick).comparisons
    assert {row.verdict for row in rows} == {Verdict.REFUTED, Verdict.UNDECIDED}
    assert {row.name for row in rows if row.verdict is Verdict.REFUTED} == {"x"}
    assert all(row.counterexample for row in rows if row.verdict is Verdict.REFUTED)


@pytest.mark.parametrize("shape", ["N", "4"])
def test_numbers_on_floats_are_not_refuted(shape):
    """What is dropped on floats cannot be followed, and is right: that stays open."""
    rows = verify.check(verify.layer(Guarded, inputs={"x": shape})).comparisons
    assert {row.verdict for row in rows} == {Verdict.UNDECIDED}


def test_a_forward_without_a_number_claims_nothing():
    """Where forward divides by 0 too, there is no derivative to be missed."""
    nowhere = verify.pair(lambda x: x / (x - x), lambda d, x: d / (x - x), x="N")
    assert Verdict.REFUTED not in {row.verdict for row in verify.check(nowhere).comparisons}


@pytest.mark.parametrize("beside", [lambda dout: None, lambda dout: dout])
def test_only_what_is_claimed_is_refuted(beside):
    """None is no claim, whatever its input's shape, and a gradient that is right beside NaN is not refuted."""
    case = verify.pair(lambda x, y: x * x + y, lambda d, x, y: (2 * d * x / (y - y), beside(d)), x="", y="")
    rows = verify.check(case).comparisons
    assert {row.name: row.verdict for row in rows} == {"x": Verdict.REFUTED, "the whole case": Verdict.UNDECIDED}


@pytest.mark.parametrize(
    "backward",
    [
        lambda d, x: d * x * 2 + np.zeros(3) / sum(x[3:], 0.0 * x[0]),
        lambda d, x: d * 2 * x * (x[0] - x[0] + np.zeros(3)) ** -1,
        lambda d, x: d * 2 * x / np.sum(x[3:] ** 2),
    ],
    ids=["an empty sum", "a power of nothing", "a norm of nothing"],
)
def test_divisors_of_nothing(backward):
    """A divisor may be empty, or a negative power of what is 0 by its formula."""
    row = verify.check(verify.pair(lambda x: x * x, backward, x="3")).comparisons[0]
    assert (row.name, row.verdict, row.failing) == ("x", Verdict.REFUTED, 3)
