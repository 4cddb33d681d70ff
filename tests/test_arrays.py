"""User code computes on arrays of symbols what it computes on floats: NumPy is the oracle."""

import functools
import itertools
import math
import random
from fractions import Fraction
from math import exp as exp_by_name

import numpy as np
import pytest
from effort import PART
from numpy import zeros as zeros_by_name
from numpy.lib.stride_tricks import as_strided, sliding_window_view

import verify
from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.numpy import elementwise
from verify.tracing.symbols.concolic import METHODS, Concolic
from verify.tracing.symbols.trace import Trace

SHAPES = {"x": (3, 4), "W": (4, 2), "b": (2,), "v": (4,), "u": (4,), "t": (2, 3, 4), "q": (2, 4, 3), "i": (1, 2, 5, 5)}
SHAPES |= {"s": (), "r": ()}
LABELS = np.array([2, 0, 3])
MASK = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])
_sqrt_made_before = np.vectorize(math.sqrt)
_np = np  # the test's own, whatever is in force
_ndarray = np.ndarray


def numbers():
    rng = random.Random(PART)
    return {
        name: [Fraction(rng.randrange(-2000, 2000) * 2 + 1, 1009) for _ in range(int(np.prod(shape)))]
        for name, shape in SHAPES.items()
    }


def given_floats():
    return {name: np.array([float(n) for n in found]).reshape(SHAPES[name])[()] for name, found in numbers().items()}


def given_symbols(trace):
    return {
        name: arrays.scalar(arrays.built([trace.input(f"{name}{i}", n) for i, n in enumerate(found)], SHAPES[name]))
        for name, found in numbers().items()
    }


def run(code, given):
    """Run a snippet, an expression or statements that set `out`."""
    space = {**given, "np": np, "math": math, "functools": functools, "itertools": itertools, "as_strided": as_strided}
    space |= {
        "sliding_window_view": sliding_window_view,
        "zeros": zeros_by_name,
        "exp": exp_by_name,
        "y": LABELS.copy(),
        "m": MASK.copy(),
    }
    space |= {"vsqrt": _sqrt_made_before}
    if "out = " not in code:
        code = f"out = {code}"
    exec(code.replace("; ", "\n"), space)
    return space["out"]


def plain(value, trace):
    """Return what a run gave as (shape, kind, type, floats), the nodes by their values at the sample."""
    if isinstance(value, (tuple, list)):
        return [plain(item, trace) for item in value]
    shape = np.shape(value)
    if isinstance(value, (arrays.SymbolArray, Concolic)):
        found = [float(ball.mid()) for ball in trace.at_samples(arrays.nodes(value))]
    else:
        found = np.asarray(value).ravel().tolist()
    kind = "array" if isinstance(value, np.ndarray) else "number"
    return shape, kind, getattr(value, "dtype", None), found


def symbolic(code):
    """Run a snippet on symbols."""
    trace = Trace()
    with arrays.running(trace), patches.in_force(0):
        np_random = _np.random.get_state()
        _np.random.seed(0)
        try:
            return plain(run(code, given_symbols(trace)), trace)
        finally:
            _np.random.set_state(np_random)


def assert_same(found, expected, *, single=False):
    if isinstance(expected, list):
        assert len(found) == len(expected)
        for pair in zip(found, expected, strict=True):
            assert_same(*pair, single=single)
        return
    assert found[:2] == expected[:2]
    if expected[1] == "array":
        assert found[2] == expected[2]
    single = single or expected[2] == np.float32
    np.testing.assert_allclose(found[3], expected[3], rtol=1e-5 if single else 1e-9, atol=1e-6 if single else 1e-12)


