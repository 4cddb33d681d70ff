"""Eigenvalues and eigenvectors of symmetric matrices, and singular values: roots of characteristic polynomials.

Eigenvalues are the roots of det(t - A), whose coefficients are polynomials of the entries; for two rows they are
written with a square root, for more they are elements of their own (`graph.joints`). The matrix of cofactors of A - t
is c v v' for the unit eigenvector v, so that its columns over their lengths are v or -v: formulas in A and t. All of
this is defined away from ties, where eigenvalues have kinks, and eigenvectors are any.

Which of v and -v LAPACK returns is its own affair: it is asked at the sample, and the sign that it gives there is
pinned. What is claimed of eigenvectors is claimed up to that sign.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from typing import Any, Literal

import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.unfollowed import unfollowed
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import built, current, floats_of
from verify.tracing.linear.factors import mirrored
from verify.tracing.linear.inverses import cofactors, determinant
from verify.tracing.linear.matrices import deficient, each, key, matrices, node_of, sign_of, squares, transposed
from verify.tracing.numpy.products import as_array, matmul
from verify.tracing.symbols.trace import Signed

_HALF = Fraction(1, 2)
_MOST_ROWS = 6
_EIGH: Any = type(np.linalg.eigh(np.eye(1)))
_SVD: Any = type(np.linalg.svd(np.eye(1)))


def eigenvalues(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """Return the eigenvalues of symmetric matrices in order, of which one half is read."""
    return each(_values, mirrored(squares(a), lower=UPLO.upper() == "L"))


def eigenvectors(a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """Return the eigenvalues of symmetric matrices in order, and their unit eigenvectors."""
    a = squares(a)
    uplo: Literal["L", "U"] = "L" if UPLO.upper() == "L" else "U"

    def pairs(symmetric: Any, half: Any) -> tuple[Any, Any]:  # LAPACK's signs depend on the half that it reads
        return _pairs(symmetric, np.linalg.eigh(floats_of(half), uplo)[1])

    return _EIGH(*each(pairs, mirrored(a, lower=UPLO.upper() == "L"), a))


def _values(matrix: Any) -> Any:
    n = len(matrix)
    if n > _MOST_ROWS:
        raise TraceError(
            f"the eigenvalues of a matrix of more than {_MOST_ROWS} rows are too large as formulas",
            asked_at(),
            reason=Reason.LARGE_MATRIX,
        )
    if n == 1:
        return matrix[0]
    if n == 2:
        middle, half = (matrix[0, 0] + matrix[1, 1]) / 2, (matrix[0, 0] - matrix[1, 1]) / 2
        square = half * half + matrix[0, 1] * matrix[0, 1]
        if not sign_of(square):
            raise _tie()
        return np.stack([as_array(middle - square**_HALF), as_array(middle + square**_HALF)])
    numbers = np.sort(np.linalg.eigvalsh(floats_of(matrix)))
    graph, coefficients = current(), _characteristic(matrix)
    roots = built([graph.joint("root", coefficients, k) for k in range(n)], (n,), matrix.claimed)
    if not np.isfinite(floats_of(roots)).all() or not np.all(np.diff(numbers) > 0):
        raise _tie()
    return roots


def _tie() -> TraceError:
    return TraceError(
        "two eigenvalues are the same at the sample, or too close to distinguish: a kink; declare a domain in which"
        " they differ",
        asked_at(),
        reason=Reason.TIE,
    )


def _characteristic(matrix: Any) -> list[int]:
    """Return the nodes of the coefficients of det(t - A) below the highest: sums of principal minors (with signs)."""
    n = len(matrix)
    minors = [
        np.sum(np.stack([as_array(determinant(matrix[np.ix_(rows, rows)])) for rows in combinations(range(n), size)]))
        for size in range(1, n + 1)
    ]
    return [node_of(minors[n - 1 - k] * (-1) ** (n - k)) for k in range(n)]


def _pairs(matrix: Any, numbers: Any) -> tuple[Any, Any]:
    """Return eigenvalues and eigenvectors of a matrix, those with the signs that others have as floats."""
    n, values = len(matrix), _values(matrix)
    if n == 1:
        return values, matrix * 0 + float(numbers[0, 0])
    columns = []
    for k in range(n):
        adjugate = cofactors(matrix - np.eye(n) * values[k])
        place = int(np.argmax(np.abs(numbers[:, k])))
        column = adjugate[:, place]
        # c v v' has c v[place] v in this column, and c as its trace: c is the product of other eigenvalues less t.
        vector = (key(matrix), k)
        sign = (-1) ** k * (1 if numbers[place, k] > 0 else -1) * (-1 if vector in current().turned else 1)
        columns.append(column * sign / (column[place] * np.trace(adjugate)) ** _HALF)
        current().signed.append(Signed(key(columns[-1]), vector, asked_at()))
    return values, np.stack(columns, axis=1)


def singular_values(a: Any) -> Any:
    """Return singular values of matrices, the largest first: roots of the eigenvalues of the smaller square."""
    return each(lambda matrix: np.sqrt(_values(_square(matrix)))[::-1], matrices(a))


def _square(matrix: Any) -> Any:
    product = (
        matmul(transposed(matrix), matrix) if len(matrix) >= matrix.shape[1] else matmul(matrix, transposed(matrix))
    )
    return mirrored(product, lower=True)


def singular_vectors(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """Return U, the singular values and V transposed, or these values alone."""
    a = matrices(a)
    if hermitian:
        raise unfollowed("numpy.linalg.svd", " with hermitian=True")
    if not compute_uv:
        return singular_values(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise unfollowed(
            "numpy.linalg.svd",
            " with full_matrices=True of a matrix that is not square",
            ": the further singular vectors are not unique",
        )
    return _SVD(*each(lambda matrix: _triple(matrix, full_matrices), a))


def _of_either_sign(matrix: Any, single: Any) -> Any:
    """Return the singular vector 1 or -1 of a row or column; LAPACK chooses it by the input, unlike in `eigh`."""
    vector = (key(matrix.ravel()), 0)
    oriented = -single if vector in current().turned else single
    current().signed.append(Signed(key(oriented.ravel()), vector, asked_at()))
    return oriented


def _triple(matrix: Any, full_matrices: bool) -> tuple[Any, Any, Any]:
    """Return the singular values, the largest first, and vectors with the signs that LAPACK gives at the sample."""
    tall = len(matrix) >= matrix.shape[1]
    left, _, right = np.linalg.svd(floats_of(matrix), full_matrices)
    values, inner = _pairs(_square(matrix), (right.T if tall else left)[:, ::-1])
    if not all(map(sign_of, values)):
        raise deficient()
    if len(inner) == 1:
        inner = _of_either_sign(matrix, inner)
    sizes, inner = np.sqrt(values)[::-1], inner[:, ::-1]
    outer = matmul(matrix if tall else transposed(matrix), inner) / sizes
    return (outer, sizes, transposed(inner)) if tall else (inner, sizes, transposed(outer))
