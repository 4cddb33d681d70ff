"""Discrete cosine and sine transforms of `scipy.fft`: matrices of exact cosines, as SciPy's manual defines them.

Each of the types 1 to 4 of either kind is a sum of c x[j] cos(pi a b / m), or of sines, of which a depends on the bin
and b on the entry. An inverse is a transform of the inverse type: 2 and 3 are inverse to each other, 1 and 4 to
themselves. With norm="ortho" some entries are weighed by sqrt(2) as well, unless that is refused (`orthogonalize`).
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import lift, shape_of
from verify.tracing.arrays.complexes import is_complex, refused
from verify.tracing.numpy.complexity import as_answered
from verify.tracing.numpy.fourier import INVERSE, answer_of, cosines, of_length
from verify.tracing.numpy.products import as_array, matmul

_HALF = Fraction(1, 2)
_INVERSE_TYPE = {1: 1, 2: 3, 3: 2, 4: 4}
# By kind and type: what n is made longer by, and a and b of pi a b / (2 m), of whole numbers j from 0 on.
_Steps = Callable[[Any], Any]
_SHAPES: dict[tuple[str, int], tuple[int, _Steps, _Steps]] = {
    ("cos", 1): (-1, lambda k: 2 * k, lambda j: j),
    ("cos", 2): (0, lambda k: k, lambda j: 2 * j + 1),
    ("cos", 3): (0, lambda k: 2 * k + 1, lambda j: j),
    ("cos", 4): (0, lambda k: 2 * k + 1, lambda j: 2 * j + 1),
    ("sin", 1): (1, lambda k: 2 * (k + 1), lambda j: j + 1),
    ("sin", 2): (0, lambda k: k + 1, lambda j: 2 * j + 1),
    ("sin", 3): (0, lambda k: 2 * k + 1, lambda j: j + 1),
    ("sin", 4): (0, lambda k: 2 * k + 1, lambda j: 2 * j + 1),
}
# Entries that count once and not twice in the sum, and those that sqrt(2) weighs, of the input and of the bins.
_ONCE = {("cos", 1): (0, -1), ("cos", 3): (0,), ("sin", 3): (-1,)}
_WEIGHED: dict[tuple[str, int], tuple[tuple[int, ...], tuple[int, ...]]] = {
    ("cos", 1): ((0, -1), (0, -1)),
    ("cos", 2): ((), (0,)),
    ("cos", 3): ((0,), ()),
}


@functools.cache
def _weighed(kind: str, number: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the entries that sqrt(2) weighs: of sines the last one, or in older versions the first."""
    if kind != "sin" or number not in _OF_SINES:
        return _WEIGHED.get((kind, number), ((), ()))
    dst = sys.modules["scipy.fft"].dst
    weighed, plain = (dst([1.0, 2.0], 2, norm="ortho", orthogonalize=is_weighed) for is_weighed in (True, False))
    place = (0,) if weighed[0] != plain[0] else (-1,)
    return ((), place) if number == _OF_SINES[0] else (place, ())


_OF_SINES = (2, 3)


def _matrix(kind: str, number: int, n: int, norm: Any, *, weighed: bool) -> Any:
    """Return the matrix of a transform, a row for each entry and a column for each bin."""
    longer, bins, entries = _SHAPES[kind, number]
    period = n + longer
    fourth = number == 4
    steps = np.outer(entries(np.arange(n)), bins(np.arange(n)))
    turns = 4 * period * (1 + fourth)  # cos(pi a b / (2 m)) is cos(2 pi a b / (4 m)), of type 4 half of that angle
    matrix = cosines(steps, turns) if kind == "cos" else cosines(4 * steps - turns, 4 * turns)
    counts = np.full(n, 2)
    counts[list(_ONCE.get((kind, number), ()))] = 1
    scale = {"ortho": lift(2 * period) ** -_HALF, "forward": Fraction(1, 2 * period)}.get(norm, 1)
    matrix = matrix * counts[:, None] * as_array(lift(scale))
    if weighed:
        rows, columns = (
            _weights(n, places, power) for places, power in zip(_weighed(kind, number), (_HALF, -_HALF), strict=True)
        )
        matrix = matrix * rows[:, None] * columns
    return matrix


def _weights(n: int, places: tuple[int, ...], power: Fraction) -> Any:
    """Return ones, and powers of 2 at some places."""
    weights = as_array(np.ones(n)) * lift(1)
    for place in places:
        weights[place] = lift(2) ** power
    return weights


def _along(part: Any, n: Any, axis: int, matrix: Callable[[int], Any]) -> Any:
    part = as_array(part)
    length = part.shape[axis] if n is None else int(n)
    lines = np.moveaxis(of_length(part, length, axis), axis, -1)
    return np.moveaxis(matmul(lines, matrix(length)), -1, axis)


def _transform(name: str, kind: str, *, inverse: bool, several: bool) -> Callable[..., Any]:
    def matrix_of(type: int, norm: Any, orthogonalize: Any) -> Callable[[int], Any]:  # noqa: A002 - as SciPy has it
        number = _INVERSE_TYPE[type] if inverse else type
        weighed = norm == "ortho" if orthogonalize is None else bool(orthogonalize)
        return lambda length: _matrix(kind, number, length, INVERSE[norm] if inverse else norm, weighed=weighed)

    def transform(
        x: Any,
        type: int = 2,  # noqa: A002
        n: Any = None,
        axis: Any = -1,
        norm: Any = None,
        *rest: Any,
        **options: Any,
    ) -> Any:
        orthogonalize = options.get("orthogonalize")
        answer = answer_of("scipy.fft", name, x, type=type, n=n, axis=axis, norm=norm, orthogonalize=orthogonalize)
        _refuse_complex(name, x)
        return as_answered(answer, (_along(x, n, axis, matrix_of(type, norm, orthogonalize)), 0))

    def of_several(
        x: Any,
        type: int = 2,  # noqa: A002
        s: Any = None,
        axes: Any = None,
        norm: Any = None,
        *rest: Any,
        **options: Any,
    ) -> Any:
        orthogonalize = options.get("orthogonalize")
        answer = answer_of("scipy.fft", name, x, type=type, s=s, axes=axes, norm=norm, orthogonalize=orthogonalize)
        _refuse_complex(name, x)
        ndim = len(shape_of(x))
        places = range(ndim)[-len(s) if s is not None else 0 :] if axes is None else np.atleast_1d(axes).tolist()
        lengths = [None] * len(places) if s is None else np.atleast_1d(s).tolist()
        for axis, n in zip(places, lengths, strict=True):
            x = _along(x, n, axis, matrix_of(type, norm, orthogonalize))
        return as_answered(answer, (x, 0))

    return of_several if several else transform


def _refuse_complex(name: str, x: Any) -> None:
    if is_complex(x):
        refused(f"scipy.fft.{name} of complex symbols")


FUNCTIONS = {
    f"{'i' * inverse}d{letter}t{'n' * several}": _transform(
        f"{'i' * inverse}d{letter}t{'n' * several}", kind, inverse=inverse, several=several
    )
    for letter, kind in (("c", "cos"), ("s", "sin"))
    for inverse in (False, True)
    for several in (False, True)
}
