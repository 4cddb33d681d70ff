"""Arrays of whole numbers and truth values whose floats can hold symbols: `(x > 0).astype(float)`, `1.0 * mask`.

NumPy makes such floats by itself, of arrays that know nothing of symbols, and code may write symbols into them. So
user code is given the arrays as a class that looks at each result: floats become arrays of symbols, which are constants
of the same numbers. Whole numbers and truth values stay what they are, in the memory that they have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import active
from verify.tracing.numpy.creation import filled
from verify.tracing.stand_ins.belongings import substituted

_FLOATS = np.dtype(np.float64).itemsize  # bytes: longer floats are none of ours
_LEFT = ("view", "getfield", "setfield", "tobytes", "tofile", "dump", "dumps", "setflags", "resize", "item", "tolist")


class Counted(np.ndarray[Any, Any]):
    """An array of whole numbers or truth values, of which no float is made that cannot hold symbols."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        return _answer(getattr(ufunc, method), inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return _answer(function, args, options)


def _answer(function: Callable[..., Any], args: Any, options: dict[str, Any]) -> Any:
    """Return what a function gives of plain arrays; where symbols are among them, they answer."""
    return holding(function(*map(plain, args), **{name: plain(value) for name, value in options.items()}))


def plain(value: Any) -> Any:
    """Return arrays of this class, in lists and tuples too, as NumPy's own, on the same memory."""
    if type(value) is Counted:
        return value.view(np.ndarray)
    return [plain(item) for item in value] if type(value) is list else substituted(value, _plain)


def _plain(value: Any) -> Any:
    return value.view(np.ndarray) if type(value) is Counted else value


def holding(value: Any) -> Any:
    """Return a result whose arrays can hold symbols, in lists and tuples too, while a trace is running."""
    if active() is None:
        return value
    if type(value) is list:
        return [substituted(item, _holding) for item in value]
    return substituted(value, _holding)


def _holding(value: Any) -> Any:
    if type(value) is not np.ndarray:
        return value
    if value.dtype.kind == "f" and value.dtype.itemsize <= _FLOATS:
        return filled(value.shape, value, value.dtype)
    return value.view(Counted) if value.dtype.kind in "biu" else value


def _looking(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return _answer(getattr(self.view(np.ndarray), name), args, options)

    method.__doc__ = f"Do what numpy.ndarray.{name} does."
    return method


for _name in dir(np.ndarray):
    if not _name.startswith("_") and _name not in _LEFT and callable(getattr(np.ndarray, _name)):
        setattr(Counted, _name, _looking(_name))
