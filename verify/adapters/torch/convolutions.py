"""Convolutions and their gradients, by their definition: one product of matrices for each place of the kernel.

Entry `p` of an output is the sum over the places `k` of the kernel of `x[p * stride + k * dilation - padding] @ w[k]`
(torch.nn.Conv2d has the formula), in any number of dimensions. Of a transposed one, `x` and the output change places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

Slices = tuple[Any, ...]


class Layout(NamedTuple):
    """How a kernel is moved over an input: one number for each dimension."""

    stride: Sequence[int]
    padding: Sequence[int]
    dilation: Sequence[int]
    groups: int


def _whole(numbers: Sequence[int], dimensions: int) -> list[int]:
    """Return a number for each dimension, of which one may stand for all."""
    return list(numbers) * (dimensions if len(numbers) == 1 else 1)


def _layout(weight: Any, stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], groups: int) -> Layout:
    dimensions = len(weight.shape) - 2
    return Layout(_whole(stride, dimensions), _whole(padding, dimensions), _whole(dilation, dimensions), groups)


def _padded(x: Any, layout: Layout) -> Any:
    return np.pad(x, [(0, 0), (0, 0), *((width, width) for width in layout.padding)])


def _taps(kernel: Sequence[int], out: Sequence[int], layout: Layout) -> Iterator[tuple[tuple[int, ...], Slices]]:
    """Yield the places of a kernel, each with the entries of a padded input that it meets for outputs of a shape."""
    for place in product(*map(range, kernel)):
        starts = [k * step for k, step in zip(place, layout.dilation, strict=True)]
        ends = [start + stride * (size - 1) + 1 for start, stride, size in zip(starts, layout.stride, out, strict=True)]
        yield place, (..., *map(slice, starts, ends, layout.stride))


def _channels(tensor: Any, axis: int, groups: int) -> list[Any]:
    return list(np.split(tensor, groups, axis=axis))


def _sizes(x: Any, weight: Any, layout: Layout) -> list[int]:
    """Return the sizes of what comes of an input."""
    numbers = zip(x.shape[2:], weight.shape[2:], *layout[:3], strict=True)
    return [(size + 2 * width - step * (k - 1) - 1) // stride + 1 for size, k, stride, width, step in numbers]


def correlated(x: Any, weight: Any, layout: Layout) -> Any:
    """Return what comes of an input."""
    out, padded = _sizes(x, weight, layout), _padded(x, layout)

    def group(x: Any, weight: Any) -> Any:
        terms = (
            np.tensordot(weight[(..., *place)], x[window], axes=(1, 1))
            for place, window in _taps(weight.shape[2:], out, layout)
        )
        return np.swapaxes(sum(terms), 0, 1)

    parts = zip(_channels(padded, 1, layout.groups), _channels(weight, 0, layout.groups), strict=True)
    return np.concatenate([group(*part) for part in parts], axis=1)


def spread(upstream: Any, weight: Any, sizes: Sequence[int], layout: Layout) -> Any:
    """Return the gradient of an input of some sizes, which is what a transposed convolution gives."""
    padded = [size + 2 * width for size, width in zip(sizes, layout.padding, strict=True)]

    def group(upstream: Any, weight: Any) -> Any:
        total = np.zeros_like(upstream, shape=(len(upstream), weight.shape[1], *padded))
        for place, window in _taps(weight.shape[2:], upstream.shape[2:], layout):
            total[window] += np.swapaxes(np.tensordot(weight[(..., *place)], upstream, axes=(0, 1)), 0, 1)
        return total

    parts = zip(_channels(upstream, 1, layout.groups), _channels(weight, 0, layout.groups), strict=True)
    inside: Any = (..., *(slice(width, width + size) for width, size in zip(layout.padding, sizes, strict=True)))
    return np.concatenate([group(*part) for part in parts], axis=1)[inside]


def of_kernel(upstream: Any, x: Any, weight: Any, layout: Layout) -> Any:
    """Return the gradient of a kernel."""
    rest = [0, *range(2, len(x.shape))]

    def group(upstream: Any, x: Any) -> Any:
        taps = _taps(weight.shape[2:], upstream.shape[2:], layout)
        terms = [np.tensordot(upstream, x[window], axes=(rest, rest)) for _, window in taps]
        return np.stack(terms, axis=-1).reshape(*terms[0].shape, *weight.shape[2:])

    parts = zip(_channels(upstream, 1, layout.groups), _channels(_padded(x, layout), 1, layout.groups), strict=True)
    return np.concatenate([group(*part) for part in parts])


def convolution(
    x: Any,
    weight: Any,
    bias: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
) -> Any:
    """Return a convolution, or a transposed one; shapes: (N, C, *sizes), (O, C / groups, *kernel), (O,)."""
    layout = _layout(weight, stride, padding, dilation, groups)
    if transposed:
        more = _whole(output_padding, len(weight.shape) - 2)
        numbers = zip(x.shape[2:], weight.shape[2:], *layout[:3], more, strict=True)
        sizes = [(size - 1) * s - 2 * width + step * (k - 1) + extra + 1 for size, k, s, width, step, extra in numbers]
    made = spread(x, weight, sizes, layout) if transposed else correlated(x, weight, layout)
    return made if bias is None else made + np.reshape(bias, (-1, *[1] * (len(weight.shape) - 2)))


def convolution_backward(
    upstream: Any,
    x: Any,
    weight: Any,
    bias_sizes: Any,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    output_mask: Sequence[bool],
) -> tuple[Any, Any, Any]:
    """Return the gradients of the input, the kernel and the bias, as far as they are wanted."""
    layout = _layout(weight, stride, padding, dilation, groups)
    large, small = (upstream, x) if transposed else (x, upstream)
    towards_x = correlated(upstream, weight, layout) if transposed else spread(upstream, weight, x.shape[2:], layout)
    axes = (0, *range(2, len(weight.shape)))
    gradients = towards_x, of_kernel(small, large, weight, layout), np.sum(upstream, axis=axes)
    wanted = [gradient if is_wanted else None for gradient, is_wanted in zip(gradients, output_mask, strict=True)]
    return wanted[0], wanted[1], wanted[2]
