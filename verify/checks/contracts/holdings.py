"""What a layer holds: its arrays and random generators with their paths, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

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
    if isinstance(holder, (list, tuple)):
        return list(enumerate(holder))
    if isinstance(holder, (ModuleType, type, FunctionType)):
        return []
    return list(getattr(holder, "__dict__", {}).items())


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
    parts = _parts(holder) if deep < DEEPEST else []
    return type(holder), [(key, outline(value, deep + 1)) for key, value in parts]
