"""Slips in the calls that make cases are refused with the line, the name of the case and what to write instead."""

import functools

import numpy as np
import pytest
from effort import some

import gradproof
import verify
from verify.checks.checker import check
from verify.model.errors import InputError


class Square:
    def __init__(self, factor=1):
        self.factor = factor

    def forward(self, x):
        self.x = x.copy()
        return self.factor * x * x

    def backward(self, dout):
        return 2 * self.factor * self.x * dout


class Called(Square):
    """An object that can be called, as a layer of a framework."""

    def __call__(self, x):
        return self.forward(x)


class Maker:
    """An object that makes layers."""

    def __call__(self):
        return Square()


def square(x):
    return x * x


def slope(x):
    return 2 * x


def of_factor(factor):
    return Square(factor)


@functools.wraps(of_factor)
def wrapped():
    return Square()


REFUSED = {
    "an object": (lambda: verify.layer(Square(), inputs={"x": "N"}), "write Square, not Square(...)"),
    "an object that is called": (lambda: verify.layer(Called(), inputs={"x": "N"}), "write Called, not Called(...)"),
    "a name": (lambda: verify.layer("Square", inputs={"x": "N"}), "got 'Square'"),
    "a function": (lambda: verify.layer(square, inputs={"x": "N"}), "square needs x"),
    "a function without its options": (lambda: verify.layer(of_factor, inputs={"x": "N"}), "of_factor needs factor"),
    "inputs in a list": (lambda: verify.layer(Square, inputs=["x"]), "write inputs={'x': 'N D'}"),
    "inputs as a shape": (lambda: verify.layer(Square, inputs="N D"), "inputs is 'N D', not a dict"),
    "params in a list": (
        lambda: verify.layer(Square, inputs={"x": "N"}, params=["W"]),
        "params is ['W'], not a dict: write params={'W': 'D M'}",
    ),
    "no backward": (lambda: verify.pair(square, None, x="N"), "backward is None, not a function"),
    "no derivative": (lambda: verify.derivative(np.tanh, 1.0, x="N"), "prime is 1.0, not a function"),
    "no loss": (lambda: verify.loss(3, x="N"), "function is 3, not a function"),
    "inputs of functions in a dict": (
        lambda: verify.derivative(square, slope, inputs={"x": "N", "y": "N D"}),
        "write x='N', y='N D' here",
    ),
    "a decorator without inputs": (lambda: verify.case(square), "write @gradproof.case(x='N')"),
}
TAKEN = {
    "a class": lambda: verify.layer(Square, inputs={"x": "N"}),
    "a function that makes a layer": lambda: verify.layer(lambda: Square(3), inputs={"x": "N"}),
    "one with an option": lambda: verify.layer(of_factor, inputs={"x": "N"}, options={"factor": [2]}),
    "a wrapper, which has arguments of its own": lambda: verify.layer(wrapped, inputs={"x": "N"}),
    "a partial": lambda: verify.layer(functools.partial(Square, 2), inputs={"x": "N"}),
    "an object that makes layers": lambda: verify.layer(Maker(), inputs={"x": "N"}),
    "an input called inputs": lambda: verify.pair(
        lambda inputs: inputs["x"] * 2, lambda dout, inputs: 2 * dout, inputs={"x": "N"}
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_slip(name):
    """The message begins with this file's line and the case, and says what is meant."""
    make, message = REFUSED[name]
    with pytest.raises(InputError) as refused:
        make()
    assert message in str(refused.value)
    assert str(refused.value).startswith("tests/test_slips.py:")


@pytest.mark.parametrize("name", some(TAKEN))
def test_what_is_no_slip(name):
    """What makes layers is taken, whatever it is."""
    assert verify.check(TAKEN[name]()).good


def test_a_return_that_is_missing():
    """Where backward returns nothing, the message says so, and asks for a `return`."""
    (row,) = verify.check(verify.pair(square, lambda dout, x: None, x="2")).comparisons
    assert "nothing was returned: is a `return` missing?" in row.evidence.detail


@pytest.mark.parametrize(("value", "number"), [(None, "0 values"), (1.0, "1 value"), ((1.0,), "1 value")])
def test_a_loss_without_a_gradient(value, number):
    """The message counts the values and says which two are expected."""
    (row,) = verify.check(verify.loss(lambda x: value, x="2")).comparisons
    assert row.evidence.detail.endswith(f"returned {number}: expected a tuple (loss, gradient)")


@pytest.mark.parametrize(
    ("written", "instead"),
    [
        ({"x": "N"}, "write inputs={'x': 'N'}"),
        ({"x": "N", "W": "N D"}, "write inputs={'x': 'N'}, params={'W': 'N D'}"),
        ({"inputs": {"x": "N"}, "b": "D"}, "write params={'b': 'D'}"),
        ({"input": {"x": "N"}}, "there is no 'input'; did you mean 'inputs'?"),
        ({"inputs": {"x": "N"}, "param": {"W": "N"}}, "there is no 'param'; did you mean 'params'?"),
        ({}, "inputs={'x': 'N D'}"),
    ],
)
def test_keywords_that_a_layer_does_not_take(written, instead):
    """Arrays go into dicts, as the names of forward's parameters tell; a name that is close is named."""
    with pytest.raises(InputError) as raised:
        verify.layer(Square, **written)
    assert "test_slips.py" in str(raised.value)
    assert "Square" in str(raised.value)
    assert instead in str(raised.value)


@pytest.mark.parametrize(
    ("make", "word", "meant"),
    [(verify.integer, "blow", "below"), (verify.real, "hgh", "high"), (verify.fixed, "closd", "closed")],
)
def test_keywords_of_inputs(make, word, meant):
    """A keyword that a description of an input does not have is refused with the closest one."""
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{word}'; did you mean '{meant}'"):
        make("N", **{word: 1})
    with pytest.raises(TypeError, match="unexpected keyword argument 'zzz'$"):
        make("N", zzz=1)


@pytest.mark.parametrize("package", [verify, gradproof])
def test_names_of_the_package(package):
    """A name that the package does not have is refused with the closest one."""
    with pytest.raises(AttributeError, match="no attribute 'layr'; did you mean 'layer'"):
        package.layr  # noqa: B018


def test_a_parameter_in_another_case():
    """A parameter whose gradient the layer keeps under another name is told which."""

    class Dense(Square):
        def __init__(self, W):
            self.W = W

        def forward(self, x):
            self.x = x.copy()
            return x @ self.W

        def backward(self, dout):
            self.dW = self.x.T @ dout
            return dout @ self.W.T

    (row,) = check(verify.layer(Dense, inputs={"x": "N D"}, params={"w": "D M"}), quick=True).comparisons[:1]
    assert row.evidence.detail.endswith("; did you mean 'W'?")
