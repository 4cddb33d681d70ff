"""Library functions that a case is made of, as in `pair(scipy.linalg.expm, ...)`: no module of the user's names them.

The functions that a protocol makes keep them in closures, users within `functools.partial`, in closures and defaults of
their own, or as a method of a distribution that was bound before its class got another.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from types import FunctionType, MethodType
from typing import Any

from verify.tracing.stand_ins.belongings import Place, is_looked_into, places
from verify.tracing.symbols.dispatch import STAND_INS

_LEADING = (FunctionType, MethodType, functools.partial)
_MOST = 200  # functions of a subject: others are found where a symbol finds no place


def callees(subject: Any) -> Iterator[Place]:
    """Yield the places in which a subject keeps what it calls; each function is looked into once."""
    todo, seen = [subject], set[int]()
    while todo and len(seen) < _MOST:
        function = todo.pop()
        if id(function) not in seen:
            seen.add(id(function))
            for place in places(function):
                yield place
                todo += [place.value] if isinstance(place.value, _LEADING) and is_looked_into(place.value) else []


def as_called(value: Any) -> Any:
    """Return what is called in place of a function on symbols; a bound method with what its class has by now."""
    if not isinstance(value, MethodType):
        return STAND_INS.get(id(value), value)
    now = getattr(value.__self__, value.__func__.__name__, value)
    is_replaced = isinstance(now, MethodType) and getattr(now.__func__, "__wrapped__", None) is value.__func__
    return now if is_replaced else value
