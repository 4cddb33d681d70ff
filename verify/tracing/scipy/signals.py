"""What compiled code does inside of NumPy's and SciPy's filters: sums of products over windows, and recursions.

Their Python code, which is run on symbols (`sources`), works out sizes, origins and the places beyond the edges, and
calls these. Each is what the C sources compute: `_pyarray_correlate` of NumPy (multiarraymodule.c), `_correlateND`,
`_convolve2d` and `_linear_filter` of SciPy (scipy/signal), `NI_Correlate` and `NI_UniformFilter1D` (scipy/ndimage, with
the edges of `NI_ExtendLine`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.unfollowed import unbounded, unfollowed
from verify.tracing.arrays.arrays import current
from verify.tracing.numpy.products import as_array, matmul
from verify.tracing.outside.sources import as_on_symbols
from verify.tracing.symbols.dispatch import STAND_INS

_VALID, _SAME, _FULL = 0, 1, 2
# For the codes of `scipy.signal.convolve2d` (`_bvalfromboundary`).
_BOUNDARIES = {0: None, 4: "reflect", 8: "wrap"}
# For the codes of `scipy.ndimage` (`_extend_mode_to_code`): where places beyond the edges lie; None is a constant.
_EDGES = {0: "nearest", 1: "wrap", 2: "reflect", 3: "mirror", 4: None, 5: "wrap", 6: None}


def windows(a: Any, shape: tuple[int, ...]) -> Any:
    """Return the windows of a shape in an array, as rows of a matrix, and how many there are along each axis."""
    counts = tuple(n - m + 1 for n, m in zip(a.shape, shape, strict=True))
    places = np.arange(a.size).reshape(a.shape)
    rows = np.lib.stride_tricks.sliding_window_view(places, shape).reshape(math.prod(counts), math.prod(shape))
    return a.reshape(-1)[rows], counts


def sums_over_windows(a: Any, kernel: Any) -> Any:
    """Return the sums of products of a kernel with each window of its shape."""
    rows, counts = windows(a, kernel.shape)
    return as_array(matmul(rows, kernel.reshape(-1))).reshape(counts)


def _reversed(a: Any) -> Any:
    return a[(slice(None, None, -1),) * a.ndim]


def correlate(a: Any, v: Any, mode: Any = 0) -> Any:
    """Return what `numpy._core.multiarray.correlate` does: sums of a[n + k] * v[n] over n."""
    a, v = as_array(a), as_array(v)
    if not len(a) or not len(v):
        raise ValueError("first array argument cannot be empty" if not len(a) else "second array argument ...")
    if len(a) < len(v):
        return correlate(v[::-1], a[::-1], mode)
    before, after = _beyond(len(v), mode)
    return sums_over_windows(np.pad(a, (before, after)), v)


def correlate_reversing(a: Any, v: Any, mode: Any = 0) -> Any:
    """Return what `numpy._core.multiarray.correlate2` does: the result is reversed where v is the longer one."""
    return correlate(v, a, mode)[::-1] if len(a) < len(v) else correlate(a, v, mode)


_MODES = {"valid": _VALID, "same": _SAME, "full": _FULL, "v": _VALID, "s": _SAME, "f": _FULL}


def _beyond(length: int, mode: Any) -> tuple[int, int]:
    """Return by how much a kernel's windows begin before an array and end after it."""
    code = _MODES[mode] if isinstance(mode, str) else mode
    if code == _SAME:
        return length // 2, length - 1 - length // 2
    return (length - 1, length - 1) if code == _FULL else (0, 0)


