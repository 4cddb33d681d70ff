"""Reductions and running totals of arrays of symbols, along axes and by segments."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np

from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import (
    SymbolArray,
    built,
    current,
    elements_at,
    gathered,
    layout,
    lift,
    nodes,
    objects,
    of_symbols,
    plain_key,
    scalar,
    symbols,
)
from verify.tracing.numpy.elementwise import ARITHMETIC, BINARY, BY_SYMBOL, DOUBLE, LOGICAL, claimed, have_nodes, truths
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.taped import UntapedError
from verify.tracing.symbols.trace import Nodes, Trace

# What a reduction does to a list of nodes, and its value for an empty one.
_REDUCERS: dict[str, Callable[[Trace, Nodes], int]] = {
    "add": lambda g, row: g.total(row),
    "multiply": lambda g, row: g.multiplied(row),
    "maximum": lambda g, row: _extreme(g, row, ">="),
    "minimum": lambda g, row: _extreme(g, row, "<="),
    "fmax": lambda g, row: _extreme(g, row, ">="),
    "fmin": lambda g, row: _extreme(g, row, "<="),
}


def _extreme(g: Trace, row: Nodes, relation: str) -> int:
    if not len(row):  # which may be an array
        raise ValueError("zero-size array to reduction operation which has no identity")
    best: int = row[0]
    for node in row[1:]:
        if node != best and not g.relations([best], [node], relation)[0]:
            best = node
    return best


def reduced(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    """Return what a ufunc makes of the entries along axes; raises TraceError where that is not known."""
    axis, keepdims, name = options.pop("axis", 0), options.pop("keepdims", False), ufunc.__name__
    where, initial = options.pop("where", True), options.pop("initial", None)
    initial = None if initial is np._NoValue else initial  # noqa: SLF001
    if name in LOGICAL:
        return ufunc.reduce(
            truths(inputs[0]), axis=axis, keepdims=keepdims, where=where, **_without_none(initial=initial)
        )
    if not _has_reduction(name):
        raise shadows.refusal(f"{name}.reduce")
    elements = elements_at(inputs[0])
    array = objects(inputs[0]) if elements is None else elements
    axes = _axes(axis, array.ndim)
    remaining = [i for i in range(array.ndim) if i not in axes]
    shape = [array.shape[i] for i in remaining]
    length = math.prod(array.shape[i] for i in axes)
    if elements is not None and elements.size and name in _BY_ROWS and where is True and initial is None:
        return _by_rows(name, elements, axes, keepdims, claimed(inputs))
    if elements is not None:
        array = objects(inputs[0])
    entries = symbols(np.transpose(array, [*remaining, *axes]))
    first = [] if initial is None else [lift(initial)]
    rows = [first + entries[i * length : (i + 1) * length] for i in range(math.prod(shape))]
    if where is not True:
        counts = np.broadcast_to(truths(where), array.shape).transpose([*remaining, *axes]).reshape(len(rows), length)
        rows = [first + list(compress(row[len(first) :], mask)) for row, mask in zip(rows, counts, strict=True)]
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(array.shape)]
    with current().asking_once():
        return scalar(gathered([_reduce(name, row) for row in rows], shape, claimed(inputs)))


def is_plain(value: Any) -> bool:
    """Tell whether a value is an array of symbols with entries, all of float64."""
    return type(value) is SymbolArray and value.size > 0 and value.claimed == DOUBLE


def plainly_reduced(name: str, array: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Reduce an array along axes that it has; None where NumPy has to be asked what the result is.

    It is what `reduced` gives and NumPy's answer has no part in: of an array in C's order, the result is, too.
    """
    if not (is_plain(array) and layout(array).flags.c_contiguous and type(keepdims) is bool):
        return None
    axes = range(array.ndim) if axis is None else axis if type(axis) is tuple else (axis,)
    if not all(type(i) is int and -array.ndim <= i < array.ndim for i in axes):
        return None
    places = [i % array.ndim for i in axes]
    if len(set(places)) < len(places):
        return None
    if not current().on_tape:
        return reduced(getattr(np, name), (array,), {"axis": tuple(places), "keepdims": keepdims}, None)
    elements = elements_at(array)
    return None if elements is None else _by_rows(name, elements, places, keepdims, DOUBLE)


def _by_rows(name: str, elements: Any, axes: Sequence[int], keepdims: Any, dtype: Any) -> Any:
    """Reduce elements, of which there are some, along axes."""
    remaining = [i for i in range(elements.ndim) if i not in axes]
    length = math.prod(elements.shape[i] for i in axes)
    matrix = elements.transpose([*remaining, *axes]).reshape(-1, length)
    shape = [1 if i in axes else n for i, n in enumerate(elements.shape) if keepdims or i not in axes]
    return scalar(built(_BY_ROWS[name](current(), matrix), shape, dtype))


