"""What `np.ndarray` is while a trace is running: it makes arrays that can hold symbols.

Where nothing is traced, code gets the class itself, so that the run on floats compares classes as code does elsewhere.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from verify.tracing import memory
from verify.tracing.arrays import SymbolArray
from verify.tracing.functions import unset


class ArrayType:
    """The class of arrays, as code has it that calls it, asks for it, derives from it or takes methods from it."""

    def __call__(self, shape: Any, dtype: Any = float, buffer: Any = None, *args: Any, **options: Any) -> Any:
        """Return an array that nobody has written to; of whole numbers it is one of zeros."""
        if isinstance(buffer, SymbolArray):
            memory.refuse("ndarray")
        if buffer is not None or args or options:
            return np.ndarray(shape, dtype, buffer, *args, **options)
        made = np.zeros(shape, dtype)
        return unset(made.shape, made.dtype) if made.dtype.kind == "f" else made

    def __instancecheck__(self, value: Any) -> bool:
        return isinstance(value, np.ndarray)

    def __subclasscheck__(self, kind: Any) -> bool:
        return issubclass(kind, np.ndarray)

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        return (np.ndarray,)

    def __getitem__(self, parameters: Any) -> Any:
        return np.ndarray[parameters]

    def __or__(self, other: Any) -> Any:
        return np.ndarray | other

    def __ror__(self, other: Any) -> Any:
        return other | np.ndarray

    def __eq__(self, other: object) -> bool:
        return other in (np.ndarray, SymbolArray) if isinstance(other, type) else other is self

    def __hash__(self) -> int:
        return hash(np.ndarray)

    def __getattr__(self, name: str) -> Any:
        """Return a method of arrays by its name, that of symbols where it is called with such an array."""
        original = getattr(np.ndarray, name)
        if callable(original) and not isinstance(original, type):
            return lambda array, *args, **options: (
                getattr(array, name)(*args, **options)
                if isinstance(array, SymbolArray)
                else original(array, *args, **options)
            )
        return getattr(SymbolArray, name)


OF_ARRAYS = ArrayType()
