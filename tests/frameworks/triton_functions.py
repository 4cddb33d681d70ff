"""Functions of PyTorch whose passes are kernels of Triton: right ones, and each with a mistake that is planted in it."""

import os

os.environ["TRITON_INTERPRET"] = "1"  # before triton is imported: its interpreter needs no device

import torch
import triton
import triton.language as tl
from torch.autograd import Function

import verify
from verify import torch_function

BLOCK = 4


def function(forward, backward):
    """Return a Function of two functions of tensors: forward(*inputs) and backward(upstream, output, *inputs)."""

    class Made(Function):
        @staticmethod
        def forward(ctx, *inputs):
            y = forward(*inputs)
            ctx.save_for_backward(y, *inputs)
            return y

        @staticmethod
        def backward(ctx, g):
            return backward(g.contiguous(), *ctx.saved_tensors)

    return Made


@triton.jit
def forward_kernel(x, y, out, n, KIND: tl.constexpr, SIZE: tl.constexpr):
    at = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    inside = at < n
    a = tl.load(x + at, mask=inside, other=1.0)
    b = tl.load(y + at, mask=inside, other=1.0)
    if KIND == "silu":
        made = a * tl.sigmoid(a)
    elif KIND == "relu":
        made = tl.where(a > 0, a, 0.0)
    elif KIND == "gelu":
        made = 0.5 * a * (1 + tl.erf(a * 0.5))
    else:
        made = a * b
    tl.store(out + at, made, mask=inside)


@triton.jit
def backward_kernel(x, y, out, n, KIND: tl.constexpr, SIZE: tl.constexpr):
    at = tl.program_id(0) * SIZE + tl.arange(0, SIZE)
    inside = at < n
    a = tl.load(x + at, mask=inside, other=1.0)
    d = tl.load(y + at, mask=inside, other=1.0)
    s = tl.sigmoid(a)
    if KIND == "silu backward":
        made = d * s * (1 + a * (1 - s))
    elif KIND == "silu backward without a term":
        made = d * s
    elif KIND == "relu backward":
        made = tl.where(a > 0, d, 0.0)
    elif KIND == "relu backward from its edge on the other side":
        made = tl.where(a < 0, d, 0.0)
    elif KIND == "gelu backward":
        made = d * (0.5 * (1 + tl.erf(a * 0.5)) + 0.5 * a * 1.1283791670955126 * tl.exp(-a * a * 0.25) * 0.5)
    else:
        made = d * (0.5 * (1 + tl.erf(a * 0.5)) + 0.5 * a * 1.1283791670955126 * tl.exp(-a * a * 0.5) * 0.5)
    tl.store(out + at, made, mask=inside)


def elementwise(x, y, kind):
    """Run a kernel on the entries of two tensors."""
    out, kernel = torch.empty_like(x), backward_kernel if "backward" in kind else forward_kernel
    kernel[(triton.cdiv(x.numel(), BLOCK),)](x, y, out, x.numel(), KIND=kind, SIZE=BLOCK)
    return out


def unary(kind, backward):
    return function(lambda x: elementwise(x, x, kind), lambda g, y, x: elementwise(x, g, backward))


def gated(wrong):
    """The product of two tensors, with their gradients interchanged or not."""

    def backward(g, _, x, y):
        gradients = elementwise(g, y, "product"), elementwise(g, x, "product")
        return gradients[::-1] if wrong else gradients

    return function(lambda x, y: elementwise(x, y, "product"), backward)


@triton.jit
def softmax_kernel(x, y, columns, SIZE: tl.constexpr, SHIFTED: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, SIZE)
    inside = at < columns
    a = tl.load(x + row * columns + at, mask=inside, other=-1e30 if SHIFTED else 0.0)
    e = tl.exp(a - tl.max(a, axis=0))
    tl.store(y + row * columns + at, e / tl.sum(e, axis=0), mask=inside)


