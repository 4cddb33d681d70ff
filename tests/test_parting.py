"""Tests of the line at which wrong gradients part from the exact ones: planted errors, each on a line of its own."""

import inspect
import sys

import numpy as np
import pytest
from effort import some

import gradproof as verify
from verify.checks.gradients import parting
from verify.model.result import LineOf, Verdict


class Dense:
    """tanh(x W + b), with steps of its backward pass that a test replaces."""

    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        self.h = np.tanh(x @ self.W + self.b)
        return self.h.copy()

    def slope(self):
        return 1 - self.h**2

    def inner(self, dout):
        return dout * self.slope()

    def weights(self, da):
        return self.x.T @ da

    def bias(self, da):
        return da.sum(axis=0)

    def inputs(self, da):
        return da @ self.W.T

    def backward(self, dout):
        da = self.inner(dout)
        self.dW = self.weights(da)
        self.db = self.bias(da)
        return self.inputs(da)


class HalvedSlope(Dense):
    def slope(self):
        return (1 - self.h**2) / 2


class UnsquaredSlope(Dense):
    def slope(self):
        return 1 - self.h


class NegativeInner(Dense):
    def inner(self, dout):
        return -dout * self.slope()


class DoubledWeights(Dense):
    def weights(self, da):
        return self.x.T @ da * 2


class MeanBias(Dense):
    def bias(self, da):
        return da.mean(axis=0)


class AddedInput(Dense):
    def inputs(self, da):
        return da @ self.W.T + self.x


class NoWeights(Dense):
    def weights(self, da):
        zeros = np.zeros_like(self.W)
        self.kept = zeros
        return zeros


class KeptForInputs(Dense):
    def inputs(self, da):
        return self.x


WRONG = {
    HalvedSlope: ("slope", "x W b"),
    UnsquaredSlope: ("slope", "x W b"),
    NegativeInner: ("inner", "x W b"),
    DoubledWeights: ("weights", "W"),
    MeanBias: ("bias", "b"),
    AddedInput: ("inputs", "x"),
    KeptForInputs: ("inputs", "x"),
}


def case_of(layer):
    return verify.layer(layer, params={"W": "D H", "b": "H"}, inputs={"x": "N D"})


def line_of(function):
    """Return the number of the last line of a function."""
    lines, first = inspect.getsourcelines(function)
    return first + len(lines) - 1


def refuted(case):
    return [row for row in verify.check(case, quick=True).comparisons if row.verdict is Verdict.REFUTED]


@pytest.mark.parametrize("layer", some(WRONG, 6), ids=lambda layer: layer.__name__)
def test_the_line_of_a_planted_error(layer):
    """Wrong steps of a backward pass are found at their own line, in every gradient that they make wrong."""
    method, names = WRONG[layer]
    rows = refuted(case_of(layer))
    assert {row.name for row in rows} == set(names.split())
    assert {row.place.line for row in rows if row.variant.sizes[0][1] > 1} == {line_of(getattr(layer, method))}
    assert {row.line_of for row in rows} == {LineOf.PARTING}


def test_a_right_gradient_has_no_line():
    """Of what is proved nothing parts, and no place is told."""
    rows = verify.check(case_of(Dense), quick=True).comparisons
    assert {(row.verdict, row.parting.line, row.line_of) for row in rows} == {(Verdict.PROVED, 0, LineOf.NONE)}


def test_a_run_too_large_to_look_at_keeps_its_definition(monkeypatch):
    """Where the line is not looked for, the place is the function's, and says so; the verdict is the same."""
    monkeypatch.setattr(parting, "LARGEST", 10)
    rows = refuted(case_of(HalvedSlope))
    assert {(row.place.line, row.line_of) for row in rows} == {
        (inspect.getsourcelines(Dense.backward)[1], LineOf.DEFINITION)
    }


def test_errors_on_two_lines_are_told_at_each():
    """Where no single line explains all that is wrong, each gradient has the line of its own mistake."""

    class Both(DoubledWeights, MeanBias):
        pass

    rows = [row for row in refuted(case_of(Both)) if row.variant.sizes[0][1] > 1]
    lines = [("W", line_of(DoubledWeights.weights)), ("b", line_of(MeanBias.bias))]
    assert [(row.name, row.place.line) for row in rows] == lines
    assert {row.line_of for row in rows} == {LineOf.PARTING}


def test_an_expression_of_one_line_stays():
    """A gradient that is one expression is wrong on its own line."""
    rows = refuted(verify.derivative(np.tanh, lambda x: 1 - np.tanh(x), x="N"))
    assert {row.place.line for row in rows} == {line_of(test_an_expression_of_one_line_stays) - 1}


