"""NumPy's other functions on arrays of symbols.

Most of them do what they do on plain arrays of objects, because they only move entries about, or are made of ufuncs;
the table has those that are not.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.arrays import SymbolArray, built, current, nodes, objects, scalar, wrapped
from verify.concolic import Concolic
from verify.errors import TraceError
from verify.ufuncs import choose, claimed, current_uninitialised
from verify.where import asked_at

_HALF = Fraction(1, 2)
_VECTOR = 1


def call(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Do what a NumPy function would do on floats."""
    special = FUNCTIONS.get(getattr(function, "__name__", ""))
    if special is not None:
        out = options.pop("out", None)
        result = special(*args, **options)
        return result if out is None else _into(out, result)
    try:
        return scalar(wrapped(function(*map(_plain, args), **{key: _plain(value) for key, value in options.items()})))
    except TypeError as problem:
        raise TraceError(f"numpy.{function.__name__} cannot be followed ({problem}), at {asked_at()}") from problem


def _into(out: Any, result: Any) -> Any:
    out[...] = result
    return out


def _plain(value: Any) -> Any:
    """Return an argument with plain arrays of objects in place of arrays of symbols."""
    if isinstance(value, (SymbolArray, Concolic)):
        return objects(value)
    return type(value)(map(_plain, value)) if type(value) in (tuple, list) else value


def _array(value: Any) -> Any:
    """Return what code passes as an array: it may be a list with symbols in it."""
    return value if isinstance(value, np.ndarray) else objects(value).view(SymbolArray)


def matmul(a: Any, b: Any) -> Any:
    """Return the matrix product, of stacks of matrices as well, its sums in an order that is always the same."""
    a, b = _array(a), _array(b)
    if not a.ndim or not b.ndim:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    left = a[None, :] if a.ndim == _VECTOR else a
    right = b[:, None] if b.ndim == _VECTOR else b
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(f"matmul: shapes {a.shape} and {b.shape} do not fit: {a.shape[-1]} is not {right.shape[-2]}")
    shape = np.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    result = _products(left, right, shape)
    result = result[..., 0, :] if a.ndim == _VECTOR else result
    return scalar(result[..., 0] if b.ndim == _VECTOR else result)


def _products(left: Any, right: Any, stack: tuple[int, ...]) -> SymbolArray:
    (n, k), m = left.shape[-2:], right.shape[-1]
    rows = np.array(nodes(left, (*stack, n, k))).reshape(-1, n, k)
    columns = np.array(nodes(right, (*stack, k, m))).reshape(-1, k, m).transpose(0, 2, 1)
    graph = current()
    total, product = graph.total, graph.product
    found = [
        total(list(map(product, row, column)))
        for matrix, other in zip(rows.tolist(), columns.tolist(), strict=True)
        for row in matrix
        for column in other
    ]
    return built(found, (*stack, n, m), claimed((left, right)))


