"""Primitives that move a window over an array: convolutions, sums and extremes of windows, and what goes back to them.

Each entry of a result meets the entries of an operand at `start + place * dilation` (documentation of XLA, "Conv" and
"ReduceWindow"), where the operand may have holes between its entries and widths of padding around them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from verify.adapters.jax.values import refused
from verify.model.reasons import Reason

_Params = Mapping[str, Any]
_OUTSIDE = -1  # the number of what lies in the padding, or in a hole


class Window(NamedTuple):
    """A window over an array: one number for each axis, and two of padding."""

    sizes: Sequence[int]
    strides: Sequence[int]
    padding: Sequence[tuple[int, int]]
    holes: Sequence[int]  # how far apart the entries of the array lie
    dilation: Sequence[int]  # how far apart the places of the window lie


def entries_met(shape: Sequence[int], window: Window) -> tuple[tuple[int, ...], Any]:
    """Return how many windows there are along each axis, and the numbers of the entries that each meets, in a row.

    Entries are numbered in order; what lies outside of the array is -1.
    """
    numbers = np.zeros((1, 1), np.int64)
    counts = []
    for length, *axis in zip(shape, *window, strict=True):
        along = _along(length, *axis)
        counts.append(len(along))
        inside = (numbers >= 0)[:, None, :, None] & (along >= 0)[None, :, None, :]
        joined = numbers[:, None, :, None] * length + along[None, :, None, :]
        rows, columns = len(numbers) * len(along), numbers.shape[1] * along.shape[1]
        numbers = np.where(inside, joined, _OUTSIDE).reshape(rows, columns)
    return tuple(counts), numbers


def _along(length: int, size: int, stride: int, padding: tuple[int, int], hole: int, dilation: int) -> Any:
    """Return the places along one axis that each window meets."""
    low, high = padding
    padded = (length - 1) * hole + 1 + low + high if length else low + high
    windows = max(0, (padded - (size - 1) * dilation - 1) // stride + 1)
    at = np.arange(windows)[:, None] * stride + np.arange(size) * dilation - low
    inside = (at >= 0) & (at <= (length - 1) * hole) & (at % hole == 0)
    return np.where(inside, at // hole, _OUTSIDE)


def _window_of(params: _Params) -> Window:
    names = ("window_dimensions", "window_strides", "padding", "base_dilation", "window_dilation")
    sizes = params["window_dimensions"]
    of_axes: list[Any] = [params.get(name) or (1,) * len(sizes) for name in names]
    return Window(*of_axes)


def convolution(params: _Params, x: Any, kernel: Any) -> Any:
    """Return a convolution of channels of `x` with those of a kernel, in groups of features or of the batch."""
    of_x, of_kernel, of_result = params["dimension_numbers"]
    x, kernel = np.transpose(x, of_x), np.transpose(kernel, of_kernel)
    holes = params["window_strides"], params["padding"], params["lhs_dilation"], params["rhs_dilation"]
    counts, numbers = entries_met(x.shape[2:], Window(kernel.shape[2:], *holes))
    flat = x.reshape(*x.shape[:2], -1)
    columns = np.concatenate([flat, np.zeros_like(flat, shape=(*x.shape[:2], 1))], axis=-1)[..., numbers]
    kernels = kernel.reshape(*kernel.shape[:2], -1)
    groups, axis = max((params["feature_group_count"], 1), (params["batch_group_count"], 0))
    parts = zip(np.split(columns, groups, axis=axis), np.split(kernels, groups, axis=0), strict=True)
    made = np.concatenate([_multiplied(*part) for part in parts], axis=1)
    return np.transpose(made.reshape(*made.shape[:2], *counts), np.argsort(of_result))


def _multiplied(columns: Any, kernels: Any) -> Any:
    """Return (N, O, windows) of what windows meet, (N, C, windows, places), and kernels, (O, C, places)."""
    batch, channels, windows, places = columns.shape
    rows = np.transpose(columns, (0, 2, 1, 3)).reshape(batch * windows, channels * places)
    made = np.matmul(rows, kernels.reshape(len(kernels), channels * places).T)
    return np.transpose(made.reshape(batch, windows, len(kernels)), (0, 2, 1))


def summed(params: _Params, x: Any) -> Any:
    """Return the sum of each window."""
    counts, numbers = entries_met(x.shape, _window_of(params))
    entries = np.concatenate([x.ravel(), np.zeros_like(x, shape=(1,))])
    return entries[numbers].sum(axis=-1).reshape(counts)


def extreme(choose: Callable[..., Any]) -> Callable[..., Any]:
    """Return the line of what gives the largest or smallest entry of each window."""

    def chosen(params: _Params, x: Any) -> Any:
        counts, numbers = entries_met(x.shape, _window_of(params))
        return choose(x.ravel()[_within(numbers)], axis=-1).reshape(counts)

    return chosen


def selected(params: _Params, source: Any, x: Any) -> Any:
    """Return zeros to which each number of the source is added at the entry that its window selects, the first one."""
    name = params["select_prim"].name
    if name not in _SELECTING:
        refused(f"select_and_scatter_add with {name}")
    _, numbers = entries_met(x.shape, _window_of(params))
    inside = _within(numbers)
    place = _SELECTING[name](x.ravel()[inside], axis=-1)
    made = np.zeros_like(x.ravel())
    np.add.at(made, np.take_along_axis(inside, np.asarray(place)[:, None], axis=-1)[:, 0], source.ravel())
    return made.reshape(x.shape)


def _within(numbers: Any) -> Any:
    """Return numbers with the first entry that a window meets where it meets none: what lies outside is no extreme."""
    is_inside = numbers >= 0
    if not is_inside.any(axis=-1).all():
        refused("the largest or smallest entry of a window of padding alone, an infinity", Reason.NAN_CONSTANT)
    first = np.take_along_axis(numbers, is_inside.argmax(axis=-1)[:, None], axis=-1)
    return np.where(is_inside, numbers, first)


_SELECTING = {"ge": np.argmax, "le": np.argmin}
