"""Functions of PyTorch: right ones are proved, planted mistakes refuted, and what is not followed is refused by name.

`make test-torch` runs this file, which needs PyTorch; `make test` does without it.
"""

import copy
import math
import pickle
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
import torch_functions
from torch.autograd import Function
from torch_functions import RIGHT, WRONG

import verify
from verify import Verdict, torch_function
from verify.adapters.torch import schemas
from verify.adapters.torch.dispatch import Tracing
from verify.adapters.torch.moves import COPIES, VIEWS
from verify.adapters.torch.operations import OF_COMPLEX, OPERATIONS
from verify.adapters.torch.running import followed
from verify.adapters.torch.schemas import without_memory
from verify.adapters.torch.tensors import entering, leaving
from verify.model.errors import InputError
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays
from verify.tracing.symbols.trace import Trace

ROOT = Path(verify.__file__).parents[1]


def checked(case):
    return verify.check(case, quick=True)


@pytest.mark.parametrize("name", RIGHT)
def test_right_functions_are_proved(name):
    """Every gradient in every way of calling it, and something is proved."""
    rows = checked(RIGHT[name]).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_functions_are_refuted(name):
    """By at least one way of calling it; no row is undecided."""
    verdicts = {row.verdict for row in checked(WRONG[name]).comparisons}
    assert Verdict.REFUTED in verdicts
    assert Verdict.UNDECIDED not in verdicts


def test_a_mistake_that_one_way_shows():
    """A wrong index of needs_input_grad shows with an input frozen, and strides that are assumed with gaps."""
    rows = checked(WRONG["linear wrong index"]).comparisons
    assert {dict(row.variant.options)["torch"] for row in rows if not row.good} == {"'x frozen'"}
    rows = checked(WRONG["strided"]).comparisons
    assert {dict(row.variant.options)["torch"] for row in rows if row.verdict is Verdict.REFUTED} == {
        "'upstream with gaps'"
    }


def writing_into(ctx, x):
    ctx.slope = 2 * x
    return x * x


def writing_into_saved(ctx, x):
    ctx.save_for_backward(2 * x)
    return x * x


def test_a_second_backward():
    """What backward has overwritten makes the second gradient another one; it may raise an error instead."""
    rows = checked(torch_function(of(writing_into, lambda ctx, g: ctx.slope.mul_(g)), x="N")).comparisons
    ways = {dict(row.variant.options)["torch"]: row.verdict for row in rows}
    assert ways == {**dict.fromkeys(ways, Verdict.PROVED), "'backward a second time'": Verdict.REFUTED}
    raising = of(writing_into_saved, lambda ctx, g: ctx.saved_tensors[0].mul_(g))
    freeing = of(writing_into, lambda ctx, g: ctx.__dict__.pop("slope") * g)
    for function in (raising, freeing):
        rows = checked(torch_function(function, x="N")).comparisons
        assert {row.verdict for row in rows} == {Verdict.PROVED}


def keeping(ctx, x):
    ctx.calls = 0
    ctx.save_for_backward(x)
    return x * x


def keeping_both(ctx, x, y):
    ctx.save_for_backward(x, y)
    return x * y


def two_outputs(ctx, x):
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(x)
    return x * x, 3 * x


def wrong_again(ctx, g):
    ctx.calls += 1
    return 2 * ctx.saved_tensors[0] * g * ctx.calls


def wrong_with_gaps(ctx, g):
    return 2 * ctx.saved_tensors[0] * (g if g.is_contiguous() else g.flip(0))


def wrong_expanded(ctx, g):
    return 2 * ctx.saved_tensors[0] * g * (1 if all(g.stride()) else 2)


def wrong_where_y_is_frozen(ctx, g):
    x, y = ctx.saved_tensors
    return g * (y if ctx.needs_input_grad[1] else x), g * x


def wrong_where_nothing_comes(ctx, first, second):
    return 2 * ctx.saved_tensors[0] * first + (0 if second is None else 3 * second) + (second is None)


@pytest.mark.parametrize(
    ("forward", "backward", "way"),
    [
        (keeping, wrong_again, "backward a second time"),
        (keeping, wrong_with_gaps, "upstream with gaps"),
        (keeping, wrong_expanded, "first output alone, summed"),
        (keeping_both, wrong_where_y_is_frozen, "y frozen"),
        (two_outputs, wrong_where_nothing_comes, "first output alone, summed"),
    ],
)
def test_what_is_wrong_in_one_way_alone_is_found(forward, backward, way):
    """What is proved of one way stands for no other: state, strides, inputs frozen, and outputs that nobody used."""
    inputs = {"x": "N", **({"y": "N"} if forward is keeping_both else {})}
    rows = checked(torch_function(of(forward, backward), **inputs)).comparisons
    refuted = {dict(row.variant.options)["torch"] for row in rows if row.verdict is Verdict.REFUTED}
    assert refuted == {repr(way)}
    assert {row.verdict for row in rows} == {Verdict.REFUTED, Verdict.PROVED}


def of(forward, backward=lambda ctx, g: g, **others):
    """Return a Function of two functions, and of others by the names of its static methods."""
    members = {"forward": forward, "backward": backward, **others}
    return type("Made", (Function,), {name: staticmethod(member) for name, member in members.items()})


def the_row(forward, backward=lambda ctx, g: g, **inputs):
    rows = checked(torch_function(of(forward, backward), **(inputs or {"x": "N"}))).comparisons
    return rows[0]


def through_numpy(ctx, x):
    return torch.from_numpy(np.exp(x.numpy()))


def through_a_list(ctx, x):
    return torch.tensor(x.tolist(), dtype=x.dtype)


def by_item(ctx, x):
    return x * x[0].item()


def by_float(ctx, x):
    return x * float(x[0])


def by_branch(ctx, x):
    return x if x[0] else 2 * x


def by_dlpack(ctx, x):
    return torch.from_dlpack(x.detach()) * 1


def by_apply(ctx, x):
    return x.clone().apply_(math.sin)


def by_data(ctx, x):
    y = x.clone()
    y.data = torch.zeros(3, dtype=x.dtype)
    return y


def by_subclass(ctx, x):
    return x.as_subclass(torch.Tensor) * 1


def by_bytes(ctx, x):
    return x.view(torch.int64).view(torch.float64)


def by_pickle(ctx, x):
    return pickle.loads(pickle.dumps(x))


def by_storage(ctx, x):
    return x * x.untyped_storage().nbytes()


def by_address(ctx, x):
    return x * x.data_ptr()


def drawn(ctx, x):
    return x * torch.rand(3, dtype=x.dtype)


def dropped(ctx, x):
    return torch.nn.functional.dropout(x, 0.5, True)


def by_unknown(ctx, x):
    return torch.special.i0(x)


def by_unknown_within(ctx, x):
    return torch.copysign(x, x.flip(0))


