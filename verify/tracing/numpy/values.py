"""NumPy's functions that choose, round or ask about entries, one by one."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import SymbolArray, gathered, lift, symbols
from verify.tracing.numpy.elementwise import choose, truths
from verify.tracing.numpy.products import as_array
from verify.tracing.symbols.concolic import NO_NODES, Concolic, Missing


def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue) -> Any:  # noqa: SLF001
    """Choose by a mask; a mask alone is asked for its places."""
    return np.nonzero(truths(condition)) if x is np._NoValue else choose(condition, x, y)  # noqa: SLF001


def clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """Return what lies between two bounds, each of which may be None."""
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    a = a if high is None else np.minimum(a, high)
    return np.positive(a) if low is None and high is None else a


def rounded(a: Any, decimals: int = 0) -> Any:
    """Return the nearest multiples of a power of ten."""
    if decimals == 0:
        return np.rint(a)
    factor = 10**decimals if decimals > 0 else Fraction(1, 10**-decimals)
    return np.rint(as_array(a) * lift(factor)) / lift(factor)


def close(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Tell which entries are near each other, a branch; the tolerances are NumPy's, which user code asks for.

    No symbol is NaN, whatever is wanted of those.
    """
    return np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)


def count_nonzero(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Count what is not 0."""
    return np.count_nonzero(truths(a), axis=axis, keepdims=keepdims)


def of_truths(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of whether entries are 0."""

    def ask(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
        return function(truths(a), axis=axis, keepdims=keepdims, where=where)

    return ask


def equal_arrays(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Tell whether two arrays have the same shape and entries, a branch."""
    return np.shape(a1) == np.shape(a2) and bool(np.all(np.equal(a1, a2)))


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the sum of a diagonal."""
    return np.diagonal(a, offset, axis1, axis2).sum(-1)


def angle(z: Any, deg: bool = False) -> Any:
    """Return 0 for positive numbers and half a turn for negative ones."""
    z = as_array(z)
    if any(symbol.number() == 0 for symbol in symbols(z)):
        raise shadows.refusal("angle", "a zero of unknown sign")
    return np.where(z < 0, lift(180) if deg else np.pi, 0.0)


def finite(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return an array with numbers for infinities and NaN, which no other symbols are."""
    symbolic: Any = x
    if not isinstance(x, (SymbolArray, Concolic)):
        return np.nan_to_num(x, copy=copy, nan=nan, posinf=posinf, neginf=neginf)
    if np.isfinite(x).all():
        return symbolic.copy() if copy else symbolic
    largest = float(np.finfo(symbolic.dtype).max)
    ends = {1: largest if posinf is None else posinf, -1: -largest if neginf is None else neginf}
    entries = [
        lift(nan if type(value) is Missing else ends[value.direction]) if type(value) in NO_NODES else value
        for value in symbols(x)
    ]
    numbers = gathered(entries, symbolic.shape, symbolic.dtype)
    if copy or isinstance(symbolic, Concolic):
        return numbers
    symbolic[...] = numbers
    return symbolic