def dot(a: Any, b: Any) -> Any:
    """Return the sum of products over the last axis of a and the last but one of b."""
    a, b = _array(a), _array(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    if b.ndim <= 2:
        flat = a.reshape(-1, a.shape[-1]) if a.ndim > 1 else a
        result = matmul(flat, b)
        return result.reshape(*a.shape[:-1], *b.shape[1:]) if a.ndim > 1 else result
    return np.moveaxis(np.stack([dot(a, b[index]) for index in np.ndindex(b.shape[:-2])], -1), -1, 0).reshape(
        *a.shape[:-1], *b.shape[:-2], b.shape[-1]
    )


def inner(a: Any, b: Any) -> Any:
    """Return the sum of products over the last axes."""
    a, b = _array(a), _array(b)
    return dot(a, np.moveaxis(b, -1, -2) if b.ndim > 1 else b)


def einsum(subscripts: Any, *operands: Any, **options: Any) -> Any:
    """Return the sums of products that Einstein's notation says."""
    if not isinstance(subscripts, str):
        raise TraceError(f"numpy.einsum without its text cannot be followed, at {asked_at()}")
    return scalar(wrapped(np.einsum(subscripts, *map(objects, operands), optimize=False)))


def _reducing(ufunc: Any) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Any:
        options = {key: value for key, value in options.items() if value is not np._NoValue}  # noqa: SLF001
        return ufunc.reduce(_array(a), axis=axis, **options)

    return reduce


def mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Any:
    """Return the sum over axes divided by how many there are."""
    a = _array(a)
    total = np.add.reduce(a, axis=axis, keepdims=keepdims is True)
    return total / (a.size // max(1, np.size(total)))


def var(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False, **options: Any) -> Any:
    """Return the mean of the squares of the distances from the mean."""
    a = _array(a)
    distance = a - mean(a, axis, keepdims=True)
    total = np.add.reduce(distance * distance, axis=axis, keepdims=keepdims is True)
    return total / (a.size // max(1, np.size(total)) - ddof)


def std(a: Any, axis: Any = None, **options: Any) -> Any:
    """Return the root of the variance."""
    return np.sqrt(var(a, axis, **options))


def cumulative(ufunc: Any) -> Callable[..., Any]:
    """Return the running sum or product."""

    def accumulate(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        a = _array(a)
        return ufunc.accumulate(a.reshape(-1) if axis is None else a, axis=0 if axis is None else axis)

    return accumulate


def where(condition: Any, *values: Any) -> Any:
    """Choose by a mask; a mask alone is asked for its places."""
    if values:
        return choose(condition, *values)
    return np.nonzero(np.asarray(condition.astype(bool)))


def clip(a: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    """Return what lies between two bounds, each of which may be None."""
    low, high = options.get("min", a_min), options.get("max", a_max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def rounded(a: Any, decimals: int = 0) -> Any:
    """Return the nearest multiples of a power of ten."""
    factor = Fraction(10) ** decimals
    return np.rint(a * factor) / factor


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Return the Euclidean norm of a vector, the Frobenius norm of a matrix."""
    x = _array(x)
    if ord not in (None, "fro") and not (ord == 2 and (x.ndim == _VECTOR or isinstance(axis, int))):
        if ord == 1 and (x.ndim == _VECTOR or isinstance(axis, int)):
            return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
        raise TraceError(f"numpy.linalg.norm with ord={ord!r} cannot be followed, at {asked_at()}")
    return np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdims))


def filled(shape: Any, value: Any, dtype: Any = None) -> Any:
    """Return an array of one value: of symbols if its type is a float's, a plain one else."""
    wanted = np.dtype(np.float64 if dtype is None else dtype)
    if wanted.kind != "f":
        return np.broadcast_to(np.asarray(value, wanted), shape).copy()
    array = objects(value)
    shape = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return built(nodes(array, shape), shape, wanted)


def _like(value: Any) -> Callable[..., Any]:
    def like(a: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None) -> Any:
        return filled(np.shape(a) if shape is None else shape, value, a.dtype if dtype is None else dtype)

    return like


def empty_like(a: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None) -> Any:
    """Return an array that nobody has written to."""
    wanted = np.dtype(a.dtype if dtype is None else dtype)
    shape = np.shape(a) if shape is None else shape
    return current_uninitialised(shape) if wanted.kind == "f" else np.zeros(shape, wanted)


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None
) -> Any:
    """Return an array of one value, in the shape of another."""
    return filled(np.shape(a) if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)


def _arranged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that answers with places (argmax), which are plain numbers."""

    def arrange(*args: Any, **options: Any) -> Any:
        return function(*map(_plain, args), **options)

    return arrange


def close(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Tell which entries are near each other: a branch."""
    return np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)


def count_nonzero(a: Any, axis: Any = None, **options: Any) -> Any:
    """Count what is not 0."""
    return np.count_nonzero(a.astype(bool), axis=axis, **options)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "vdot": lambda a, b: dot(_array(a).reshape(-1), _array(b).reshape(-1)),
    "einsum": einsum,
    "sum": _reducing(np.add),
    "prod": _reducing(np.multiply),
    "max": _reducing(np.maximum),
    "amax": _reducing(np.maximum),
    "min": _reducing(np.minimum),
    "amin": _reducing(np.minimum),
    "nansum": _reducing(np.add),
    "nanmax": _reducing(np.maximum),
    "mean": mean,
    "nanmean": mean,
    "var": var,
    "std": std,
    "cumsum": cumulative(np.add),
    "cumprod": cumulative(np.multiply),
    "where": where,
    "clip": clip,
    "round": rounded,
    "around": rounded,
    "norm": norm,
    "zeros_like": _like(0),
    "ones_like": _like(1),
    "empty_like": empty_like,
    "full_like": full_like,
    "argmax": _arranged(np.argmax),
    "argmin": _arranged(np.argmin),
    "argsort": _arranged(np.argsort),
    "count_nonzero": count_nonzero,
    "nan_to_num": lambda x, **options: x,
    "real": lambda x: x,
    "isreal": lambda x: np.ones(np.shape(x), bool),
    "iscomplexobj": lambda x: False,
    "isrealobj": lambda x: True,
    "isclose": lambda a, b, **options: close(a, b, **options),
    "allclose": lambda a, b, **options: bool(np.all(close(a, b, **options))),
    "array_equal": lambda a, b, **options: np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))),
    "average": lambda a, axis=None, weights=None, **options: (
        mean(a, axis) if weights is None else np.sum(a * weights, axis=axis) / np.sum(weights)
    ),
}
