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


class Square:
    """A layer of one input."""

    def forward(self, x):
        """Square it."""
        self.x = x.copy()
        return x * x

    def backward(self, dout):
        """Return the gradient of x."""
        return 2 * self.x * dout


class Interest:
    """A layer of two inputs of different roles."""

    def forward(self, amount, rate):
        """Multiply them."""
        self.amount, self.rate = amount.copy(), rate.copy()
        return amount * rate * rate

    def backward(self, dout):
        """Return both gradients."""
        return dout * self.rate**2, 2 * dout * self.amount * self.rate


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
            "Affine(W, b) is called without W and b: describe an array by its shape, such as params",
        ),
        (
            verify.layer(Affine, inputs={"x": "2 3"}, params={"W": "3 2", "bias": "2"}),
            "Affine(W, b) is called without b: describe an array by its shape, such as params={'b': 'M'} or 'D M'",
        ),
        (
            verify.layer(Product, inputs={"x": "2"}),
            "Product.forward(x, y) is called without y: describe an array by its shape, such as inputs={'y': 'N'} or 'N D'",
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
        (
            verify.pair(lambda x, y: x, lambda dout, x: dout, x="2"),
            "describe an array by its shape, such as y='N' or 'N D'",
        ),
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
    with pytest.raises(
        ProtocolError, match=r"is called without train: describe an array by its shape, such as train='N' or 'N D'"
    ):
        call(FUNCTION, lambda x, *, train: x, 1)


@pytest.mark.parametrize(
    ("case", "note"),
    [
        (
            verify.layer(Square, inputs={"y": "2"}),
            "Square.forward(x) is passed y as x: inputs are passed in their order",
        ),
        (
            verify.layer(lambda: Interest(), inputs={"a": "2", "rate": "2"}),
            "Interest.forward(amount, rate) is passed a as amount: inputs are passed in their order",
        ),
        (
            verify.loss(lambda x, t: (x @ t, t, x), u="2", v="2"),
            "lambda(x, t) is passed u as x and v as t: inputs are passed in their order",
        ),
    ],
)
def test_inputs_of_other_names_are_noted(case, note):
    """Inputs are passed in their order: where names differ from those of the function, the report says which is which."""
    result = verify.check(case)
    assert (result.passes, result.notes) == (True, (note,))


def test_inputs_of_the_same_names_need_no_note():
    """Nor do those of a function that takes any number."""
    assert verify.check(verify.layer(Interest, inputs={"amount": "2", "rate": "2"})).notes == ()
    assert verify.check(verify.pair(lambda *xs: xs[0], lambda dout, *xs: dout, y="2")).notes == ()


@pytest.mark.parametrize(
    "case",
    [
        verify.layer(Interest, inputs={"rate": "2", "amount": "2"}),
        verify.pair(lambda amount, rate: amount * rate, lambda d, a, r: (d * r, d * a), rate="2", amount="2"),
        verify.loss(lambda amount, rate: (amount @ rate, rate, amount), rate="2", amount="2"),
    ],
)
def test_interchanged_names_are_an_error(case):
    """What is proved of one would be said of the other."""
    assert "is passed rate as amount and amount as rate: describe the inputs in its order" in detail(case)
