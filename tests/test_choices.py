"""What is returned on an edge, where several outputs choose a side each."""

import numpy as np
import pytest

import verify
from verify.checks.checker import check
from verify.model.result import Verdict

SIZES = {"N": 1, "D": 1, "M": 2}


class Dense:
    """relu(x @ w): for x = 0 all outputs lie on their edges, with either side of x for different ones."""

    def slope(self):
        return self.a > 0

    def forward(self, x, w):
        self.x, self.w = x.copy(), w.copy()
        self.a = x @ w
        return np.maximum(self.a, 0)

    def backward(self, dout):
        d = dout * self.slope()
        return d @ self.w.T, self.x.T @ d


class Closed(Dense):
    def slope(self):
        return self.a >= 0


class Half(Dense):
    def slope(self):
        return (self.a > 0) + 0.5 * (self.a == 0)


class Leaky(Dense):
    """Another kink, of slopes 1/8 and 1."""

    def slope(self):
        return np.where(self.a > 0, 1, 0.125)

    def forward(self, x, w):
        super().forward(x, w)
        return np.maximum(self.a, 0.125 * self.a)


class Twice(Dense):
    def slope(self):
        return (self.a > 0) + 2.0 * (self.a == 0)


class OneTwice(Dense):
    """The last output alone has what is none of its subgradients."""

    def slope(self):
        return (self.a > 0) + 2.0 * ((self.a == 0) & (np.arange(self.a.shape[1]) == self.a.shape[1] - 1))


class Total(Dense):
    """One output, the sum, for which the sum of choices has to be a subgradient."""

    def forward(self, x, w):
        return np.sum(super().forward(x, w) * np.array([1.0, -1.0]))

    def backward(self, dout):
        return super().backward(dout * np.array([[1.0, -1.0]]))


def rows(layer):
    # w of both signs: each output has its slope on another side of x = 0
    inputs = {"x": verify.real("N D"), "w": verify.real("D M")}
    return check(verify.layer(layer, inputs=inputs, sizes=SIZES))


@pytest.mark.parametrize("layer", [Dense, Closed, Half, Leaky])
def test_a_choice_for_each_output_is_right(layer):
    """Each output has a valid subgradient of its own, though their sum may have another one."""
    result = rows(layer)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}


def test_it_is_told_that_the_sum_has_another_one():
    """The report says that what is right for each output is none of the sum's."""
    assert any("a valid subgradient of each output" in sentence for sentence in rows(Dense).cover.kinks)


@pytest.mark.parametrize("layer", [Twice, OneTwice, Total])
def test_no_choice_of_one_output_is_refuted(layer):
    """What is no subgradient of an output is refuted, in a sum of choices too where that is the only output."""
    assert Verdict.REFUTED in {row.verdict for row in rows(layer).comparisons}


class Smoothed:
    """sqrt(x * x + 1e-12), which is smooth at 0, where its derivative is 0; `backward` leaves the constant out."""

    def forward(self, x):
        self.x = x.copy()
        return np.sqrt(x * x + 1e-12)

    def backward(self, dout):
        return dout * np.where(self.x >= 0, 1.0, -1.0)


class Divided(Smoothed):
    def backward(self, dout):
        return dout * self.x / np.sqrt(self.x * self.x)


def test_what_leaves_a_constant_out_is_no_subgradient_of_what_is_smooth():
    """The gradients beside the edge are named as what they are; they were accepted without that constant."""
    result = check(verify.layer(Smoothed, inputs={"x": "N"}))
    (said,) = result.cover.kinks
    assert said.endswith("is 1, between -1 and 1, the gradients beside it, which are approximations themselves")
    assert [one.code for one in result.findings if one.fails] == ["GP212"]


def test_the_exact_value_on_an_edge_of_what_leaves_a_constant_out():
    """It is the derivative of what `forward` computes, and not of what it would compute without the constant."""
    (row,) = [
        row for row in check(verify.layer(Divided, inputs={"x": "N"})).comparisons if row.verdict is Verdict.REFUTED
    ]
    assert (row.counterexample.expected, row.counterexample.actual) == ("0", "nan")
    assert "the derivative 0 on all sides of it" in row.evidence.detail
    assert row.diagnosis == "undefined at some inputs where the derivative exists"
