"""NumPy's other functions on arrays of symbols.

Most of them do what they do on plain arrays of objects, because they only move entries about, or are made of ufuncs;
the table has those that are not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.errors import TraceError
from verify.tracing.arrays import SymbolArray, gathered, laid_out, lift_in_place, objects, scalar, symbols, wrapped
from verify.tracing.concolic import Concolic
from verify.tracing.products import as_array, dot, einsum, inner, matmul, norm, outer, tensordot, vdot, vecdot
from verify.tracing.ufuncs import choose, claimed, current_uninitialised, truths
from verify.where import asked_at

_add: Any = np.add
_WRITING = ("put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis")


def call(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Do what a NumPy function would do on floats."""
    name = getattr(function, "__name__", "")
    special = FUNCTIONS.get(name)
    if special is not None:
        out = options.pop("out", None)
        result = special(*args, **options)
        return result if out is None else _into(out, result)
    try:
        made = function(*map(_plain, args), **{key: _plain(value) for key, value in options.items()})
    except (TypeError, AttributeError) as problem:
        raise TraceError(f"numpy.{name} cannot be followed ({problem}), at {asked_at()}") from problem
    if name in _WRITING and isinstance(args[0], SymbolArray):
        lift_in_place(objects(args[0]))
    return scalar(wrapped(made, claimed(_arrays(args))))


def _arrays(values: Any) -> list[Any]:
    """Return the arrays of symbols among some arguments, and in lists of them."""
    found: list[Any] = []
    for value in values:
        found += _arrays(value) if type(value) in (tuple, list) else [value] if isinstance(value, SymbolArray) else []
    return found


def _into(out: Any, result: Any) -> Any:
    out[...] = result
    return out


def _plain(value: Any) -> Any:
    """Return an argument with plain arrays of objects in place of arrays of symbols."""
    if isinstance(value, (SymbolArray, Concolic)):
        return objects(value)
    return type(value)(map(_plain, value)) if type(value) in (tuple, list) else value


def _reducing(ufunc: Any) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **options: Any) -> Any:
        options = {key: value for key, value in options.items() if value is not np._NoValue}  # noqa: SLF001
        return ufunc.reduce(as_array(a), axis=axis, **options)

    return reduce


def mean(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Return the sum over axes divided by how many there are."""
    a = as_array(a)
    total = _add.reduce(a, axis=axis, keepdims=_kept(keepdims), where=_mask(where))
    return total / _how_many(a, axis, where, keepdims)


def _mask(where: Any) -> Any:
    return True if where is np._NoValue else where  # noqa: SLF001


def _kept(keepdims: Any) -> bool:
    """Tell what was said of keepdims, which is often left out in ways of NumPy's own."""
    return keepdims is not np._NoValue and bool(keepdims)  # noqa: SLF001


def _how_many(a: Any, axis: Any, where: Any, keepdims: Any) -> Any:
    """Return how many entries each sum over axes has."""
    mask = np.broadcast_to(truths(_mask(where)), a.shape)
    return _add.reduce(mask, axis=axis, keepdims=_kept(keepdims), dtype=int)


def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    **options: Any,
) -> Any:
    """Return the mean of the squares of the distances from the mean."""
    a, less = as_array(a), options.get("correction", ddof)
    distance = a - mean(a, axis, keepdims=True, where=where)
    total = _add.reduce(distance * distance, axis=axis, keepdims=_kept(keepdims), where=_mask(where))
    return total / (_how_many(a, axis, where, keepdims) - less)


def std(a: Any, *args: Any, **options: Any) -> Any:
    """Return the root of the variance."""
    return np.sqrt(var(a, *args, **options))


def average(a: Any, axis: Any = None, weights: Any = None, **options: Any) -> Any:
    """Return the mean, in which entries may count by weights."""
    if weights is None:
        return mean(a, axis)
    if np.shape(weights) != np.shape(a):
        shape = [1] * np.ndim(a)
        shape[axis] = -1
        weights = np.broadcast_to(as_array(weights).reshape(shape), np.shape(a))
    return np.sum(a * weights, axis=axis) / np.sum(weights, axis=axis)


def along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **options: Any) -> Any:
    """Call a function on each line of an array along an axis."""
    lines = np.moveaxis(as_array(arr), axis, -1)
    made = [as_array(func1d(lines[index], *args, **options)) for index in np.ndindex(lines.shape[:-1])]
    result = np.stack(made).reshape(*lines.shape[:-1], *made[0].shape)
    places = range(lines.ndim - 1, result.ndim)
    return np.moveaxis(result, places, [axis % lines.ndim + i for i in range(len(places))])


