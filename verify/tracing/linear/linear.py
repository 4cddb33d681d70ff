"""The functions of `numpy.linalg` that LAPACK computes on floats, by what computes them on symbols."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.model.errors import DivisionError
from verify.model.unfollowed import unfollowed
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import current, nodes
from verify.tracing.linear import executed
from verify.tracing.linear.factors import cholesky, orthogonal
from verify.tracing.linear.inverses import determinant, inverse, solution
from verify.tracing.linear.matrices import deficient, linear, matrices, squares, transposed
from verify.tracing.linear.spectra import eigenvalues, eigenvectors, singular_values, singular_vectors
from verify.tracing.numpy.norms import condition
from verify.tracing.numpy.products import as_array, matmul
from verify.tracing.symbols.dispatch import LINEAR

_HALF = Fraction(1, 2)
_LOGARITHM: Any = type(np.linalg.slogdet(np.eye(1)))


def log_determinant(a: Any) -> Any:
    """Return the sign and the logarithm of the absolute value of determinants.

    They are det / sqrt(det**2) and log(det**2) / 2: formulas for both signs, so that no branch is taken.
    """
    det = as_array(determinant(a))
    if current().has_zero(np.ravel(nodes(det)).tolist()):  # floats have the logarithm of a rounding there
        raise DivisionError(asked_at())
    square = det * det
    return _LOGARITHM(_sign(det), (np.log(square) / 2)[()])


def _sign(det: Any) -> Any:
    trace = current()
    before, trace.absolute_roots = trace.absolute_roots, False
    try:
        return (det * (det * det) ** -_HALF)[()]
    finally:
        trace.absolute_roots = before


def pseudo_inverse(a: Any, rcond: Any = None, hermitian: bool = False, rtol: Any = None) -> Any:
    """Return the pseudo-inverses of matrices of full rank."""
    a = matrices(a)
    _refuse_cutoff("numpy.linalg.pinv", a, rcond if rtol in (None, np._NoValue) else rtol)  # noqa: SLF001
    if hermitian:
        raise unfollowed("numpy.linalg.pinv", " with hermitian=True")
    if a.shape[-2] < a.shape[-1]:
        return matmul(transposed(a), _regular(matmul(a, transposed(a))))
    if a.shape[-2] == a.shape[-1]:
        return _regular(a)
    return matmul(_regular(matmul(transposed(a), a)), transposed(a))


def _refuse_cutoff(name: str, a: Any, cutoff: Any) -> None:
    """Refuse a bound for small singular values above NumPy's own: what is left out then is another function."""
    if isinstance(cutoff, (int, float)) and cutoff > np.finfo(float).eps * max(a.shape[-2:]):
        raise unfollowed(name, f" with a cutoff of {cutoff!r}")


def _regular(a: Any) -> Any:
    """Return inverses; raises LinAlgError where the rank is not full: the pseudo-inverse is not continuous there."""
    try:
        return inverse(a)
    except np.linalg.LinAlgError:
        raise deficient() from None


def least_squares(a: Any, b: Any, rcond: Any = None) -> Any:
    """Return the solution of least squares of a matrix of full rank, the residuals, the rank and singular values."""
    a, b = matrices(a), as_array(b)
    _refuse_cutoff("numpy.linalg.lstsq", a, rcond)
    rows, columns = a.shape
    x = matmul(pseudo_inverse(a), b)
    rest = b - matmul(a, x)
    residuals = np.sum(rest * rest, axis=0) if rows > columns else np.zeros(0)
    return x, np.atleast_1d(residuals), min(rows, columns), Unfollowed("singular values of numpy.linalg.lstsq")


class Unfollowed:
    """A result that is not followed: nothing can be done with it but to leave it alone."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        raise unfollowed(f"the {self._name}")

    def __getitem__(self, key: Any) -> Any:
        return self.__getattr__("entries")


def matrix_power(a: Any, n: int) -> Any:
    """Return whole powers of matrices, multiplied in the order in which NumPy does."""
    unwrapped: Any = np.linalg.matrix_power
    a = squares(a)
    if n == 0:
        return a * 0 + np.eye(a.shape[-1])
    return unwrapped.__wrapped__(a if n > 0 else np.linalg.inv(a), abs(n))


def tensor_solution(a: Any, b: Any, axes: Any = None) -> Any:
    """Return x with tensordot(a, x, x.ndim) = b."""
    a, b = as_array(a), as_array(b)
    if axes is not None:
        a = a.transpose([i for i in range(a.ndim) if i not in axes] + list(axes))
    shape = a.shape[-(a.ndim - b.ndim) :]
    return np.linalg.solve(a.reshape(b.size, b.size), b.ravel()).reshape(shape)


def tensor_inverse(a: Any, ind: int = 2) -> Any:
    """Return the inverse of tensordot(a, ., ind)."""
    a = as_array(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    size = int(np.prod(a.shape[ind:]))
    return np.linalg.inv(a.reshape(size, -1)).reshape(a.shape[ind:] + a.shape[:ind])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "inv": inverse,
    "solve": solution,
    "det": determinant,
    "slogdet": log_determinant,
    "cholesky": cholesky,
    "qr": orthogonal,
    "pinv": pseudo_inverse,
    "lstsq": least_squares,
    "cond": condition,
    "eigh": eigenvectors,
    "eigvalsh": eigenvalues,
    "svd": singular_vectors,
    **({"svdvals": singular_values} if hasattr(np.linalg, "svdvals") else {}),
    "matrix_power": matrix_power,
    "tensorsolve": tensor_solution,
    "tensorinv": tensor_inverse,
}
# Those that are made of others, which say of themselves what is known of their rounding.
_EXACT = ("inv", "solve", "det", "slogdet", "cholesky")
_COMPOSED = ("matrix_power", "tensorsolve", "tensorinv", "cond")
for _name, _compute in _FUNCTIONS.items():
    _function = getattr(np.linalg, _name)
    LINEAR[_function] = linear(
        f"numpy.linalg.{_name}",
        _function,
        _compute,
        is_composed=_name in _COMPOSED,
        is_exact=_name in _EXACT,
        executed=executed.cholesky if _name == "cholesky" else None,
    )
