"""What is asked of arrays themselves, and of none of their entries: shapes, types, memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, layout
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.symbols.concolic import Concolic

_SYMBOLIC: tuple[Any, ...] = (SymbolArray, Concolic, ComplexArray)


def number(value: Any) -> Any:
    """Return a symbol as the NumPy number that it stands for: some functions give a number of it, and others arrays."""
    return np.float64(1) if isinstance(value, Concolic) else value


def _of_array(ask: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return what asks something of an array alone; None where there is more to it."""
    return lambda a=None, *rest, **options: None if a is None or rest or options else ask(a)


def _of_memory(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what asks where arrays lie."""

    def ask(*values: Any, **options: Any) -> Any:
        plain = [layout(value) if isinstance(value, SymbolArray) else number(value) for value in values]
        return function(*plain, **options)

    return ask


def _of_types(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what asks something of the types of arrays."""

    def ask(*values: Any, **options: Any) -> Any:
        types = [value.dtype if isinstance(value, _SYMBOLIC) else value for value in values]
        return function(*types, **options)

    return ask


# What is asked of arrays themselves, and of none of their entries.
OF_ARRAYS: dict[Any, Callable[..., Any]] = {
    np.shape: _of_array(lambda a: a.shape),
    np.ndim: _of_array(lambda a: a.ndim),
    np.size: _of_array(lambda a: a.size),
    np.may_share_memory: _of_memory(np.may_share_memory),
    np.shares_memory: _of_memory(np.shares_memory),
    np.result_type: _of_types(np.result_type),
    np.can_cast: _of_types(np.can_cast),
    np.common_type: _of_types(lambda *values: np.result_type(*values).type),
}
if hasattr(np, "astype"):
    OF_ARRAYS[np.astype] = lambda x, dtype, copy=True, device=None: x.astype(dtype, copy=copy)
