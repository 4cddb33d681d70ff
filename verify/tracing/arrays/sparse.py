"""Products of SciPy's sparse matrices of numbers and arrays of symbols.

SciPy's matrices call compiled code by a method of their own, which no protocol of NumPy's reaches: while a trace is
running it is replaced. The product is that of the dense matrix, whose zeros fall away.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.unfollowed import unfollowed
from verify.tracing.arrays.arrays import SymbolArray, objects
from verify.tracing.symbols.concolic import Concolic

_PACKAGE = "scipy.sparse"
_BASES = ("_spbase", "spmatrix")
_KINDS = {
    "_compressed": "_cs_matrix",
    "_coo": "_coo_base",
    "_dia": "_dia_base",
    "_lil": "_lil_base",
    "_dok": "_dok_base",
    "_bsr": "_bsr_base",
}  # the modules of SciPy's that have the classes whose constructors take values
_FUNCTIONS = {
    _PACKAGE: ("diags", "diags_array", "spdiags"),
    f"{_PACKAGE}.linalg": (
        "expm",
        "inv",
        "splu",
        "spilu",
        "factorized",
        "cg",
        "gmres",
        "bicgstab",
        "lsqr",
        "eigsh",
        "svds",
    ),
}
_METHODS = ("_matmul_dispatch", "_mul_dispatch", "_rmatmul_dispatch", "_rmul_dispatch")


def is_sparse(value: Any) -> bool:
    """Tell whether a value is one of SciPy's sparse matrices or arrays."""
    return type(value).__module__.startswith(_PACKAGE) and hasattr(value, "toarray")


def dense(value: Any) -> Any:
    """Return a sparse matrix as an array, anything else as it is."""
    return value.toarray() if is_sparse(value) else value


def replaced() -> list[tuple[Any, str, Any, Any]]:
    """Return the methods that are replaced: their class, name, original and replacement; none without SciPy."""
    base = sys.modules.get(f"{_PACKAGE}._base")
    classes = [getattr(base, name) for name in _BASES if hasattr(base, name)]
    products = [
        (owner, name, vars(owner)[name], _multiplying(vars(owner)[name]))
        for owner in classes
        for name in _METHODS
        if name in vars(owner)
    ]
    kinds = [getattr(sys.modules.get(f"{_PACKAGE}.{module}"), name, None) for module, name in _KINDS.items()]
    made = [
        (kind, "__init__", vars(kind)["__init__"], _making(vars(kind)["__init__"]))
        for kind in kinds
        if kind is not None and "__init__" in vars(kind)
    ]
    return products + made


def functions() -> dict[Any, Callable[..., Any]]:
    """Return what answers for SciPy's functions of sparse matrices: themselves on numbers, and symbols are refused."""
    return {
        original: _of_numbers(original, f"{module}.{name}")
        for module, names in _FUNCTIONS.items()
        for name in names
        if (original := getattr(sys.modules.get(module), name, None)) is not None
    }


def _of_numbers(original: Callable[..., Any], name: str) -> Callable[..., Any]:
    def compute(*args: Any, **options: Any) -> Any:
        options = {key: _numbers(value, name) for key, value in options.items()}
        return original(*(_numbers(value, name) for value in args), **options)

    return compute


def _making(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a constructor: a matrix of numbers stays one, and one of symbols is refused."""

    @functools.wraps(original)
    def replacement(self: Any, *args: Any, **options: Any) -> None:
        name = f"{_PACKAGE}.{type(self).__name__}"
        original(self, *(_numbers(value, name) for value in args), **options)

    return replacement


def _numbers(value: Any, name: str) -> Any:
    """Return constants as the numbers that the code typed in; raises TraceError for other symbols."""
    if isinstance(value, (list, tuple)):
        return type(value)([_numbers(part, name) for part in value]) if type(value) in (list, tuple) else value
    if isinstance(value, Concolic):
        if (number := value.number()) is None:
            raise unfollowed(name, " of symbols")
        return float(number)
    if not isinstance(value, SymbolArray):
        return value
    entries = [_numbers(entry, name) for entry in objects(value).ravel().tolist()]
    return np.array(entries, value.claimed).reshape(value.shape)


def _multiplying(original: Callable[..., Any]) -> Callable[..., Any]:
    is_left = not original.__name__.startswith("_r")

    @functools.wraps(original)
    def replacement(self: Any, other: Any) -> Any:
        if not isinstance(other, SymbolArray) or not other.ndim:
            return original(self, other)
        return np.matmul(self.toarray(), other) if is_left else np.matmul(other, self.toarray())

    return replacement
