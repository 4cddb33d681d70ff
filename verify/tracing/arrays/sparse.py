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

from verify.tracing.arrays.arrays import SymbolArray

_PACKAGE = "scipy.sparse"
_BASES = ("_spbase", "spmatrix")
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
    return [
        (owner, name, vars(owner)[name], _multiplying(vars(owner)[name]))
        for owner in classes
        for name in _METHODS
        if name in vars(owner)
    ]


def _multiplying(original: Callable[..., Any]) -> Callable[..., Any]:
    is_left = not original.__name__.startswith("_r")

    @functools.wraps(original)
    def replacement(self: Any, other: Any) -> Any:
        if not isinstance(other, SymbolArray) or not other.ndim:
            return original(self, other)
        return np.matmul(self.toarray(), other) if is_left else np.matmul(other, self.toarray())

    return replacement
