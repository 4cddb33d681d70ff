"""Arrays of symbols: an `ndarray` on which user code runs unchanged.

The entries are `Concolic` symbols in an array of objects, so that NumPy itself does what moves entries about (views,
slices, masks, transposes, strides), and loudly fails where it would have to know a number. What computes comes here by
NumPy's protocols, `__array_ufunc__` (`ufuncs`) and `__array_function__` (`functions`). The array says of itself that
its entries are floats, because code asks.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import numpy as np

from verify.concolic import Concolic
from verify.errors import TraceError
from verify.exact import simplest_rational
from verify.symbolic import node_of
from verify.where import asked_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from verify.tracing import Trace

_running: ContextVar[Trace | None] = ContextVar("trace", default=None)
_DOUBLE = np.dtype(np.float64)
_asarray = np.asarray  # the original, whatever patches are in force
_empty = np.empty
_OBJECT = np.dtype(object)


@contextmanager
def running(trace: Trace) -> Iterator[None]:
    """Make a trace the one that arrays are built on."""
    token = _running.set(trace)
    try:
        yield
    finally:
        _running.reset(token)


def active() -> Trace | None:
    """Return the trace that arrays are built on, if any."""
    return _running.get()


def current() -> Trace:
    """Return the trace that arrays are built on; raises TraceError where a run is over."""
    if (trace := _running.get()) is None:
        raise TraceError(f"a symbol that was kept from another run, at {asked_at()}")
    return trace


class SymbolArray(np.ndarray):  # type: ignore[type-arg]
    """An array of Concolic symbols."""

    __array_priority__ = 1000
    claimed: np.dtype[Any]

    def __array_finalize__(self, other: Any) -> None:
        self.claimed = getattr(other, "claimed", _DOUBLE)

    @property
    def dtype(self) -> Any:
        """Return the type that the code gave the array: a float's."""
        return self.claimed

    @dtype.setter
    def dtype(self, value: Any) -> None:
        raise TraceError(f"the bytes of an array of symbols were looked at, at {asked_at()}")

    @property
    def itemsize(self) -> int:
        """Return the bytes that an entry takes, as its strides have it."""
        return _OBJECT.itemsize

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from verify.ufuncs import apply

        return apply(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from verify.functions import call

        return call(function, args, options)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(plain_key(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        lifted = objects(value)
        objects(self)[plain_key(key)] = lifted if lifted.ndim else lifted[()]  # a box would be stored as it is

    def __bool__(self) -> bool:
        return bool(objects(self))

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __reduce__(self) -> Any:
        raise TraceError(f"an array of symbols was stored, at {asked_at()}")

    def __deepcopy__(self, memo: Any) -> SymbolArray:
        return self.copy()

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return a copy of another type; whole numbers and truth values have to be decided first."""
        wanted = np.dtype(dtype)
        if wanted.kind == "O":
            return objects(self).copy()
        if wanted.kind in "biu":
            decide = bool if wanted.kind == "b" else int
            found = np.fromiter((decide(symbol) for symbol in objects(self).ravel().tolist()), wanted, self.size)
            return found.reshape(self.shape)
        if wanted.kind != "f":
            raise TraceError(f"an array of symbols was turned into {wanted}, at {asked_at()}")
        copied = self.copy()
        copied.claimed = wanted
        return copied

    def view(self, *args: Any, **options: Any) -> Any:
        """Return a view as another class; as another type it would show bytes that are not there."""
        if args and isinstance(args[0], type) and issubclass(args[0], np.ndarray):
            return super().view(*args, **options)
        if not args and not options:
            return super().view()
        raise TraceError(f"the bytes of an array of symbols were looked at, at {asked_at()}")

    def fill(self, value: Any) -> None:
        """Set every entry."""
        self[...] = value


def _delegating(name: str) -> Callable[..., Any]:
    """Return a method that does what NumPy's function of the same name does."""

    def method(self: SymbolArray, *args: Any, **options: Any) -> Any:
        from verify.functions import call

        return call(getattr(np, name), (self, *args), options)

    method.__doc__ = f"Do what numpy.{name} does."
    return method


def _refusing(name: str) -> Callable[..., Any]:
    def method(self: SymbolArray, *args: Any, **options: Any) -> Any:
        raise TraceError(f"the bytes of an array of symbols were looked at ({name}), at {asked_at()}")

    method.__doc__ = "Refuse."
    return method


for _name in ("mean", "var", "std", "dot", "clip", "round", "cumsum", "cumprod", "sum", "prod", "max", "min"):
    setattr(SymbolArray, _name, _delegating(_name))
for _name in ("tobytes", "tofile", "dump", "dumps", "byteswap", "getfield", "setfield"):
    setattr(SymbolArray, _name, _refusing(_name))


def plain_key(key: Any) -> Any:
    """Return an index without symbols: those that are constants are numbers."""
    if isinstance(key, tuple):
        return tuple(map(plain_key, key))
    if isinstance(key, Concolic):
        return key.__index__()
    return key.astype(int) if isinstance(key, SymbolArray) else key


def objects(value: Any) -> np.ndarray[Any, Any]:
    """Return a value as a plain array of objects whose entries are all symbols; a symbol is an array without axes.

    An array of symbols is not copied.
    """
    if isinstance(value, SymbolArray):
        return _lifted_in_place(value.view(np.ndarray))
    if isinstance(value, Concolic):
        box = _empty((), object)
        box[()] = value
        return box
    array = _asarray(value)
    if array.dtype == _OBJECT:
        return _lifted(array, array.ravel().tolist())
    if array.dtype.kind not in "biuf":
        raise TraceError(f"an array of {array.dtype} among symbols, at {asked_at()}")
    return _lifted(array, _numbers(array))


def _numbers(array: np.ndarray[Any, Any]) -> list[Any]:
    """Return the numbers of an array; those of a short float type are read as what rounds to them in that type."""
    if array.dtype.kind != "f" or array.dtype.itemsize >= _DOUBLE.itemsize:
        return list(array.ravel().tolist())
    ulps = 2.0 ** (np.finfo(_DOUBLE).nmant - np.finfo(array.dtype).nmant - 1)
    return [
        float(simplest_rational(number, ulps)) if math.isfinite(number) else number for number in array.ravel().tolist()
    ]


def _lifted(array: np.ndarray[Any, Any], values: list[Any]) -> np.ndarray[Any, Any]:
    if array.dtype == _OBJECT:
        symbols = [lift(value) for value in values]
    else:
        known = {value: lift(value) for value in set(values)}
        symbols = [known[value] for value in values]
    return np.fromiter(symbols, object, len(values)).reshape(array.shape)


def _lifted_in_place(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Turn what NumPy has put between the symbols (`x.flat = 0`) into symbols."""
    for index, value in enumerate(array.ravel().tolist()):
        if type(value) is not Concolic:
            array[np.unravel_index(index, array.shape)] = lift(value)
    return array


def lift(value: Any) -> Concolic:
    """Return a number or symbol as a symbol; raises TraceError for anything else."""
    if type(value) is Concolic:
        return value
    trace = current()
    if isinstance(value, np.generic):
        value = value.item()
    node = node_of(trace, value)
    if node is None:
        raise TraceError(f"a {type(value).__name__} among symbols, at {asked_at()}")
    return Concolic(trace, node)


def nodes(value: Any, shape: Sequence[int] | None = None) -> list[int]:
    """Return the nodes of a value's entries in order, broadcast to a shape."""
    array = objects(value)
    if shape is not None and array.shape != tuple(shape):
        array = np.broadcast_to(array, tuple(shape))
    trace = current()
    found = array.ravel().tolist()
    if any(symbol.graph is not trace for symbol in found):
        raise TraceError(f"a symbol that was kept from another run, at {asked_at()}")
    return [symbol.node for symbol in found]


def built(found: Iterable[int], shape: Sequence[int], claimed: Any = _DOUBLE) -> SymbolArray:
    """Return the array of some nodes."""
    trace = current()
    symbols = [Concolic(trace, node) for node in found]
    array = np.fromiter(symbols, object, len(symbols)).reshape(shape).view(SymbolArray)
    array.claimed = claimed
    return array


def wrapped(result: Any) -> Any:
    """Return what NumPy made of arrays of objects as arrays of symbols, without copying."""
    if isinstance(result, (tuple, list)):
        return type(result)(map(wrapped, result)) if type(result) in (tuple, list) else result
    if isinstance(result, np.ndarray) and not isinstance(result, SymbolArray) and result.dtype == _OBJECT:
        return _lifted_in_place(result).view(SymbolArray)
    return result


def boxed(value: Concolic) -> SymbolArray:
    """Return a symbol as an array without axes."""
    return objects(value).view(SymbolArray)


def scalar(array: Any) -> Any:
    """Return the one entry of an array without axes, and any other array as it is, as NumPy does."""
    return array[()] if isinstance(array, np.ndarray) and array.shape == () else array


def _array_of_one(self: Concolic, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    from verify.ufuncs import apply

    return apply(ufunc, method, inputs, options)


def _function_of_one(self: Concolic, function: Any, types: Any, args: Any, options: Any) -> Any:
    from verify.functions import call

    return call(function, args, options)


def _attribute(self: Concolic, name: str) -> Any:
    """Look up what a symbol does not have itself on its array: shape, dtype, sum, reshape, ..."""
    if name.startswith("__"):
        raise AttributeError(name)
    return getattr(boxed(self), name)


Concolic.__array_ufunc__ = _array_of_one
Concolic.__array_function__ = _function_of_one  # type: ignore[attr-defined]
Concolic.__getattr__ = _attribute  # type: ignore[attr-defined]
Concolic.__getitem__ = lambda self, key: boxed(self)[key]  # type: ignore[attr-defined]
Concolic.__iter__ = None  # type: ignore[attr-defined]