def reduced(ctx, x):
    return x.scatter(0, torch.tensor([0, 0]), 3.0, reduce="add")


def rounded(ctx, x):
    return torch.div(x, 0.1, rounding_mode="floor")


def into_before(ctx, x):
    torch_functions.SCALES.copy_(x)
    return x * 1


def into_a_view_of_before(ctx, x):
    torch_functions.SCALES[:2] = x[:2]
    return x * torch_functions.SCALES


def into_whole_numbers(ctx, x):
    return torch.zeros(3, dtype=torch.int64).copy_(x) * x


def shorter(ctx, x):
    return x.to(torch.float8_e4m3fn).to(x.dtype)


def by_fourier(ctx, x):
    return torch.fft.fft(x).real


def before_in_another_shape(ctx, x):
    return torch_functions.SCALES.unsqueeze_(0).squeeze_(0) * x


def masked_with_infinity(ctx, x):
    return torch.exp(x.masked_fill(x > 100, -math.inf))


def written_to_out(ctx, x):
    return torch.mul(x, x, out=torch.empty_like(x))


REFUSED = {
    through_numpy: "numpy",
    through_a_list: "tolist",
    by_item: "a plain number",
    by_float: "a plain number",
    by_branch: "a plain number",
    by_dlpack: "__dlpack__|aten.is_pinned.default",
    by_apply: "apply_",
    by_data: "data =",
    by_subclass: "as_subclass",
    by_bytes: "aten.view.dtype",
    by_pickle: "__reduce_ex__",
    by_storage: "untyped_storage",
    by_address: "data_ptr",
    drawn: "aten.rand.default draws random numbers",
    dropped: "random numbers",
    by_unknown: 'aten.i0.default cannot be traced; "Add an operation" in docs/how-to/frameworks.md',
    by_unknown_within: "prims.signbit.default cannot be traced",
    reduced: "aten.scatter.value_reduce",
    rounded: "aten.div.Scalar_mode|aten.div.Tensor_mode",
    into_before: "made before the run",
    into_a_view_of_before: "made before the run",
    into_whole_numbers: "written into a tensor of torch.int64",
    shorter: "a tensor of torch.float8_e4m3fn",
    by_fourier: "aten._fft_r2c.default",
    before_in_another_shape: "aten.unsqueeze_.default",
    masked_with_infinity: "-inf",
    written_to_out: "aten.mul.out",
}


@pytest.mark.parametrize("forward", REFUSED, ids=lambda forward: forward.__name__)
def test_what_is_not_followed_is_refused_by_name(forward):
    """No row is proved, nor refuted; the message names the operation, and the line is the user's."""
    before = torch_functions.SCALES.clone()
    try:
        rows = checked(torch_function(of(forward), x="3")).comparisons
    finally:
        torch_functions.SCALES = before  # which the run on floats may have written to
    assert {row.verdict for row in rows} <= {Verdict.UNDECIDED, Verdict.ERROR}
    assert re.search(REFUSED[forward], rows[0].evidence.detail)
    assert rows[0].evidence.place.file.endswith("torch_checks.py")


def test_a_tensor_of_another_run_is_refused():
    """A cache on the class is no formula: what is kept there is a symbol of another run."""
    kept = {}

    def forward(ctx, x):
        ctx.first = kept.setdefault("x", x.detach())
        return x * 2

    row = the_row(forward, lambda ctx, g: g + ctx.first)
    assert not row.good
    assert row.verdict is not Verdict.PROVED


def test_another_path_on_floats_is_no_proof():
    """Code that tells a tensor of symbols from a plain one is judged by what it does with plain ones."""

    def backward(ctx, g):
        return 3 * g if type(g) is torch.Tensor else 2 * g

    assert not the_row(lambda ctx, x: x * 2, backward).good


def test_a_moved_whole_number_is_a_number():
    """In `where` and `cat` whole numbers and truth values are entries, and no numbers of nodes."""

    def forward(ctx, x):
        ctx.mask = x > 0
        return torch.cat([torch.where(ctx.mask, torch.full((3,), 7), x), torch.tensor([True, False])])

    assert the_row(forward, lambda ctx, g: g[:3] * ~ctx.mask, x="3").verdict is Verdict.PROVED
    assert the_row(forward, lambda ctx, g: g[:3] * 1, x="3").verdict is Verdict.REFUTED


def test_writes_through_views_are_seen():
    """In all that shares the memory, rows, transposed and expanded views and detached tensors."""

    def forward(ctx, x):
        y = x.clone()
        y.t()[0] *= 2
        y.view(-1)[-1:].zero_()
        y.detach()[1].fill_(5)
        return y * x

    def backward(ctx, g, wrong=1):
        (x,) = ctx.saved_tensors
        factor = torch.full_like(x, 2)
        factor[:, 0] = 4
        factor[-1, -1] = 0
        gradient = factor * x
        gradient[1] = 5 * wrong
        return gradient * g

    def saving(ctx, x):
        ctx.save_for_backward(x)
        return forward(ctx, x)

    assert the_row(saving, backward, x="3 2").verdict is Verdict.PROVED
    assert the_row(saving, lambda ctx, g: backward(ctx, g, 2), x="3 2").verdict is Verdict.REFUTED


def reshaped_in_place(x):
    y = x * 1
    y.unsqueeze_(0).transpose_(1, 2).squeeze_(0)
    return y.as_strided_((2, 2), (2, 1), 1).t_().square() + x[0] @ x.new_ones(3, 1)


def test_another_shape_in_place():
    """A tensor takes another shape itself, as a product of a row and a matrix does, and so do its derivatives."""
    assert values_agree(reshaped_in_place)
    assert values_agree(derived(reshaped_in_place))


def test_writes_after_another_shape_in_place():
    """They are seen by what shares the memory, in the shape that this has."""

    def forward(ctx, x):
        y = x.clone()
        beside = y.detach()
        y.t_()[0] *= 3
        return beside * 1

    def backward(ctx, g, wrong=False):
        gradient = g.clone()
        (gradient if wrong else gradient.t_())[0] *= 3
        return gradient if wrong else gradient.t_()

    assert the_row(forward, backward, x="3 3").verdict is Verdict.PROVED
    assert the_row(forward, lambda ctx, g: backward(ctx, g, wrong=True), x="3 3").verdict is Verdict.REFUTED


def test_version_counters_are_those_of_pytorch():
    """A tensor that was saved and is written in backward's time raises PyTorch's own error."""

    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        ctx.y = y
        return y * 1

    def backward(ctx, g):
        ctx.y.mul_(2)
        (y,) = ctx.saved_tensors
        return g * y

    row = the_row(forward, backward)
    assert row.verdict is Verdict.ERROR
    assert "modified by an inplace operation" in row.evidence.detail


