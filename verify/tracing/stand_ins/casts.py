"""What stands in for `float` and NumPy's float types: a symbol that is made a float stays the symbol.

Python makes a plain number of whatever `__float__` returns, and NumPy's types do so as well. So code that writes
`self.x = float(x)` or yields `np.float64(loss)` is given a class that stands for the type wherever one does: in
`isinstance`, as a `dtype`, as a base. Only its call with a symbol is another.
"""

from __future__ import annotations

import types
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, boxed, scalar
from verify.tracing.symbols.concolic import KINDS


class _Cast(type):
    """The class of such stand-ins."""

    original: type

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        """Make a stand-in; a class that code derives from it is derived from the original."""
        if any(isinstance(base, _Cast) for base in bases):
            real = tuple(base.original if isinstance(base, _Cast) else base for base in bases)
            return types.new_class(name, real, options, lambda body: body.update(namespace))
        return super().__new__(cls, name, bases, namespace)

    def __call__(cls, *args: Any, **options: Any) -> Any:
        if len(args) == 1 and not options and (type(args[0]) in KINDS or isinstance(args[0], SymbolArray)):
            return _cast(cls.original, args[0])
        return cls.original(*args, **options)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, cls.original)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind.original if isinstance(kind, _Cast) else kind, cls.original)

    def __eq__(cls, other: object) -> bool:
        return other is cls or other is cls.original

    def __hash__(cls) -> int:
        return hash(cls.original)

    def __getattr__(cls, name: str) -> Any:
        return getattr(type.__getattribute__(cls, "original"), name)


def _cast(kind: type, value: Any) -> Any:
    """Return a symbol as a float of a type: NumPy's make arrays of arrays, Python's a number of one entry."""
    array = value if isinstance(value, SymbolArray) else boxed(value)
    if kind is float:
        float(np.ones(array.shape))  # which raises what Python does
        return array.item()
    return scalar(array.astype(kind))


def cast(kind: type) -> Any:
    """Return what stands in for a type of floats."""
    namespace = {"original": kind, "dtype": np.dtype(kind), "__module__": kind.__module__, "__doc__": kind.__doc__}
    return _Cast(kind.__name__, (), namespace)


CASTS: dict[type, Any] = {kind: cast(kind) for kind in (float, np.float64, np.float32, np.float16)}