REDUCTIONS = [
    f"{call}{arguments}"
    for name in ("sum", "mean", "max", "min", "prod", "var", "std")
    for call, closing in ((f"np.{name}(t", ")"), (f"t.{name}(", ")"))
    for arguments in [
        (", " if call.endswith("t") else "") * bool(text) + text + closing
        for text in (
            "",
            "axis=0",
            "axis=-1",
            "axis=(0, 2)",
            "axis=1, keepdims=True",
            "axis=(1, 2), keepdims=True",
            "keepdims=True",
        )
    ]
]
UNARY = [
    "exp",
    "log",
    "tanh",
    "sin",
    "cos",
    "tan",
    "arctan",
    "sqrt",
    "square",
    "reciprocal",
    "log1p",
    "expm1",
    "sinh",
    "cosh",
    "log2",
    "log10",
    "exp2",
    "arcsinh",
    "negative",
    "positive",
    "absolute",
    "abs",
    "fabs",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "sign",
    "cbrt",
    "degrees",
    "radians",
    "deg2rad",
    "rad2deg",
    "isnan",
    "isinf",
    "isfinite",
    "signbit",
    "logical_not",
    "round",
    "around",
]
BINARY = "add subtract multiply divide true_divide power maximum minimum fmax fmin hypot logaddexp logaddexp2 copysign heaviside remainder mod fmod floor_divide float_power less greater_equal equal not_equal logical_and logical_or arctan2"
ELEMENTWISE = [f"np.{name}(np.abs(x) + 0.1)" for name in UNARY] + [
    f"np.{name}(x)"
    for name in ("exp", "tanh", "floor", "ceil", "trunc", "rint", "sign", "cbrt", "abs", "signbit", "sinh")
]
ELEMENTWISE += [f"np.{name}(np.abs(v) + 0.1, np.abs(u) + 0.2)" for name in BINARY.split()]
SNIPPETS = r"""
x ** 2
x ** -1
x ** -2.0
np.abs(x) ** 0.5
np.abs(x) ** -0.5
(x * x + 1) ** (1 / 3)
x ** np.array([1, 2, 3, 0])
np.abs(x) ** np.array([0.5, 1.5, 2., -1.])
np.power(2., x)
2 ** x
np.power(x, 3)
1 / x
1. / (1. + np.exp(-x))
x // 1
x % 2
-x
+x
abs(x)
divmod(x, 2)
np.where(x > 0, x, 0)
np.where(x > 0, x, 0.01 * x)
np.where(x > 0)
np.where(m, x, 0.)
np.where(m, 1, 0)
np.clip(x, -1, 1)
np.clip(x, 0.1, None)
np.clip(x, None, 0.5)
x.clip(-0.5, 0.5)
x.clip(min=0)
np.clip(x, a_min=0, a_max=1)
np.maximum(0, x)
np.maximum(x, 0.)
np.maximum(x, -np.inf)
np.minimum(np.inf, x)
np.minimum(1, x)
np.maximum.reduce(x, axis=1)
np.logaddexp(0, x)
np.dot(x, W)
x.dot(W) + b
x @ W
np.matmul(x, W)
v @ u
v @ W
x @ v
t @ q
t @ W
x @ q
np.matmul(t, q)
np.dot(t, W)
np.dot(v, u)
np.dot(t, q)
np.dot(x, 2)
np.dot(2., x)
s * np.dot(v, u)
np.dot(x.T, x)
np.inner(v, u)
np.inner(x, x)
np.outer(v, u)
np.outer(x, b)
np.vdot(x, x)
np.tensordot(t, W, axes=1)
np.tensordot(x, W, axes=([1], [0]))
np.tensordot(t, q, axes=((1, 2), (2, 1)))
np.tensordot(t, t, axes=([0, 1], [0, 1]))
np.tensordot(v, u, axes=0)
np.tensordot(t, q, [[0, 2], [0, 1]])
np.einsum('ij,jk->ik', x, W)
np.einsum('ij,jk', x, W)
np.einsum('ij->ji', x)
np.einsum('ij->', x)
np.einsum('ij->i', x)
np.einsum('ii->i', t[0, :3, :3])
np.einsum('ii', t[0, :3, :3])
np.einsum('bij,bjk->bik', t, q)
np.einsum('...ij,...jk->...ik', t, q)
np.einsum('i,i->', v, u)
np.einsum('i,j->ij', v, u)
np.einsum('ij,ij->i', x, x)
np.einsum('ij,kj,j->ik', x, x, v, optimize=True)
np.einsum('ij,jk->ik', m.astype(float), W @ W.T)
np.kron(x, b)
np.trace(x @ x.T)
(x @ x.T).trace()
np.diag(v)
np.diag(x @ x.T)
np.diagflat(v)
np.diagflat(v) - np.outer(v, v)
np.eye(3)[y] if False else np.eye(4)[y] * x
np.eye(4) * v
np.identity(4) @ v
np.linalg.norm(x)
np.linalg.norm(v, 2)
np.linalg.norm(v, 1)
np.linalg.norm(v, np.inf)
np.linalg.norm(x, axis=1)
np.linalg.norm(x, axis=1, keepdims=True)
np.linalg.norm(x, ord=1, axis=0)
np.linalg.norm(x, 'fro')
x.reshape(4, 3)
x.reshape(-1)
x.reshape((2, -1))
np.reshape(x, (6, 2))
x.ravel()
np.ravel(x)
x.flatten()
x.reshape(2, 6, order='F')
x.T
t.transpose(1, 0, 2)
t.transpose((2, 0, 1))
t.transpose()
np.transpose(t, (0, 2, 1))
np.swapaxes(t, 0, 1)
t.swapaxes(1, 2)
np.moveaxis(t, 0, -1)
np.rollaxis(t, 2)
np.squeeze(i)
i.squeeze(0)
np.expand_dims(x, 1)
x[:, None]
x[..., 0]
x[np.newaxis]
x[None, ..., None].shape
np.pad(x, 1)
np.pad(x, ((1, 0), (2, 1)))
np.pad(x, ((1, 1), (0, 0)), 'constant')
np.pad(x, 1, mode='constant', constant_values=3.)
np.pad(x, 1, mode='edge')
np.pad(x, 1, mode='reflect')
np.pad(i, ((0, 0), (0, 0), (1, 1), (1, 1)), mode='constant')
np.concatenate([x, x * 2], axis=0)
np.concatenate((x, np.ones((3, 1))), axis=1)
np.concatenate((x, x), axis=None)
np.append(x, x)
np.append(x, [[1., 2., 3., 4.]], axis=0)
np.stack([v, u])
np.stack([v, u], axis=1)
np.hstack([v, u])
np.hstack((np.ones((3, 1)), x))
np.vstack([x, v])
np.vstack((v, np.zeros(4)))
np.dstack((x, x))
np.column_stack((v, u))
np.c_[v, u]
np.r_[v, u]
np.r_[v, 1.0]
np.split(x, 2, axis=1)
np.split(v, [1, 3])
np.array_split(x, 3, axis=1)
np.hsplit(x, 2)
np.tile(v, (3, 1))
np.tile(x, 2)
np.repeat(x, 2, axis=0)
x.repeat(2)
np.roll(x, 1, axis=1)
np.flip(x)
np.fliplr(x)
np.flip(x, axis=0)
np.rot90(x)
np.rot90(i, 2, (2, 3))
np.broadcast_to(v, (3, 4))
np.broadcast_to(b[None, :], (3, 2)).sum()
np.atleast_2d(v)
np.atleast_1d(s)
x[::-1]
x[:, ::2]
x[1:, :-1] - x[:-1, 1:]
x[-1]
x[..., ::-1]
np.tril(x)
np.triu(x, 1)
np.zeros((2, 2)) + s
np.zeros_like(x)
np.ones_like(x) * 2
np.full((2, 2), 3.)
np.full((2, 2), s)
np.full_like(x, 0.5)
np.zeros_like(x, dtype=np.float32)
np.zeros_like(x, dtype=int)
np.ones_like(y)
np.zeros(3, dtype=x.dtype)
np.zeros(x.shape, x.dtype)
np.empty_like(x).shape
out = np.zeros((3, 4)); out[0] = x[1]
out = np.zeros((3, 4), dtype=np.float32); out[1, 2] = s
out = np.zeros((3, 4), 'f'); out[:, 0] = x[:, 1]
out = np.zeros((3, 4), float); out[:] = x
out = zeros((3, 4)); out[...] = x
out = np.empty((3, 4)); out[:, :] = x * 2
out = np.empty(x.shape, dtype=np.float32); out[:] = 1
out = np.empty_like(x); out[:] = x
out = np.ones_like(x); out[m] = 5
out = np.ones((3, 4)); out *= x
out = np.array([0., 0., 0.]); out[1] = s
np.array([s, r, s * r])
np.array([[s, 1], [0.5, r]])
np.array([v, u])
np.array([v, [1, 2, 3, 4]])
np.array([[row.sum() for row in x]])
np.array(x)
np.array(x, copy=True)
np.array(x, dtype=np.float32)
np.array(x, dtype=float)
np.array(x, ndmin=3)
np.array(s)
np.array([x[0, 0]])
np.copy(x)
x.copy()
np.asarray(x)
np.asarray(x, dtype=np.float64)
np.asarray([s, 2.])
np.ascontiguousarray(x.T)
np.asanyarray(x)
np.array(list(x))
np.array([float(1), 2])
np.float64(2) * s
out = x.copy(); out[0, 1] = 3
out = x.copy(); out[0] = s
out = x.copy(); out[1:, ::2] = 0
out = x.copy(); out[out < 0] = 0
out = x.copy(); out[m] = x[m] * 2
out = x.copy(); out[m] += 1
out = x.copy(); out[np.arange(3), y] -= 1
out = x.copy(); out[np.arange(3), y] = s
x[np.arange(3), y]
-np.log(np.abs(x)[range(len(y)), y]).sum()
out = np.zeros((4, 2)); out[[0, 0, 1]] += x[:, :2]
out = np.zeros((4, 2)); np.add.at(out, [0, 0, 1], x[:, :2])
out = np.zeros((4, 2)); np.add.at(out, y, x[:, :2])
out = np.zeros((4, 4)); np.add.at(out, (y, slice(None)), x)
out = np.zeros((4, 4)); np.add.at(out, (slice(None), y), x.T)
out = np.zeros((4, 4)); np.add.at(out, ([0, 0], [1, 1]), s)
base = np.zeros((4, 4)); np.add.at(base[:, ::2], [0, 0, 3], x[:, :2]); out = base
base = np.zeros((4, 3)); np.add.at(base.T, [0, 0, 2], x); out = base
out = np.zeros((4, 2)); np.subtract.at(out, [0, 0, 1], x[:, :2])
out = np.ones(4); np.multiply.at(out, [0, 0, 1], v[:3])
out = x.copy(); out += v
out = x.copy(); out -= 1
out = x.copy(); out /= 3
out = x.copy(); out *= x
out = x.copy(); out **= 2
out = x.copy(); out[:, 1] += v[:3]
out = x.copy(); out[1] /= 2.
out = x.copy(); keep = out; out += 1; out = keep
s += 1; out = s
total = 0; total += x.sum(); out = total
total = 0.0\nfor row in x: total += (row ** 2).sum()\nout = total
out = np.zeros((3, 4)); np.add(x, 1, out=out)
out = np.zeros((3, 4)); np.multiply(x, x, out)
out = np.zeros(4); np.sum(x, axis=0, out=out)
out = np.zeros((3, 2)); np.dot(x, W, out=out)
out = np.zeros((3, 4)); np.exp(x, out=out)
out = np.zeros((3, 4)); np.maximum(x, 0, out=out)
out = x.copy(); np.clip(out, 0, 1, out=out)
out = x.copy(); np.exp(x, out=out, where=m)
np.divide(x, m, out=np.zeros((3, 4)), where=m)
np.divide(1., np.abs(x), out=np.zeros_like(x), where=x != 0)
np.log(np.abs(x), where=m, out=np.zeros_like(x))
np.sum(x, where=m)
np.mean(x, where=m)
np.sum(x, axis=1, where=m, initial=2.)
np.max(x, initial=0.)
np.max(x, axis=1, initial=-np.inf)
x.flat[5]
x.flat[1:4]
x.flat[[0, 3]]
list(x.flat)[3]
[a for a in x.flat]
len(x.flat)
out = x.copy(); out.flat[3] = 7
out = x.copy(); out.flat[...] = 1
out = x.copy(); out.flat = 0
out = x.copy().T; out.flat[2] = s
out = x.copy(); out.flat[2:5] = v[:3]
out = x.copy(); np.put(out, [0, 5], [1., 2.])
out = x.copy(); out.put([0, 5], 3)
out = x.copy(); np.copyto(out, 2 * x)
out = x.copy(); np.copyto(out, 0, where=m)
out = x.copy(); np.fill_diagonal(out, 0)
out = x.copy(); np.putmask(out, out < 0, 0)
out = x.copy(); np.place(out, m, [1., 2.])
out = x.copy(); out.fill(2)
out = x.copy(); np.fill_diagonal(out, s)
x[np.ix_([0, 2], [1, 3])]
out = x.copy(); out[np.ix_([0, 2], [1, 3])] = 0
np.take(x, [0, 2], axis=1)
x.take([0, 5])
np.take_along_axis(x, y[:, None], axis=1)
np.take_along_axis(x, np.argsort(x, axis=1), axis=1)
out = np.zeros((3, 4)); np.put_along_axis(out, y[:, None], 1, axis=1)
out = np.zeros((3, 4)); np.put_along_axis(out, np.argmax(x, axis=1)[:, None], x[:, :1], axis=1)
np.choose([0, 1, 0, 1], [v, u])
np.select([x > 1, x < -1], [x, x * 2], 0.)
np.piecewise(x, [x < 0, x >= 0], [lambda a: -a, lambda a: a * 2])
np.nonzero(x > 0)
np.argwhere(x > 0)
np.flatnonzero(x > 0)
(x > 0).nonzero()
np.unravel_index(np.argmax(x), x.shape)
np.unravel_index(x.argmax(), (3, 4))
x.argmax()
x.argmax(axis=1)
np.argmax(x, axis=0)
np.argmin(x)
x.argmin(1)
x.argsort()
np.argsort(-v)
x == np.max(x, axis=1, keepdims=True)
(x == x.max(axis=1)[:, None]).astype(int)
out = 0\nit = np.nditer(x, flags=['multi_index'])\nwhile not it.finished:\n  out += x[it.multi_index] * it[0]\n  it.iternext()
out = np.zeros_like(x)\nfor ix in np.ndindex(*x.shape): out[ix] = x[ix] ** 2
out = 0\nfor ix, value in np.ndenumerate(x): out += ix[0] * value
out = 0\nfor k, row in enumerate(x): out += k * row
[a * b2 for a, b2 in zip(v, u)]
list(v)
v.tolist()
np.array([np.sum(row) for row in x])
sum(v)
sum(a * b2 for a, b2 in zip(v, u))
max(v)
min(v)
sorted(v)
abs(s)
round(s)
round(s, 2)
any(v > 0)
all(v > 100)
bool(s > 0)
not s
np.any(x > 0)
np.all(x)
x.any()
x.all(axis=1)
np.any(x, axis=0)
out = [row[0] for row in x]
np.apply_along_axis(np.sum, 1, x)
np.apply_along_axis(lambda row: np.exp(row) / np.exp(row).sum(), 1, x)
np.apply_along_axis(lambda row: row[:2], 0, x)
np.vectorize(math.exp)(x)
np.vectorize(lambda a: a if a > 0 else 0.)(x)
np.vectorize(lambda a: a > 0)(x)
np.vectorize(lambda a, c: a * c)(x, v)
vsqrt(np.abs(x))
functools.reduce(np.dot, [x, W, W.T])
functools.reduce(lambda a, c: a * c, v)
list(itertools.accumulate(v))
x > 0
0 < x
x >= v
(x > 0) & (x < 1)
(x > 0) | ~(x < 1)
x != 0
(x > 0).astype(int)
(x > 0).astype(float) * x
(x > 0) * x
m * x
x * m
x * ~m
(x > 0).sum()
np.sum(x > 0, axis=0)
(x > 0).mean()
x[x > 0]
x[m]
x[m].sum()
x[~m]
x[x.sum(axis=1) > 0]
np.count_nonzero(x > 0)
np.count_nonzero(x)
np.logical_not(x > 0)
np.float32(x > 0) * 2
1 * (x > 0)
np.array(x > 0, dtype=float) * x
x.astype(np.float32)
x.astype(float)
x.astype('float64').dtype == float
x.astype(np.float32) * x
x.astype(np.float32) * 2.0
x.astype(np.float32).T
x.astype(np.float32).sum(axis=0)
np.zeros(3).astype(int)
np.zeros(3).astype(bool)
as_strided(x, (2, 2, 4), (x.strides[0], x.strides[0], x.strides[1])) * 1
as_strided(i, (2, 2), (40, 8)) * 1
out = x.copy(); as_strided(out, (3,), (out.strides[0] + out.strides[1],))[:] = 0
out = np.zeros((3, 4)); as_strided(out, (3, 2), out.strides)[...] += x[:, :2]
out = np.zeros(5); w = as_strided(out, (2, 2), (16, 8)); w += 1
np.lib.stride_tricks.as_strided(v, (2, 2), (8, 8)).sum(axis=1)
sliding_window_view(v, 2).sum(axis=1)
sliding_window_view(i, (3, 3), axis=(2, 3)).max(axis=(4, 5))
isinstance(x, np.ndarray)
isinstance(s, float)
isinstance(s, np.ndarray)
isinstance(x.sum(), (int, float))
isinstance(x[0, 0], np.floating)
np.isscalar(s)
np.isscalar(x)
np.ndim(x)
np.shape(x)
np.size(x)
np.size(x, 0)
len(x)
x.ndim
x.size
x.nbytes
s.shape
s.ndim
s.dtype == np.float64
x.dtype.kind == 'f'
np.finfo(x.dtype).eps
np.issubdtype(x.dtype, np.floating)
np.ones(2, dtype=s.dtype)
float(np.zeros(2)[0] + 0.1)
float(np.ones(2)[0] * 0.1 + 0.2)
int(np.ones(3).sum())
float(np.full(2, 3.)[0] / 7)
math.sqrt(s * s + 1)
math.exp(s)
math.log(s * s)
math.tanh(s)
math.pow(s, 2)
math.floor(s)
math.ceil(s)
math.fabs(s)
math.cos(s) + math.sin(r) + math.atan(s)
math.sqrt(4) + s
math.exp(np.ones(1)[0])
math.floor(np.ones(3).sum() / 2)
math.hypot(s, r)
math.isnan(s)
math.isinf(s)
exp(s)
s * x
x * s
s + x
x - s
s - x
s / x
x / s
x ** s if False else np.abs(x) ** s
s > x
x < s
s * r
s * np.float64(2)
np.float64(2) * s
np.float32(2) * s
s * np.float32(0.1)
np.int64(2) * s
s - np.int64(2)
np.int64(2) / s
np.int64(2) - s
np.float64(2) - s
np.float64(2) / s
np.float64(2) ** s
s * np.bool_(True)
np.bool_(True) * s
s > np.float64(0.5)
np.float64(0.5) > s
(s > 0) * s
True * s
s * (x > 0)
np.array(2.) * s
s * np.array(2.)
np.array(s) * x
s * np.array([1, 2])
np.array([1., 2.]) * s
np.array([1, 2]) - s
x[0, 0].item()
x.item(0)
x.item(1, 2)
x.sum().item()
x.sum().shape
x.sum() * 1.0
x.sum() * np.float32(0.5)
x[0, 0] * x
x.mean() - x
np.squeeze(x.sum())
s.reshape(1)
s.sum()
s.copy()
s.astype(np.float64)
np.exp(s)
np.maximum(s, 0)
np.sum(s)
np.sum([s, r])
np.mean([s, r])
np.max([s, r])
np.full((2, 2), s, dtype=float)
np.dot([s, r], b)
np.array([1., 2.]) @ W.T
np.cumsum(v)
np.cumsum(x, axis=1)
x.cumsum()
np.cumprod(v)
np.cumsum(v[::-1])[::-1]
np.diff(v)
np.diff(x, axis=0)
np.gradient(v)
np.gradient(x, axis=1)
np.convolve(v, b)
np.convolve(v, u, mode='same')
np.convolve(v, [1., 2.], 'valid')
np.correlate(v, b)
np.sort(v)
np.sort(x, axis=0)
out = v.copy(); out.sort()
np.median(x)
np.median(x, axis=0)
np.average(x)
np.average(x, axis=1, weights=u)
np.average(v, weights=u)
np.ptp(v)
np.nansum(x)
np.nan_to_num(x)
np.isclose(x, x)
np.allclose(x, x + 1)
np.array_equal(x, x)
np.unique(y)
np.searchsorted(np.array([1, 2, 3]), 2)
np.cross(x[0, :3], x[1, :3])
np.interp(0.5, [0., 1.], [0., 2.]) * s
np.meshgrid(v, b)
np.real(x)
np.random.rand(3, 4) * x
(np.random.rand(*x.shape) < 0.5) / 0.5 * x
np.random.binomial(1, 0.5, size=x.shape) * x
np.random.randn(4, 2) * W
x[np.random.permutation(3)]
np.random.RandomState(0).uniform(-1, 1, (3, 4)) + x
np.random.default_rng(0).normal(size=(3, 4)) @ W
np.random.multivariate_normal(np.zeros(2), np.eye(2)) + b
np.random.choice(4, p=np.ones(4) / 4) * x
out = 0\nwith np.errstate(all='ignore'): out = x / 2
x.reshape(3, -1).shape
x[y - 1].shape
x.max(axis=1, keepdims=True)
np.exp(x - x.max(axis=1, keepdims=True)) / np.exp(x - np.max(x, axis=1, keepdims=True)).sum(axis=1, keepdims=True)
x - np.mean(x, axis=0)
(x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
np.add.reduce(x, axis=0)
np.add.outer(v, u)
np.multiply.outer(v, b)
np.maximum.accumulate(v)
np.subtract.outer(v, u)
np.logical_and(x > 0, x < 1)
np.square(x).sum() / 2
np.mean(np.square(x - 1))
np.mean(-np.log(np.abs(x[np.arange(3), y]) + 1e-7))
x.round()
np.round(x, 1)
x.dot(v)
x.mean(axis=0).dot(v)
x.conj()
x.real
np.hypot(s, x)
np.array([[1, 2], [3, 4]]) / 2 * s
np.arange(4) * v
np.linspace(0, 1, 4) * v
np.float32(0.1) * x
np.array([0.1, 0.2], dtype=np.float32) * b
x.T.reshape(-1)
y2 = x[1:3]; y2 += 1; out = x
x.reshape(-1)[0] = 1; out = x
x.T[...] = 2; out = x
x.ravel()[3] = 9; out = x
x.flatten()[0] = 9; out = x
k = x.copy(); k[0] = 0; out = x
np.array(x)[0] = 5; out = x
np.asarray(x)[0] = 5; out = x
np.ascontiguousarray(x)[0] = 5; out = x
x[[0, 1]][0] = 5; out = x
row = x[0]; row[1] = s; out = x
np.transpose(x)[0] = 1; out = x
np.swapaxes(x, 0, 1)[0] = 1; out = x
np.squeeze(i)[0, 0, 0] = 3; out = i
x.view()[0] = 1; out = x
x.diagonal().sum()
np.atleast_2d(v)[0, 0] = 1; out = v
a, c = np.split(x, 2, axis=1); a += 1; out = x
np.broadcast_to(v, (2, 4)).copy()
np.expand_dims(x, 0)[...] = 1; out = x
k = np.moveaxis(t, 0, 2); k *= 2; out = t
x += 1; out = x
x[:] = 0; out = x
for row in x: row += 1\nout = x
for row in x: row[0] = 0\nout = x
np.full(4, -np.inf).shape
k = -np.inf\nfor a in v: k = max(k, a)\nout = k
k = float('inf')\nfor a in v:\n  if a < k: k = a\nout = k
k = np.full((3,), -np.inf)\nfor j in range(3):\n  for a in x[j]: k[j] = max(k[j], a)\nout = k
k = np.full(4, -np.inf); k[:] = v; out = k
k = np.where(m, x, -np.inf); out = np.exp(k - k.max(axis=1, keepdims=True))
k = np.where(m, x, -np.inf); e = np.exp(k - np.max(k, axis=-1, keepdims=True)); out = e / e.sum(-1, keepdims=True)
k = x.copy(); k[~m] = -np.inf; out = np.exp(k).sum(axis=1)
k = x + np.where(m, 0, -np.inf); out = np.exp(k)
k = np.full((3, 4), -np.inf); out = np.maximum(k, x)
np.where(m, x, np.inf).min(axis=1)
np.isinf(np.where(m, x, np.inf))
np.tanh(np.where(m, x, np.inf))
1 / np.where(m, x, np.inf)
np.where(m, x, -np.inf).argmax(axis=1)
np.pad(x, 1, constant_values=-np.inf).max(axis=0)[1:-1]
np.logaddexp(-np.inf, s)
np.where(m, x / m, 0)
np.where(m, x, np.where(m, x / (x - x), 1))
np.where(m, np.exp(-x / np.where(m, 2, 0)) ** 2, x)
np.where(m, 1 / (x * np.where(m, 1.5, 0)), 0).sum()
np.where(m, x % np.where(m, 2, 0), x // np.where(m, x, 2))
np.where(m, (x * 0 + np.where(m, 2, 0)) ** -1.0, 1)
np.where(m, x * np.log(np.where(m, 2, 0)), 0)
np.where(m, x * np.where(m, 2, np.nan) + 1, 0)
np.where(m, x, np.where(m, np.inf * x - np.inf * x, 1))
np.where(m, np.sin(np.where(m, x, np.inf)), np.log(np.where(m, -np.inf * np.abs(x), 2)))
k = x / m; k[~m] = 0; out = k
(x / m)[m].sum()
k = x / m; k *= 2; k += x / 0; k[...] = x; out = k
np.where(m, -np.abs(x / m).sum(axis=1, keepdims=True) if m.all() else x, 1)
np.isnan(x * np.nan)
np.where(m, x, -1e9)
x.dtype == np.float64
""".strip().split("\n")
SNIPPETS = [snippet.replace("\\n", "\n") for snippet in SNIPPETS]
EVERYTHING = [*REDUCTIONS, *ELEMENTWISE, *SNIPPETS]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", EVERYTHING)
def test_symbols_compute_what_floats_do(code):
    """A snippet has the same values, shape, type and kind on symbols as on floats."""
    state = np.random.get_state()
    np.random.seed(0)
    expected = plain(run(code, given_floats()), None)
    np.random.set_state(state)
    assert_same(symbolic(code), expected, single="float32" in code)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("name", "wrong"), [("add", "subtract"), ("multiply", "add"), ("maximum", "minimum"), ("power", "multiply")]
)
def test_a_wrong_entry_in_a_table_is_seen(monkeypatch, name, wrong):
    """The comparison fails for a ufunc that computes another, which plants the error that it is there for."""
    monkeypatch.setitem(elementwise.BINARY, name, elementwise.BINARY[wrong])
    code = f"np.{name}(np.abs(v) + 0.1, np.abs(u) + 0.2)"
    with pytest.raises(AssertionError):
        assert_same(symbolic(code), plain(run(code, given_floats()), None))


