"""What stands in for `as_strided` and the like: views that lie on the entries of an array of symbols."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import SymbolArray, layout, objects, wrapped
from verify.tracing.arrays.memory import refuse

_DOUBLE = np.dtype(np.float64)


def striding(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function that makes a view by strides."""
    takes_steps = "strides" in inspect.signature(original).parameters

    @functools.wraps(original)
    def replacement(x: Any, *args: Any, **options: Any) -> Any:
        if not isinstance(x, SymbolArray):
            return original(x, *args, **options)
        if x.claimed != _DOUBLE and takes_steps and (len(args) > 1 or options.get("strides") is not None):
            refuse("strides of short floats")  # which lie closer than symbols
        made = original(objects(x), *args, **options)
        _stay_inside(made, x)
        return wrapped(made, x.claimed)

    return replacement


def _stay_inside(view: Any, x: SymbolArray) -> None:
    """Refuse a view that does not lie on the entries of the memory of x: there are no symbols."""
    base: Any = x
    while isinstance(under := _base(base), np.ndarray):
        base = under
    (low, high), (start, end) = _bounds(layout(base)), _bounds(view)
    if view.size and (start < low or end > high or any((step % view.itemsize) for step in view.strides)):
        raise TraceError("as_strided reaches outside its array", asked_at(), reason=Reason.RAW_MEMORY)


_base: Any = np.ndarray.base.__get__


def _bounds(array: Any) -> tuple[int, int]:
    """Return the addresses of the first byte of an array and after the last."""
    start = array.__array_interface__["data"][0]
    if not array.size:
        return start, start
    reach = [(n - 1) * step for n, step in zip(array.shape, array.strides, strict=True) if n]
    return start + sum(r for r in reach if r < 0), start + sum(r for r in reach if r > 0) + array.itemsize