def test_float32_constants_and_casts():
    """A cast to float32 and back is the same formula; a mistake behind it is found."""

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return (x.float() ** 2).double()

    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 2 * x

    assert the_row(forward, backward).verdict is Verdict.PROVED
    assert the_row(forward, lambda ctx, g: backward(ctx, g) * 2).verdict is Verdict.REFUTED


def test_constants_have_the_type_of_the_inputs():
    """As in training, where both are float32: a tensor of 0.1 is not another number than 0.1."""

    def forward(ctx, x):
        return x * torch.tensor(0.1) + torch.zeros(3)

    assert the_row(forward, lambda ctx, g: g * 0.1, x="3").verdict is Verdict.PROVED
    assert the_row(forward, lambda ctx, g: g * 0.10000001, x="3").verdict is Verdict.REFUTED
    assert torch.get_default_dtype() is torch.float32


def test_forward_computed_again_in_backward():
    """PyTorch's own derivatives, of a forward pass within backward, are followed as well."""

    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sigmoid(x).square().sum() + torch.tanh(x).mean()

    def backward(ctx, g, factor=1):
        x = ctx.saved_tensors[0].detach().requires_grad_()
        with torch.enable_grad():
            y = torch.sigmoid(x).square().sum() + factor * torch.tanh(x).mean()
        return torch.autograd.grad(y, x, g)[0]

    assert the_row(forward, backward, x="3").verdict is Verdict.PROVED
    assert the_row(forward, lambda ctx, g: backward(ctx, g, 2), x="3").verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", ["cube", "softmax", "leaky relu", "transpose", "broadcast"])
def test_nothing_false_is_said_of_right_functions(name):
    """Other regions, contracts and floats in three precisions: all passes, and no finding fails."""
    result = verify.check(RIGHT[name])
    assert result.good
    assert [finding for finding in result.findings if not finding.allowed] == []


def test_memory_that_was_never_written():
    """A gradient with entries of torch.empty is an error."""
    row = the_row(lambda ctx, x: x * 2, lambda ctx, g: torch.empty_like(g))
    assert (row.verdict, row.evidence.reason) == (Verdict.ERROR, Reason.UNWRITTEN_MEMORY)


def convolved(x, w):
    """Return convolutions of each kind: in one to three dimensions, in groups, with steps, gaps and edges, transposed."""
    rows, functional = x.repeat(1, 4).reshape(1, 4, 6), torch.nn.functional
    kernels, bias = w.reshape(2, 1, 3).repeat(2, 1, 1), w[:, 0].repeat(2)
    made = [
        functional.conv1d(x[None, :1], w[:, None, :2]),
        functional.conv1d(rows, kernels, bias, stride=2, padding=1, dilation=2, groups=4),
        functional.conv_transpose1d(rows, kernels, bias, stride=2, padding=1, output_padding=1, groups=4),
        functional.conv2d(rows.reshape(1, 2, 3, 4), w[None, :, :2, None], padding=(1, 0), stride=(1, 2)),
        functional.conv_transpose2d(rows.reshape(1, 2, 3, 4), w[:, None, :2, None], padding=(1, 0), stride=(2, 1)),
        functional.conv3d(x.reshape(1, 1, 1, 2, 3), w.reshape(1, 1, 1, 2, 3)),
    ]
    return torch.cat([part.reshape(-1) for part in made])


def of_convolutions(x):
    """Return the gradients of these, by PyTorch's engine."""
    leaves = [(x * 1).detach().requires_grad_(), (x * 2).detach().requires_grad_()]
    with torch.enable_grad():
        total = convolved(*leaves).square().sum()
    return torch.autograd.grad(total, leaves)


VALUES = {
    "_softmax": lambda x: torch.softmax(x, -1),
    "_log_softmax": lambda x: torch.log_softmax(x, 0),
    "threshold": lambda x: torch.threshold(x, 0.5, 7.0),
    "hardtanh": lambda x: torch.nn.functional.hardtanh(x, -0.5, 0.5),
    "leaky_relu": torch.nn.functional.leaky_relu,
    "softplus": lambda x: torch.nn.functional.softplus(x, 2, 3),
    "silu": torch.nn.functional.silu,
    "clamp": lambda x: x.clamp(min=-0.5) + x.clamp(max=0.5),
    "clamp_min": lambda x: torch.clamp_min(x, 0.25),
    "clamp_max": lambda x: torch.clamp_max(x, 0.25),
    "add": lambda x: torch.add(x, x.square(), alpha=3),
    "sub": lambda x: torch.sub(x, x.square(), alpha=3),
    "rsub": lambda x: torch.rsub(x, 2, alpha=3),
    "div": lambda x: 2 / (x + 10),
    "mul": lambda x: x * x,
    "pow": lambda x: x**4 + (x + 10) ** -0.5 + 2**x,
    "log": lambda x: torch.log(x + 10),
    "log1p": lambda x: torch.log1p(x.abs()),
    "log2": lambda x: torch.log2(x + 10),
    "log10": lambda x: torch.log10(x + 10),
    "sqrt": lambda x: torch.sqrt(x + 10),
    "rsqrt": lambda x: torch.rsqrt(x + 10),
    "reciprocal": lambda x: torch.reciprocal(x + 10),
    "asin": lambda x: torch.asin(x / 10),
    "acos": lambda x: torch.acos(x / 10),
    "maximum": lambda x: torch.maximum(x, x.flip(0)),
    "minimum": lambda x: torch.minimum(x, x.flip(0)),
    "sum": lambda x: x.sum() + x.sum(0) + x.sum((0, 1)) + x.sum(1, keepdim=True),
    "mean": lambda x: x.mean() + x.mean(0) + x.mean(1, keepdim=True),
    "var": lambda x: x.var() + x.var(0) + x.var(1, unbiased=False, keepdim=True),
    "amax": lambda x: x.amax() + x.amax(0) + x.amax((0, 1)),
    "amin": lambda x: x.amin() + x.amin(1, keepdim=True),
    "max": lambda x: x.max() + x.max(0).values + x.max(1, keepdim=True).indices,
    "min": lambda x: x.min() + x.min(0).values + x.min(1, keepdim=True).indices,
    "argmax": lambda x: x * x.argmax(0) + x.argmax(),
    "argmin": lambda x: x * x.argmin(0) + x.argmin(),
    "cumsum": lambda x: x.cumsum(1),
    "mm": lambda x: x @ x.t(),
    "bmm": lambda x: torch.bmm(x[None], x.t()[None]),
    "mv": lambda x: x @ x[0],
    "dot": lambda x: torch.dot(x[0], x[1]),
    "vdot": lambda x: torch.vdot(*_complex(x)[:, :2].unbind(0)).real,
    "_conj": lambda x: _complex(x).conj().imag.clone(),
    "angle": lambda x: torch.angle(_complex(x)),
    "complex": lambda x: torch.complex(x, x.flip(0)).imag.clone(),
    "polar": lambda x: torch.view_as_real(torch.polar(x.abs(), x)),
    "addmm": lambda x: torch.addmm(x[:, :1], x, x.t(), beta=2, alpha=3),
    "baddbmm": lambda x: torch.baddbmm(x[:, :1], x[None], x.t()[None], beta=2, alpha=3),
    "addmv": lambda x: torch.addmv(x[:, 0], x, x[0], beta=2, alpha=3),
    "addcmul": lambda x: torch.addcmul(x, x, x.flip(1), value=2),
    "addcdiv": lambda x: torch.addcdiv(x, x, x + 10, value=2),
    "lerp": lambda x: torch.lerp(x, x.flip(0), 0.25) + torch.lerp(x, x.flip(1), x),
    "asinh": torch.asinh,
    "acosh": lambda x: torch.acosh(x + 10),
    "atanh": lambda x: torch.atanh(x / 10),
    "atan2": lambda x: torch.atan2(x, x.flip(0)),
    "hypot": lambda x: torch.hypot(x, x.flip(0)),
    "exp2": torch.exp2,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "fmod": lambda x: torch.fmod(x, 0.7) + torch.fmod(x, x.flip(1)),
    "remainder": lambda x: torch.remainder(x, -0.7) + torch.remainder(x, x.flip(1)),
    "prod": lambda x: x.prod() + x.prod(0) + x.prod(1, keepdim=True),
    "cumprod": lambda x: x.cumprod(1),
    "sort": lambda x: x.sort().values + x.sort(0, descending=True).values + x.sort(1).indices,
    "topk": lambda x: x.topk(2).values + x.topk(2, 1, largest=False).values + x.topk(2).indices,
    "index_put": lambda x: torch.ops.aten.index_put(
        x.index_put((torch.tensor([0, 0]),), x, accumulate=True), [None, torch.tensor([1, 1])], x[:, :2], True
    ).index_put_((torch.tensor([1]),), x[:1], accumulate=True),
    "index_add": lambda x: x.index_add(1, torch.tensor([2, 2]), x[:, :2], alpha=3).index_add_(
        0, torch.tensor([1]), x[:1]
    ),
    "scatter_add": lambda x: x.scatter_add(1, torch.tensor([[0, 0], [2, 1]]), x).scatter_add_(
        0, torch.tensor([[1, 0, 1]]), x
    ),
    "convolution": lambda x: convolved(x, x),
    "convolution_backward": lambda x: torch.cat([part.reshape(-1) for part in of_convolutions(x)]),
    "sign": lambda x: x.sign() * x,
    "round": lambda x: x.round() * x + (x / 2).round(decimals=1) + torch.tensor([-2.5, 0.5, 1.5]).round() * x,
    "floor": lambda x: x.floor() * x,
    "ceil": lambda x: x.ceil() * x,
    "trunc": lambda x: x.trunc() * x,
    "heaviside": lambda x: torch.heaviside(x, x.flip(0)) * x,
    **{name: (lambda x, name=name: getattr(x, name)(x.flip(1)) * x) for name in ("eq", "ne", "lt", "le", "gt", "ge")},
    "threshold_backward": lambda x: torch.ops.aten.threshold_backward(x, x.flip(0), 0.25),
    "sigmoid_backward": lambda x: torch.ops.aten.sigmoid_backward(x, x.sigmoid()),
    "tanh_backward": lambda x: torch.ops.aten.tanh_backward(x, x.tanh()),
}


