"""Deep copies of the user's objects, also of those that hold a lock, a module or an open file."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from functools import partial
from types import BuiltinMethodType, MethodType, ModuleType
from typing import Any

import numpy as np

from verify.checks.contracts.closures import memory, remembers, renew
from verify.checks.contracts.holdings import slots_of

# None of these holds numbers that a layer computes with: a copy that shares them behaves as the original does.
_SHARED = (type(threading.Lock()), type(threading.RLock()), ModuleType, io.IOBase, random.SystemRandom)
_BOUND = (MethodType, BuiltinMethodType)
_MOST = 10_000  # objects that are looked through


def duplicate(value: Any) -> Any:
    """Return a deep copy, which shares locks, modules, files and the system's generator with the original.

    Raises what `deepcopy` raises.
    """
    if type(value) in (list, dict) and not value:
        return type(value)()
    if type(value) is list and all(map(_is_plain, value)) and len(set(map(id, value))) == len(value):
        return [held.copy("K") for held in value]  # as `deepcopy` copies each, which looks for a way to do it first
    inside = list(within(value))
    try:
        return _copied(value, inside, {})
    except (TypeError, NotImplementedError):  # as for a lock, and for whatever `pickle` does not know either
        return _copied(value, inside, {id(held): held for held in inside if isinstance(held, _SHARED)})


def _copied(value: Any, inside: Sequence[Any], memo: dict[int, Any]) -> Any:
    """Return a deep copy, which has functions with a memory of their own where the original has some."""
    fill = renew([held for held in inside if remembers(held)], memo)
    copy = deepcopy(value, memo)
    fill()
    return copy


def _is_plain(value: Any) -> bool:
    """Tell whether a value is an array of numbers, and of no class of the user's."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def within(value: Any) -> Iterator[Any]:
    """Yield all that is held in containers, attributes and slots of an object."""
    waiting, visited = [value], set[int]()
    while waiting and len(visited) < _MOST:
        held = waiting.pop()
        if id(held) in visited:
            continue
        visited.add(id(held))
        yield held
        if not isinstance(held, (type, *_SHARED)):
            waiting += _parts(held)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, np.ndarray):
        return []
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    if remembers(value):
        return memory(value)
    if isinstance(value, partial):
        return [value.func, *value.args, *value.keywords.values()]
    bound = [value.__self__] if isinstance(value, _BOUND) else []
    held = [getattr(value, name) for name in slots_of(value) if hasattr(value, name)]
    return [*bound, *held, *getattr(value, "__dict__", {}).values()]
