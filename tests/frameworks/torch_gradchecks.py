"""`gradproof.torch_gradcheck` takes the arguments of torch's checker, and decides where that compares at one point.

`make test-torch` runs this file, which needs PyTorch.
"""

import logging
import warnings

import pytest
import torch
from torch.autograd import Function
from torch.autograd.gradcheck import GradcheckError

from verify import torch_gradcheck, torch_gradgradcheck
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
    [(torch.special.gammaln, "aten.lgamma"), (lambda x: torch.fft.rfft(x).abs(), "aten._fft_r2c")],
    ids=["an operation", "a transform"],
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


def cube(factor, saved=lambda x: x):
    """Return a Function for x**3 with a factor of its direction, and with what backward makes of x."""

    class Cube(Function):
        @staticmethod
        def forward(x):
            return x**3

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 3 * saved(x) ** 2 * g

        @staticmethod
        def jvp(ctx, direction):
            (x,) = ctx.saved_tensors
            return factor * x**2 * direction

    return Cube.apply


def test_forward_mode_is_decided_where_it_is_asked_for():
    """Gradients alone otherwise; a direction that is off by less than a tolerance is found, and by itself too."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", PointsOnlyWarning)
        assert torch_gradcheck(cube(3), (X,), check_forward_ad=True)
        assert torch_gradcheck(cube(3 + 1e-6), (X,))
        for backward in (True, False):
            with pytest.raises(GradcheckError, match="step"):
                torch_gradcheck(cube(3 + 1e-6), (X,), check_forward_ad=True, check_backward_ad=backward)


@pytest.mark.parametrize("asked", ["check_batched_grad", "check_grad_dtypes"])
def test_what_else_torch_is_asked_for_is_given_to_it(asked):
    """With a warning that says what; a wrong gradient is refuted before."""
    with pytest.warns(PointsOnlyWarning, match="vmap|types"):
        assert torch_gradcheck(Dense.apply, (X, W), **{asked: True})
    with pytest.raises(GradcheckError, match="REFUTED"):
        torch_gradcheck(*WRONG["close by"], **{asked: True})


def test_gradients_of_gradients():
    """What backward detaches is refuted, although the first gradients are right."""
    detached = cube(3, lambda x: x.detach())
    with warnings.catch_warnings():
        warnings.simplefilter("error", PointsOnlyWarning)
        assert torch_gradgradcheck(cube(3), (X,)) is True
        assert torch_gradgradcheck(lambda x, w: Dense.apply(x, w).tanh(), (X, W), atol=1e-3) is True
        assert torch_gradcheck(detached, (X,))
        assert torch_gradgradcheck(detached, (X,), raise_exception=False) is False
        with pytest.raises(GradcheckError, match="dout"):
            torch_gradgradcheck(detached, (X,))


def test_gradients_of_gradients_that_cannot_be_followed():
    """Torch's checker judges them, with the upstreams that it is given."""
    with pytest.warns(PointsOnlyWarning, match="gradgradcheck has judged it"):
        assert torch_gradgradcheck(torch.special.gammaln, POSITIVE, torch.ones(3, dtype=torch.float64))
