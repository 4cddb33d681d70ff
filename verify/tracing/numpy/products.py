"""NumPy's products of arrays of symbols."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, built, current, nodes, objects, scalar
from verify.tracing.arrays.sparse import dense
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.symbols.dispatch import PRODUCTS

_VECTOR = 1


def as_array(value: Any) -> Any:
    """Return what code passes as an array: it may be a list with symbols in it."""
    return value if isinstance(value, np.ndarray) else objects(dense(value)).view(SymbolArray)


def matmul(a: Any, b: Any) -> Any:
    """Return the matrix product, of stacks of matrices as well, its sums in an order that is always the same."""
    a, b = as_array(a), as_array(b)
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
    many = math.prod(stack)
    rows = np.asarray(nodes(left, (*stack, n, k)), int).reshape(many, n, k)
    columns = np.asarray(nodes(right, (*stack, k, m)), int).reshape(many, k, m)
    graph = current()
    with graph.on_one_line():
        entries = graph.matmul(rows, columns)
    return built(entries, (*stack, n, m), claimed((left, right)))


def dot(a: Any, b: Any) -> Any:
    """Return the sum of products over the last axis of a and the last but one of b."""
    a, b = as_array(a), as_array(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    if b.ndim <= 2:
        flat = a.reshape(math.prod(a.shape[:-1]), a.shape[-1]) if a.ndim > 1 else a
        result = matmul(flat, b)
        return result.reshape(*a.shape[:-1], *b.shape[1:]) if a.ndim > 1 else result
    return tensordot(a, b, axes=(-1, -2))


def inner(a: Any, b: Any) -> Any:
    """Return the sum of products over the last axes."""
    a, b = as_array(a), as_array(b)
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    return dot(a, np.moveaxis(b, -1, -2) if b.ndim > 1 else b)


def vdot(a: Any, b: Any) -> Any:
    """Return the sum of products of all entries in order."""
    return dot(as_array(a).reshape(-1), as_array(b).reshape(-1))


def vecdot(a: Any, b: Any, axis: int = -1) -> Any:
    """Return the sums of products along an axis, which is each array's own: (3, 2) and (3,) have their first."""
    a, b = as_array(a), as_array(b)
    if axis == -1:
        return np.sum(np.multiply(a, b), axis=-1)
    return np.sum(np.multiply(np.moveaxis(a, axis, -1), np.moveaxis(b, axis, -1)), axis=-1)


def matvec(a: Any, b: Any) -> Any:
    """Return the products of matrices and vectors: the last axis of b is summed over."""
    return matmul(a, as_array(b)[..., None])[..., 0]


def vecmat(a: Any, b: Any) -> Any:
    """Return the products of vectors and matrices: the last axis of a is summed over."""
    return matmul(as_array(a)[..., None, :], b)[..., 0, :]


def outer(a: Any, b: Any) -> Any:
    """Return all products of an entry of a and an entry of b."""
    return np.multiply(as_array(a).reshape(-1, 1), as_array(b).reshape(1, -1))


def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    """Return the sums of products over some axes of a and as many of b."""
    a, b = as_array(a), as_array(b)
    pair = (range(a.ndim - axes, a.ndim), range(axes)) if isinstance(axes, (int, np.integer)) else axes
    over_a, over_b = _axes(pair[0], a.ndim), _axes(pair[1], b.ndim)
    if [a.shape[i] for i in over_a] != [b.shape[i] for i in over_b]:
        raise ValueError("shape-mismatch for sum")
    kept_a, kept_b = [[i for i in range(x.ndim) if i not in over] for x, over in ((a, over_a), (b, over_b))]
    length = math.prod(a.shape[i] for i in over_a)
    left = a.transpose([*kept_a, *over_a]).reshape(math.prod(a.shape[i] for i in kept_a), length)
    right = b.transpose([*over_b, *kept_b]).reshape(length, math.prod(b.shape[i] for i in kept_b))
    return scalar(np.matmul(left, right).reshape([a.shape[i] for i in kept_a] + [b.shape[i] for i in kept_b]))


def _axes(axes: Any, ndim: int) -> list[int]:
    return [int(i) % ndim for i in ([axes] if isinstance(axes, (int, np.integer)) else axes)]


PRODUCTS.update({"matmul": matmul, "vecdot": vecdot, "matvec": matvec, "vecmat": vecmat})


# The functions of `numpy.linalg`, by their names there: they are narrower than NumPy's own.
LINALG: dict[str, Any] = {
    "matmul": lambda x1, x2: matmul(x1, x2),
    "outer": lambda x1, x2: outer(x1, x2),
    "vecdot": lambda x1, x2, axis=-1: vecdot(x1, x2, axis),
    "tensordot": lambda x1, x2, axes=2: tensordot(x1, x2, axes),
}