@triton.jit
def softmax_backward_kernel(y, g, out, columns, SIZE: tl.constexpr, DIAGONAL: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, SIZE)
    inside = at < columns
    p = tl.load(y + row * columns + at, mask=inside, other=0.0)
    d = tl.load(g + row * columns + at, mask=inside, other=0.0)
    shared = p if DIAGONAL else p * 0 + 1
    made = p * (d - tl.sum(p * d, axis=0)) if not DIAGONAL else p * d * (1 - shared)
    tl.store(out + row * columns + at, made, mask=inside)


def softmax(diagonal):
    def forward(x):
        y = torch.empty_like(x)
        softmax_kernel[(x.shape[0],)](x, y, x.shape[1], SIZE=triton.next_power_of_2(x.shape[1]), SHIFTED=True)
        return y

    def backward(g, y, x):
        out, size = torch.empty_like(x), triton.next_power_of_2(x.shape[1])
        softmax_backward_kernel[(x.shape[0],)](y, g, out, x.shape[1], SIZE=size, DIAGONAL=diagonal)
        return out

    return function(forward, backward)


@triton.jit
def rms_kernel(x, w, y, columns, SIZE: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, SIZE)
    inside = at < columns
    a = tl.load(x + row * columns + at, mask=inside, other=0.0)
    scale = tl.rsqrt(tl.sum(a * a, axis=0) / columns + 0.125)
    tl.store(y + row * columns + at, a * scale * tl.load(w + at, mask=inside, other=0.0), mask=inside)


@triton.jit
def rms_backward_kernel(x, w, g, dx, dw, columns, SIZE: tl.constexpr, BY_SIZE: tl.constexpr, ADDED: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, SIZE)
    inside = at < columns
    a = tl.load(x + row * columns + at, mask=inside, other=0.0)
    d = tl.load(g + row * columns + at, mask=inside, other=0.0)
    scale = tl.rsqrt(tl.sum(a * a, axis=0) / columns + 0.125)
    normal, weighted = a * scale, d * tl.load(w + at, mask=inside, other=0.0)
    shared = tl.sum(weighted * normal, axis=0) / (SIZE if BY_SIZE else columns)
    tl.store(dx + row * columns + at, (weighted - normal * shared) * scale, mask=inside)
    if ADDED:
        tl.atomic_add(dw + at, d * normal, mask=inside)
    else:
        tl.store(dw + at, d * normal, mask=inside)


def rms(by_size=False, added=True):
    """A norm of rows; a mean over the width of the block, and rows that overwrite each other, are mistakes."""

    def forward(x, w):
        y = torch.empty_like(x)
        rms_kernel[(x.shape[0],)](x, w, y, x.shape[1], SIZE=triton.next_power_of_2(x.shape[1]))
        return y

    def backward(g, _, x, w):
        dx, dw, size = torch.empty_like(x), torch.zeros_like(w), triton.next_power_of_2(x.shape[1])
        rms_backward_kernel[(x.shape[0],)](x, w, g, dx, dw, x.shape[1], SIZE=size, BY_SIZE=by_size, ADDED=added)
        return dx, dw

    return function(forward, backward)


@triton.jit
def matmul_kernel(a, b, c, m, n, k, a0, a1, b0, b1, SIZE: tl.constexpr):
    i, j = tl.arange(0, SIZE), tl.arange(0, SIZE)
    left = tl.load(a + i[:, None] * a0 + j[None, :] * a1, mask=(i[:, None] < m) & (j[None, :] < k), other=0.0)
    right = tl.load(b + i[:, None] * b0 + j[None, :] * b1, mask=(i[:, None] < k) & (j[None, :] < n), other=0.0)
    made = tl.dot(left, right, out_dtype=left.dtype)
    tl.store(c + i[:, None] * n + j[None, :], made, mask=(i[:, None] < m) & (j[None, :] < n))


