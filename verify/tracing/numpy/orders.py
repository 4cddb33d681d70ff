"""NumPy's functions that compare the entries along an axis: the greatest, the order, parts of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import current, elements_at, objects
from verify.tracing.numpy.arguments import plain
from verify.tracing.numpy.products import as_array


def arranged(function: Callable[..., Any], relation: str) -> Callable[..., Any]:
    """Return a function that answers with places (argmax), plain numbers: of what is in a relation to all before."""

    def arrange(**options: Any) -> Any:
        if current().on_tape and (elements := elements_at(options["a"])) is not None and elements.size:
            return _places(elements, relation, options.get("axis"), keepdims=options.get("keepdims", False))
        with current().asking_once():  # NumPy asks for each comparison, and no code of the user's runs meanwhile
            return function(**{name: plain(value) for name, value in options.items()})

    arrange.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return arrange


def _places(elements: Any, relation: str, axis: Any, *, keepdims: bool) -> Any:
    """Return where each line along an axis has its extreme: entries are compared one after the other, as by NumPy."""
    trace: Any = current()
    lines = elements.reshape(-1) if axis is None or not elements.ndim else np.moveaxis(elements, axis, -1)
    columns = lines.reshape(-1, lines.shape[-1]).T
    best, places = columns[0], np.zeros(columns.shape[1], int)
    for place, column in enumerate(columns[1:], 1):
        better = trace.relations(column, best, relation)
        best, places = np.where(better, column, best), np.where(better, place, places)
    if axis is None or not elements.ndim:
        return places.reshape([1] * elements.ndim) if keepdims else places[0]
    positions = places.reshape(lines.shape[:-1])
    return np.expand_dims(positions, axis) if keepdims else positions[()]


def ranks(a: Any, axis: Any) -> Any:
    """Return numbers in the order of the symbols along an axis, which is decided: NumPy's sorting treats them alike.

    What it does with equal numbers, and where it stops, is its own affair: it is not the same for each type of number.
    """
    a = as_array(a)
    lines = np.moveaxis(a, axis, -1)
    numbers = np.zeros(lines.shape)
    for index in np.ndindex(lines.shape[:-1]):
        line = lines[index]
        order = np.argsort(objects(line), kind="stable")
        steps = np.less(line[order[:-1]], line[order[1:]])
        numbers[index][order] = np.cumsum([0, *np.asarray(steps).tolist()]) if len(order) else 0
    return np.moveaxis(_of_type(numbers, a.dtype), -1, axis)


def _of_type(numbers: Any, dtype: np.dtype[Any]) -> Any:
    """Return numbers in a type, or as they are where it has too few digits to distinguish them."""
    typed = numbers.astype(dtype)
    return typed if np.array_equal(typed, numbers) else numbers


def _flat(a: Any, axis: Any) -> tuple[Any, int]:
    """Return an array and the axis to sort along: None means all of it."""
    a = as_array(a)
    return (a.reshape(-1), 0) if axis is None or not a.ndim else (a, axis)


def argsort(a: Any, axis: Any = -1, kind: Any = None, stable: Any = None) -> Any:
    """Return the places of the entries in order."""
    a, axis = _flat(a, axis)
    return np.argsort(ranks(a, axis), axis, kind, **({} if stable is None else {"stable": stable}))


def argpartition(a: Any, kth: Any, axis: Any = -1) -> Any:
    """Return the places of the entries with the smallest in front."""
    a, axis = _flat(a, axis)
    return np.argpartition(ranks(a, axis), kth, axis)


def partition(a: Any, kth: Any, axis: Any = -1) -> Any:
    """Return the entries with the smallest in front."""
    a, axis = _flat(a, axis)
    return np.take_along_axis(a, np.argpartition(ranks(a, axis), kth, axis), axis)
