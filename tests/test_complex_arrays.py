"""Complex arrays of symbols give what NumPy's complex arrays give, or refuse by name."""

import cmath
from fractions import Fraction

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict
from verify.graph import balls
from verify.model.errors import TraceError
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.taped import TapedTrace, UntapedError
from verify.tracing.symbols.trace import Trace

FEW = 1e-9


def buffer(v, w):
    out = np.zeros((2, 3), complex)
    out[0] = v[:3]
    out[1, :2] = 1j * w[:2]
    out[1, 2] = v[0] + 2j
    out.real[0] += 1
    out[0] *= 1 - 1j
    out[0, ::2] /= w[3] + 1j * w[4]
    return out


def views(v, w):
    z = (v + 1j * w).reshape(2, 3)
    row, column = z[0], z.T[1]
    row[:] = row[::-1]
    column[...] = np.conj(column)
    z.imag[1] = v[:3]
    z[:, 0] = z[:, 2]
    return z


def turned(v, w):
    z = v + 1j * w
    z.real, z.imag = z.imag.copy(), z.real.copy()
    z[:2] = z.imag[:2]
    return z


def added_at(v, w):
    z = v + 1j * w
    np.add.at(z, [0, 0, 2], w[:3] - 1j * v[:3])
    return z


def out_of(v, w):
    out = np.empty(6, complex)
    np.multiply(v, 1j * w, out=out)
    np.add(out, 1, out)
    return out


