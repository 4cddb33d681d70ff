"""Arrays of symbols that are made of a shape and a value, or of no value yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import built, current, elements_at, gathered, symbols
from verify.tracing.numpy.ufuncs import current_uninitialised


def filled(shape: Any, value: Any, dtype: Any = None) -> Any:
    """Return an array of one value: of symbols if its type is a float's, a plain one else."""
    wanted, shape = np.dtype(np.float64 if dtype is None else dtype), _shape(shape)
    if wanted.kind != "f":
        made = np.empty(shape, wanted)
        np.copyto(made, np.asarray(value, wanted))
        return made
    value = _without_leading_ones(value, len(shape))
    if current().on_tape and (elements := elements_at(value)) is not None:
        return built(np.broadcast_to(elements, shape), shape, wanted)
    return gathered(symbols(value, shape), shape, wanted)


def _without_leading_ones(value: Any, ndim: int) -> Any:
    """Return an array with at most so many axes, as NumPy writes one of shape (1, 3) to a place of shape (3,)."""
    shape = np.shape(value)
    extra = len(shape) - ndim
    return np.reshape(value, shape[extra:]) if extra > 0 and set(shape[:extra]) == {1} else value


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)


def like(value: Any) -> Callable[..., Any]:
    """Return what makes an array of one value in the shape and the type of another."""

    def like(a: Any, dtype: Any = None, shape: Any = None) -> Any:
        return filled(np.shape(a) if shape is None else shape, value, a.dtype if dtype is None else dtype)

    return like


def empty_like(prototype: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Return an array that nobody has written to."""
    wanted = np.dtype(prototype.dtype if dtype is None else dtype)
    shape = np.shape(prototype) if shape is None else shape
    return unset(shape, wanted) if wanted.kind == "f" else np.zeros(shape, wanted)


def unset(shape: Any, dtype: Any) -> Any:
    """Return an array of a float type that nobody has written to."""
    array = current_uninitialised(_shape(shape))
    array.claimed = dtype
    return array


def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Return an array of one value, in the shape of another."""
    return filled(np.shape(a) if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)