def _row_by_row(name: str) -> Callable[[Any, Any], Any]:
    """Return a reduction of all rows of a matrix at once, one column after the other."""
    return lambda g, matrix: _column_by_column(g, name, matrix)[-1]


def _extremes(relation: str) -> Callable[[Any, Any], Any]:
    """Return the extremes of all rows of a matrix: the same comparisons as column by column, all of them at once.

    Floats propose which entry is the extreme so far; that it is so, the comparisons say.
    """

    def of_rows(g: Any, matrix: Any) -> Any:
        best = g.extremes_so_far(matrix, relation)
        holds = g.relations(best[:, :-1].ravel(), matrix[:, 1:].ravel(), relation)
        if not np.array_equal(holds.reshape(len(matrix), -1), best[:, 1:] == best[:, :-1]):
            raise UntapedError("an extreme that is too close to call", asked_at())
        return best[:, -1]

    return of_rows


_EXTREMES = {"maximum": ">=", "minimum": "<=", "fmax": ">=", "fmin": "<="}
# Reductions of the rows of a matrix of elements, none of which is empty.
_BY_ROWS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda g, matrix: g.tape.sums_of_rows(matrix),
    "multiply": _row_by_row("multiply"),
    **{name: _extremes(relation) for name, relation in _EXTREMES.items()},
}


def _without_none(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _has_reduction(name: str) -> bool:
    """Tell whether the entries of a row can be combined one after the other."""
    return name in _REDUCERS or name in _IN_TURN


def _reduce(name: str, row: list[Any]) -> Any:
    """Return what a reduction makes of a list of symbols."""
    if not have_nodes(row):
        return functools.reduce({**ARITHMETIC, **BY_SYMBOL}[name], row)
    trace = current()
    if name not in _REDUCERS:
        if not row:
            raise shadows.refusal(f"{name}.reduce", "no entries")
        return Concolic(trace, _in_turn(trace, name, of_symbols(row))[-1])
    return Concolic(trace, _REDUCERS[name](trace, of_symbols(row)))


def _axes(axis: Any, ndim: int) -> list[int]:
    numbers = range(ndim) if axis is None or not ndim else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(i) + ndim if i < 0 else int(i) for i in numbers]
    if any(not 0 <= i < ndim for i in axes):
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axes


def _in_turn(g: Trace, name: str, row: Nodes) -> Nodes:
    """Return what a row comes to after each of its entries; on a tape nodes are arrays, which `+` would add up."""
    results = [row[:1]]
    for place in range(1, len(row)):
        results.append(BINARY[name](g, results[-1], row[place : place + 1]))
    return [node for nodes_of_one in results for node in nodes_of_one]


def accumulated(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    """Return what a ufunc makes of the entries along an axis so far; raises TraceError where that is not known."""
    name, axis = ufunc.__name__, options.get("axis", 0)
    if not _has_reduction(name):
        raise shadows.refusal(f"{name}.accumulate")
    elements, trace = elements_at(inputs[0]), current()
    array = np.moveaxis(objects(inputs[0]) if elements is None else elements, axis, -1)
    length = array.shape[-1]
    results: Any
    if elements is not None and array.size:
        results = np.stack(_column_by_column(trace, name, array.reshape(-1, length)), -1).ravel()
    else:
        entries = nodes(array) if elements is None else []
        rows = [_in_turn(trace, name, entries[i : i + length]) for i in range(0, len(entries), length or 1)]
        results = [node for row in rows for node in row]
    return np.moveaxis(built(results, array.shape, claimed(inputs)), -1, axis)


def _column_by_column(g: Trace, name: str, matrix: Any) -> list[Any]:
    """Return what the rows of a matrix of elements come to after each column."""
    columns = [matrix[:, 0]]
    for column in matrix.T[1:]:
        columns.append(BINARY[name](g, columns[-1], column))
    return columns


def by_segment(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    """Reduce the entries from each place to the next; an entry alone where the next place is not above it."""
    array, places, axis = objects(inputs[0]), plain_key(inputs[1]), options.get("axis", 0)
    if not _has_reduction(ufunc.__name__) or array.ndim == 0:
        raise shadows.refusal(f"{ufunc.__name__}.reduceat")
    lines = np.moveaxis(array, axis, 0).view(SymbolArray)
    starts = [int(i) for i in np.asarray(places)]
    ends = [*starts[1:], len(lines)]
    parts = [
        lines[i] if end <= i else reduced(ufunc, [lines[i:end]], {}, None) for i, end in zip(starts, ends, strict=True)
    ]
    if not parts:
        return lines[:0]
    return np.moveaxis(gathered([s for part in parts for s in symbols(part)], (len(parts), *lines.shape[1:])), 0, axis)


# Two arguments that are combined from left to right, with no symbol where there is no entry.
# NumPy 2.4 gives 4 for power.reduce of 2, 3, 2, so that power is not among them.
_IN_TURN = ("subtract", "divide", "float_power", "remainder", "fmod", "floor_divide", "logaddexp", "logaddexp2")
