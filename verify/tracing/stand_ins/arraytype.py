"""What `np.ndarray` is while a trace is running: it makes arrays that can hold symbols.

Where nothing is traced, code gets the class itself, so that the run on floats compares classes as code does elsewhere.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from verify.tracing.arrays import memory
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.numpy.creation import unset

# What makes and names a class; everything else that arrays have is looked up by the array that it is called with.
_OF_CLASSES = frozenset(dir(type)) | {"__new__", "__init_subclass__", "__class_getitem__"}


class _Kind(type):
    """The class of `ArrayType`: what code does with `np.ndarray` itself, and not with an array."""

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Make the stand-in; a class that code derives from it is derived from the real class."""
        if any(isinstance(base, _Kind) for base in bases):
            real = tuple(np.ndarray if isinstance(base, _Kind) else base for base in bases)
            return types.new_class(name, real, options, lambda body: body.update(namespace))
        return super().__new__(cls, name, bases, namespace)

    def __call__(cls, shape: Any, dtype: Any = float, buffer: Any = None, *args: Any, **options: Any) -> Any:
        """Return an array that nobody has written to; of whole numbers it is one of zeros."""
        if isinstance(buffer, SymbolArray):
            memory.refuse("ndarray")
        if buffer is not None or args or options:
            return np.ndarray(shape, dtype, buffer, *args, **options)
        made = np.zeros(shape, dtype)
        return unset(made.shape, made.dtype) if made.dtype.kind == "f" else made

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, np.ndarray) or (type(value) is ComplexArray and value.ndim > 0)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, np.ndarray)

    def __eq__(cls, other: object) -> bool:
        return other in (np.ndarray, SymbolArray) if not isinstance(other, _Kind) else other is cls

    def __hash__(cls) -> int:
        return hash(np.ndarray)

    def __getattribute__(cls, name: str) -> Any:
        """Return a method of arrays by its name, that of symbols where it is called with such an array."""
        if name in _OF_CLASSES or not hasattr(np.ndarray, name):
            return super().__getattribute__(name)
        original = getattr(np.ndarray, name)
        if callable(original) and not isinstance(original, type):
            return lambda array, *args, **options: (
                getattr(array, name)(*args, **options)
                if isinstance(array, SymbolArray)
                else original(array, *args, **options)
            )
        return getattr(SymbolArray, name)


class ArrayType(np.ndarray, metaclass=_Kind):
    """The class of arrays, as code has it that calls it, asks for it, derives from it or takes methods from it.

    It is a class, as NumPy, `match` and `functools.singledispatch` ask for one. No array is made of it but by `view`.
    """
