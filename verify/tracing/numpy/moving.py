"""NumPy's functions that only move entries about, on arrays of a tape: none of their entries becomes a symbol.

Some are made of what arrays themselves do, such as `transpose`: their Python source is run on the array. The others
copy: they are done to the numbers of the elements. NumPy puts nothing but zeros between these, and 0 is the element of
the constant 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.tape.tape import ZERO
from verify.tracing.arrays.arrays import SymbolArray, active, built, elements_at, scalar
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.symbols.concolic import KINDS

_SHOWING = frozenset(
    {np.transpose, np.swapaxes, np.squeeze, np.reshape, np.ravel, np.moveaxis, np.rollaxis, np.expand_dims, np.flip}
    | {np.fliplr, np.flipud, np.rot90, np.atleast_1d, np.atleast_2d, np.atleast_3d}
)
_JOINING = frozenset({np.concatenate, np.stack, np.vstack, np.hstack, np.dstack, np.column_stack})
_COPYING = frozenset({np.repeat, np.tile, np.roll, np.take, np.take_along_axis, np.delete, np.pad, np.tril, np.triu})
NAMES = tuple(function.__name__ for function in (*_SHOWING, *_JOINING, *_COPYING))
_SAYING_WHERE = frozenset({"axis", "repeats", "reps", "shift", "indices", "obj", "pad_width", "k"})
_TO_JOIN, _TO_COPY = 2, 3  # arguments at most that say what is moved and where
assert ZERO == 0  # what NumPy puts between numbers is the constant 0


def moved(function: Any, args: Any, options: dict[str, Any]) -> Any:
    """Return what a function makes of arrays of a tape; None where that is not done here."""
    trace = active()
    if trace is None or not trace.on_tape or not args or not _SAYING_WHERE.issuperset(options):
        return None
    first, *others = args
    if any(map(_has_symbols, [*others, *options.values()])):
        return None
    if function in _SHOWING and isinstance(first, SymbolArray):
        return function.__wrapped__(first, *others, **options)
    arrays = first if function in _JOINING and type(first) in (list, tuple) else [first]
    if function not in _JOINING | _COPYING or not all(isinstance(array, SymbolArray) for array in arrays):
        return None
    if function is np.pad and len(args) + len(options) > 2:  # with a mode, which may compute
        return None
    if len(args) > (_TO_JOIN if function in _JOINING else _TO_COPY):  # a place for the result, which is of numbers
        return None
    numbers = [elements_at(array) for array in arrays]
    if any(array is None for array in numbers):
        return None
    made = np.asarray(function(numbers if function in _JOINING else numbers[0], *others, **options))
    return scalar(built(made, made.shape, claimed(arrays)))


def _has_symbols(value: Any) -> bool:
    """Tell whether there are symbols in a value, in lists and tuples at any depth."""
    if type(value) in (list, tuple):
        return any(map(_has_symbols, value))
    return isinstance(value, SymbolArray) or type(value) in KINDS
