"""What stands in for NumPy's functions that make arrays: buffers that can hold symbols, symbols that stay symbols."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, active, objects, wrapped
from verify.tracing.arrays.complexes import ComplexArray, is_complex
from verify.tracing.numpy.complex_functions import complex_buffer, joined
from verify.tracing.numpy.creation import filled, unset
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.outside.outside import Replace, is_symbolic
from verify.tracing.symbols.concolic import Concolic


def creating(make: Callable[..., Any]) -> Replace:
    """Return what replaces a function that makes a buffer: one that can hold symbols, if it is of floats."""

    def replace(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replacement(*args: Any, **options: Any) -> Any:
            made = original(*args, **options)
            if active() is None or isinstance(made, (SymbolArray, ComplexArray)) or made.dtype.kind not in "fOc":
                return made
            if made.dtype.kind == "c":
                return _as_complex(make, made)
            return make(made) if made.dtype.kind == "f" or _holds_untyped_symbols(args, options) else made

        return replacement

    return replace


def _as_complex(make: Callable[..., Any], made: Any) -> ComplexArray:
    """Return a complex buffer as one that can hold symbols."""
    return ComplexArray(make(made.real), make(made.imag))


def _holds_untyped_symbols(args: Any, options: Any) -> bool:
    """Tell whether an array of objects holds symbols for which no type was asked: np.full(3, symbol)."""
    return "dtype" not in options and any(map(is_symbolic, args))


def converting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.array` and the like: symbols stay symbols, and what need not be copied is not."""

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        value, *rest = args or (options.pop("object", options.pop("a", None)),)
        if active() is None or not is_symbolic(value):
            made = original(value, *rest, **options)
            return as_symbols(made) if active() is not None and _is_new(made, value) else made
        dtype = rest.pop(0) if rest else options.pop("dtype", None)
        if is_complex(value):
            return _complex_array(value, dtype, copied=original is np.array and options.get("copy", True))
        if dtype is not None and np.dtype(dtype).kind == "O":
            return original(value, dtype, *rest, **options)
        claims = claimed([value])
        made = wrapped(original(unboxed(value), object, *rest, **{**options, **_NO_SUBCLASS.get(original, {})}), claims)
        return made if dtype is None or made.dtype == np.dtype(dtype) else made.astype(dtype)

    return replacement


def _complex_array(value: Any, dtype: Any, *, copied: bool) -> Any:
    """Return a complex value as an array, a copy if it is to be one."""
    made = value if type(value) is ComplexArray else joined(value)
    if dtype is not None and made.dtype != np.dtype(dtype):
        return made.astype(dtype)
    return made.copy() if copied and made is value else made


_NO_SUBCLASS: dict[Any, dict[str, Any]] = {np.array: {"subok": False}}


def _is_new(made: Any, value: Any) -> bool:
    """Tell whether an array was made of a list of floats: symbols may be written to it."""
    return isinstance(value, (list, tuple)) and made.dtype.kind == "f"


def unboxed(value: Any) -> Any:
    """Return symbols and arrays of them as objects, within lists too."""
    if isinstance(value, (list, tuple)):
        return [unboxed(item) for item in value]
    return objects(value)[()] if isinstance(value, (SymbolArray, Concolic)) else value


def requiring(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.require`: an array that has what is required is not copied."""

    @functools.wraps(original)
    def replacement(a: Any, dtype: Any = None, requirements: Any = None, **options: Any) -> Any:
        if active() is None or not is_symbolic(a):
            return original(a, dtype, requirements, **options)
        a = list_as_array(a)
        made = wrapped(original(objects(a), None, requirements), claimed([a]))
        return made if dtype is None else made.astype(dtype, copy=False)

    return replacement


def as_symbols(made: Any) -> Any:
    """Return a buffer of floats as one of symbols."""
    return filled(made.shape, made, made.dtype if made.dtype.kind == "f" else None)


def filling(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.full`."""
    plain = creating(as_symbols)(original)

    @functools.wraps(original)
    def replacement(shape: Any, fill_value: Any, dtype: Any = None, *args: Any, **options: Any) -> Any:
        if active() is None or not is_symbolic(fill_value):
            return plain(shape, fill_value, dtype, *args, **options)
        if is_complex(fill_value) or (dtype is not None and np.dtype(dtype).kind == "c"):
            return complex_buffer(shape, fill_value.dtype if dtype is None else dtype, fill_value)
        return filled(shape, fill_value, dtype)

    return replacement


def counting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.arange`: how many numbers there are before the end is a branch."""

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        if not any(map(is_symbolic, (*args, *options.values()))):
            return original(*args, **options)
        options.pop("like", None)  # of another kind of array, as symbols are: their type says nothing of the numbers
        if not any(map(is_symbolic, (*args, *options.values()))):
            return original(*args, **options)
        *ends, dtype = _ends(*args, **options)
        start, stop, step = ends
        steps = original(max(0, -int(np.floor((start - stop) / step))))
        made = start + steps * step
        return made if dtype is None else made.astype(dtype)

    return replacement


def of_iterators(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.fromiter`: what the iterator yields may be symbols."""

    @functools.wraps(original)
    def replacement(iter: Any, dtype: Any, count: int = -1, **options: Any) -> Any:  # noqa: A002 - as NumPy has it
        if active() is None:
            return original(iter, dtype, count, **options)
        values = list(iter if count < 0 else islice(iter, count))
        return as_array(values, dtype) if is_symbolic(values) else creating(as_symbols)(original)(values, dtype, count)

    return replacement


def _ends(start: Any = 0, stop: Any = None, step: Any = 1, dtype: Any = None, **_: Any) -> tuple[Any, Any, Any, Any]:
    """Return the arguments of `np.arange`, whose first one alone is the end."""
    return (0, start, step, dtype) if stop is None else (start, stop, step, dtype)


def list_as_array(value: Any) -> Any:
    """Return a list with symbols as an array of symbols, anything else as it is."""
    return as_array(value) if isinstance(value, (list, tuple)) and is_symbolic(value) else value


def as_unset(made: Any) -> Any:
    """Return a buffer as one of symbols that nobody has set."""
    return unset(made.shape, made.dtype)


as_array = converting(np.array)
