"""Sums in Einstein's notation.

NumPy's own einsum is not run on objects: there the interpreter may end (NumPy 2.4). It is run on numbers, to check the
notation, and to tell what is a view.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import built, current, nodes, objects, scalar, wrapped
from verify.tracing.arrays.shadows import refusal
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.numpy.products import as_array
from verify.tracing.symbols.trace import Nodes

_DOTS = "..."
_PAIR = 2
_Labels = list[Any]  # a letter, or a whole number, for each axis; the axes under an ellipsis are pairs


def einsum(*operands: Any) -> Any:
    """Return the sums of products that Einstein's notation says."""
    arrays, labels, result = _read(operands)
    if any(len(set(row)) < len(row) and 0 in np.shape(array) for array, row in zip(arrays, labels, strict=True)):
        raise refusal("einsum", "a diagonal of no entries")  # NumPy 2.4 reads other memory where one axis has entries
    if len(arrays) == 1 and _is_view(operands, arrays[0]):  # a diagonal or a transpose, which may be written to
        plain = [objects(value) if value is arrays[0] else value for value in operands]
        return scalar(wrapped(np.einsum(*plain, optimize=False), claimed(arrays)))
    sizes = _sizes(arrays, labels)
    if (product := _as_matrices(arrays, labels, result, sizes)) is not None:
        return scalar(product)
    over = [label for label in sizes if label not in result]
    grid = [*result, *over]
    shape, length = [sizes[label] for label in result], math.prod(sizes[label] for label in over)
    factors = [_spread(array, axes, grid, sizes) for array, axes in zip(arrays, labels, strict=True)]
    graph = current()
    products = factors[0]
    for factor in factors[1:]:
        products = graph.products(products, factor)
    sums = graph.totals(products, length) if length else [graph.total([])] * math.prod(shape)
    return scalar(built(sums, shape, claimed(arrays)))


def _as_matrices(
    arrays: Sequence[Any], labels: Sequence[_Labels], result: _Labels, sizes: dict[Any, int]
) -> Any | None:
    """Return a product of two stacks of matrices, where the sum is one: each label that is summed over is in both."""
    if len(arrays) != _PAIR or any(
        len(set(row)) < len(row) or [sizes[label] for label in row] != list(np.shape(array))
        for array, row in zip(arrays, labels, strict=True)
    ):
        return None
    first, second = labels
    over = [label for label in first if label not in result]
    if not over or set(over) != set(second) - set(result) or 0 in sizes.values():
        return None
    stack = [label for label in result if label in first and label in second]
    rows, columns = ([label for label in result if label in row and label not in stack] for row in labels)
    left = _matrices(arrays[0], first, (stack, rows, over), sizes)
    right = _matrices(arrays[1], second, (stack, over, columns), sizes)
    order = [*stack, *rows, *columns]
    product = np.matmul(left, right).reshape([sizes[label] for label in order])
    return product.transpose([order.index(label) for label in result])


def _matrices(array: Any, row: _Labels, axes: Sequence[_Labels], sizes: dict[Any, int]) -> Any:
    """Return an array with the axes of some labels in the place of each of its axes."""
    ordered = as_array(array).transpose([row.index(label) for labels in axes for label in labels])
    return ordered.reshape([math.prod(sizes[label] for label in labels) for labels in axes])


def _read(operands: Sequence[Any]) -> tuple[list[Any], list[_Labels], _Labels]:
    """Return the arrays, the labels of their axes, and those of the result; NumPy has checked the notation."""
    if isinstance(operands[0], str):
        text, arrow, last = operands[0].replace(" ", "").partition("->")
        arrays, written = list(operands[1:]), [_split(part) for part in text.split(",")]
        explicit = _split(last) if arrow else None
    else:
        arrays, lists = list(operands[: len(operands) // 2 * 2 : 2]), list(operands[1::2])
        written = [[_DOTS if label is Ellipsis else label for label in labels] for labels in lists]
        explicit = [_DOTS if label is Ellipsis else label for label in operands[-1]] if len(operands) % 2 else None
    many = [np.ndim(array) - len(labels) + 1 for array, labels in zip(arrays, written, strict=True)]
    most = max((n for n, labels in zip(many, written, strict=True) if _DOTS in labels), default=0)
    expanded = [_expanded(labels, most, n) for labels, n in zip(written, many, strict=True)]
    return arrays, expanded, _expanded(_implied(written) if explicit is None else explicit, most, most)


def _split(part: str) -> _Labels:
    before, dots, after = part.partition(_DOTS)
    return [*before, *([dots] if dots else []), *after]


def _expanded(labels: _Labels, most: int, many: int) -> _Labels:
    """Return labels with the last of the axes under an ellipsis in its place."""
    dots = [(_DOTS, i) for i in range(most - many, most)]
    return [axis for label in labels for axis in (dots if label == _DOTS else [label])]


def _implied(written: Sequence[_Labels]) -> _Labels:
    """Return the labels of a result that is not written: those that stand once, in order."""
    times = Counter(label for labels in written for label in labels)
    once = sorted(label for label, n in times.items() if n == 1 and label != _DOTS)
    return [*([_DOTS] if _DOTS in times else []), *once]


def _sizes(arrays: Sequence[Any], labels: Sequence[_Labels]) -> dict[Any, int]:
    """Return how long the axes of each label are; an axis of one entry goes with any."""
    sizes: dict[Any, int] = {}
    for array, axes in zip(arrays, labels, strict=True):
        for label, n in zip(axes, np.shape(array), strict=True):
            sizes[label] = n if sizes.get(label, 1) == 1 else sizes[label]
    return sizes


def _spread(array: Any, axes: _Labels, grid: _Labels, sizes: dict[Any, int]) -> Nodes:
    """Return the node of an array for each point of a grid of labels."""
    shape = np.shape(array)
    index = []
    for label, n in zip(axes, shape, strict=True):
        along = np.zeros(sizes[label], int) if n == 1 else np.arange(n)
        index.append(along.reshape([-1 if other == label else 1 for other in grid]))
    entries = np.array(nodes(array), int).reshape(shape)[tuple(index)]
    spread = np.broadcast_to(entries, [sizes[label] for label in grid]).ravel()
    return current().listed(spread.tolist(), spread.size)


def _is_view(operands: Sequence[Any], array: Any) -> bool:
    """Tell whether einsum only shows the entries of an array."""
    numbers = np.zeros(np.shape(array))
    view = np.einsum(*[numbers if value is array else value for value in operands], optimize=False)
    return np.may_share_memory(view, numbers)
