"""Sums, means and spreads of arrays of symbols along axes."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays import shadows
from verify.tracing.numpy.elementwise import truths
from verify.tracing.numpy.products import as_array

_add: Any = np.add


def reducing(ufunc: Any) -> Callable[..., Any]:
    """Return a reduction by a ufunc, of an array or a number."""

    def reduce(a: Any, axis: Any = None, **options: Any) -> Any:
        return ufunc.reduce(as_array(a), axis=axis, **options)

    reduce.__signature__ = _OF_A_REDUCTION  # type: ignore[attr-defined]
    return reduce


_OF_A_REDUCTION = inspect.signature(lambda a, axis, keepdims, initial, where: None)


def mean(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Return the sum over axes divided by how many there are."""
    a = as_array(a)
    total = _add.reduce(a, axis=axis, keepdims=keepdims, where=where)
    return total / _how_many(a, axis, where, keepdims)


_mean = mean


def _how_many(a: Any, axis: Any, where: Any, keepdims: Any) -> Any:
    """Return how many entries each sum over axes has."""
    if where is True:
        axes = range(a.ndim) if axis is None or not a.ndim else axis if isinstance(axis, tuple) else (axis,)
        return math.prod(a.shape[i] for i in axes)
    mask = np.broadcast_to(truths(where), a.shape)
    return _add.reduce(mask, axis=axis, keepdims=bool(keepdims), dtype=int)


def var(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    correction: Any = None,
    mean: Any = None,
) -> Any:
    """Return the mean of the squares of the distances from the mean."""
    a, less = as_array(a), ddof if correction is None else correction
    distance = a - (_mean(a, axis, keepdims=True, where=where) if mean is None else mean)
    total = _add.reduce(distance * distance, axis=axis, keepdims=keepdims, where=where)
    many = _how_many(a, axis, where, keepdims) - less
    return total / np.maximum(many, 0)  # NumPy divides by 0 where too few are left


def std(a: Any, **options: Any) -> Any:
    """Return the root of the variance."""
    return np.sqrt(var(a, **options))


std.__signature__ = inspect.signature(var)  # type: ignore[attr-defined]


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: Any = False) -> Any:
    """Return the mean, in which entries may count by weights, and what it was divided by."""
    a = as_array(a)
    if weights is None:
        result, total = mean(a, axis, keepdims), _how_many(a, axis, True, keepdims)
    else:
        weights = _spread(a, axis, as_array(weights))
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        result = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (result, total * np.ones(np.shape(result)) + 0 * result) if returned else result


def _spread(a: Any, axis: Any, weights: Any) -> Any:
    """Return weights of some axes of an array as weights of all of its entries."""
    if weights.shape == a.shape:
        return weights
    axes = [i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    ordered = weights.transpose(np.argsort(axes))
    return np.broadcast_to(ordered.reshape([n if i in axes else 1 for i, n in enumerate(a.shape)]), a.shape)


REDUCTIONS: dict[str, Any] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "amax": np.maximum,
    "min": np.minimum,
    "amin": np.minimum,
    "nansum": np.add,
    "nanmax": np.maximum,
    "nanmin": np.minimum,
    "nanprod": np.multiply,
}


def median(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the middle of the entries in order, or the mean of the two there."""
    a = as_array(a)
    axes = sorted(i % a.ndim for i in (range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)))
    others = [i for i in range(a.ndim) if i not in axes]
    rows = a.transpose([*others, *axes]).reshape(*[a.shape[i] for i in others], -1)
    ordered, length = np.sort(rows, axis=-1), rows.shape[-1]
    if not length:
        raise shadows.refusal("median", "no entries")
    middle = mean(np.take(ordered, [(length - 1) // 2, length // 2], axis=-1), -1)
    return as_array(middle).reshape([1 if i in axes else n for i, n in enumerate(a.shape)]) if keepdims else middle


def cumulative(ufunc: Any) -> Callable[..., Any]:
    """Return the running sum or product."""

    def accumulate(a: Any, axis: Any = None) -> Any:
        a = as_array(a)
        flat = axis is None or not a.ndim
        return ufunc.accumulate(a.reshape(-1) if flat else a, axis=0 if flat else axis)

    return accumulate
