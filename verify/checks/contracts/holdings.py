"""What a layer holds: its arrays and random generators with their paths, and how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.tracing.seeds import is_generator

_DEEPEST = 4  # attributes of attributes that are looked at
Path = tuple[Any, ...]


def held_by(layer: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the arrays and random generators that a layer holds, in attributes, lists and dicts, with their paths."""
    if isinstance(layer, np.ndarray) or is_generator(layer):
        yield path, layer
    elif len(path) < _DEEPEST:
        for key, value in _parts(layer):
            yield from held_by(value, (*path, key))


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
    parts = _parts(holder) if deep < _DEEPEST else []
    return type(holder), [(key, outline(value, deep + 1)) for key, value in parts]
