"""Second order in PyTorch: what backward computes of saved inputs is proved, what it lost on the way is refuted.

`make test-torch` runs this file, which needs PyTorch; `make test` does without it.
"""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

import verify
from verify import Verdict, torch_function, torch_module
from verify.model.errors import InputError
from verify.model.reasons import Reason


def function(forward, backward):
    """Return a Function of two functions that are passed `ctx`."""
    return type("Made", (Function,), {"forward": staticmethod(forward), "backward": staticmethod(backward)})


def saving(compute, backward):
    """Return a Function that saves what `compute` returns behind its output."""

    def forward(ctx, *values):
        output, *saved = compute(*values)
        ctx.save_for_backward(*saved)
        return output

    return function(forward, lambda ctx, *douts: backward(*douts, *ctx.saved_tensors))


def on_ctx(compute, backward):
    """Return a Function that keeps copies of what `compute` returns behind its output as an attribute of ctx."""

    def forward(ctx, *values):
        output, *kept = compute(*values)
        ctx.kept = [value.clone() for value in kept]
        return output

    return function(forward, lambda ctx, *douts: backward(*douts, *ctx.kept))


def sigmoid_slope(dout, s):
    return dout * s * (1 - s)


def silu(x):
    return x * torch.sigmoid(x)


def silu_slope(dout, x, s=None):
    s = torch.sigmoid(x) if s is None else s
    return dout * (s + x * s * (1 - s))


def softmax(x):
    y = torch.softmax(x, -1)
    return y, y


def softmax_slope(dout, y):
    return y * (dout - (dout * y).sum(-1, keepdim=True))


def normed(x):
    return (x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + 1) ** 0.5


def normed_slope(dout, x, y, root):
    return (dout - dout.mean(-1, keepdim=True) - y * (dout * y).mean(-1, keepdim=True)) / root


def normed_anew(dout, x):
    root = (x.var(-1, unbiased=False, keepdim=True) + 1) ** 0.5
    return normed_slope(dout, x, (x - x.mean(-1, keepdim=True)) / root, root)


def linear(x, w):
    return x @ w.T, x, w


def kept_output(ctx, x):
    ctx.y = torch.sigmoid(x)
    return ctx.y


def powers(ctx, x):
    ctx.save_for_backward(x)
    return x**2, x**3


CUBE = saving(lambda x: (x**3, x), lambda dout, x: 3 * x**2 * dout)
LOSS = saving(lambda x: ((x**4).sum(), x), lambda dout, x: 4 * x**3 * dout)
RIGHT = {
    "cube": (CUBE, {"x": "N D"}),
    "sigmoid of its output": (saving(lambda x: [torch.sigmoid(x)] * 2, sigmoid_slope), {"x": "N"}),
    "silu computed anew": (saving(lambda x: (silu(x), x), silu_slope), {"x": "N"}),
    "softmax of its output": (saving(softmax, softmax_slope), {"x": "N D"}),
    "linear": (saving(linear, lambda dout, x, w: (dout @ w, dout.T @ x)), {"x": "N D", "w": "M D"}),
    "normalisation computed anew": (saving(lambda x: (normed(x), x), normed_anew), {"x": "N D", "sizes": {"N": 2}}),
    "two outputs": (
        function(powers, lambda ctx, a, b: 2 * ctx.saved_tensors[0] * a + 3 * ctx.saved_tensors[0] ** 2 * b),
        {"x": "N"},
    ),
    "an output that ctx keeps": (function(kept_output, lambda ctx, dout: sigmoid_slope(dout, ctx.y)), {"x": "N"}),
    "a loss": (LOSS, {"x": "N", "upstream": 1}),
    "a sum": (LOSS, {"x": "N"}),
    "a constant slope": (function(lambda ctx, x: 2 * x, lambda ctx, dout: 2 * dout), {"x": "N"}),
}
WRONG = {
    "cube with a slope of its upstream": (
        saving(lambda x: (x**3, x), lambda dout, x: 3 * x.detach() ** 2 * dout),
        {"x": "N D"},
    ),
    "sigmoid of an attribute": (on_ctx(lambda x: [torch.sigmoid(x)] * 2, sigmoid_slope), {"x": "N"}),
    "silu with a saved factor": (
        saving(lambda x: (x * torch.sigmoid(x), x, torch.sigmoid(x)), silu_slope),
        {"x": "N"},
    ),
    "softmax of an attribute": (on_ctx(softmax, softmax_slope), {"x": "N D"}),
    "linear that detaches x": (
        saving(linear, lambda dout, x, w: (dout @ w, dout.T @ x.detach())),
        {"x": "N D", "w": "M D"},
    ),
    "linear that detaches all": (
        saving(linear, lambda dout, x, w: (dout @ w, dout.detach().T @ x.detach())),
        {"x": "N D", "w": "M D"},
    ),
    "normalisation that saves": (
        saving(lambda x: (normed(x), x, normed(x), (x.var(-1, unbiased=False, keepdim=True) + 1) ** 0.5), normed_slope),
        {"x": "N D", "sizes": {"N": 2}},
    ),
    "upstream as data": (saving(lambda x: (x**3, x), lambda dout, x: 3 * x**2 * dout.data), {"x": "N"}),
    "a loss of an attribute": (
        on_ctx(lambda x: ((x**4).sum(), 4 * x**3), lambda dout, slope: slope * dout),
        {"x": "N", "upstream": 1},
    ),
}


def rows(made, described):
    """Return the rows of a case of second order."""
    return verify.check(torch_function(made, order=2, **described), quick=True).comparisons


