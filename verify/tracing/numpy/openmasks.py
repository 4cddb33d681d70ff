"""Masks that nobody reads: what comparisons give in a run that leaves their answers open (`symbols.unread`).

A mask is an array whose memory holds objects that refuse whatever they are asked, so that code which gets at it past
NumPy's protocols raises ReadError or TraceError, as it does with numbered arrays. What is allowed is listed here: its
shape, `np.where`, `&`, `|`, `^` and `~`, arithmetic with an array of symbols, where true is 1 and false is 0, and
`x[mask] = number`. It cannot be written to, so that a part of it is as good as a view.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.tracing.arrays.arrays import SymbolArray, built, current, of_symbols, scalar, shape_of, symbols
from verify.tracing.arrays.numbered import Refusing
from verify.tracing.numpy.elementwise import claimed, have_nodes
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.unread import Answer, Truth, refuse

_BOOL = np.dtype(bool)
_CONNECTING = {
    "bitwise_and": "and",
    "logical_and": "and",
    "bitwise_or": "or",
    "logical_or": "or",
    "bitwise_xor": "xor",
    "logical_xor": "xor",
}
_ARITHMETIC = ("add", "subtract", "multiply", "divide")
_ALLOWED = (
    "__class__ shape ndim size dtype claimed memory entries truths opens astype copy write chosen __array_ufunc__"
    " __array_function__ __array_finalize__ __array_priority__"
)
_ATTRIBUTES = frozenset(_ALLOWED.split())
# What Python calls without asking for an attribute.
_REFUSED = "setitem delitem iter bool int float index complex contains repr str format copy deepcopy reduce_ex"


class Mask(SymbolArray):
    """An array of answers that are open."""

    truths: Any  # in its shape, None for what is none of ours
    opens = True

    def __array_finalize__(self, other: Any) -> None:
        super().__array_finalize__(other)
        self.truths = None

    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name) if name in _ATTRIBUTES else refuse()

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        name = ufunc.__name__
        if method != "__call__" or options.keys() - {"out"} or any(isinstance(v, Mask) for v in options.get("out", ())):
            refuse()
        if name in ("invert", "logical_not") and not options:
            return mask([Answer(None, "not", (truth,)) for truth in _truths(*inputs)], shape_of(*inputs))
        if name in _CONNECTING and not options:
            return _connected(_CONNECTING[name], *inputs)
        if name not in _ARITHMETIC or not any(map(_is_symbolic, inputs)):
            refuse()
        numbers = [_as_numbers(value, claimed(inputs)) if isinstance(value, Mask) else value for value in inputs]
        return getattr(ufunc, method)(*numbers, **options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        return args[0].chosen(*args[1:]) if _chooses(function, args, options) else refuse()

    def __getitem__(self, key: Any) -> Any:
        parts = key if type(key) is tuple else (key,)
        if not all(type(part) in (int, slice, type(None), type(Ellipsis)) for part in parts):
            refuse()
        truths = self.truths[key]
        return mask(truths.ravel().tolist(), truths.shape) if isinstance(truths, np.ndarray) else refuse()

    def chosen(self, a: Any, b: Any) -> Any:
        """Return the entries of a where the answers are yes, and of b elsewhere."""
        shape = np.broadcast_shapes(self.shape, shape_of(a), shape_of(b))
        first, second = symbols(a, shape), symbols(b, shape)
        if not (have_nodes(first) and have_nodes(second)):
            refuse()
        nodes = current().chosen(_truths(self, shape), of_symbols(first), of_symbols(second))
        return scalar(built(nodes, shape, claimed((a, b))))

    def write(self, array: SymbolArray, value: Any) -> None:
        """Set the entries of an array where the answers are yes."""
        if shape_of(value) or array.shape != self.shape:
            refuse()
        array[...] = self.chosen(value, array)

    def astype(self, dtype: Any, *args: Any, **options: Any) -> Any:
        """Return floats: 1 where the answers are yes, 0 elsewhere."""
        wanted = np.dtype(dtype)
        return refuse() if args or options or wanted.kind != "f" else _as_numbers(self, wanted)

    def copy(self, order: Any = "C") -> Mask:
        """Return the mask: nobody writes to it."""
        return self


def _refusing(name: str) -> Callable[..., Any]:
    @functools.wraps(getattr(SymbolArray, name, refuse))
    def method(*_: Any, **__: Any) -> Any:
        refuse()

    return method


for _name in _REFUSED.split():
    setattr(Mask, f"__{_name}__", _refusing(f"__{_name}__"))


def mask(truths: Sequence[Truth], shape: Sequence[int]) -> Any:
    """Return a mask of some answers; one alone would be a number."""
    if not shape:
        refuse()
    places = np.empty(len(truths), object)
    places[...] = np.fromiter([Refusing()], object, 1)
    places.setflags(write=False)
    made = places.reshape(shape).view(Mask)
    made.claimed, made.truths = _BOOL, np.fromiter(truths, object, len(truths)).reshape(shape)
    return made


def _truths(value: Any, shape: Sequence[int] | None = None) -> Any:
    """Return the answers of a mask, or of an array of truth values, in order, broadcast to a shape."""
    if isinstance(value, Mask):
        listed = refuse() if value.truths is None else value.truths
    elif type(value) in (bool, np.bool_) or (type(value) is np.ndarray and value.dtype == _BOOL):
        listed = np.asarray(value).astype(object)
    else:
        refuse()
    return np.broadcast_to(listed, listed.shape if shape is None else tuple(shape)).ravel().tolist()


def _connected(word: str, a: Any, b: Any) -> Any:
    shape = np.broadcast_shapes(shape_of(a), shape_of(b))
    return mask([Answer(None, word, pair) for pair in zip(_truths(a, shape), _truths(b, shape), strict=True)], shape)


def _is_symbolic(value: Any) -> bool:
    return type(value) in (SymbolArray, Concolic)


def _as_numbers(answers: Mask, dtype: Any) -> Any:
    """Return an array of symbols that are 1 where the answers are yes, and 0 elsewhere."""
    trace, count = current(), answers.size
    ones, zeros = [trace.whole(1)] * count, [trace.whole(0)] * count
    return built(trace.chosen(_truths(answers), ones, zeros), answers.shape, dtype)


def _chooses(function: Any, args: Sequence[Any], options: dict[str, Any]) -> bool:
    """Tell whether a call is `np.where(mask, a, b)`, without a mask among what is chosen."""
    choosing = function is np.where and len(args) == 3 and not options and isinstance(args[0], Mask)
    return choosing and not any(isinstance(value, Mask) for value in args[1:])
