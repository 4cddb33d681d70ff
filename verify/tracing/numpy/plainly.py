"""The calls that most layers are made of, on arrays of symbols: what they give without asking NumPy what it would give.

Shape, type and memory order of a result are known here as NumPy has them: all arrays are of float64, options are none
but axes, and whatever is otherwise, None is returned, and the call goes the long way (`functions`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, layout
from verify.tracing.numpy.elementwise import choose
from verify.tracing.numpy.reductions import is_plain, plainly_reduced
from verify.tracing.numpy.ufuncs import is_plain_product
from verify.tracing.symbols.dispatch import PRODUCTS

_MASK = np.dtype(bool)
_CHOOSING = 3  # arguments of `where`


def _reducing(name: str) -> Callable[..., Any]:
    return lambda array, axis=None, *, keepdims=False: plainly_reduced(name, array, axis, keepdims)


def _mean(array: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    total = plainly_reduced("add", array, axis, keepdims)
    return None if total is None else total / (array.size // max(1, np.size(total)))


def _dot(a: Any, b: Any) -> Any:
    return PRODUCTS["matmul"](a, b) if is_plain_product(a, b) else None


def _where(mask: Any, a: Any, b: Any) -> Any:
    if type(mask) is not np.ndarray or mask.dtype != _MASK or not mask.flags.c_contiguous:
        return None
    if not all(_is_one(value) or _is_of_shape(value, mask.shape) for value in (a, b)) or (_is_one(a) and _is_one(b)):
        return None
    return choose(mask, a, b)


def _is_one(value: Any) -> bool:
    return type(value) in (int, float)


def _is_of_shape(value: Any, shape: tuple[int, ...]) -> bool:
    return is_plain(value) and value.shape == shape and bool(layout(value).flags.c_contiguous)


_CALLS: dict[Any, tuple[Callable[..., Any], frozenset[str], int]] = {
    np.sum: (_reducing("add"), frozenset({"axis", "keepdims"}), 2),
    np.max: (_reducing("maximum"), frozenset({"axis", "keepdims"}), 2),
    np.min: (_reducing("minimum"), frozenset({"axis", "keepdims"}), 2),
    np.mean: (_mean, frozenset({"axis", "keepdims"}), 2),
    np.dot: (_dot, frozenset(), 2),
    np.where: (_where, frozenset(), _CHOOSING),
}


def plainly(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Return what a call gives, or None where it has to go the long way."""
    if (call := _CALLS.get(function)) is None:
        return None
    compute, accepted, most = call
    if not args or len(args) > most or not accepted.issuperset(options) or ("axis" in options and len(args) > 1):
        return None
    if function in _OF_TWO_OR_MORE and len(args) < most:
        return None
    if type(args[0]) not in (SymbolArray, np.ndarray):
        return None
    return compute(*args, **options)


_OF_TWO_OR_MORE = (np.dot, np.where)