def matmul(a, b):
    """Multiply two matrices of any strides."""
    c = torch.empty(a.shape[0], b.shape[1], dtype=a.dtype)
    sizes = a.shape[0], b.shape[1], a.shape[1]
    matmul_kernel[(1,)](a, b, c, *sizes, *a.stride(), *b.stride(), SIZE=16)
    return c


def linear(wrong):
    def backward(g, _, a, b):
        return matmul(g, b.t()), matmul(a.t(), g) * (2 if wrong else 1)

    return function(matmul, backward)


@triton.jit
def gather_kernel(x, labels, y, columns, SIGN: tl.constexpr):
    row = tl.program_id(0)
    label = tl.load(labels + row)
    tl.store(y + row, SIGN * tl.load(x + row * columns + label))


@triton.jit
def scatter_kernel(g, labels, out, columns, SIGN: tl.constexpr):
    row = tl.program_id(0)
    label = tl.load(labels + row)
    tl.store(out + row * columns + label, SIGN * tl.load(g + row))


def chosen(sign):
    """Minus the entry of each row that a label names."""

    def forward(x, labels):
        y = torch.empty(x.shape[0], dtype=x.dtype)
        gather_kernel[(x.shape[0],)](x, labels, y, x.shape[1], SIGN=-1)
        return y

    def backward(g, _, x, labels):
        out = torch.zeros_like(x)
        scatter_kernel[(x.shape[0],)](g, labels, out, x.shape[1], SIGN=sign)
        return out, None

    return function(forward, backward)


@triton.jit
def cumulated_kernel(x, y, columns, SIZE: tl.constexpr, BACK: tl.constexpr):
    row, at = tl.program_id(0), tl.arange(0, SIZE)
    inside = at < columns
    a = tl.load(x + row * columns + at, mask=inside, other=0.0)
    tl.store(y + row * columns + at, tl.cumsum(a, axis=0, reverse=BACK), mask=inside)


def cumulated(back):
    def run(x, reverse):
        y = torch.empty_like(x)
        cumulated_kernel[(x.shape[0],)](x, y, x.shape[1], SIZE=triton.next_power_of_2(x.shape[1]), BACK=reverse)
        return y

    return function(lambda x: run(x, False), lambda g, y, x: run(g, back))


LABELS = verify.integer("N", below="C")
RIGHT = {
    "silu": torch_function(unary("silu", "silu backward"), x="N D"),
    "relu": torch_function(unary("relu", "relu backward"), x="N D"),
    "gelu": torch_function(unary("gelu", "gelu backward"), x="N D"),
    "product": torch_function(gated(False), x="N D", y="N D"),
    "softmax": torch_function(softmax(False), x="N D"),
    "rms norm": torch_function(rms(), x="N D", w="D"),
    "linear": torch_function(linear(False), a="N K", b="K M"),
    "chosen entries": torch_function(chosen(-1), x="N C", labels=LABELS),
    "cumulated": torch_function(cumulated(True), x="N D"),
    "straight through": torch_function(
        function(lambda x: elementwise(x, x, "relu"), lambda g, y, x: g * 1), x="N D", as_if=lambda x: x * 1
    ),
}
WRONG = {
    "silu without a term": torch_function(unary("silu", "silu backward without a term"), x="N D"),
    "relu on the other side": torch_function(unary("relu", "relu backward from its edge on the other side"), x="N D"),
    "gelu with another root": torch_function(unary("gelu", "gelu backward with another root"), x="N D"),
    "product interchanged": torch_function(gated(True), x="N D", y="N D"),
    "softmax by its diagonal": torch_function(softmax(True), x="N D"),
    "rms norm by the width of its block": torch_function(rms(by_size=True), x="2 3", w="3"),
    "rms norm whose rows overwrite each other": torch_function(rms(added=False), x="N D", w="D"),
    "linear twice": torch_function(linear(True), a="N K", b="K M"),
    "chosen entries with the other sign": torch_function(chosen(1), x="N C", labels=LABELS),
    "cumulated in the same direction": torch_function(cumulated(False), x="N D"),
}
