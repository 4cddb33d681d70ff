"""What stands in for NumPy's functions that take lists for arrays, and answer lists of symbols with symbols."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.unfollowed import unfollowed
from verify.tracing.arrays.arrays import active
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.stand_ins.creating import as_array, converting, list_as_array


def of_lists(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function that takes lists for arrays: of symbols, NumPy makes arrays of objects."""
    convert = lists_as_arrays if original.__name__ in _OF_SEVERAL.split() else list_as_array

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        if _SEQUENCES.isdisjoint(map(type, (*args, *options.values()))) or active() is None:
            return original(*args, **options)
        return original(*map(convert, args), **{name: convert(value) for name, value in options.items()})

    return replacement


_SEQUENCES = frozenset({list, tuple})


def lists_as_arrays(value: Any) -> Any:
    """Return a list of lists with symbols as a list of arrays."""
    return type(value)(map(list_as_array, value)) if type(value) in (list, tuple) else value


class OfTruths:
    """What stands in for a ufunc that asks something of each entry: NumPy answers a list of symbols with symbols."""

    def __init__(self, original: Any) -> None:
        self._original = original

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Ask what the ufunc asks of arrays."""
        return self._original(*[as_array(v) if isinstance(v, list) else v for v in args], **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    def __eq__(self, other: object) -> bool:
        return other is self or other is self._original

    def __hash__(self) -> int:
        return hash(self._original)


class Joined:
    """What stands in for `np.r_` and `np.c_`."""

    def __init__(self, original: Any, *, column: bool) -> None:
        self._original = original
        self._column = column

    def __getitem__(self, key: Any) -> Any:
        values = key if isinstance(key, tuple) else (key,)
        if not is_symbolic(values):
            return self._original[key]
        if any(isinstance(value, (str, slice)) for value in values):
            raise unfollowed("numpy.r_", " with a slice or text in brackets")
        parts = [converting(np.asarray)(value) for value in values]
        return np.column_stack(parts) if self._column else np.concatenate([np.atleast_1d(part) for part in parts])


# The functions that take lists of arrays; those that call the user's code with their arguments, nest lists, or do else
# with lists than with arrays.
_OF_SEVERAL = "concatenate stack vstack hstack dstack column_stack select choose lexsort multi_dot histogramdd"
