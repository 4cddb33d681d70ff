"""NumPy's functions that pass over NaN: those that do not, of other numbers in its place, or of fewer entries."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import gathered, lift, symbols
from verify.tracing.numpy.products import as_array
from verify.tracing.numpy.statistics import mean
from verify.tracing.symbols.concolic import Missing


def passing_over(function: Callable[..., Any], number: int) -> Callable[..., Any]:
    """Return a function that takes a number for NaN."""

    @functools.wraps(function)
    def compute(a: Any, *arguments: Any, **options: Any) -> Any:
        a = as_array(a)
        return function(_replaced(a, number) if _missing(a).any() else a, *arguments, **options)

    return compute


def mean_of_numbers(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Return the mean of the entries that are numbers."""
    a = as_array(a)
    missing = _missing(a)
    if not missing.any():
        return mean(a, axis, keepdims, where)
    return mean(_replaced(a, 0), axis, keepdims, ~missing & where)


def _missing(a: Any) -> np.ndarray[Any, Any]:
    """Return which entries are NaN."""
    return np.array([type(entry) is Missing for entry in symbols(a)], bool).reshape(a.shape)


def _replaced(a: Any, number: int) -> Any:
    entries = [lift(number) if type(entry) is Missing else entry for entry in symbols(a)]
    return gathered(entries, a.shape, a.dtype)
