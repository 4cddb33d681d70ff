"""Deep copies of the user's objects, also of those that hold a lock, a module or an open file."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator, Mapping
from copy import deepcopy
from types import ModuleType
from typing import Any

import numpy as np

# None of these holds numbers that a layer computes with: a copy that shares them behaves as the original does.
_SHARED = (type(threading.Lock()), type(threading.RLock()), ModuleType, io.IOBase, random.SystemRandom)
_MOST = 10_000  # objects that are looked through


def duplicate(value: Any) -> Any:
    """Return a deep copy, which shares locks, modules, files and the system's generator with the original.

    Raises what `deepcopy` raises.
    """
    if type(value) in (list, dict) and not value:
        return type(value)()
    if type(value) is list and all(map(_is_plain, value)) and len(set(map(id, value))) == len(value):
        return [held.copy("K") for held in value]  # as `deepcopy` copies each, which looks for a way to do it first
    try:
        return deepcopy(value)
    except (TypeError, NotImplementedError):  # as for a lock, and for whatever `pickle` does not know either
        return deepcopy(value, {id(held): held for held in _within(value) if isinstance(held, _SHARED)})


def _is_plain(value: Any) -> bool:
    """Tell whether a value is an array of numbers, and of no class of the user's."""
    return type(value) is np.ndarray and value.dtype.kind in "biufc"


def _within(value: Any) -> Iterator[Any]:
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
    if isinstance(value, Mapping):
        return [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    bound = [value.__self__] if hasattr(value, "__self__") else []
    slots = [name for kind in type(value).__mro__ for name in _names(vars(kind).get("__slots__", ()))]
    held = [getattr(value, name) for name in slots if hasattr(value, name)]
    return [*bound, *held, *getattr(value, "__dict__", {}).values()]


def _names(slots: Any) -> list[str]:
    return [slots] if isinstance(slots, str) else list(slots)
