"""Factors of matrices with roots in them: Cholesky's, and the orthogonal one of QR.

Both eliminate without roots first (L D L', and Gram and Schmidt without norms), so that each root is that of one
rational function, and there are no roots within roots. What the roots are is all that a proof needs of them.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from verify.model.unfollowed import unfollowed
from verify.tracing.arrays.arrays import built, current
from verify.tracing.linear.matrices import (
    deficient,
    each,
    key,
    matrices,
    node_of,
    sign_of,
    singular,
    squares,
    transposed,
)
from verify.tracing.numpy.products import as_array, matmul

_HALF = Fraction(1, 2)
_RESULT: Any = type(np.linalg.qr(np.eye(1)))


def cholesky(a: Any, upper: bool = False) -> Any:
    """Return L with L @ L.T = a, of which NumPy reads the lower half; or the upper half's L.T.

    Whether a matrix is positive definite is decided at the sample; where it is, the factor is defined, and no branch.
    """
    a = squares(a)
    return transposed(each(_lower, transposed(a))) if upper else each(_lower, a)


def _lower(matrix: Any) -> Any:
    matrix = mirrored(matrix, lower=True)
    rest, columns = matrix, []
    for k in range(len(matrix)):
        pivot = rest[0, 0]
        if sign_of(pivot) <= 0:
            current().decide(node_of(pivot), ">")  # code that catches the exception takes a branch
            raise singular("not positive definite", "positive definite")
        column = rest[:, 0] / pivot**_HALF
        columns.append(np.concatenate([np.zeros(k), column]))
        rest = rest[1:, 1:] - rest[1:, :1] * rest[0, 1:] / pivot
    lower = np.stack(columns, axis=1)
    current().memory("squares of factors")[key(lower)] = key(matrix), matrix.claimed
    return lower


def mirrored(a: Any, *, lower: bool) -> Any:
    """Return symmetric matrices, of which one half is read."""
    i, j = np.indices(a.shape[-2:])
    return a[..., np.maximum(i, j), np.minimum(i, j)] if lower else a[..., np.minimum(i, j), np.maximum(i, j)]


def square_of(lower: Any) -> Any:
    """Return the symmetric matrix of which a matrix is Cholesky's factor, as it was when that was computed."""
    entry = current().memory("squares of factors").get(key(lower))
    return matmul(lower, transposed(lower)) if entry is None else built(entry[0], lower.shape, entry[1])


def orthogonal(a: Any, mode: str = "reduced") -> Any:
    """Return Q and R of a matrix of full rank, or R alone (mode "r").

    Q and R are pinned by the signs of R's diagonal, which Householder's reflections give in LAPACK: each is that of
    minus an entry that is reflected already (`dlarfg`), a branch.
    """
    a = matrices(a)
    if mode not in ("reduced", "complete", "r") or (mode == "complete" and a.shape[-2] > a.shape[-1]):
        raise unfollowed("numpy.linalg.qr", f" with mode={mode!r}", ": the further columns of Q are not unique")
    if mode == "r":
        return each(lambda matrix: _factors(matrix)[1], a)
    return _RESULT(*each(_factors, a))


def _factors(matrix: Any) -> tuple[Any, Any]:
    """Return Q and R of one matrix: Gram and Schmidt, each column divided by its length at last."""
    rows, columns = matrix.shape
    count = min(rows, columns)
    directions: list[Any] = []
    for k in range(count):
        direction = matrix[:, k]
        for other in directions:
            direction = direction - other * (np.sum(other * matrix[:, k]) / np.sum(other * other))
        directions.append(direction)
    squares_ = [np.sum(direction * direction) for direction in directions]
    if not all(map(sign_of, squares_)):
        raise deficient()
    lengths = _signed(matrix, squares_)
    q = np.stack([direction / length for direction, length in zip(directions, lengths, strict=True)], axis=1)
    upper = [
        [np.sum(q[:, i] * matrix[:, j]) if j > i else lengths[i] if j == i else 0.0 for j in range(columns)]
        for i in range(count)
    ]
    return q, np.stack([np.stack([as_array(entry) for entry in row]) for row in upper])


def _signed(matrix: Any, squares_: list[Any]) -> list[Any]:
    """Return the roots of the squares of R's diagonal with the signs that LAPACK gives them.

    Reflected columns are multiplied by what they would be divided by, which is positive: only signs are asked of them.
    """
    rest, signed, scale = matrix, [], as_array(1)[()]
    for k, square in enumerate(squares_):
        first, is_reflected = rest[0, 0], _any_other(rest[1:, 0])
        above = current().decide(node_of(first), ">=")
        length = -(square**_HALF) if above == is_reflected else square**_HALF
        signed.append(length)
        if k + 1 == len(squares_):
            break
        if is_reflected:
            scaled = length * scale
            mirror = np.concatenate([as_array(first - scaled).reshape(1), rest[1:, 0]])
            positive = scaled * (scaled - first)
            rest, scale = rest * positive - mirror[:, None] * (mirror @ rest), scale * positive
        rest = rest[1:, 1:]
    return signed


def _any_other(column: Any) -> bool:
    """Tell whether there is anything but 0 in a column at the sample: LAPACK reflects no other; a tie where not."""
    return any(map(sign_of, column)) or any(current().decide(node_of(e), "!=") for e in column)