@pytest.mark.parametrize("name", elementwise.BY_NODE)
def test_a_function_of_nodes_is_that_of_symbols(name):
    """What is computed by nodes is what each symbol gives for itself, the same for entries that are the same."""
    trace = Trace()
    with arrays.running(trace):
        x, y = (trace.input(key, value) for key, value in (("x", Fraction(-3, 7)), ("y", Fraction(5, 2))))
        entries = [x, y, trace.product(x, y), x, trace.constant(Fraction(1)), trace.power(y, Fraction(2))]
        entries = [node for node in entries if name != "log" or node != x]
        computed = pytest.importorskip("scipy.special").erf if name == "erf" else getattr(np, name)
        found = arrays.nodes(computed(arrays.built(entries, (len(entries),))))
        assert found == [METHODS[name](Concolic(trace, node)).node for node in entries]


def test_a_wrong_function_of_nodes_is_seen(monkeypatch):
    """The comparison with floats fails for an entry of the table that forgets the sign."""
    monkeypatch.setitem(elementwise.BY_NODE, "negative", lambda _, node: node)
    with pytest.raises(AssertionError):
        assert_same(symbolic("-v"), plain(run("-v", given_floats()), None))


REFUSED = r"""
float(s)
range(s)
[1, 2, 3][s]
math.ulp(s)
out = np.arange(4.); out += v
out = np.arange(4.); np.add.at(out, [0], s)
out = np.arange(4.); np.add(v, u, out=out)
np.linalg.eigvals(x[:3, :3])
np.linalg.svd(x[:3, :2])
np.nextafter(v, u)
np.linalg.det(x[:3, :3] * 1j)
np.sort(v * 1j)
(v * 1j).view(float)
float(v[0] * 1j)
x.tobytes()
x.view(np.int64)
np.frombuffer(x)
x.data
out = as_strided(v, (2, 8), (8, 8))
out = as_strided(v, (2, 2), (4, 4))
x / 0
np.zeros(1) ** -1
1 / np.zeros(3)
x * np.nan
np.where(m, x, np.nan) + 1
x / m
0 * (x / m)
x - x / 0
np.isfinite(x / 0)
np.isnan(x / m)
np.nan_to_num(x / m)
np.maximum(x / m, 0)
x / m > 0
(x / m).sum()
(x / m).max()
(x / 0).all()
np.argmax(v / 0)
(x / 0) ** 0
np.where(m, x / m, x / 0)
np.sign(x / 0)
np.floor(s / 0)
np.maximum(x, np.nan)
x > np.nan
np.where(m, x, np.nan).max()
np.where(m, x, np.inf) > np.where(m, np.nan, x)
(x * np.nan) ** 0
np.exp(-np.inf * x)[0, 0] > np.nan
if s * np.nan: out = 1
np.where(m, x, -np.inf).sum() * 0
np.full(3, np.inf) - np.full(3, np.inf)
np.where(m, x, -np.inf) @ W
np.sin(np.full(2, np.inf))
np.full(2, np.inf) + 0
np.random.binomial(1, np.abs(x))
np.sqrt(x, where=m)[~m] > 0 if False else float(np.empty(2)[0])
""".strip().split("\n")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_followed_is_refused(code):
    """What symbols cannot answer raises TraceError with the line that asked, and gives no value."""
    with pytest.raises(TraceError, match=r"at \S+:\d+"):
        symbolic(code)


