"""What the checks ask of arrays: are they the same, are they grossly different, do they share memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# Both sides come from the same operations on the same numbers, so that they agree in nearly all bits; only where memory
# lies may choose another order of summation. What differs by more than a millionth of the largest entry, where double
# precision has 16 digits, is no rounding.
_GROSS = 1e-6


def flat(value: Any) -> list[Any]:
    """Return all arrays and numbers in a value as arrays, also those in lists, tuples and dicts."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in flat(item)]
    if isinstance(value, (np.ndarray, np.generic, int, float)):
        array = np.asarray(value)
        return [array] if array.dtype.kind in "biuf" else []
    return []


def arrays(value: Any) -> list[Any]:
    """Return the arrays in a value that somebody could write to; what is in a dict is for sharing, like a state."""
    return _arrays(value) if isinstance(value, (np.ndarray, list, tuple)) else []


def copied(value: Any) -> list[Any]:
    """Return copies of all arrays in a value, to be compared later on."""
    return [array.copy() for array in flat(value)]


def same(value: Any, before: list[Any]) -> bool:
    """Tell whether the arrays in a value are still what they were, bit for bit but for the kind of NaN."""
    now = flat(value)
    return len(now) == len(before) and all(
        _are_same_bits(a, b) or (a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))
        for a, b in zip(now, before, strict=True)
    )


def _are_same_bits(a: Any, b: Any) -> bool:
    """Tell whether two arrays are alike bit for bit, as nearly all are that are compared: then no more is asked."""
    return bool(a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes())


def apart(value: Any, other: Any) -> bool:
    """Tell whether two values are grossly different: no rounding explains that."""
    left, right = flat(value), flat(other)
    return len(left) != len(right) or any(_apart(a, b) for a, b in zip(left, right, strict=True))


def _apart(a: Any, b: Any) -> bool:
    if _are_same_bits(a, b):
        return False
    if a.shape != b.shape:
        return True
    a, b = a.astype(float), b.astype(float)
    finite = np.isfinite(a) & np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return True
    scale = max(np.abs(a[finite]).max(initial=0), np.abs(b[finite]).max(initial=0))
    return bool(np.abs(a[finite] - b[finite]).max(initial=0) > _GROSS * scale)


def share(value: Any, other: Any) -> bool:
    """Tell whether arrays of two values have memory in common; what cannot be found out cheaply counts as no."""
    return any(_share(a, b) for a in _arrays(value) for b in _arrays(other))


def has_memory(value: Any) -> bool:
    """Tell whether a value has entries that may lie in the memory of another one: numbers have none."""
    return bool(_arrays(value))


def _arrays(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        return [array for item in value for array in _arrays(item)]
    return [value] if isinstance(value, np.ndarray) and value.size else []


def _share(a: Any, b: Any) -> bool:
    try:
        return bool(np.shares_memory(a, b, max_work=1000))  # type: ignore[arg-type]  # the stubs know -1 and 0 only
    except np.exceptions.TooHardError:
        return False


def overwrite(value: Any, other: Any) -> bool:
    """Write other numbers into the arrays of a value, as its owner may; tell whether that was possible at all."""
    done = False
    for array, numbers in zip(_arrays(value), _arrays(other), strict=False):
        if array.flags.writeable and array.shape == numbers.shape:
            array[...] = numbers
            done = True
    return done
