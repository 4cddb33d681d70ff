"""`gradproof.torch_gradcheck` takes the arguments of torch's checker, and decides where that compares at one point.

`make test-torch` runs this file, which needs PyTorch.
"""

import logging
import warnings

import pytest
import torch
from torch.autograd import Function
from torch.autograd.gradcheck import GradcheckError

from verify import torch_gradcheck
from verify.testing.deciding import PointsOnlyWarning


class Dense(Function):
    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return x @ w.t()

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        return g @ w, g.t() @ x


class Logarithm(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.log()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g / x


class NearlyExponential(Function):
    """Off by less than the tolerance of a finite difference."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.exp() * (1 + 1e-6)


class RightAbove(Function):
    """A rectifier whose gradient is wrong on the other side than the point of the test."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x > -5)


def tensor(*shape, low=-1.0, high=1.0):
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(*shape, dtype=torch.float64, generator=generator)
    return (low + (high - low) * drawn).requires_grad_()


X, W, POSITIVE = tensor(3, 4), tensor(5, 4), tensor(3, low=0.1)
RIGHT = {
    "a Function": (Dense.apply, (X, W)),
    "a function that calls one": (lambda x, w: Dense.apply(x, w).tanh().sum(), (X, W)),
    "a list of inputs": (Dense.apply, [X, W]),
    "one tensor": (torch.sigmoid, X),
    "a domain": (Logarithm.apply, (POSITIVE,)),
    "other values": (lambda x, power, scale: scale * x**power, (X, 3, torch.full((4,), 2.0))),
    "any number of inputs": (lambda *values: values[0] * values[1].sum(), (X, W)),
}
WRONG = {"close by": (NearlyExponential.apply, (X,)), "on the other side": (RightAbove.apply, (POSITIVE,))}


@pytest.mark.parametrize("name", RIGHT)
def test_right_gradients(name, caplog):
    """True is returned, as torch's checker does, and the log says what was decided."""
    with warnings.catch_warnings(), caplog.at_level(logging.INFO, "gradproof"):
        warnings.simplefilter("error", PointsOnlyWarning)
        assert torch_gradcheck(*RIGHT[name], eps=1e-6, atol=1e-4) is True
    assert "decided for inputs of these shapes" in caplog.text


@pytest.mark.parametrize("name", WRONG)
def test_wrong_gradients_that_torch_passes(name):
    """The exception is that of torch's checker, which passes both; it has the report, with a counterexample."""
    assert torch.autograd.gradcheck(*WRONG[name])
    with pytest.raises(GradcheckError, match="REFUTED"):
        torch_gradcheck(*WRONG[name])
    assert torch_gradcheck(*WRONG[name], raise_exception=False) is False


@pytest.mark.parametrize(
    ("function", "why"),
    [(torch.special.gammaln, "aten.lgamma"), (lambda x: (x * 1j).abs(), "complex")],
    ids=["an operation", "complex numbers"],
)
def test_what_is_judged_at_points(function, why):
    """What cannot be followed is given to torch's checker, and a warning says why."""
    with pytest.warns(PointsOnlyWarning, match="torch.autograd.gradcheck has judged it") as warned:
        assert torch_gradcheck(function, POSITIVE)
    assert why in str(warned[0].message)
    assert warned[0].filename == __file__


def test_what_torch_refuses():
    """Inputs without a gradient end in the error of torch's checker."""
    with pytest.raises(ValueError, match="gradient"), pytest.warns(PointsOnlyWarning):
        torch_gradcheck(torch.sin, torch.ones(3, dtype=torch.float64))


def test_a_function_that_raises():
    """It raises what it raises in torch's checker."""
    with pytest.raises(RuntimeError, match="shape"), pytest.warns(PointsOnlyWarning):
        torch_gradcheck(lambda x: x.reshape(7, 7), X)