C = np.array([1 + 2j, 0.5, -1j, 3, 0.25j, -1])
M = np.arange(12).reshape(6, 2) - 3j
PROGRAMS = {
    "sum": lambda v, w: v + 1j * w,
    "scalar": lambda v, w: v[0] * 1j + (2 - 1j) / v[1] - w[0],
    "scalar on the left": lambda v, w: 1j - v[0] * (1 + 1j),
    "constants": lambda v, w: v * C - C / (w + 1j),
    "division by a symbol": lambda v, w: C / v[0],
    "product": lambda v, w: (v + 1j * w) * (w - 2j * v),
    "quotient": lambda v, w: (v + 1j * w) / (w - 2j * v),
    "powers": lambda v, w: (v + 1j * w) ** 3 - (v + 1j * w) ** -2 + (w + 1j) ** 0,
    "power": lambda v, w: (v + 1j * w) ** 0.5 + (v + 1j * w) ** (1 + 0.5j),
    "of a number": lambda v, w: np.exp(1j * v) + (1 + 1j) ** w,
    "exp": lambda v, w: np.exp(v / 9 + 1j * w),
    "log": lambda v, w: np.log(v + 1j * w) + np.log2(v + 1j * w) - np.log10(v + 1j) + np.log1p(w + 1j * v),
    "sqrt": lambda v, w: np.sqrt(v + 1j * w) + np.sqrt(-v - 1j * w),
    "circular": lambda v, w: np.sin(v / 9 + 1j * w / 9) * np.cos(v / 9 - 1j * w / 9) + np.tan(w / 9 + 1j),
    "hyperbolic": lambda v, w: np.sinh(v / 9 + 1j * w) * np.cosh(v / 9 - 1j * w) + np.tanh(w / 9 + 1j),
    "abs": lambda v, w: np.abs(v + 1j * w) + abs(1j * v - 1) - np.absolute(C * v),
    "angle": lambda v, w: np.angle(v + 1j * w) + np.angle(-v + 1j * w, deg=True),
    "conj": lambda v, w: np.conj(v + 1j * w) * (v - 1j * w).conj() * (v * 1j).conjugate(),
    "parts": lambda v, w: np.real(v * C) - np.imag(w * C) + (v + 1j).imag * (v * 1j).real,
    "rest": lambda v, w: np.square(v * 1j + 1) - np.reciprocal(v + 1j * w) + np.expm1(1j * v) + np.exp2(1j * w),
    "questions": lambda v, w: (v * 1j == 1j * v) & np.isfinite(v * 1j) & ~np.isnan(v + 1j) & (v * 1j != 2 + v * 1j),
    "astype": lambda v, w: v.astype(complex) * 1j + (w * 1j).astype(np.complex128),
    "short": lambda v, w: v.astype(np.float32) * np.complex64(1j),
    "into short": lambda v, w: (v * 1j).astype(np.complex64),
    "array": lambda v, w: np.array([v[0] + 1j, w[0], 2, 1j]),
    "array of arrays": lambda v, w: np.array([v, 1j * w]),
    "asarray": lambda v, w: np.asarray(v * 1j, dtype=complex),
    "array as complex": lambda v, w: np.array([v[0], w[0]], dtype=complex) * 1j,
    "full": lambda v, w: np.full(3, v[0] * 1j) + np.full((2, 3), 2j) + np.full(3, v[1], dtype=complex),
    "ones": lambda v, w: (
        np.ones(6, complex) * v + np.zeros_like(v * 1j) + np.ones_like(v * 1j) + np.eye(6, dtype=complex)
    ),
    "append": lambda v, w: np.append(v * 1j, [0, 0]) + np.append([1j, 2], w * 1j) + np.append(v, [1j, 2]),
    "append beside real": lambda v, w: np.append(v, w * 1j) - np.append(w * 1j, v),
    "append to rows": lambda v, w: np.append((v * 1j).reshape(2, 3), (w + 1j).reshape(2, 3), axis=1),
    "buffer": buffer,
    "views": views,
    "turned": turned,
    "added at": added_at,
    "out": out_of,
    "index": lambda v, w: (v + 1j * w)[np.array([0, 0, 3])] + (v * 1j)[v > 0][:3],
    "loop": lambda v, w: sum(z * z for z in v + 1j * w),
    "total": lambda v, w: (v + 1j * w).sum() + np.sum((v * 1j).reshape(2, 3), axis=1, keepdims=True) + (w * 1j).mean(),
    "running": lambda v, w: np.cumsum(v + 1j * w) + np.add.reduce(v * 1j),
    "variance": lambda v, w: np.var(v + 1j * w) + (v + 1j * w).std() + np.std((v * 1j).reshape(2, 3), axis=0, ddof=1),
    "moved": lambda v, w: np.roll(np.flip((v + 1j * w).reshape(2, 3), 1), 1, axis=1).T.reshape(-1),
    "joined": lambda v, w: np.concatenate([v, 1j * w, np.stack([v[0] + 1j, w[0]])]),
    "stacked": lambda v, w: np.vstack([v + 1j, w]) - np.hstack([[v[0] * 1j] * 3, w[:3]]),
    "repeated": lambda v, w: np.tile(np.repeat(v[:3] * 1j, 2), 2) + np.pad(v + 1j, (6, 0)),
    "differences": lambda v, w: np.diff(v * 1j)[::-1] * np.tril(np.outer(v, 1j * w))[1:, 1:],
    "products": lambda v, w: np.dot(v, 1j * w) + (v + 1j) @ (w - 1j) + np.vdot(v * 1j, w + 1j) + np.inner(v * 1j, C),
    "matrices": lambda v, w: (M.T @ (v + 1j * w)) * (np.matmul(v, M)) + np.tensordot(M, v * 1j, (0, 0)),
    "einsum": lambda v, w: np.einsum("i,ij->j", v * 1j, M) + np.einsum("ii->i", np.outer(v, w * 1j))[:2],
    "outer": lambda v, w: np.outer(v * 1j, w) + np.multiply.outer(v, w) * 1j,
    "convolved": lambda v, w: np.convolve(v * 1j, w + 1j)[:11] - np.correlate(v + 1j, w * 1j, "full"),
    "correlated with more": lambda v, w: np.concatenate(
        [
            np.correlate(v[:k] + 1j, C[:n], mode)
            for mode in ("valid", "same", "full")
            for k in (1, 2, 3)
            for n in (2, 5, 6)
        ]
    ),
    "correlated with more real ones": lambda v, w: np.concatenate(
        [np.correlate(v[:k], w[:n], mode) for mode in ("valid", "same", "full") for k in (1, 2, 3) for n in (2, 5, 6)]
    ),
    "of two shapes": lambda v, w: (v.reshape(3, 2) + 1j * w[:2]) * (w[:2] + 0) - v.reshape(3, 2) * C[:2],
    "a number beside another": lambda v, w: (
        np.array([v[0] == 1 + 2j, v[0] != np.complex128(1j), v @ v == C @ C]) | True
    ),
    "kron": lambda v, w: np.kron(v[:2] * 1j, M[:2, 0]),
    "where": lambda v, w: np.where(v > 0, v * 1j, w) + np.where(w > 0, 2, v + 1j),
    "norm": lambda v, w: np.linalg.norm(v + 1j * w) + np.linalg.norm(np.outer(v, 1j * w)) + np.linalg.norm(v * 1j, 1),
    "close": lambda v, w: [np.allclose(v * 1j, 1j * v), np.array_equal(v * 1j, w), np.isclose(v * 1j, v)[0]],
    "of itself": lambda v, w: np.array(
        [np.ndim(v * 1j), (v * 1j).dtype == complex, len(v * 1j), np.iscomplexobj(1j * v)]
    ),
    "entries": lambda v, w: np.array([z.real + z.imag * 2 for z in v + 1j * w]),
    "copies": lambda v, w: (v * 1j).copy() + np.copy(w * 1j) + (v * 1j).T.ravel(),
    "a branch": lambda v, w: v * 1j if abs(v[0] * 1j) > 0 and v[0] + 1j != 0 else w,
    "roots of real numbers": lambda v, w: (
        np.sqrt(abs(v) + 0j) * np.log(w * w + 1 + 0j) + isinstance(v * 1j, np.ndarray)
    ),
    "product of all": lambda v, w: (
        np.prod(v + 1j * w) + np.prod((v * 1j).reshape(2, 3), axis=1) + (w * 1j).prod(axis=0)
    ),
    "finite": lambda v, w: np.nan_to_num(v * 1j) + np.nan_to_num(w),
    "cmath": lambda v, w: (
        cmath.exp(1j * v[0]) * cmath.sqrt(w[0] ** 2 + 1) + cmath.rect(v[1], w[1]) + cmath.log(v[0] + 1j, 2)
    ),
    "more of cmath": lambda v, w: np.array(
        [cmath.phase(v[0] + 1j), *cmath.polar(w[0] - 2j), cmath.tanh(v[0] / 9 + 1j).imag]
    ),
    "inverse": lambda v, w: np.linalg.inv(v[:4].reshape(2, 2) + 1j * w[2:].reshape(2, 2)) @ np.linalg.inv(M[:2] + v[0]),
    "solution": lambda v, w: (
        np.linalg.solve(v[:4].reshape(2, 2) + 1j * w[2:].reshape(2, 2), w[:2] - 1j)
        + np.linalg.solve(M[:2] * v[0], np.outer(v[:2], w[:2]))[0]
    ),
    "reduced": lambda v, w: np.add.reduce(np.stack([v * 1j, w]), axis=0) - np.add.accumulate(w * 1j),
}


