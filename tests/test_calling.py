"""A call whose arguments do not fit says which, and what to write in the case."""

import numpy as np
import pytest

import verify
from verify.cases.calling import FUNCTION, call
from verify.model.errors import ProtocolError
from verify.model.reasons import Reason


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class Product:
    def forward(self, x, y):
        return x * y

    def backward(self, dout):
        return dout, dout


class Cached:
    def forward(self, x):
        return x

    def backward(self, dout, cache):
        return dout


def square(y):
    dout = yield y * y
    return 2 * y * dout


def detail(case):
    """Return what the only row says, whose reason is that the arguments do not fit."""
    [row] = verify.check(case, quick=True).comparisons
    assert row.evidence.reason is Reason.WRONG_ARGUMENTS
    return row.evidence.detail


@pytest.mark.parametrize(
    ("case", "message"),
    [
        (
            verify.layer(Affine, inputs={"x": "2 3"}),
            "Affine(W, b) is called without W and b: describe an array in params",
        ),
        (
            verify.layer(Affine, inputs={"x": "2 3"}, params={"W": "3 2", "bias": "2"}),
            "Affine(W, b) is called without b: describe an array in params={'b': 'D M'}",
        ),
        (
            verify.layer(Product, inputs={"x": "2"}),
            "Product.forward(x, y) is called without y: describe an array in inputs={'y': 'N D'}",
        ),
        (
            verify.layer(Product, inputs={"x": "2", "y": "2"}, options={"stride": [1]}),
            "Product.forward(x, y) is called with stride, which it does not take",
        ),
        (
            verify.layer(Cached, inputs={"x": "2"}),
            "Cached.backward(dout, cache) is called without cache: backward is passed the upstream gradient",
        ),
        (
            verify.pair(lambda x: x, lambda dout: dout, x="2"),
            "lambda(dout) is called with 2 arguments: backward is passed the upstream of each output, then",
        ),
        (verify.pair(lambda x, y: x, lambda dout, x: dout, x="2"), "describe an array in the case as y='N D'"),
        (verify.loss(lambda x, y: (x, x), x=""), "lambda(x, y) is called without y"),
        (verify.derivative(np.tanh, lambda x, y: x, x="2"), "lambda(x, y) is called without y"),
        (verify.case(x="2")(square), "square(y) is called without y and with x, which it does not take"),
    ],
)
def test_the_argument_and_the_cure_are_named(case, message):
    """Whichever function it is: constructor, forward, backward, or a case that is written by hand."""
    assert message in detail(case)


def test_an_exception_from_inside_goes_on():
    """A TypeError of the code itself is not taken for a call that does not fit, nor is one of C code."""
    with pytest.raises(TypeError, match="unsupported operand"):
        call(FUNCTION, lambda x: x + "a", 1)
    with pytest.raises(TypeError, match="missing 1 required"):
        call(FUNCTION, lambda x: Affine(x), 1)
    with pytest.raises(TypeError):
        call(FUNCTION, np.exp, "a")


@pytest.mark.parametrize(
    ("function", "arguments", "named"),
    [
        (lambda x, y=1: (x, y), (1, 2), {}),
        (lambda *xs: xs, (1, 2, 3), {}),
        (lambda x, **rest: (x, rest), (1,), {"stride": 2}),
        (lambda x, /, *, train: (x, train), (1,), {"train": True}),
    ],
)
def test_calls_that_fit_are_made(function, arguments, named):
    """Defaults, `*args`, `**kwargs` and keywords are what Python makes of them."""
    assert call(FUNCTION, function, *arguments, **named) == function(*arguments, **named)


def test_a_keyword_that_is_needed_is_named():
    """An argument that can only be given by keyword is missed like any other."""
    with pytest.raises(ProtocolError, match=r"is called without train: describe an array in the case as train='N D'"):
        call(FUNCTION, lambda x, *, train: x, 1)