def test_an_error_of_the_engine_has_a_line_of_the_users():
    """PyTorch raises it outside of backward, in a file of its own: the row is at the case."""
    row = checked(torch_function(of(lambda ctx, x: x[1:]), x="3")).comparisons[0]
    assert "invalid gradient" in row.evidence.detail
    assert not row.evidence.place
    assert row.where.file.endswith("torch_checks.py")


class ShortAndLong(Function):
    """Outputs of two types; each upstream comes in the type of its output."""

    @staticmethod
    def forward(ctx, x, y):
        return x.bfloat16() * 2, y * 3

    @staticmethod
    def backward(ctx, g, h):
        return g * 2, h * 3


class ShortWithin(ShortAndLong):
    @staticmethod
    def forward(ctx, x, y):
        return x.bfloat16() * 2, y.bfloat16().to(y.dtype) * 3


class ShortGradient(ShortAndLong):
    @staticmethod
    def backward(ctx, g, h):
        return g * 2, h.bfloat16().to(h.dtype) * 3


@pytest.mark.parametrize(
    ("function", "failing"),
    [(ShortAndLong, set()), (ShortWithin, {"output 2"}), (ShortGradient, {"y"})],
)
def test_a_short_output_excuses_no_other(function, failing):
    """What has the type of an output is its own choice, and that of the gradients which its upstream goes into."""
    findings = verify.check(torch_function(function, x="N D", y="N D")).findings
    assert {finding.name for finding in findings if finding.fails} == failing
    assert {finding.code for finding in findings} <= {"GP201"}


def test_a_number_of_a_short_type_is_a_cast():
    """A new tensor of bfloat16 has the nearest number to 0.1, and the finding says which line makes it."""

    def scaled(ctx, x):
        return x * torch.full((), 0.1, dtype=torch.bfloat16)

    [found] = {
        finding.detail.rpartition(":")[0] for finding in verify.check(torch_function(of(scaled), x="3")).findings
    }
    assert "a cast to bfloat16 at " in found


def _complex(x):
    return torch.complex(x, x.flip(0) + 2)


OF_COMPLEX_VALUES = {
    **{
        name: (lambda z, name=name: getattr(torch, name)(z, z.flip(1))) for name in ("add", "sub", "mul", "div", "rsub")
    },
    "sum": lambda z: z.sum() + z.sum(1, keepdim=True),
    "mean": lambda z: z.mean() + z.mean(0),
    "cumsum": lambda z: z.cumsum(1),
    "pow": lambda z: z**3 + (z + 4) ** -2,
    "log2": lambda z: torch.log2(z + 3),
    "index_put": lambda z: z.index_put([torch.tensor([0, 0])], z.flip(1), accumulate=True),
    "index_add": lambda z: z.index_add(0, torch.tensor([1, 1]), z, alpha=2),
    "scatter_add": lambda z: z.scatter_add(1, torch.tensor([[0, 0], [1, 0]]), z),
    "mm": lambda z: z @ z.t(),
    "bmm": lambda z: torch.bmm(z[None], z.t()[None]),
    "mv": lambda z: torch.mv(z, z[0]),
    "dot": lambda z: torch.dot(z[0], z[1]),
    "vdot": lambda z: torch.vdot(z[0], z[1]),
    "addmm": lambda z: torch.addmm(z[:, :1], z, z.t(), beta=2, alpha=3j),
    "baddbmm": lambda z: torch.baddbmm(z[:, :1][None], z[None], z.t()[None], beta=2j),
    "addmv": lambda z: torch.addmv(z[:, 0], z, z[1]),
    "addcmul": lambda z: torch.addcmul(z, z, z.flip(0), value=2),
    "addcdiv": lambda z: torch.addcdiv(z, z, z.flip(0), value=2),
    "lerp": lambda z: torch.lerp(z, z.flip(0), 0.25),
    "abs": lambda z: z.abs() + 0j,
    "angle": lambda z: z.angle() + 0j,
    "eq": lambda z: (z == z.flip(0)) * z,
    "ne": lambda z: (z != z.flip(0)) * z,
    "_conj": lambda z: z.conj() + 0,
    "conj_physical": lambda z: z.conj_physical(),
    "complex": lambda z: torch.complex(z.imag, z.real),
}