def sample(name, number):
    """Return a few positive and negative numbers, none of which is a float of few digits."""
    return [Fraction((7 * k * k + 11 * len(name)) % 29 - 13, 7) + Fraction(1, 3) for k in range(number)]


def on_symbols(program, shape=(6,), kind=Trace):
    """Return what a program gives on symbols, as floats at the sample, and what NumPy gives."""
    trace = kind()
    values = {name: sample(name, int(np.prod(shape))) for name in ("v", "ww")}
    floats = [np.array(numbers, float).reshape(shape) for numbers in values.values()]
    with arrays.running(trace), patches.in_force(0):
        symbolic = [
            arrays.built(
                trace.inputs(lambda name=name, numbers=numbers: [f"{name}{i}" for i in range(len(numbers))], numbers),
                shape,
            )
            for name, numbers in values.items()
        ]
        made = program(*symbolic)
    return as_floats(trace, made), program(*floats)


def as_floats(trace, made):
    """Return symbols as floats at the sample, in arrays of the type that they say to have."""
    if type(made) is ComplexArray:
        re, im = as_floats(trace, made.re), as_floats(trace, made.im)
        return (re + 1j * im).astype(made.dtype)[()]
    if type(made) not in (arrays.SymbolArray, Concolic):
        return made
    with arrays.running(trace):
        nodes = arrays.nodes(made)
    if isinstance(trace, TapedTrace):
        return trace.enclosures.of(np.asarray(nodes))[0].astype(made.dtype).reshape(made.shape)[()]
    values = balls.at(trace, nodes, trace.sample)
    return np.array([float(values[node]) for node in nodes], made.dtype).reshape(made.shape)[()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some(PROGRAMS, 8))
