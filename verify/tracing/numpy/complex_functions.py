"""NumPy's other functions on complex arrays of symbols: linear ones are done to both parts, products to all pairs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import SymbolArray, shape_of
from verify.tracing.arrays.complexes import ComplexArray, is_complex, parts, refused
from verify.tracing.numpy.complexity import (
    as_answered,
    bilinear,
    is_nothing,
    minus,
    name_of,
    part_by_part,
    refuse_roundings,
    square_of,
    whole_part,
)
from verify.tracing.numpy.creation import filled, unset
from verify.tracing.numpy.elementwise import truths
from verify.tracing.symbols.dispatch import FOURIER, answers

# What moves entries about, or adds them up: done to the parts of the first argument.
_LINEAR = (
    "sum nansum mean nanmean cumsum trace diagonal diag diagflat reshape ravel transpose swapaxes moveaxis rollaxis"
    " roll flip fliplr flipud rot90 squeeze expand_dims concatenate stack vstack hstack dstack column_stack tile repeat"
    " take take_along_axis pad tril triu diff broadcast_to atleast_1d atleast_2d atleast_3d delete split array_split"
    " hsplit vsplit dsplit copy resize gradient"
)
LINEAR = frozenset(_LINEAR.split())
# What adds, in an order that is not that of the parts; the others move entries about, or are made of ufuncs.
_ROUNDING = frozenset(
    {"sum", "nansum", "mean", "nanmean", "cumsum", "trace", "diff", "gradient", "einsum", "var", "std", "norm", "prod"}
)


def _linear(function: Any, args: Any, options: dict[str, Any]) -> Any:
    out = options.pop("out", None)
    if out is not None:
        refused(f"{name_of(function)} of complex symbols with out")
    re, im = (part_by_part(function, part, args, options) for part in (0, 1))
    if isinstance(re, (list, tuple)):
        return type(re)(ComplexArray(*pair) for pair in zip(re, im, strict=True))
    return _paired(re, im)


def _paired(re: Any, im: Any) -> ComplexArray:
    pair = [part if isinstance(part, SymbolArray) else filled(shape_of(part), part) for part in (re, im)]
    return ComplexArray(*pair)


def _multiplied(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Do a product of two arrays, by that of their parts; after them come whole numbers or words at most."""
    words = int(function is np.einsum)
    before, pair, after = args[:words], args[words : words + 2], args[words + 2 :]
    if len(pair) < 2 or (words and after) or any(map(is_complex, after)) or options.get("out") is not None:
        refused(f"{name_of(function)} of complex symbols, but of two arrays without out,")
    a, b = map(parts, pair)
    if function is np.vdot:
        a = (a[0], minus(a[1]))
    if function is np.correlate:
        b = (b[0], minus(b[1]))
    result = bilinear(lambda x, y: function(*before, x, y, *after, **options))(a, b)
    return as_answered(shadows.expected(function, args, options), result)


def _summed(subscripts: Any, *operands: Any, **options: Any) -> Any:
    """Do a sum over one array, or a product of two."""
    if len(operands) == 1 and isinstance(subscripts, str):
        return _paired(*(np.einsum(subscripts, part, **options) for part in parts(operands[0])))
    return _multiplied(np.einsum, (subscripts, *operands), options)


def _chosen(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None:
        return np.nonzero(truths(condition) if not is_complex(condition) else condition != 0)
    a, b = parts(x), parts(y)
    answer = shadows.expected(np.where, (condition, x, y), {})
    return as_answered(answer, (np.where(condition, a[0], b[0]), np.where(condition, a[1], b[1])))


def _variance(a: Any, axis: Any = None, ddof: Any = 0, keepdims: Any = False, **options: Any) -> Any:
    """Return the mean of the squares of the distances from the mean: of the parts, added up."""
    if any(value not in (None, np._NoValue) for value in options.values()):  # noqa: SLF001
        refused("numpy.var of complex symbols with out, where, mean or dtype")
    re, im = parts(a)
    keepdims = bool(keepdims)
    return np.var(re, axis=axis, ddof=ddof, keepdims=keepdims) + np.var(im, axis=axis, ddof=ddof, keepdims=keepdims)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002 - as NumPy has it
    """Return norms that go by absolute values: all of vectors, and Frobenius' of matrices."""
    re, im = parts(x)
    if ord in (None, "fro") or (ord == 2 and (np.ndim(re) == 1 or isinstance(axis, int))):
        square = square_of((re, im))
        return np.sqrt(np.sum(square, axis=axis, keepdims=keepdims))
    if np.ndim(re) != 1 and not isinstance(axis, int):
        refused("numpy.linalg.norm of a complex matrix by its singular values")
    return np.linalg.norm(np.hypot(re, im), ord, axis, keepdims)


def _real_matrices(a: Any) -> Any:
    """Return the real matrices [[re, -im], [im, re]], which multiply as complex ones do."""
    re, im = whole_part(a, 0), whole_part(a, 1)
    return np.concatenate([np.concatenate([re, -im], -1), np.concatenate([im, re], -1)], -2)


def _inverse(a: Any) -> ComplexArray:
    """Return the inverses of matrices, by those of real ones of twice the size."""
    made, n = np.linalg.inv(_real_matrices(a)), np.shape(a)[-1]
    return _paired(made[..., :n, :n], made[..., n:, :n])


def _solution(a: Any, b: Any) -> ComplexArray:
    """Return x with a @ x = b, of a vector or matrices."""
    axis, n = -min(np.ndim(b), 2), np.shape(b)[-min(np.ndim(b), 2)]
    made = np.linalg.solve(_real_matrices(a), np.concatenate([whole_part(b, 0), whole_part(b, 1)], axis))
    return _paired(np.take(made, np.arange(n), axis), np.take(made, np.arange(n, 2 * n), axis))


def _multiplied_up(a: Any, axis: Any = None) -> Any:
    """Return the product of all entries, or of those along one axis, in their order."""
    lines = a.reshape(-1) if axis is None else np.moveaxis(a, axis, 0)
    if not len(lines):
        refused("numpy.prod of complex symbols, of no entries,")
    return functools.reduce(np.multiply, [lines[k] for k in range(len(lines))])


def _appended(arr: Any, values: Any, axis: Any = None) -> Any:
    """Return both one after the other, as NumPy does: without an axis, the entries of both in their order."""
    return np.concatenate([np.ravel(arr), np.ravel(values)] if axis is None else [arr, values], axis=axis or 0)


def _finite(x: Any, copy: bool = True, *_: Any, **options: Any) -> Any:
    """Return a copy: symbols are no NaN, and complex ones no infinities."""
    return x.copy() if copy else x


def _angle(z: Any, deg: bool = False) -> Any:
    re, im = parts(z)
    angles = np.arctan2(im, re)
    return np.degrees(angles) if deg else angles


def _close(function: Any) -> Callable[..., Any]:
    def compare(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, **options: Any) -> Any:
        near = np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)
        return bool(np.all(near)) if function is np.allclose else near

    return compare