def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """Return the middle of the entries in order, or the mean of the two there."""
    a = as_array(a)
    if axis is None:
        a, axis, shape = a.reshape(-1), 0, [1] * a.ndim
    else:
        shape = [1 if i == axis % a.ndim else n for i, n in enumerate(a.shape)]
    ordered, length = np.sort(a, axis=axis), a.shape[axis]
    middle = mean(np.take(ordered, [(length - 1) // 2, length // 2], axis=axis), axis)
    return as_array(middle).reshape(shape) if _kept(keepdims) else middle


def _unwrapped(function: Any) -> Callable[..., Any]:
    """Return what runs the Python source of a NumPy function, which is made of others that are followed."""

    def run(*args: Any, **options: Any) -> Any:
        return wrapped(function.__wrapped__(*args, **options), claimed(_arrays(args)))

    return run


def cumulative(ufunc: Any) -> Callable[..., Any]:
    """Return the running sum or product."""

    def accumulate(a: Any, axis: Any = None, dtype: Any = None) -> Any:
        a = as_array(a)
        return ufunc.accumulate(a.reshape(-1) if axis is None else a, axis=0 if axis is None else axis)

    return accumulate


def where(condition: Any, *values: Any, **options: Any) -> Any:
    """Choose by a mask; a mask alone is asked for its places."""
    values = (*values, *options.values())
    return choose(condition, *values) if values else np.nonzero(truths(condition))


def clip(a: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    """Return what lies between two bounds, each of which may be None."""
    low, high = options.get("min", a_min), options.get("max", a_max)
    a = a if low is None else np.maximum(a, low)
    return a if high is None else np.minimum(a, high)


def rounded(a: Any, decimals: int = 0) -> Any:
    """Return the nearest multiples of a power of ten."""
    factor = 10**decimals if decimals >= 0 else 1 / 10**-decimals
    return np.rint(a * factor) / factor


def filled(shape: Any, value: Any, dtype: Any = None) -> Any:
    """Return an array of one value: of symbols if its type is a float's, a plain one else."""
    wanted = np.dtype(np.float64 if dtype is None else dtype)
    if wanted.kind != "f":
        return np.broadcast_to(np.asarray(value, wanted), shape).copy()
    return gathered(symbols(value, _shape(shape)), _shape(shape), wanted)


def _shape(given: Any) -> tuple[int, ...]:
    return (int(given),) if isinstance(given, (int, np.integer)) else tuple(given)


def _like(value: Any) -> Callable[..., Any]:
    def like(a: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None) -> Any:
        return _in_order(a, filled(np.shape(a) if shape is None else shape, value, a.dtype if dtype is None else dtype))

    return like


def _in_order(a: Any, made: Any) -> Any:
    """Return what was made like an array in the memory order of that."""
    return laid_out(made, [a]) if isinstance(made, SymbolArray) and made.shape == np.shape(a) else made


def empty_like(a: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None) -> Any:
    """Return an array that nobody has written to."""
    wanted = np.dtype(a.dtype if dtype is None else dtype)
    shape = np.shape(a) if shape is None else shape
    return _in_order(a, unset(shape, wanted)) if wanted.kind == "f" else np.zeros(shape, wanted)


def unset(shape: Any, dtype: Any) -> Any:
    """Return an array of a float type that nobody has written to."""
    array = current_uninitialised(_shape(shape))
    array.claimed = dtype
    return array


def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = None, subok: Any = True, shape: Any = None
) -> Any:
    """Return an array of one value, in the shape of another."""
    return _in_order(
        a, filled(np.shape(a) if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)
    )


def _arranged(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that answers with places (argmax), which are plain numbers."""

    def arrange(*args: Any, **options: Any) -> Any:
        return function(*map(_plain, args), **options)

    return arrange


def close(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Tell which entries are near each other, a branch; the tolerances are NumPy's, which user code asks for."""
    return np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)


def count_nonzero(a: Any, axis: Any = None, **options: Any) -> Any:
    """Count what is not 0."""
    return np.count_nonzero(truths(a), axis=axis, **options)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": matmul,
    "dot": dot,
    "inner": inner,
    "vdot": vdot,
    "vecdot": vecdot,
    "outer": outer,
    "tensordot": tensordot,
    "einsum": einsum,
    "sum": _reducing(np.add),
    "prod": _reducing(np.multiply),
    "max": _reducing(np.maximum),
    "amax": _reducing(np.maximum),
    "min": _reducing(np.minimum),
    "amin": _reducing(np.minimum),
    "nansum": _reducing(np.add),
    "nanmax": _reducing(np.maximum),
    "nanmin": _reducing(np.minimum),
    "nanprod": _reducing(np.multiply),
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
    "nonzero": lambda a: np.nonzero(truths(a)),
    "flatnonzero": lambda a: np.flatnonzero(truths(a)),
    "argwhere": lambda a: np.argwhere(truths(a)),
    "any": lambda a, axis=None, out=None, keepdims=False, where=True: np.any(
        truths(a), axis=axis, keepdims=_kept(keepdims), where=_mask(where)
    ),
    "all": lambda a, axis=None, out=None, keepdims=False, where=True: np.all(
        truths(a), axis=axis, keepdims=_kept(keepdims), where=_mask(where)
    ),
    "apply_along_axis": along_axis,
    "gradient": _unwrapped(np.gradient),
    "kron": _unwrapped(np.kron),
    "convolve": _unwrapped(np.convolve),
    "median": median,
    "nan_to_num": lambda x, copy=True, **options: x.copy() if copy and isinstance(x, SymbolArray) else x,
    "real": lambda x: x,
    "isreal": lambda x: np.ones(np.shape(x), bool),
    "iscomplexobj": lambda x: False,
    "isrealobj": lambda x: True,
    "isclose": lambda a, b, **options: close(a, b, **options),
    "allclose": lambda a, b, **options: bool(np.all(close(a, b, **options))),
    "array_equal": lambda a, b, **options: np.shape(a) == np.shape(b) and bool(np.all(np.equal(a, b))),
    "average": average,
}