@pytest.mark.parametrize("name", sorted(OF_COMPLEX))
def test_each_operation_on_complex_numbers_is_pytorchs(name):
    """Both parts have the values of PyTorch."""
    compute = OF_COMPLEX_VALUES.get(name) or getattr(torch, name)
    assert values_agree(lambda x: torch.view_as_real(compute(_complex(x))))


@pytest.mark.parametrize("name", OPERATIONS)
def test_each_operation_is_pytorchs(name):
    """Its value on symbols is that of PyTorch on floats, digit by digit, in all the ways in which it may be called."""
    compute = VALUES.get(name) or getattr(torch, name)
    assert values_agree(compute)


MOVED = {
    "view": lambda x: x.view(-1),
    "_unsafe_view": lambda x: torch.ops.aten._unsafe_view(x, [6]),
    "_reshape_alias": lambda x: torch.ops.aten._reshape_alias(x, [6], [1]),
    "expand": lambda x: x[None].expand(4, -1, -1),
    "permute": lambda x: x.permute(1, 0),
    "transpose": lambda x: x.transpose(0, 1),
    "t": lambda x: x.t(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "squeeze": lambda x: x[:, None].squeeze(1) + x[None].squeeze(),
    "slice": lambda x: x[:, ::2],
    "select": lambda x: x[1],
    "split": lambda x: x.split(2, 1)[1],
    "split_with_sizes": lambda x: x.split([1, 2], 1)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "diagonal": lambda x: x.diagonal(1),
    "as_strided": lambda x: x.as_strided((2, 2), (1, 2)),
    "unfold": lambda x: x.unfold(1, 2, 1),
    "alias": lambda x: torch.ops.aten.alias(x),
    "detach": lambda x: x.detach(),
    "clone": lambda x: x.t().clone(memory_format=torch.contiguous_format),
    "cat": lambda x: torch.cat([x, x.flip(0)], 1),
    "stack": lambda x: torch.stack([x, x.flip(0)], 1),
    "flip": lambda x: x.flip(0, 1),
    "roll": lambda x: x.roll(1, 1),
    "repeat": lambda x: x.repeat(2, 3),
    "index_select": lambda x: x.index_select(1, torch.tensor([2, 0, 2])),
    "gather": lambda x: x.gather(1, torch.tensor([[2, 0], [1, 1]])),
    "index": lambda x: x[:, [2, 0]] + x[x > -100].sum(),
    "take": lambda x: x.take(torch.tensor([5, 0])),
    "masked_select": lambda x: x.masked_select(x > 0),
    "where": lambda x: torch.where(x > 0, x, 1.5) + torch.where(x > 0, 2, x),
    "masked_fill": lambda x: x.masked_fill(x > 0, 4) + x.masked_fill(x < 0, torch.tensor(2.5, dtype=x.dtype)),
    "scatter": lambda x: x.scatter(1, torch.tensor([[0, 2]]), 3.5).scatter(1, torch.tensor([[1]]), x[1:]),
    "index_put": lambda x: x.index_put((torch.tensor([1]),), x[:1]).index_put(
        (torch.tensor([0]),), torch.tensor(2.0, dtype=x.dtype)
    ),
    "index_copy": lambda x: x.index_copy(1, torch.tensor([0]), x[:, 2:]),
    "slice_scatter": lambda x: x.slice_scatter(x[:, :1], 1, 2, 3),
    "select_scatter": lambda x: x.select_scatter(x[1], 0, 0),
    "diagonal_scatter": lambda x: x.diagonal_scatter(x[1, 1:]),
    "view_copy": lambda x: torch.ops.aten.view_copy(x, [6]),
    "expand_copy": lambda x: torch.ops.aten.expand_copy(x[:, :1], [2, 4]),
    "permute_copy": lambda x: torch.ops.aten.permute_copy(x, [1, 0]),
    "lift_fresh": lambda x: x * torch.tensor([1.5, 2.5, 3.5], dtype=x.dtype),
    "lift_fresh_copy": lambda x: torch.ops.aten.lift_fresh_copy(x),
}


DEFINED = {
    "gelu": torch.nn.functional.gelu,
    "gelu by tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "elu": torch.nn.functional.elu,
    "hardswish": torch.nn.functional.hardswish,
    "mish": torch.nn.functional.mish,
    "softplus": torch.nn.functional.softplus,
    "layer norm": lambda x: torch.nn.functional.layer_norm(x, (3,), x[0], x[1]),
    "group norm": lambda x: torch.nn.functional.group_norm(x[None].transpose(1, 2), 3),
    "batch norm": lambda x: torch.nn.functional.batch_norm(x, None, None, training=True),
    "softmax": lambda x: torch.softmax(x, -1).square(),
    "log softmax": lambda x: torch.log_softmax(x, 0).square(),
    "norm": lambda x: torch.linalg.norm(x, dim=1),
    "std": lambda x: x.std(1) + torch.var_mean(x, 0)[0].sum(),
    "cross entropy": lambda x: torch.nn.functional.cross_entropy(x, torch.tensor([2, 0]), reduction="sum"),
    "huber": lambda x: torch.nn.functional.huber_loss(x, torch.zeros_like(x), delta=0.5),
    "triangle": lambda x: x.tril().square() + x.triu(1).exp(),
    "einsum": lambda x: torch.einsum("ij,kj->ik", x, x.sin()),
    "embedding": lambda x: torch.nn.functional.embedding(torch.tensor([1, 0, 1]), x).square(),
    "embedding of one": lambda x: torch.nn.functional.embedding(torch.tensor([1]), x).square(),
    "attention": lambda x: torch.nn.functional.scaled_dot_product_attention(x[None], x[None], x.square()[None]),
    "bent edges": lambda x: torch.nn.functional.pad(x, (1, 1), mode="reflect").square(),
    "windows": lambda x: torch.nn.functional.unfold(x[None, None], 2).square(),
    "shuffled": lambda x: torch.nn.functional.pixel_shuffle(x.repeat(2, 1)[None, :, :, None], 2).square(),
    "trace": lambda x: x.trace() * x,
    "gates": lambda x: torch.nn.functional.glu(x.t()),
    "cosine": lambda x: torch.nn.functional.cosine_similarity(x, x.flip(1)),
}


def derived(compute):
    """Return what gives a function's derivative by PyTorch's engine."""

    def gradient(x):
        leaf = x.detach().requires_grad_()
        with torch.enable_grad():
            total = compute(leaf).sum()
        return torch.autograd.grad(total, leaf)[0]

    return gradient


@pytest.mark.parametrize("name", DEFINED)
def test_what_no_table_has_follows_pytorchs_definition(name):
    """Of an operation and of its derivative: what PyTorch's definitions give on symbols is what its kernels compute."""
    assert values_agree(DEFINED[name])
    assert values_agree(derived(DEFINED[name]))


def layer_norm(wrong):
    """A layer norm of PyTorch's operations whose backward leaves out a term, or does not."""

    def forward(ctx, x):
        y, _, rstd = torch.native_layer_norm(x, [x.shape[-1]], None, None, 0.1)
        ctx.save_for_backward(y, rstd)
        return y

    def backward(ctx, g):
        y, rstd = ctx.saved_tensors
        shared = (g * y).mean(-1, keepdim=True) * y * (0 if wrong else 1)
        return rstd * (g - g.mean(-1, keepdim=True) - shared)

    return of(forward, backward)


@pytest.mark.parametrize("wrong", [False, True])
def test_a_mistake_behind_a_definition(wrong):
    """What follows PyTorch's definitions is proved, and refuted with the term that is missing."""
    plain, *_ = checked(torch_function(layer_norm(wrong), x="2 3")).comparisons
    assert plain.verdict is (Verdict.REFUTED if wrong else Verdict.PROVED)


@pytest.mark.parametrize("name", sorted(VIEWS | COPIES))
def test_each_move_is_pytorchs(name):
    """It moves the entries that PyTorch moves, with the same shape and strides."""
    assert values_agree(MOVED[name])


def values_agree(compute):
    """Tell whether a function has the values and strides on symbols that it has on floats."""
    floats = np.array([[0.3, -0.7, 1.1], [-1.3, 0.9, -0.2]])
    expected = compute(torch.from_numpy(floats.copy()))
    trace = Trace()
    with arrays.running(trace):
        nodes = trace.inputs(lambda: [f"x{i}" for i in range(6)], [Fraction(str(v)) for v in floats.ravel()])
        x = entering(arrays.built(nodes, (2, 3)))
        with Tracing():
            made = compute(x)
        actual = arrays.floats_of(leaving(made))
    assert made.stride() == expected.stride()
    assert made.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected.numpy(), rtol=1e-12, atol=1e-13)
    return True


