"""What a layer holds: its arrays and random generators with their paths, and how it was made."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.checks.contracts.closures import memory, remembers
from verify.tracing.seeds import is_generator

DEEPEST = 4  # attributes of attributes that are looked at
_MOST = 10_000  # objects that are looked through for arrays that lie deeper
Path = tuple[Any, ...]


def held_by(layer: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the arrays and random generators that a layer holds, in attributes, lists and dicts, with their paths."""
    if _is_held(layer):
        yield path, layer
    elif len(path) < DEEPEST:
        for key, value in _parts(layer):
            yield from held_by(value, (*path, key))


def holds_deeper(layer: Any) -> bool:
    """Tell whether a layer holds arrays or random generators, or may do so, that `held_by` does not get to."""
    level, visited, depth = {id(layer): layer}, {id(layer)}, 0
    while level:
        if depth > DEEPEST and (len(visited) > _MOST or any(map(_is_held, level.values()))):
            return True
        inner = [part for holder in level.values() if not _is_held(holder) for _, part in _parts(holder)]
        level = {id(part): part for part in inner if id(part) not in visited}
        visited |= level.keys()
        depth += 1
    return False


def _is_held(value: Any) -> bool:
    return isinstance(value, np.ndarray) or is_generator(value)


def _parts(holder: Any) -> list[tuple[Any, Any]]:
    if isinstance(holder, Mapping):
        return list(holder.items())
    if isinstance(holder, (list, tuple, deque)):
        return list(enumerate(holder))
    if isinstance(holder, (ModuleType, type, FunctionType)):
        return []
    return [*_in_slots(holder), *getattr(holder, "__dict__", {}).items()]


def _in_slots(holder: Any) -> list[tuple[str, Any]]:
    """Return what a holder keeps in slots, which stand in no `__dict__`: those of its class and of the bases of it."""
    return [(name, getattr(holder, name)) for name in slots_of(holder) if hasattr(holder, name)]


def slots_of(holder: Any) -> list[str]:
    """Return the names of the slots of a holder."""
    kind: Any = type(holder)  # which is hashable
    return _slots(kind)


@cache
def _slots(kind: Any) -> list[str]:
    """Return the names of the slots of a class, and of its bases, under which their instances have them."""
    declared = [(base, name) for base in kind.__mro__ for name in _listed(vars(base).get("__slots__", ()))]
    names = [_mangled(base, name) for base, name in declared if name not in ("__dict__", "__weakref__")]
    return list(dict.fromkeys(names))


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names)


def _mangled(kind: type, name: str) -> str:
    """Return the name of an attribute as Python writes it where a class has it for itself alone: `__x`."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{kind.__name__.lstrip('_')}{name}" if private else name


def at(layer: Any, path: Path) -> Any:
    """Return what a layer holds at a path, None where there is nothing."""
    for key in path:
        layer = dict(_parts(layer)).get(key)
    return layer


def outline(holder: Any, deep: int = 0) -> Any:
    """Return how a layer was made, but for the numbers in its arrays: its plain values, and the shapes."""
    if isinstance(holder, np.ndarray):
        return holder.shape
    if holder is None or isinstance(holder, (bool, int, float, str)):
        return holder
    inside = enumerate(memory(holder)) if remembers(holder) else _parts(holder)
    parts = list(inside) if deep < DEEPEST else []
    return type(holder), [(key, outline(value, deep + 1)) for key, value in parts]