class SumOfSquares:
    """A loss, whose upstream is 1 where a case says so; its backward pass forgets the factor."""

    def forward(self, x):
        self.x = x.copy()
        return (x**2).sum() / len(x)

    def backward(self, dout=1):
        dx = self.x / len(self.x)
        return dx * dout


class SumOfSquaresAlone(SumOfSquares):
    def backward(self):
        return self.x + self.x


@pytest.mark.parametrize("layer", [SumOfSquares, SumOfSquaresAlone], ids=lambda layer: layer.__name__)
@pytest.mark.parametrize("fixed", [{}, {"upstream": 1}, {"upstream": 2}], ids=str)
def test_a_fixed_upstream_hides_no_line(layer, fixed):
    """A line that multiplies by the upstream is found where that is a plain 1 as well: the product is the value."""
    rows = refuted(verify.layer(layer, inputs={"x": "N D"}, **fixed))
    first = inspect.getsourcelines(layer.backward)[1]
    assert {row.line_of for row in rows} == {LineOf.PARTING}
    assert {row.place.line for row in rows} <= {first + 1, first + 2}


def _squares(y):
    return (y**2).mean(), _squares_slope(y)


def _squares_slope(y):
    return 2 * y / len(y)


def test_a_gradient_beside_its_loss_has_its_line():
    """One that is returned with the loss, before there is an upstream, is placed where it is computed."""
    rows = refuted(verify.loss(_squares, y="N D"))
    assert {row.place.line for row in rows} == {line_of(_squares_slope)}


def test_the_line_of_zeros():
    """What no operation makes is found where it appears first: zeros in the line that makes them, none before it."""
    rows = refuted(case_of(NoWeights))
    assert {(row.name, row.place.line) for row in rows} == {("W", line_of(NoWeights.weights) - 2)}


def test_a_debugger_is_left_alone():
    """Where lines are followed already, by a debugger, they are not by us: the place is the definition, as it was."""
    before = sys.gettrace()
    sys.settrace(lambda *_: None)
    try:
        rows = refuted(case_of(NoWeights))
        assert sys.gettrace() is not None
    finally:
        sys.settrace(before)
    assert {(row.name, row.line_of) for row in rows} == {("W", LineOf.DEFINITION)}


class Softmax:
    """A softmax, whose gradient takes a sum over the wrong axis into its last line."""

    def forward(self, x):
        e = np.exp(x)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y.copy()

    def backward(self, dout):
        total = (dout * self.y).sum(axis=0)
        return self.y * (dout - total)


class WrongUse(Softmax):
    """The sum is right, and the last line takes it for another one."""

    def backward(self, dout):
        total = (dout * self.y).sum(axis=1, keepdims=True)
        return self.y * (dout + total)


class Standardised:
    """A gradient whose helper variables pass few values on to many entries."""

    def forward(self, x):
        self.centred = x - x.mean(axis=0)
        self.std = np.sqrt((self.centred**2).mean(axis=0))
        return self.centred / self.std

    def backward(self, dout):
        variance = -(dout * self.centred).sum(axis=0) / self.std**2
        inner = dout / self.std + self.centred * variance / len(dout)
        return inner - inner.mean(axis=0)


class Cell:
    """Two outputs, of which backward reads one upstream: what it computes is a part of the exact gradient."""

    def __init__(self, W):
        self.W = W

    def forward(self, x, c):
        self.x, self.c, self.gate = x.copy(), c.copy(), np.tanh(x @ self.W)
        self.next = self.gate * c
        return np.sin(self.next), self.next.copy()

    def backward(self, dh, dc):
        d_next = dh * np.cos(self.next)
        d_gate = d_next * self.c * (1 - self.gate**2)
        self.dW = self.x.T @ d_gate
        return d_gate @ self.W.T, d_next * self.gate


@pytest.mark.parametrize(
    ("case", "start"),
    [
        (verify.layer(Softmax, inputs={"x": "N D"}), "total ="),
        (verify.layer(WrongUse, inputs={"x": "N D"}), "return"),
        (verify.layer(Standardised, inputs={"x": "N D"}), "variance ="),
        (verify.layer(Cell, inputs={"x": "N D", "c": "N H"}, params={"W": "D H"}), "d_next ="),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_the_line_of_a_helper_variable(case, start):
    """It is found, and not the line that returns what it makes wrong; nor is one that is right and used wrongly."""
    rows = [row for row in refuted(case) if dict(row.variant.sizes)["N"] > 1]
    source = inspect.getsource(sys.modules[__name__]).splitlines()
    assert rows
    assert all(source[row.parting.line - 1].strip().startswith(start) for row in rows)