MIXED = {
    "float16 and bfloat16": lambda x: torch.cat([x.half(), x.bfloat16()]),
    "bfloat16 and float32": lambda x: torch.stack([x.bfloat16(), x.float()]),
    "a product": lambda x: x.bfloat16() * x.half(),
    "a number": lambda x: x.bfloat16() * torch.full((), 0.5, dtype=torch.float64),
    "bfloat16 alone": lambda x: torch.where(x > 0, x.bfloat16(), 0.5),
}


@pytest.mark.parametrize("name", MIXED)
def test_types_of_bfloat16_and_others(name):
    """A result has PyTorch's own type, and its shape."""
    x = torch.tensor([0.5, -0.25], dtype=torch.float64)
    expected, trace = MIXED[name](x), Trace()
    with arrays.running(trace):
        nodes = trace.inputs(lambda: ["x0", "x1"], [Fraction(1, 2), Fraction(-1, 4)])
        with Tracing():
            made = MIXED[name](entering(arrays.built(nodes, (2,))))
        actual = arrays.floats_of(leaving(made))
    assert made.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected.double().numpy())


def test_a_constant_of_bfloat16_is_what_its_bits_are():
    """It is 205/2048 and not 0.1: a backward that has 0.1 is refuted, though no bfloat16 tells it from that."""
    scale = torch.tensor(0.1, dtype=torch.bfloat16)

    def row(backward):
        return the_row(lambda ctx, x: x * scale, backward)

    assert row(lambda ctx, g: g * scale).verdict is Verdict.PROVED
    assert row(lambda ctx, g: g * 0.10009765625).verdict is Verdict.PROVED
    assert row(lambda ctx, g: g * 0.1).verdict is Verdict.REFUTED


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_wrong_operation_is_seen_in_short_types(dtype, monkeypatch):
    """If a product were followed as one that is larger by 2^-6, nothing would be proved or refuted."""

    def forward(ctx, x):
        return (x.to(dtype) * x.to(dtype)).to(x.dtype)

    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]

    assert the_row(saving(forward), backward).verdict is Verdict.PROVED
    assert the_row(saving(forward), lambda ctx, g: g * ctx.saved_tensors[0]).verdict is Verdict.REFUTED
    product = OPERATIONS["mul"]
    monkeypatch.setitem(OPERATIONS, "mul", lambda a, b: product(a, b) * (1 + 2**-6))
    assert the_row(saving(forward), backward).evidence.reason is Reason.FLOATS_DIFFER
    assert the_row(saving(forward), lambda ctx, g: g * ctx.saved_tensors[0]).verdict is Verdict.UNDECIDED


def saving(forward):
    """Return what computes forward, and keeps its input for backward."""

    def keeping(ctx, x):
        ctx.save_for_backward(x)
        return forward(ctx, x)

    return keeping


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_an_output_of_a_short_type(dtype):
    """What it rounds is the choice of the Function, whatever its inputs are; a cast back hides it, and fails."""
    short, hidden = (
        of(forward, lambda ctx, g: g.double() * 2)
        for forward in (lambda ctx, x: x.to(dtype) * 2, lambda ctx, x: (x.to(dtype) * 2).to(x.dtype))
    )
    name = str(dtype).removeprefix("torch.")
    (stray,) = of_floats(verify.check(torch_function(short, x="3")))
    assert f"as the output is {name}" in stray.detail
    assert not stray.fails
    (stray,) = of_floats(verify.check(torch_function(hidden, x="3")))
    assert f"a cast to {name}" in stray.detail
    assert stray.fails


def of_floats(result):
    """Return the findings that rounding does not explain; all rows have to be proved."""
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    return [finding for finding in result.findings if finding.code == "GP201"]


