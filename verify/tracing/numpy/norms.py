"""Norms of vectors and matrices of symbols, of every order that NumPy has."""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.tracing.numpy.elementwise import truths
from verify.tracing.numpy.products import as_array

_VECTOR, _MATRIX = 1, 2
_SPECTRAL = (2, -2, "nuc")
# Of a matrix, by its order: which sums of absolute values are compared, over rows (0) or columns (1).
_OF_SUMS: dict[Any, tuple[Any, int]] = {1: (np.max, 0), -1: (np.min, 0), np.inf: (np.max, 1), -np.inf: (np.min, 1)}


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:  # noqa: A002
    """Return the norms of vectors along an axis, or of matrices along two."""
    x = as_array(x)
    axes = tuple(range(x.ndim)) if axis is None else (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    if ord is None or (ord == "fro" and len(axes) == _MATRIX) or (ord == 2 and len(axes) == _VECTOR):
        return np.sqrt(np.sum(x * x, axis=axes, keepdims=keepdims))
    if len(axes) == _VECTOR:
        return _of_vectors(x, ord, axes[0], keepdims=keepdims)
    if len(axes) != _MATRIX:
        raise ValueError("Improper number of dimensions to norm.")
    matrices = np.moveaxis(x, axes, (-2, -1))
    result = as_array(_of_matrices(matrices, ord))
    if not keepdims:
        return result[()]
    over = {i % x.ndim for i in axes}
    return result.reshape([1 if i in over else n for i, n in enumerate(x.shape)])


def _of_vectors(x: Any, order: Any, axis: Any, *, keepdims: bool) -> Any:
    """Return the p-norms along an axis; that of order 0 counts what is not 0."""
    if isinstance(order, str):
        raise ValueError(f"Invalid norm order '{order}' for vectors")  # noqa: TRY004 - as NumPy does
    if order == 0:
        return np.sum(truths(x).astype(float), axis=axis, keepdims=keepdims)
    sizes = np.abs(x)
    if abs(order) == np.inf:
        return (np.max if order > 0 else np.min)(sizes, axis=axis, keepdims=keepdims)
    if order == 1:
        return np.sum(sizes, axis=axis, keepdims=keepdims)
    return np.sum(sizes**order, axis=axis, keepdims=keepdims) ** (1 / order)


def _of_matrices(x: Any, order: Any) -> Any:
    """Return the norms of the matrices of the last two axes."""
    if order in _OF_SUMS:
        choose, axis = _OF_SUMS[order]
        return choose(np.sum(np.abs(x), axis=-2 + axis), axis=-1)
    if order not in _SPECTRAL:
        raise ValueError("Invalid norm order for matrices.")
    values = np.linalg.svd(x, compute_uv=False)
    return np.sum(values, axis=-1) if order == "nuc" else values[..., 0 if order > 0 else -1]


def condition(x: Any, p: Any = None) -> Any:
    """Return the condition numbers of matrices: the norm times that of the inverse."""
    x = as_array(x)
    if p in (None, 2, -2):
        values = np.linalg.svd(x, compute_uv=False)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    return norm(x, p, (-2, -1)) * norm(np.linalg.inv(x), p, (-2, -1))
