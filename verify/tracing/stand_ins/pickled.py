"""Symbols in pickles: `pickle.loads(pickle.dumps(layer))` copies a layer.

Where there are symbols, `pickle.dumps` of user code gives no bytes, for code could branch on those, but what refuses
everything and nobody reads but `pickle.loads`. Inside, a symbol is the number of its node: nothing but the same run, in
the same process, makes a symbol of it again, since a graph in another process has other nodes by these numbers.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.model.errors import ForeignSymbolError
from verify.model.where import asked_at
from verify.tracing.arrays import memory
from verify.tracing.arrays.arrays import SymbolArray, current, gathered, lift, scalar, symbols
from verify.tracing.arrays.numbered import Refusing
from verify.tracing.symbols.concolic import KINDS, NO_NODES, Concolic

_reduced: list[Any] | None = None  # the symbols of the pickle that is being made


class _Pickle(Refusing):
    """What `pickle.dumps` gives where there are symbols."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


@contextmanager
def _reducing() -> Iterator[list[Any]]:
    """Let symbols be pickled; yields those that are."""
    global _reduced
    before, _reduced = _reduced, []
    try:
        yield _reduced
    finally:
        _reduced = before


def dumping(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `pickle.dumps`."""

    @functools.wraps(original)
    def dumps(*args: Any, **options: Any) -> Any:
        with _reducing() as reduced:
            content = original(*args, **options)
        return _Pickle(content) if reduced else content

    return dumps


def loading(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `pickle.loads`."""

    @functools.wraps(original)
    def loads(data: Any, **options: Any) -> Any:
        return original(data.content if type(data) is _Pickle else data, **options)

    return loads


def _reduce(value: Any, protocol: Any = None) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return what makes a symbol or an array again, and its arguments."""
    if _reduced is None:
        memory.refuse("reduce_ex")
    _reduced.append(value)
    entries = [symbol.number() if type(symbol) in NO_NODES else symbol.node for symbol in symbols(value)]
    kind = value.claimed.str if isinstance(value, SymbolArray) else ""
    return _restored, (os.getpid(), current().serial, np.shape(value), tuple(entries), kind)


def _restored(process: int, serial: int, shape: tuple[int, ...], entries: tuple[Any, ...], kind: str) -> Any:
    """Return the symbols of a pickle; raises ForeignSymbolError for those of another run."""
    trace = current()
    if (process, serial) != (os.getpid(), trace.serial):
        raise ForeignSymbolError("the code uses a symbol kept from another run (in a pickle)", asked_at())
    made = [Concolic(trace, entry) if isinstance(entry, int) else lift(entry) for entry in entries]
    return gathered(made, shape, kind) if kind else scalar(gathered(made, shape))


for _kind in (SymbolArray, *KINDS):
    setattr(_kind, "__reduce_ex__", _reduce)  # noqa: B010 - no method to the type checker