@pytest.mark.parametrize("code", ["out = np.zeros(4, dtype=int); out += v", "np.add(v, u, axis=0)", "x.sum(axis=5)"])
def test_what_fails_on_floats_fails_alike(code):
    """Arguments that NumPy does not take raise NumPy's own error."""
    with pytest.raises(Exception, match=r".") as expected:
        run(code, given_floats())
    with pytest.raises(type(expected.value)):
        symbolic(code)


def test_a_store_into_plain_floats_is_refused():
    """NumPy says ValueError of a symbol that is stored where a plain float is; the TraceError behind it is on record."""
    TraceError.raised.clear()
    with pytest.raises(ValueError, match="setting an array element") as caught:
        symbolic("out = np.arange(4.); out[1] = s")
    assert isinstance(caught.value.__cause__, TraceError)
    assert TraceError.raised


def test_an_infinite_start_decides_nothing():
    """Comparisons with infinity leave no condition behind, those between symbols do; a finite start is one."""
    for start, conditions in (("-np.inf", 0), ("-1e9", 1)):
        trace = Trace()
        with arrays.running(trace), patches.in_force(0):
            run(f"out = max({start}, s)", given_symbols(trace))
        assert len(trace.conditions) == conditions


def test_random_numbers_do_not_touch_symbols():
    """Buffers that NumPy makes for itself while a trace is running are of floats: compiled code writes to them."""
    with arrays.running(Trace()), patches.in_force(0):
        assert type(np.random.rand(3)) is _ndarray
        assert type(np.random.default_rng(0).normal(size=3)) is _ndarray
        assert type(np.pad(np.random.rand(3), 1)) is _ndarray
    assert np is _np
    assert type(np.zeros(2)) is np.ndarray


def test_symbols_of_another_run_are_refused():
    """A symbol that was kept from one trace is no symbol of the next."""
    with arrays.running(first := Trace()):
        kept = arrays.built([first.input("x", Fraction(1))], (1,))
    with arrays.running(Trace()), pytest.raises(TraceError, match="another run"):
        kept + 1


@pytest.mark.parametrize("overlapping", [True, False])
def test_flat_from_its_own_memory(overlapping):
    """What is written through `x.flat` from the same memory is refused: NumPy reads there what it has just written."""

    @verify.case(x="3 4")
    def mirrored(x):
        kept = x * 1.0
        kept.flat[...] = kept[::-1] if overlapping else x[::-1]
        dout = yield kept.sum()
        return dout * np.ones_like(x)

    verdict = verify.Verdict.UNDECIDED if overlapping else verify.Verdict.PROVED
    assert {row.verdict for row in verify.check(mirrored, quick=True).comparisons} == {verdict}