def correlate_in_place(in1: Any, in2: Any, out: Any, mode: int) -> Any:
    """Do what `scipy.signal._sigtools._correlateND` does: its result has the shape of `out`.

    But for mode "valid", zeros for the places after the end are in the array already.
    """
    in1, in2 = as_array(in1), as_array(in2)
    before = [(n - 1 if mode == _FULL else n // 2 if mode == _SAME else 0, 0) for n in in2.shape]
    whole = sums_over_windows(np.pad(in1, before), in2)
    out[...] = whole[tuple(slice(n) for n in out.shape)]
    return out


def convolve2d(in1: Any, in2: Any, flip: int, mode: int, boundary: int, fill: Any) -> Any:
    """Do what `scipy.signal._sigtools._convolve2d` does: a convolution, or a correlation where nothing is flipped."""
    in1, in2 = as_array(in1), as_array(in2)
    kernel = _reversed(in2) if flip else in2
    rows = [_line(n, m, mode, flip) for n, m in zip(in1.shape, in2.shape, strict=True)]
    edge = _BOUNDARIES.get(boundary, "")
    if edge == "":
        raise unfollowed("scipy.signal.convolve2d", " with this boundary")
    return sums_over_windows(_extended(in1, rows, edge, np.asarray(fill).item() if edge is None else 0), kernel)


def _line(n: int, m: int, mode: int, flip: int) -> range:
    """Return the places along an axis that the windows of a kernel of length m cover, edges included."""
    if mode == _VALID:
        return range(n)
    first = m - 1 if mode == _FULL else (m - 1) // 2 if not flip else m - 1 - (m - 1) // 2
    length = n + m - 1 if mode == _FULL else n
    return range(-first, length + m - 1 - first)


def _extended(a: Any, lines: list[Any], edge: str | None, fill: Any) -> Any:
    """Return the entries at places of each axis, of which some lie beyond the edges."""
    for axis, places in enumerate(lines):
        inside, length = np.array(places), a.shape[axis]
        beyond = (inside < 0) | (inside >= length)
        taken = np.take(a, _folded(inside, length, edge), axis)
        if edge is None and beyond.any():
            mask = beyond.reshape([-1 if i == axis else 1 for i in range(a.ndim)])
            taken = np.where(np.broadcast_to(mask, taken.shape), fill, taken)
        a = taken
    return a


def _folded(places: Any, length: int, edge: str | None) -> Any:
    """Return where places beyond the edges lie within: at the edge, a turn further, or reflected there."""
    if edge == "wrap":
        return places % length
    if edge == "reflect":  # d c b a | a b c d | d c b a
        turned = places % (2 * length)
        return np.where(turned < length, turned, 2 * length - 1 - turned)
    if edge == "mirror":  # d c b | a b c d | c b a
        turned = places % max(2 * length - 2, 1)
        return np.where(turned < length, turned, 2 * length - 2 - turned)
    return np.clip(places, 0, length - 1)


def _filtered(a: Any, weights: Any, output: Any, mode: int, cval: Any, origins: Any) -> None:
    """Write the sums of a kernel's products into an array; the window's middle is moved by the origins."""
    lines = _lines(a, weights, origins)
    output[...] = sums_over_windows(_extended(a, lines, _EDGES[mode], cval), weights)


def _lines(a: Any, weights: Any, origins: Any) -> list[range]:
    """Return the places along each axis that the windows of a filter cover, edges included."""
    starts = [-(m // 2) - int(origin) for m, origin in zip(weights.shape, origins, strict=True)]
    return [range(s, s + n + m - 1) for s, n, m in zip(starts, a.shape, weights.shape, strict=True)]


def filter_all(a: Any, weights: Any, output: Any, mode: int, cval: Any, origins: Any) -> None:
    """Do what `scipy.ndimage._nd_image.correlate` does."""
    _filtered(as_array(a), as_array(weights), output, mode, cval, origins)


def filter_along(a: Any, weights: Any, axis: int, output: Any, mode: int, cval: Any, origin: int) -> None:
    """Do what `scipy.ndimage._nd_image.correlate1d` does."""
    a, weights = as_array(a), as_array(weights)
    shape = [len(weights) if i == axis % a.ndim else 1 for i in range(a.ndim)]
    origins = [int(origin) if i == axis % a.ndim else 0 for i in range(a.ndim)]
    _filtered(a, weights.reshape(shape), output, mode, cval, origins)


def mean_along(a: Any, size: int, axis: int, output: Any, mode: int, cval: Any, origin: int) -> None:
    """Do what `scipy.ndimage._nd_image.uniform_filter1d` does: a running sum that is divided by the size."""
    if current().as_executed:  # what is added and subtracted again leaves its rounding
        raise unbounded("scipy.ndimage.uniform_filter1d")
    a = as_array(a)
    sums = np.zeros_like(a)
    filter_along(a, np.ones(size), axis, sums, mode, cval, origin)
    output[...] = sums / size


def recursion(b: Any, a: Any, x: Any, axis: int = -1, zi: Any = None) -> Any:
    """Do what `scipy.signal._sigtools._linear_filter` does: the transposed direct form II, one step after the other."""
    b, a, x = as_array(b), as_array(a), np.moveaxis(as_array(x), axis, 0)
    order = max(len(a), len(b))
    b, a = (np.pad(values / a[0], (0, order - len(values))) for values in (b, a))
    shape = x.shape[1:]
    states = [np.zeros(shape)] * (order - 1) if zi is None else [*np.moveaxis(as_array(zi), axis, 0)]
    made = []
    for step in x:
        y = b[0] * step + states[0]
        after = [*states[1:], np.zeros(shape)]
        states = [z + b[i] * step - a[i] * y for i, z in enumerate(after, 1)]
        made.append(as_array(y))
    result = np.moveaxis(np.stack(made), 0, axis)
    return result if zi is None else (result, np.moveaxis(np.stack([as_array(z) for z in states]), 0, axis))


def cascade(sos: Any, x: Any, zi: Any) -> None:
    """Do what `scipy.signal._sosfilt._sosfilt` does, in place: sections of the second order, one after the other."""
    for signal in range(len(x)):
        for n in range(x.shape[1]):
            value = x[signal, n]
            for s, (b0, b1, b2, _, a1, a2) in enumerate(sos):
                y = b0 * value + zi[signal, s, 0]
                zi[signal, s, 0] = b1 * value - a1 * y + zi[signal, s, 1]
                zi[signal, s, 1] = b2 * value - a2 * y
                value = y
            x[signal, n] = value


def in_frequencies(*args: Any, calc_fast_len: bool = False) -> Any:
    """Return the convolution along some axes, which SciPy computes as a product of Fourier transforms.

    As numbers both are the same (the convolution theorem); what the transforms round is another matter. Two arrays,
    axes and a shape are the last arguments; newer versions have the module of the arrays before them.
    """
    in1, in2, axes, _ = args[-4:]
    if current().as_executed:
        raise unbounded("scipy.signal.fftconvolve")
    if not axes:
        return in1 * in2
    result = as_array(in1)
    return _along(result, as_array(in2), [axis % result.ndim for axis in axes])


def _along(in1: Any, in2: Any, axes: list[int]) -> Any:
    """Return the full convolution along axes; the others are broadcast."""
    others = [i for i in range(in1.ndim) if i not in axes]
    shape = np.broadcast_shapes(*([a.shape[i] for i in others] for a in (in1, in2)))
    first, second = (
        np.broadcast_to(a.transpose([*others, *axes]), (*shape, *(a.shape[i] for i in axes))) for a in (in1, in2)
    )
    made = [_whole(first[index], second[index]) for index in np.ndindex(*shape)]
    result = np.stack(made).reshape(*shape, *made[0].shape)
    return result.transpose(np.argsort([*others, *axes]))


def _whole(a: Any, v: Any) -> Any:
    return sums_over_windows(np.pad(a, [(n - 1, n - 1) for n in v.shape]), _reversed(v))


def between(a: Any, b: Any, t: Any, out: Any = None) -> Any:
    """Return a + (b - a) * t, counted from the closer end as NumPy's `_lerp` does, which rounds less."""
    difference = np.subtract(b, a)
    made = np.where(np.greater_equal(t, 0.5), b - difference * (1 - t), a + difference * t)
    if out is not None:
        out[...] = made
    return as_array(made)[()] if out is None else out


def extreme_along(a: Any, size: int, axis: int, output: Any, mode: int, cval: Any, origin: int, minimum: int) -> None:
    """Do what `scipy.ndimage._nd_image.min_or_max_filter1d` does."""
    a = as_array(a)
    shape = [size if i == axis % a.ndim else 1 for i in range(a.ndim)]
    origins = [int(origin) if i == axis % a.ndim else 0 for i in range(a.ndim)]
    extreme_of_all(a, np.ones(shape, bool), None, output, mode, cval, origins, minimum)


def extreme_of_all(
    a: Any, footprint: Any, structure: Any, output: Any, mode: int, cval: Any, origins: Any, minimum: int
) -> None:
    """Do what `scipy.ndimage._nd_image.min_or_max_filter` does: a structure is added to, or taken from, each window."""
    rows, counts = windows(_extended(as_array(a), _lines(a, footprint, origins), _EDGES[mode], cval), footprint.shape)
    taken = rows[:, np.asarray(footprint, bool).reshape(-1)]
    if structure is not None:
        heights = as_array(structure).reshape(-1)[np.asarray(footprint, bool).reshape(-1)]
        taken = taken - heights if minimum else taken + heights
    output[...] = as_array((np.min if minimum else np.max)(taken, axis=1)).reshape(counts)


def _namespace(*_: Any, **__: Any) -> Any:
    """Return NumPy as the standard of arrays has it, which before NumPy 2 is a module of SciPy's."""
    return STAND_INS[id(np)] if hasattr(np, "isdtype") else as_on_symbols(sys.modules[_COMPATIBLE])


_COMPATIBLE = "scipy._lib.array_api_compat.numpy"


# What answers for the names of library modules in their own code, and for compiled functions by their modules.
NAMES: dict[str, Callable[..., Any]] = {
    "_lerp": between,
    "array_namespace": _namespace,
    "_freq_domain_conv": in_frequencies,
    "_sosfilt": cascade,
}
COMPILED: dict[str, dict[str, Callable[..., Any]]] = {
    "multiarray": {"correlate": correlate, "correlate2": correlate_reversing},
    "_nd_image": {
        "correlate": filter_all,
        "correlate1d": filter_along,
        "uniform_filter1d": mean_along,
        "min_or_max_filter1d": extreme_along,
        "min_or_max_filter": extreme_of_all,
    },
    "_sigtools": {"_correlateND": correlate_in_place, "_convolve2d": convolve2d, "_linear_filter": recursion},
}
