"""The functions of SciPy on symbols, for user code that has imported them: this imports nothing of SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.unfollowed import unfollowed
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import built, current
from verify.tracing.arrays.sparse import dense
from verify.tracing.linear import executed
from verify.tracing.linear.factors import cholesky, mirrored, orthogonal, square_of
from verify.tracing.linear.inverses import determinant, inverse, solution
from verify.tracing.linear.linear import least_squares, pseudo_inverse
from verify.tracing.linear.matrices import each, key, sign_of, singular, squares, transposed
from verify.tracing.linear.spectra import eigenvalues, eigenvectors, singular_values, singular_vectors
from verify.tracing.numpy.fourier import transforms
from verify.tracing.numpy.norms import norm
from verify.tracing.numpy.products import as_array, matmul
from verify.tracing.scipy.specials import FUNCTIONS as SPECIAL
from verify.tracing.scipy.trigonometric import FUNCTIONS as TRIGONOMETRIC
from verify.tracing.symbols.taped import UntapedError

_VECTOR = 1
_MOST_ROWS = 8  # of a matrix whose exponential is taken: its derivatives are exponentials of twice as many
_SYMMETRIC = ("pos", "positive definite", "sym", "symmetric", "her", "hermitian")
_GENERAL = (None, "gen", "general")


def solve(
    a: Any,
    b: Any,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    check_finite: bool = True,
    assume_a: Any = None,
    transposed: bool = False,
    **options: Any,
) -> Any:
    """Return x with a @ x = b; where a is said to be symmetric, one half of it is read."""
    if options:
        raise unfollowed("scipy.linalg.solve", f" with {', '.join(options)}")
    a, b = squares(a), as_array(b)
    if assume_a in _SYMMETRIC:
        a = mirrored(a, lower=lower)
    elif assume_a in ("upper triangular", "lower triangular"):
        return solve_triangular(a, b, lower=assume_a.startswith("lower"))
    elif assume_a not in _GENERAL:
        raise unfollowed("scipy.linalg.solve", f" with assume_a={assume_a!r}")
    return solution(np.swapaxes(a, -1, -2) if transposed else a, b)


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, *_: Any, **options: Any
) -> Any:
    """Return x with a @ x = b, or with the transpose of a, of which one half is read."""
    a, b = squares(a), as_array(b)
    half = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        half = np.where(np.eye(a.shape[-1]) > 0, 1.0, half)
    if trans in (1, 2, "T", "C"):
        half, lower = transposed(half), not lower
    if b.ndim == _VECTOR:
        return _substituted(half, b[:, None], lower=lower)[:, 0]
    return each(lambda matrix, right: _substituted(matrix, right, lower=lower), half, b)


def _substituted(matrix: Any, right: Any, *, lower: bool) -> Any:
    """Return the solution for columns, row by row."""
    n = len(matrix)
    order = range(n) if lower else range(n - 1, -1, -1)
    rows: dict[int, Any] = {}
    for i in order:
        if not sign_of(matrix[i, i]):
            raise singular()
        rest = right[i]
        for j, row in rows.items():
            rest = rest - matrix[i, j] * row
        rows[i] = rest / matrix[i, i]
    return np.stack([rows[i] for i in range(n)])


factor = executed.factor_by(cholesky)


def solve_factored(factors: Any, b: Any, *_: Any, **options: Any) -> Any:
    """Return x with L @ L.T @ x = b, by the matrix that was factored, which has no roots."""
    c, lower = factors
    c, b = squares(c), as_array(b)
    half = np.tril(c) if lower else transposed(np.triu(c))
    return solution(each(square_of, half), b)


def lu_factor(a: Any, *_: Any, **options: Any) -> Any:
    """Return the factors of a matrix whose rows are exchanged for the largest pivots, each a branch, and the rows."""
    matrix = squares(a)
    rest, pivots = [matrix[i] for i in range(len(matrix))], []
    for k in range(len(rest)):
        at = _largest([row[k] for row in rest[k:]]) + k
        rest[k], rest[at] = rest[at], rest[k]
        pivots.append(at)
        if k + 1 < len(rest) and not sign_of(rest[k][k]):
            raise singular()
        for i in range(k + 1, len(rest)):
            share = rest[i][k] / rest[k][k]
            right = rest[i][k + 1 :] - share * rest[k][k + 1 :]
            rest[i] = np.concatenate([rest[i][:k], as_array(share).reshape(1), right])
    result = np.stack(rest)
    current().memory("factored")[key(result)] = key(matrix), matrix.claimed
    return result, np.array(pivots, np.int32)


def _largest(column: list[Any]) -> int:
    """Return the place of the first of the largest absolute values, whose squares are compared."""
    sizes = [entry * entry for entry in column]
    best = 0
    for place in range(1, len(sizes)):
        if sizes[place] > sizes[best]:
            best = place
    return best


def solve_lu(factors: Any, b: Any, trans: int = 0, *_: Any, **options: Any) -> Any:
    """Return x with a @ x = b, or with the transpose of a, by the factors of a with its rows exchanged."""
    lu, pivots = factors
    lu, order = squares(lu), list(range(len(lu)))
    entry = current().memory("factored").get(key(lu))
    if entry is not None:
        a = built(entry[0], lu.shape, entry[1])
    else:
        for k, at in enumerate(np.asarray(pivots).tolist()):
            order[k], order[at] = order[at], order[k]
        a = matmul(np.where(np.eye(len(lu)) > 0, 1.0, np.tril(lu)), np.triu(lu))[np.argsort(order)]
    return solution(transposed(a) if trans else a, b)


def full_qr(a: Any, overwrite_a: bool = False, lwork: Any = None, mode: str = "full", *_: Any, **options: Any) -> Any:
    """Return Q and R, or R alone."""
    if options.get("pivoting"):
        raise unfollowed("scipy.linalg.qr", " with pivoting=True")
    result = orthogonal(a, {"full": "complete", "economic": "reduced", "r": "r"}.get(mode, mode))
    return (result,) if mode == "r" else tuple(result)


def exponential(a: Any) -> Any:
    """Return the exponentials of square matrices, whose entries are functions of their own (`graph.joints`)."""
    return each(_exponential, squares(a))


def _exponential(matrix: Any) -> Any:
    n, graph = len(matrix), current()
    if graph.on_tape:
        raise UntapedError("the exponential of a matrix", asked_at())
    if n > _MOST_ROWS:
        raise TraceError(
            f"the exponential of a matrix of more than {_MOST_ROWS} rows is too large as a formula",
            asked_at(),
            HOW,
            reason=Reason.LARGE_MATRIX,
        )
    if n == 1:
        return np.exp(matrix)
    entries = key(matrix)
    return built([graph.joint("expm", entries, (i, j)) for i in range(n) for j in range(n)], (n, n), matrix.claimed)


def frechet(a: Any, e: Any, method: Any = None, compute_expm: bool = True, **options: Any) -> Any:
    """Return the derivative of the exponential at a along e, and the exponential itself unless it is not asked for.

    It is the upper right block of the exponential of [[a, e], [0, a]] (Van Loan, 1978).
    """
    a, e = squares(a), squares(e)
    n = len(a)
    whole = exponential(np.concatenate([np.concatenate([a, e], 1), np.concatenate([a * 0, a], 1)]))
    return (exponential(a), whole[:n, n:]) if compute_expm else whole[:n, n:]


def symmetric_pairs(
    a: Any, b: Any = None, *_: Any, lower: bool = True, eigvals_only: bool = False, **options: Any
) -> Any:
    """Return eigenvalues in order, and eigenvectors unless they are not asked for."""
    unknown = {name for name, value in options.items() if value is not None} - set(_HINTS)
    if b is not None or unknown or _:
        raise unfollowed("scipy.linalg.eigh", " with b or a part of the eigenvalues")
    half = "L" if lower else "U"
    return eigenvalues(a, half) if eigvals_only else tuple(eigenvectors(a, half))


_HINTS = ("overwrite_a", "overwrite_b", "check_finite", "turbo", "eigvals", "type", "driver")


def block_diagonal(*blocks: Any) -> Any:
    """Return a matrix with blocks along its diagonal."""
    arrays = [np.atleast_2d(as_array(block)) for block in blocks]
    result = np.zeros([sum(array.shape[i] for array in arrays) for i in (0, 1)]) * as_array(blocks[0]).ravel()[0]
    row = column = 0
    for array in arrays:
        result[row : row + array.shape[0], column : column + array.shape[1]] = array
        row, column = row + array.shape[0], column + array.shape[1]
    return result


def _plain(result: Any) -> Any:
    return tuple(result) if isinstance(result, tuple) else result


MODULES: dict[str, dict[str, Callable[..., Any]]] = {
    "scipy.special": SPECIAL,
    "scipy.linalg": {
        "inv": lambda a, *_, **options: inverse(a),
        "det": lambda a, *_, **options: determinant(a),
        "pinv": lambda a, *, atol=None, rtol=None, **options: pseudo_inverse(a, rtol=atol or rtol),
        "lstsq": lambda a, b, *_, **options: least_squares(a, b),
        "solve": solve,
        "cholesky": lambda a, lower=False, *_, **options: cholesky(a, upper=not lower),
        "cho_factor": factor,
        "cho_solve": solve_factored,
        "solve_triangular": solve_triangular,
        "lu_factor": lu_factor,
        "lu_solve": solve_lu,
        "qr": full_qr,
        "expm": exponential,
        "expm_frechet": frechet,
        "eigh": symmetric_pairs,
        "eigvalsh": lambda a, b=None, **options: symmetric_pairs(a, b, eigvals_only=True, **options),
        "svd": lambda a, full_matrices=True, compute_uv=True, **options: _plain(
            singular_vectors(a, full_matrices, compute_uv)
        ),
        "svdvals": lambda a, **options: singular_values(a),
        "norm": lambda a, order=None, axis=None, keepdims=False, **options: norm(
            a, options.get("ord", order), axis, keepdims
        ),
        "block_diag": block_diagonal,
    },
}
MODULES["scipy.fft"] = {**transforms("scipy.fft"), **TRIGONOMETRIC}
MODULES["scipy.sparse.linalg"] = {"spsolve": lambda a, b, *_, **options: solution(a, dense(b))}
DIRECT = ("scipy.fft",)  # modules whose functions say themselves what is known of their roundings, and are exact
# Those that round as NumPy's operations do, of which they are made.
COMPOSED = ("norm", "block_diag")
# Those whose roundings are known.
EXECUTED: dict[str, Callable[..., Any]] = {
    "cholesky": lambda a, lower=False, *_, **options: executed.cholesky(a, upper=not lower),
    "cho_factor": executed.factor,
    "cho_solve": executed.solve_factored,
    "solve_triangular": executed.solve_triangular,
}