@pytest.mark.parametrize("name", RIGHT)
def test_right_second_orders_are_proved(name):
    """By inputs and upstreams, with each of them frozen."""
    assert {row.verdict for row in rows(*RIGHT[name])} == {Verdict.PROVED}


@pytest.mark.parametrize("name", WRONG)
def test_what_backward_lost_is_refuted(name):
    """Although the first gradients are right: as a case of the first order each is proved."""
    made, described = WRONG[name]
    verdicts = {row.verdict for row in rows(made, described)}
    assert Verdict.REFUTED in verdicts
    assert Verdict.UNDECIDED not in verdicts
    first = verify.check(torch_function(made, **described), quick=True)
    assert {row.verdict for row in first.comparisons} == {Verdict.PROVED}


def test_what_is_meant_to_be_differentiated_once():
    """PyTorch gives None without an error, where it is asked for some gradients: the row is an error, never a zero."""

    class Once(CUBE):
        backward = staticmethod(once_differentiable(CUBE.backward))

    by_way = {dict(row.variant.options)["torch"]: row for row in rows(Once, {"x": "N"})}
    assert by_way["'as it is'"].verdict is Verdict.ERROR
    assert by_way["'as it is'"].evidence.reason is Reason.MISSING_GRADIENT
    assert by_way["'dout frozen'"].verdict is Verdict.REFUTED  # as for a penalty on the gradient, which is lost


def test_a_module_of_second_order():
    """Its parameters are inputs too; a Function that keeps an attribute loses what flows through it."""

    class Net(nn.Module):
        def __init__(self, made):
            super().__init__()
            self.affine, self.made = nn.Linear(2, 3), made

        def forward(self, x):
            return self.made.apply(self.affine(x))

    def verdicts(made):
        return {row.verdict for row in verify.check(torch_module(Net(made), x="N 2", order=2), quick=True).comparisons}

    assert verdicts(CUBE) == {Verdict.PROVED}
    assert Verdict.REFUTED in verdicts(WRONG["sigmoid of an attribute"][0])


def test_a_place_is_the_users_line():
    """Where PyTorch's own derivatives differ first, no line of PyTorch is shown."""
    wrong = [row for row in rows(*WRONG["silu with a saved factor"]) if not row.good]
    assert {Path(row.place.file).name for row in wrong} == {"torch_twice.py"}


def test_the_shape_of_an_upstream():
    """That of the output, in the names of the inputs' sizes; stated, where these do not tell it."""
    assert torch_function(RIGHT["linear"][0], x="N D", w="M D", order=2).inputs["dout"].shape == "N M"
    flat = saving(lambda x: (x.reshape(-1) ** 2, x), lambda dout, x: 2 * x * dout.reshape(x.shape))
    with pytest.raises(InputError, match="do not tell the shape of the outputs: write .* upstream='N D'"):
        torch_function(flat, x="N D", order=2)
    assert {row.verdict for row in rows(flat, {"x": "N D", "upstream": "N*D"})} == {Verdict.PROVED}
    wrong = rows(flat, {"x": "N D", "upstream": "N"})
    assert {row.verdict for row in wrong} == {Verdict.ERROR}


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"order": 3}, "order=3: expected 1, or 2"),
        ({"order": True}, "order=True"),
        ({"order": "2"}, "order='2'"),
        ({"order": 2, "mode": "jvp"}, "order=2 is for mode='vjp'"),
        ({"order": 2, "as_if": lambda x: x}, "as_if= is for order=1"),
        ({"order": 2, "upstream": ["N", "N"]}, None),
        ({"order": 2, "upstream": "N-1"}, "cannot be read"),
    ],
)
def test_what_cannot_be_meant(terms, message):
    """One line says what is expected; what PyTorch refuses in a run is a row."""
    if message:
        with pytest.raises(InputError, match=message):
            torch_function(CUBE, x="N", **terms)
    else:
        assert {row.verdict for row in verify.check(torch_function(CUBE, x="N", **terms)).comparisons} == {
            Verdict.ERROR
        }


def test_a_forward_that_raises_names_what_to_write():
    """The shape of the output is looked for when the case is made."""
    broken = saving(lambda x: (x @ x, x), lambda dout, x: dout)
    with pytest.raises(InputError, match=r"order=2: the shape of the outputs is not known, as .*: write"):
        torch_function(broken, x="N D", order=2)


class OfParts(torch.nn.Module):
    """A Function of complex numbers as one of their real and imaginary parts."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, re, im):
        return torch.view_as_real(self.function.apply(torch.complex(re, im)))


@pytest.mark.parametrize("held", [False, True])
def test_complex_inputs_of_second_order_are_two_real_ones(held):
    """What the message says to write; a part that backward holds constant is refuted by it."""
    square = saving(lambda z: (z * z, z), lambda dout, z: 2 * dout * (z.detach() if held else z).conj())
    with pytest.raises(InputError, match=r"order=2 is for real inputs: .*torch.view_as_real\(.*torch.complex\(re, im"):
        torch_function(square, z=verify.complex("N"), order=2)
    rows = verify.check(torch_module(OfParts(square), re="N", im="N", order=2), quick=True).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED, *([Verdict.REFUTED] if held else [])}


def test_an_input_in_place():
    """What forward writes into its input is not taken for the input when gradients are asked for."""

    class Doubled(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)
            ctx.save_for_backward(x)
            return x.mul_(2).exp_()

        @staticmethod
        def backward(ctx, dout):
            (y,) = ctx.saved_tensors
            return 2 * dout * y

    assert {row.verdict for row in rows(Doubled, {"x": "N"})} == {Verdict.PROVED}
