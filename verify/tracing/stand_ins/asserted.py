"""Assertions of `numpy.testing` within user code, of those that convert their arguments past NumPy's protocols."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

_MODULE = "numpy.testing"
_FACTOR = 1.5  # of a unit in the last decimal, as NumPy has it


def _almost_equal(decimal: int) -> Callable[..., None]:
    """Return what asserts that arrays are equal to so many decimals, where nothing else is asked: a branch."""

    def compare(actual: Any, desired: Any, decimal: int = decimal, err_msg: str = "", verbose: bool = True) -> None:
        if not np.all(np.abs(np.subtract(actual, desired)) < _FACTOR * 10.0**-decimal):
            raise AssertionError(f"Arrays are not almost equal to {decimal} decimals")

    return compare


_FUNCTIONS = {"assert_almost_equal": _almost_equal(7), "assert_array_almost_equal": _almost_equal(6)}


def functions() -> dict[Any, Callable[..., Any]]:
    """Return what computes the assertions on symbols; none before somebody has imported them."""
    module = sys.modules.get(_MODULE)
    return {} if module is None else {getattr(module, name): compute for name, compute in _FUNCTIONS.items()}
