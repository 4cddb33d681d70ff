"""Determinants, inverses and solutions of linear equations, as the rational functions that they are.

Up to four rows they are polynomials over the determinant (Cramer's rule, by minors): nothing else is divided by.
Beyond, rows are eliminated in their order, and one whose pivot is 0 at the sample waits. The pivots are divided by
then, and the result is the same rational function of the entries: two of these that are equal where no pivot is 0 are
equal wherever both are continuous. What is worked out of a matrix serves its transpose too.
"""

from __future__ import annotations

import functools
from itertools import combinations
from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import SymbolArray, built, current
from verify.tracing.linear.matrices import each, key, node_of, sign_of, singular, squares, transposed
from verify.tracing.numpy.products import as_array, matmul

_MOST_BY_MINORS = 4  # rows: five take five times as many products as elimination does
_MOST_ROWS = 30  # 27,000 products
_VECTOR = 1


def determinant(a: Any) -> Any:
    """Return the determinants of matrices."""
    return each(lambda matrix: _eliminated(matrix)[0] if len(matrix) else np.float64(1), squares(a))


def inverse(a: Any) -> Any:
    """Return the inverses of matrices; raises LinAlgError for one that is singular at the sample."""
    return each(_inverse, squares(a))


def solution(a: Any, b: Any) -> Any:
    """Return x with a @ x = b, for vectors b or stacks of matrices."""
    a, b = squares(a), as_array(b)
    if b.ndim == _VECTOR or (np.lib.NumpyVersion(np.__version__) < "2.0.0" and b.ndim == a.ndim - 1):
        return matmul(inverse(a), b[..., None])[..., 0]
    return matmul(inverse(a), b)


def _inverse(matrix: Any) -> Any:
    if not len(matrix):
        return matrix
    det, result = _eliminated(matrix)
    if result is None or not sign_of(det):
        raise singular()
    return result


def _eliminated(matrix: Any) -> tuple[Any, Any]:
    """Return the determinant of a matrix, and its inverse, None where there is none at the sample."""
    n = len(matrix)
    if n > _MOST_ROWS:
        raise TraceError(
            f"the inverse of a matrix of more than {_MOST_ROWS} rows is too large as a formula",
            asked_at(),
            HOW,
            reason=Reason.LARGE_MATRIX,
        )
    memory = current().memory("inverses")
    for orient in (as_array, transposed):
        entry = memory.get(key(orient(matrix)))
        if entry is not None and all(current().sign(node) for node in entry[0]):
            det, entries = (built([entry[1]], ())[()], entry[2])
            return det, orient(built(entries, (n, n), matrix.claimed))
    det, result, pivots = _by_minors(matrix) if n <= _MOST_BY_MINORS else _by_rows(matrix)
    if result is not None:
        memory[key(matrix)] = pivots, node_of(det), key(result)
    return det, result


def _by_minors(matrix: Any) -> tuple[Any, Any, list[int]]:
    """Return the determinant, the inverse, and no pivots: Cramer's rule."""
    n = len(matrix)
    if n == 1:
        det, table = matrix[0, 0], matrix * 0 + 1
    else:
        table = cofactors(matrix)
        det = np.sum(matrix[0] * table[0])
    return det, transposed(table) / det if sign_of(det) else None, []


def cofactors(matrix: Any) -> Any:
    """Return the minors without each row and column, with their signs."""
    n = len(matrix)
    signs = np.array([[(-1) ** (i + j) for j in range(n)] for i in range(n)])
    return _minors(matrix, n - 1)[::-1, ::-1] * signs  # `combinations` leaves the last one out first


def _minors(matrix: Any, order: int) -> Any:
    """Return the determinants of all choices of so many rows and columns, in the order of `combinations`.

    Each is expanded along its first row (Laplace), by the minors of one row less.
    """
    if order == 1:
        return matrix
    rest = _minors(matrix, order - 1)
    places = {choice: i for i, choice in enumerate(combinations(range(len(matrix)), order - 1))}
    choices = list(combinations(range(len(matrix)), order))
    below = [places[rows[1:]] for rows in choices]
    result = None
    for turn in range(order):
        left = [places[(*columns[:turn], *columns[turn + 1 :])] for columns in choices]
        first = matrix[np.ix_([rows[0] for rows in choices], [columns[turn] for columns in choices])]
        term = first * rest[np.ix_(below, left)]
        result = term if result is None else result - term if turn % 2 else result + term
    return result


def _by_rows(matrix: Any) -> tuple[Any, Any, list[int]]:
    """Return the determinant, the inverse and the pivots (Gauss and Jordan)."""
    n = len(matrix)
    rows, pivots, swaps = np.concatenate([matrix, _identity(n)], axis=1), [], 0
    for k in range(n):
        at = next((i for i in range(k, n) if sign_of(rows[i, 0])), None)
        if at is None:
            raise singular()
        if at != k:
            rows, swaps = rows[[at if i == k else k if i == at else i for i in range(n)]], swaps + 1
        pivots.append(rows[k, 0])
        row, factors = rows[k, 1:] / rows[k, 0], rows[:, :1]
        rest = rows[:, 1:] - factors * row[None, :]
        rows = np.concatenate([rest[:k], row[None, :], rest[k + 1 :]])
    det = functools.reduce(lambda a, b: a * b, pivots)
    return -det if swaps % 2 else det, rows, [node_of(pivot) for pivot in pivots]


def _identity(n: int) -> SymbolArray:
    trace = current()
    zero, unity = trace.whole(0), trace.whole(1)
    return built([unity if i == j else zero for i in range(n) for j in range(n)], (n, n))