def test_as_numpy(name):
    """The entries, the shape and the type are those of NumPy."""
    actual, expected = on_symbols(PROGRAMS[name])
    assert np.shape(actual) == np.shape(expected)
    assert np.asarray(actual).dtype == np.asarray(expected).dtype
    if np.asarray(expected).dtype.kind in "fc":
        assert np.allclose(actual, expected, rtol=FEW if np.asarray(expected).dtype.itemsize > 8 else 1e-5, atol=FEW)
    else:
        assert np.all(np.asarray(actual) == np.asarray(expected))
    assert np.any(np.asarray(actual) != 0)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some(PROGRAMS, 8))
def test_on_whole_arrays(name):
    """A run on a tape gives the same, or leaves what it cannot follow to scalars."""
    try:
        actual, expected = on_symbols(PROGRAMS[name], kind=TapedTrace)
    except UntapedError:
        return
    assert np.shape(actual) == np.shape(expected)
    assert np.allclose(actual, expected, rtol=1e-5, atol=FEW)


REFUSED = {
    "view": lambda v, w: (v * 1j).view(float),
    "a root on its cut": lambda v, w: np.sqrt(-abs(v) + 0j),
    "a logarithm on its cut": lambda v, w: np.log(-abs(v) + 0j),
    "bytes": lambda v, w: (v * 1j).tobytes(),
    "memory": lambda v, w: (v * 1j).ctypes,
    "flat": lambda v, w: (v * 1j).flat[0],
    "order": lambda v, w: np.sort(v * 1j),
    "greater": lambda v, w: np.maximum(v * 1j, w),
    "determinant": lambda v, w: np.linalg.det(np.outer(v, w) * 1j),
    "number": lambda v, w: complex(v[0] * 1j),
    "float": lambda v, w: float(v[0] * 1j),
    "index": lambda v, w: [1, 2][v[0] * 1j],
    "singular values": lambda v, w: np.linalg.norm(np.outer(v, w) * 1j, 2),
    "into floats": lambda v, w: np.add.at(np.arange(3) * 1.0, [0], v[:1] * 1j),
    "into a plain array": lambda v, w: np.arange(6.0).__setitem__(0, v[0] * 1j),
    "an initial number": lambda v, w: np.add.reduce(v * 1j, initial=1),
    "a constant around": lambda v, w: np.pad(v * 1j, 1, constant_values=1),
    "a maximum around": lambda v, w: np.pad(v * 1j, 1, mode="maximum"),
    "before": lambda v, w: np.diff(v * 1j, prepend=1.0),
    "a function of SciPy's kind": lambda v, w: np.frompyfunc(lambda z: z, 1, 1)(v * 1j),
    "three arrays": lambda v, w: np.einsum("i,i,i->", v * 1j, w, w),
    "sorted product": lambda v, w: np.cumprod(v * 1j),
    "a function of cmath": lambda v, w: cmath.asin(v[0] * 1j),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    """What is not followed raises, with a name, and no number comes of it."""
    with pytest.raises((TraceError, TypeError, ValueError)):
        on_symbols(REFUSED[name])


@pytest.mark.parametrize("make", [lambda: np.empty(3, complex), lambda: np.empty_like(np.zeros(3, complex))])
def test_buffers_that_nobody_has_written_to(make):
    """What was never written to is no zero: a gradient that depends on it is malformed."""

    def backward(d, x):
        buffer = make()
        buffer[:2] = d[:2]
        return buffer.real * 2

    (row,) = verify.check(verify.pair(lambda x: 2 * x, backward, x="3"), quick=True).comparisons
    assert row.verdict is Verdict.ERROR
    assert "were never written" in row.evidence.detail