def test_the_command_checks_functions(tmp_path):
    """In its workers, without a warning of PyTorch's; an input that is frozen in one way is not called unchecked."""
    source = Path(torch_functions.__file__).read_text()
    (tmp_path / "my_functions.py").write_text(source)
    (tmp_path / "my_cases.py").write_text(
        "import my_functions\nlinear, wrong = my_functions.RIGHT['linear'], my_functions.WRONG['linear wrong index']\n"
    )
    command = [sys.executable, "-m", "gradproof", "my_cases.py", "--quick", "--color", "never"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "not claimed" not in run.stdout
    assert "Warning" not in run.stderr
    assert "torch='x frozen'" in run.stdout
    assert "FAILED: 1 gradient refuted" in run.stdout


def to_cuda(ctx, x):
    return x.cuda() * 2


def with_a_constant_there(ctx, x):
    return x * torch.ones(3, device="cuda")


def to_a_device(ctx, x):
    return x.to(torch.device("xpu"))


def to_the_cpu(ctx, x):
    return (x.cuda() if torch.cuda.is_available() else x).to(torch.device("cpu")).cpu() * 1


@pytest.mark.parametrize("forward", [to_cuda, with_a_constant_there, to_a_device])
def test_a_device_is_refused_by_name(forward):
    """With what to write in place of it; forward's line is named, and backward's."""
    row = the_row(forward, x="3")
    assert row.verdict is Verdict.UNDECIDED
    assert re.search("asks for the device (cuda|xpu), .* device=x.device, at .*torch_checks.py", row.evidence.detail)
    row = the_row(lambda ctx, x: x * 1, lambda ctx, g: forward(ctx, g), x="3")
    assert "asks for the device" in row.evidence.detail


def test_the_cpu_is_no_device_to_refuse():
    """Code that asks whether there is another one goes on here."""
    assert torch.cuda._lazy_init.__module__ == "torch.cuda"
    if not torch.cuda.is_available():
        assert the_row(to_the_cpu).verdict is Verdict.PROVED


def into_a_conjugated_view(ctx, z):
    made = z.clone()
    made.conj()[0] = 1j
    return made


def test_a_write_into_a_conjugated_view_is_named():
    """And is not taken for one into a tensor from before the run."""
    row = the_row(into_a_conjugated_view, z=verify.complex("3"))
    assert "writes into a conjugated view" in row.evidence.detail


def entries_by(ctx, index, x):
    ctx.save_for_backward(index, x)
    return x[index]


def entries_by_long(ctx, index, x):
    ctx.save_for_backward(index.long(), x)
    return x[index.long() + 3]


@pytest.mark.parametrize(
    ("forward", "said"),
    [(entries_by, "entries are taken by index, which"), (entries_by_long, "makes whole numbers of index")],
)
def test_whole_numbers_that_are_described_as_real(forward, said):
    """The input is named, and what to write."""
    row = the_row(forward, index=verify.real("2", low=1, high=2), x="3")
    assert row.verdict is Verdict.ERROR
    assert re.search(rf"IndexError.*{said}.*gradproof.integer\('2', below=...\)", row.evidence.detail)


def test_what_the_engine_raises_has_no_name_of_pytorchs():
    """No function of the user's raised it; one that did is named also where PyTorch's lines lie within."""
    row = the_row(lambda ctx, x: x * 1, lambda ctx, g: g.sum())
    assert row.verdict is Verdict.ERROR
    assert not row.evidence.function
    row = the_row(lambda ctx, x: x * 1, lambda ctx, g: torch.zeros(2).index_add(0, torch.tensor([5]), g[:1]))
    assert "lambda" in row.evidence.function


def test_a_forward_without_inputs():
    """The parameter that there is would be the context."""
    with pytest.raises(InputError, match="takes no input: its first parameter is the context"):
        torch_function(of(lambda x: x), x="N")


def test_bad_input_is_named():
    """One line with what to do."""
    with pytest.raises(InputError, match="expected a subclass of torch.autograd.Function"):
        torch_function(torch.nn.Linear, x="N")
    with pytest.raises(InputError, match=r"forward takes x, slope: there is no 'y'"):
        torch_function(torch_functions.LeakyRelu, y="N")
    with pytest.raises(InputError, match="forward takes 'slope' too: describe it"):
        torch_function(torch_functions.LeakyRelu, x="N")
    with pytest.raises(InputError, match="order=2 is for real inputs"):
        torch_function(torch_functions.Cube, x=verify.complex("N"), order=2)


def test_a_function_without_a_differentiable_output():
    """It is an error, and no proof that the derivative is 0."""

    def forward(ctx, x):
        y = x * 2
        ctx.mark_non_differentiable(y)
        return y

    row = the_row(forward)
    assert row.verdict is Verdict.ERROR
    assert "no output of the Function requires a gradient" in row.evidence.detail


def test_the_core_imports_no_pytorch():
    """A case of NumPy's costs no import of PyTorch, and none of the adapter."""
    program = (
        "import sys, numpy as np, verify\n"
        "case = verify.pair(lambda x: x * x, lambda d, x: 2 * x * d, x='N')\n"
        "assert verify.check(case, quick=True)\n"
        "sys.exit(any(name.startswith(('torch', 'verify.adapters')) for name in sys.modules))\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_nothing_of_a_check_stays_behind():
    """PyTorch's settings and the numbers that it draws are the same after a check as without it."""
    torch.manual_seed(7)
    expected = copy.copy(torch.rand(3))
    torch.manual_seed(7)
    checked(RIGHT["cube"])
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()


class Rounded(Function):
    """A straight-through estimator of rounding, whose slope may be wrong."""

    slope = 1.0

    @classmethod
    def forward(cls, ctx, x):
        return torch.round(x)

    @classmethod
    def backward(cls, ctx, g):
        return cls.slope * g


class RoundedWrong(Rounded):
    slope = 1.0005


class SignClipped(Function):
    """The sign, with the gradient of a clipped identity; `w` scales it and has its own derivative."""

    @staticmethod
    def forward(ctx, x, w):
        ctx.save_for_backward(x, w)
        return torch.sign(x) * w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        inside = (x.abs() <= 1).to(x.dtype)
        return g * w * inside, (g * x.clamp(-1, 1)).sum(0)


def clipped(x, w):
    return x.clamp(-1, 1) * w


def test_the_derivative_of_another_function():
    """`as_if` is proved in every way of calling, its twin with a wrong slope refuted; without it both are."""
    identity = {"x": "2 3", "as_if": lambda x: x}
    assert {row.verdict for row in checked(torch_function(Rounded, **identity)).comparisons} == {Verdict.PROVED}
    wrong = checked(torch_function(RoundedWrong, **identity))
    assert {row.verdict for row in wrong.comparisons} == {Verdict.REFUTED}
    plain = checked(torch_function(Rounded, x="2 3"))
    assert {row.surrogate.value for row in plain.comparisons} == {"rounding"}
    assert (wrong.as_if.name, plain.as_if) == ("a lambda", None)


def test_several_inputs_and_ways_as_if():
    """The frozen ways and the sum claim the same function."""
    shapes = {"x": "2 3", "w": "3"}
    right = checked(torch_function(SignClipped, as_if=clipped, **shapes)).comparisons
    assert {row.verdict for row in right} == {Verdict.PROVED}
    assert len({dict(row.variant.options)["torch"] for row in right}) == 6
    wrong = checked(torch_function(SignClipped, as_if=lambda x, w: x * w, **shapes)).comparisons
    assert Verdict.REFUTED in {row.verdict for row in wrong}


@pytest.mark.parametrize("stop", [lambda x: x.detach(), lambda x: x.data, torch.detach])
def test_a_part_that_is_held_constant_is_refused(stop):
    """The numbers of `x + (round(x) - x).detach()` have the derivative 0: it is no other function."""
    case = torch_function(Rounded, x="2", as_if=lambda x: x + stop(torch.round(x) - x), name="stopped")
    assert {row.verdict for row in checked(case).comparisons} == {Verdict.ERROR}

    def quiet(x):
        with torch.no_grad():
            return x * 1

    rows = checked(torch_function(Rounded, x="2", as_if=quiet)).comparisons
    assert {row.verdict for row in rows} == {Verdict.ERROR}
    assert "no_grad" in rows[0].evidence.detail


def test_as_if_of_other_shapes_or_names():
    """Where the case is made, or in its rows."""
    with pytest.raises(InputError, match="as_if takes a, b"):
        torch_function(Rounded, x="2", as_if=lambda a, b: a)
    rows = checked(torch_function(Rounded, x="2", as_if=torch.sum)).comparisons
    assert {row.evidence.reason for row in rows} == {Reason.WRONG_SHAPE}


def scaled_cube(factor):
    """A Function of two inputs and two outputs, with a factor in a term of its rule for forward mode."""

    def setup_context(ctx, inputs, outputs):
        ctx.save_for_forward(*inputs)
        ctx.save_for_backward(*inputs)

    def backward(ctx, g, h):
        x, w = ctx.saved_tensors
        return g * 3 * x**2 * w + h * w, g * x**3 + h * x

    def jvp(ctx, dx, dw):
        x, w = ctx.saved_tensors
        return dx * 3 * x**2 * w + factor * dw * x**3, (dx * w + x * dw).sum()

    return of(lambda x, w: (x**3 * w, (x * w).sum()), backward, setup_context=setup_context, jvp=jvp)


@pytest.mark.parametrize(("factor", "verdict"), [(1, Verdict.PROVED), (2, Verdict.REFUTED)])
def test_forward_mode(factor, verdict):
    """PyTorch pushes a direction of each input through `jvp`, to all outputs; backward is no part of the claim."""
    rows = checked(torch_function(scaled_cube(factor), mode="jvp", x="N", w="N")).comparisons
    assert {row.verdict for row in rows} == {verdict}
    assert {row.verdict for row in checked(torch_function(scaled_cube(factor), x="N", w="N")).comparisons} == {
        Verdict.PROVED
    }


def test_forward_mode_as_if():
    """The derivative along the line is that of the function that is meant."""

    def tripled(x, w):
        return x**3 * w, 3 * (x * w).sum()

    assert {
        row.verdict
        for row in checked(torch_function(scaled_cube(1), mode="jvp", as_if=tripled, x="N", w="N")).comparisons
    } == {Verdict.REFUTED}
    same = torch_function(scaled_cube(1), mode="jvp", as_if=lambda x, w: (w * x**3, (w * x).sum()), x="N", w="N")
    assert {row.verdict for row in checked(same).comparisons} == {Verdict.PROVED}


def test_forward_mode_without_a_rule():
    """What to write is said before anything runs; so is a mode that there is not."""
    with pytest.raises(InputError, match="Made has no static method jvp: write"):
        torch_function(of(lambda ctx, x: x * 2), mode="jvp", x="N")
    with pytest.raises(InputError, match="mode='hvp': expected one of 'vjp', 'jvp'"):
        torch_function(of(lambda ctx, x: x * 2), mode="hvp", x="N")


def test_a_rule_that_leaves_an_output_out():
    """PyTorch's own error is told."""
    rule = of(lambda ctx, x: (x * 1, x.sum()), lambda ctx, g, h: g + h, jvp=lambda ctx, dx: dx * 1)
    row = checked(torch_function(rule, mode="jvp", x="N")).comparisons[0]
    assert row.verdict is Verdict.ERROR
    assert "expected 2 but got 1" in row.evidence.detail


def test_an_output_that_does_not_change():
    """Where nothing is pushed to it, its tangent is 0, which is right."""
    rule = of(lambda ctx, x: x * 2, lambda ctx, g: 2 * g, jvp=lambda ctx, dx: 2 * dx)
    beside = type("Beside", (rule,), {"apply": staticmethod(lambda x: (rule.apply(x), torch.ones(2, dtype=x.dtype)))})
    rows = checked(torch_function(beside, mode="jvp", x="N")).comparisons
    assert {row.verdict for row in rows} == {Verdict.PROVED}


def test_an_answer_without_memory_is_kept_for_the_same_question():
    """Equal numbers of other types, other strides and another default type are other questions."""
    aten = torch.ops.aten
    kinds = [without_memory(aten.full.default, [[2], value], {}).dtype for value in (1, 1.0, True)]
    assert kinds == [torch.int64, torch.get_default_dtype(), torch.bool]
    whole = torch.ones(2, dtype=torch.int64)
    for dtype in (np.float64, np.float32):
        with followed(dtype):
            assert without_memory(aten.div.Tensor, [whole, 2], {}).dtype == torch.get_default_dtype()
    rows = torch.ones(2, 3)
    assert [without_memory(aten.neg.default, [x], {}).stride() for x in (rows, rows.t())] == [(3, 1), (1, 3)]


def test_a_check_does_not_import_what_compiles_code():
    """PyTorch's compiler takes seconds to import, more than a check takes: runs on symbols do not ask for it."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import torch_functions, verify\n"
        "for name in ('cube', 'layer norm', 'cross entropy', 'linear'):\n"
        "    assert verify.check(torch_functions.RIGHT[name], quick=True).good, name\n"
        "assert 'torch._dynamo' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(torch_functions.__file__).parent, timeout=120)


@pytest.mark.parametrize(
    ("size", "stride"), [((3, 4), (4, 1)), ((3, 4), (0, 1)), ((2, 1, 3), (3, 9, 1)), ((0, 3), (3, 1))]
)
def test_results_on_ones_have_the_form_of_those_without_memory(size, stride):
    """An operation that is asked for its shape on numbers gives what PyTorch says of tensors without memory."""
    tensor = torch.ones(12, dtype=torch.float64).as_strided(size, stride)
    aten = torch.ops.aten
    for function, arguments in [
        (aten.mul.Tensor, [tensor, tensor]),
        (aten.log.default, [tensor]),
        (aten.gt.Scalar, [tensor, 0]),
        (aten.pow.Tensor_Scalar, [tensor.float(), 2]),
        (aten.mean.dim, [tensor, [0]]),
        (aten.cumsum.default, [tensor, 0]),
    ]:
        assert schemas._is_total(function)
        given, said = (way(function, arguments, {}) for way in (schemas._by_ones, schemas._on_meta))
        assert (given.device.type, given.size(), given.dtype) == ("meta", said.size(), said.dtype)
