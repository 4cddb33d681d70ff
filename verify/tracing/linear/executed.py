"""Cholesky's factor and triangular equations as LAPACK rounds them: recorded operation by operation.

Nothing in them is chosen by the size of floats, and each entry is a sum of products, in whatever order and fused or
not, that is divided, or multiplied by a rounded inverse: reference LAPACK does the one, OpenBLAS the other, and what is
recorded here allows for both. Of functions with pivots, reflections or iterations no bound is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.linear.matrices import each, squares, transposed
from verify.tracing.numpy.products import as_array

_VECTOR = 1


def cholesky(a: Any, upper: bool = False) -> Any:
    """Return the factor, of which half of the matrix is read."""
    a = squares(a)
    return transposed(each(_factor, transposed(a))) if upper else each(_factor, a)


def _factor(matrix: Any) -> Any:
    n = len(matrix)
    rows: list[list[Any]] = [[0.0] * n for _ in range(n)]
    for k in range(n):
        for i in range(k, n):
            rest = _less(matrix[i, k], [(rows[i][j], rows[k][j]) for j in range(k)])
            if i == k:
                rows[k][k] = np.sqrt(rest)
                inverse = 1 / rows[k][k]
            else:
                rows[i][k] = rest * inverse
    return np.stack([np.stack([as_array(entry) for entry in row]) for row in rows])


def _less(first: Any, products: list[tuple[Any, Any]]) -> Any:
    """Return a number less products: one sum, of any order."""
    if not products:
        return first
    return np.sum(np.stack([as_array(first), *(as_array(-(a * b)) for a, b in products)]), axis=0)


def substituted(matrix: Any, right: Any, *, lower: bool, unit_diagonal: bool = False) -> Any:
    """Return the solution of a triangular equation, for a vector or for columns."""
    n = len(matrix)
    rows: dict[int, Any] = {}
    for i in range(n) if lower else range(n - 1, -1, -1):
        rest = _less(right[i], [(matrix[i, j], row) for j, row in rows.items()])
        rows[i] = rest if unit_diagonal else rest * (1 / matrix[i, i])
    return np.stack([as_array(rows[i]) for i in range(n)])


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, *_: Any, **options: Any
) -> Any:
    """Return x with a @ x = b, or with the transpose of a, of which one half is read."""
    a, b = squares(a), as_array(b)
    if trans in (1, 2, "T", "C"):
        a, lower = transposed(a), not lower
    return substituted(a, b, lower=lower, unit_diagonal=unit_diagonal)


def factor_by(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Return what puts Cholesky's factor, as it is computed, into one half of a matrix, and tells which half."""

    def factor(a: Any, lower: bool = False, *_: Any, **options: Any) -> Any:
        a = squares(a)
        half = np.tril(np.ones(a.shape[-2:])) > 0
        return np.where(half if lower else transposed(half), compute(a, upper=not lower), a), lower

    return factor


factor = factor_by(cholesky)


def solve_factored(factors: Any, b: Any, *_: Any, **options: Any) -> Any:
    """Return the solution of both triangular equations."""
    c, lower = factors
    lower_half, upper_half = (c, transposed(c)) if lower else (transposed(c), c)
    inner = substituted(squares(lower_half), as_array(b), lower=True)
    return substituted(squares(upper_half), inner, lower=False)