def _like(value: Any) -> Callable[..., Any]:
    def like(a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, **_: Any) -> Any:
        dtype, shape = np.dtype(a.dtype if dtype is None else dtype), np.shape(a) if shape is None else shape
        return complex_buffer(shape, dtype, value) if dtype.kind == "c" else filled(shape, value, dtype)

    return like


def _unset_like(prototype: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None) -> Any:
    """Return an array that nobody has written to."""
    dtype, shape = np.dtype(prototype.dtype if dtype is None else dtype), shape or np.shape(prototype)
    real = np.empty(0, dtype).real.dtype
    return ComplexArray(unset(shape, real), unset(shape, real)) if dtype.kind == "c" else unset(shape, real)


def complex_buffer(shape: Any, dtype: Any, value: Any = 0) -> ComplexArray:
    """Return a complex array of one value."""
    real = np.empty(0, dtype).real.dtype
    return ComplexArray(*(filled(shape, part, real) for part in parts(value)))


def _full_like(a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: bool = True, **options: Any) -> Any:
    return _like(fill_value)(a, dtype, order, subok, **options)


def joined(values: Any) -> Any:
    """Return a list with complex symbols in it, at any depth, as an array."""
    arrays = [joined(value) if type(value) in (list, tuple) else value for value in values]
    pairs = [parts(array) for array in arrays]
    re: Any = np.stack([filled(shape_of(a), a) for a, _ in pairs])
    im: Any = np.stack([filled(shape_of(a), 0) if is_nothing(b) else filled(shape_of(a), b) for a, b in pairs])
    return ComplexArray(re, im)


answers("complex list")(joined)
_OTHERS: dict[Any, Callable[..., Any]] = {
    np.shape: lambda a: a.shape,
    np.ndim: lambda a: a.ndim,
    np.size: lambda a, axis=None: a.size if axis is None else a.shape[axis],
    np.real: lambda val: val.real,
    np.imag: lambda val: val.imag,
    np.iscomplexobj: lambda x: True,
    np.isrealobj: lambda x: False,
    np.iscomplex: lambda x: truths(parts(x)[1]),
    np.angle: _angle,
    np.prod: _multiplied_up,
    np.append: _appended,
    np.linalg.inv: _inverse,
    np.linalg.solve: _solution,
    np.nan_to_num: _finite,
    np.where: _chosen,
    np.einsum: _summed,
    np.var: _variance,
    np.std: lambda a, *args, **options: np.sqrt(_variance(a, *args, **options)),
    np.linalg.norm: _norm,
    np.isclose: _close(np.isclose),
    np.allclose: _close(np.allclose),
    np.array_equal: lambda a, b: np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))),
    np.zeros_like: _like(0),
    np.ones_like: _like(1),
    np.empty_like: _unset_like,
    np.full_like: _full_like,
}


_PRODUCTS = (np.dot, np.vdot, np.inner, np.outer, np.tensordot, np.kron, np.convolve, np.correlate)


NAMES = (*LINEAR, *(function.__name__ for function in (*_OTHERS, *_PRODUCTS)))


@answers("complex function")
def call(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Do what a NumPy function would do with complex numbers; raises TraceError where that is not known."""
    if function in ADDED:
        return ADDED[function](*args, **options)
    if (transform := FOURIER.get(function)) is not None:
        return transform(*args, **options)
    name = getattr(function, "__name__", "")
    refuse_roundings(name_of(function), bounded=name not in _ROUNDING and function not in _PRODUCTS)
    if function in _OTHERS:
        return _OTHERS[function](*args, **options)
    if function in _PRODUCTS:
        return _multiplied(function, args, options)
    if name not in LINEAR or getattr(np, name) is not function:
        refused(f"{name_of(function)} of complex symbols")
    return _linear(function, args, dict(options))
