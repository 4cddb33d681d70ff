"""Discrete Fourier, cosine and sine transforms of arrays of symbols: products with matrices of cosines.

A fast transform computes the same linear map as its matrix, in another order. The entries are cos(2 pi m / n), exact
functions of rational parts of pi, of which the field knows that they are made of roots of unity (`proof.unity`).
Definitions, norms and what is left out of half-complex input are those of `numpy.fft` and `scipy.fft`; shape, type and
errors are asked of the original.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.model.unfollowed import unbounded
from verify.proof.constants import TURNS
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import current, gathered, lift, shape_of
from verify.tracing.arrays.complexes import ComplexArray, parts, refused
from verify.tracing.numpy.complexity import Pair, as_answered, bilinear, is_nothing, minus
from verify.tracing.numpy.products import as_array, matmul
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.dispatch import FOURIER, LINEAR

_HALF = Fraction(1, 2)
INVERSE = {"backward": "forward", "forward": "backward", "ortho": "ortho", None: "forward"}
_MOST = 1024  # entries along an axis: the matrix has as many squared


def cosines(numerators: Any, denominator: int) -> Any:
    """Return cos(2 pi m / n) for an array of whole numbers m, as exact numbers."""
    current().memory(TURNS)[denominator] = True
    unique, places = np.unique(numerators % denominator, return_inverse=True)
    entries = [_cosine(Fraction(2 * int(m), denominator)) for m in unique]
    return gathered(entries, unique.shape)[places.reshape(np.shape(numerators))]


def _cosine(half: Fraction) -> Any:
    """Return the cosine of a part of half a turn, by that of an angle below a quarter of a turn.

    The only rational ones are 0, 1/2 and 1 (Niven).
    """
    half = min(half % 2, 2 - half % 2)
    if half > _HALF:
        return -_cosine(1 - half)
    if half in _RATIONAL:
        return lift(_RATIONAL[half])
    trace = current()
    return (Concolic(trace, trace.pi()) * half).function("cos")


_RATIONAL = {Fraction(0): Fraction(1), Fraction(1, 3): _HALF, _HALF: Fraction(0)}


def _waves(rows: Any, columns: Any, turns: int) -> tuple[Any, Any]:
    """Return the matrices of cos(2 pi r c / n) and sin(2 pi r c / n)."""
    steps = np.outer(rows, columns)
    return cosines(steps, turns), cosines(4 * steps - turns, 4 * turns)  # a sine is the cosine of a quarter less


def _scale(norm: Any, length: int) -> Any:
    """Return what a transform without a norm is multiplied by, for a sum over so many entries in the way there."""
    if norm == "ortho":
        return lift(length) ** Fraction(-1, 2)
    return Fraction(1, length) if norm == "forward" else 1


def _applied(matrix: Callable[[Pair], Pair], pair: Pair, axis: int) -> Pair:
    """Apply a linear map to the lines along an axis."""
    re, im = (part if is_nothing(part) else np.moveaxis(as_array(part), axis, -1) for part in pair)
    re, im = (part if is_nothing(part) else np.moveaxis(part, -1, axis) for part in matrix((re, im)))
    return re, im


def _cut(pair: Pair, n: int, axis: int) -> Pair:
    """Return parts with so many entries along an axis: what is beyond is left out, what is missing is 0."""
    re, im = (part if is_nothing(part) else of_length(as_array(part), n, axis) for part in pair)
    return re, im


def of_length(array: Any, n: int, axis: int) -> Any:
    """Return an array with so many entries along an axis."""
    length = array.shape[axis]
    if n > length:
        widths = [(0, n - length if i == axis % array.ndim else 0) for i in range(array.ndim)]
        return np.pad(array, widths)
    return np.take(array, np.arange(n), axis=axis) if n < length else array


_product = bilinear(matmul)


def _full(pair: Pair, n: int, axis: int, norm: Any, *, back: bool = False, half: bool = False) -> Pair:
    """Return the transform of n entries, or its first half and the middle; `back` turns the other way."""
    cosine, sine = _waves(np.arange(n), np.arange(n // 2 + 1 if half else n), n)
    scale = _scale(INVERSE[norm] if back else norm, n)
    waves = cosine * scale, (sine if back else -sine) * scale
    return _applied(lambda lines: _product(lines, waves), _cut(pair, n, axis), axis)


def _to_real(pair: Pair, n: int, axis: int, norm: Any) -> Pair:
    """Return n real numbers of the first half of their transform.

    All bins but the first and, of an even number, the one in the middle stand for two. The imaginary parts of these two
    are left out: their sines are 0.
    """
    bins = np.arange(n // 2 + 1)
    cosine, sine = _waves(bins, np.arange(n), n)
    weights = np.where((bins == 0) | (2 * bins == n), 1, 2)[:, None] * as_array(lift(_scale(INVERSE[norm], n)))

    def transform(lines: Pair) -> Pair:
        re, im = lines
        back = matmul(re, cosine * weights)
        return (back if is_nothing(im) else back - matmul(im, sine * weights)), 0

    return _applied(transform, _cut(pair, len(bins), axis), axis)


_Kind = Callable[[Pair, Any, int, Any], Pair]


def _forward(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    return _full(pair, _length(pair, axis) if n is None else n, axis, norm)


def _backward(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    return _full(pair, _length(pair, axis) if n is None else n, axis, norm, back=True)


def _real(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    return _full((pair[0], 0), _length(pair, axis) if n is None else n, axis, norm, half=True)


def _real_back(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    return _to_real(pair, 2 * (_length(pair, axis) - 1) if n is None else n, axis, norm)


def _hermitian(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    return _real_back((pair[0], minus(pair[1])), n, axis, INVERSE[norm])


def _hermitian_back(pair: Pair, n: Any, axis: int, norm: Any) -> Pair:
    re, im = _real(pair, n, axis, INVERSE[norm])
    return re, minus(im)


def _length(pair: Pair, axis: int) -> int:
    return shape_of(pair[0])[axis]


def _single(kind: _Kind, module: str, name: str) -> Callable[..., Any]:
    """Return a transform along one axis."""

    def transform(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, *rest: Any, **options: Any) -> Any:
        answer = answer_of(module, name, a, n=n, axis=axis, norm=norm)
        return as_answered(answer, kind(parts(a), _whole(n), axis, norm), options.get("out"))

    return transform


def answer_of(module: str, name: str, a: Any, **options: Any) -> Any:
    """Return what the original gives of ones, and raise what it raises; refuse what would take too long."""
    if current().as_executed:
        raise unbounded(f"{module}.{name}")
    original = getattr(sys.modules[module], name)
    answer = shadows.expected(original, (as_numbers(a),), {key: v for key, v in options.items() if v is not None})
    if max((*shape_of(answer), *np.shape(a)), default=0) > _MOST:
        refused(f"{module}.{name} of more than {_MOST} entries along an axis")
    return answer


def as_numbers(a: Any) -> Any:
    """Return a list with symbols in it as an array, anything else as it is."""
    if isinstance(a, (list, tuple)):
        re, im = parts(a)
        return re if is_nothing(im) else ComplexArray(re, im)
    return a


def _whole(n: Any) -> Any:
    return None if n is None else int(n)


def _several(
    module: str, name: str, other: _Kind, default: Any, first: _Kind | None = None, last: _Kind | None = None
) -> Callable[..., Any]:
    """Return a transform along several axes: `first` along the last of them before, or `last` after, the others."""

    def transform(a: Any, s: Any = None, axes: Any = default, norm: Any = None, *rest: Any, **options: Any) -> Any:
        answer = answer_of(module, name, a, s=s, axes=axes, norm=norm)
        pair = parts(a)
        places = _axes(np.ndim(pair[0]), s, axes)
        lengths = [None if n in (None, -1) else int(n) for n in (s if s is not None else [None] * len(places))]
        pairs = list(zip(places, lengths, strict=True))
        if first is not None:
            axis, n = pairs.pop()
            pair = first(pair, n, axis, norm)
        ending = pairs.pop() if last is not None else None
        for axis, n in reversed(pairs):
            pair = other(pair, n, axis, norm)
        if last is not None and ending is not None:
            pair = last(pair, ending[1], ending[0], norm)
        return as_answered(answer, pair, options.get("out"))

    return transform


def _axes(ndim: int, s: Any, axes: Any) -> Sequence[int]:
    if axes is not None:
        return [int(axis) for axis in ((axes,) if isinstance(axes, (int, np.integer)) else axes)]
    return range(ndim) if s is None else range(ndim - len(s), ndim)


def _shifted(sign: int) -> Callable[..., Any]:
    """Return what puts the zero frequency into the middle, or back: it moves entries and no more."""

    def shift(x: Any, axes: Any = None) -> Any:
        x = as_numbers(x)
        shape = np.shape(x)
        places = range(len(shape)) if axes is None else (axes,) if isinstance(axes, (int, np.integer)) else axes
        steps = [shape[axis] // 2 if sign > 0 else -(shape[axis] // 2) for axis in places]
        return np.roll(x, steps, tuple(places))

    return shift


_KINDS: dict[str, _Kind] = {
    "fft": _forward,
    "ifft": _backward,
    "rfft": _real,
    "irfft": _real_back,
    "hfft": _hermitian,
    "ihfft": _hermitian_back,
}


def transforms(module: str) -> dict[str, Callable[..., Any]]:
    """Return what computes the transforms of `numpy.fft` or `scipy.fft`, by their names."""
    result = {name: _single(kind, module, name) for name, kind in _KINDS.items()}
    for end, axes in (("2", (-2, -1)), ("n", None)):
        result |= {
            f"fft{end}": _several(module, f"fft{end}", _forward, axes),
            f"ifft{end}": _several(module, f"ifft{end}", _backward, axes),
            f"rfft{end}": _several(module, f"rfft{end}", _forward, axes, first=_real),
            f"irfft{end}": _several(module, f"irfft{end}", _backward, axes, last=_real_back),
        }
    return result | {"fftshift": _shifted(1), "ifftshift": _shifted(-1)}


for _name, _compute in transforms("numpy.fft").items():
    FOURIER[getattr(np.fft, _name)] = LINEAR[getattr(np.fft, _name)] = _compute
