"""Functions with a memory of their own: variables of the function around them, defaults, and caches of results.

A layer may keep its residual in such a variable (`nonlocal slope`), in a dict that two of its functions share, or in
`functools.lru_cache`. `deepcopy` takes functions for constants, and a copy of the layer would share that memory with
it: whatever one of them had seen, the other would remember, and no check that compares two pasts would see a
difference. So functions that were made inside of another one are copied too, with all that they hold.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from copy import deepcopy
from types import BuiltinFunctionType, CellType, FunctionType, ModuleType
from typing import Any

_Cache = type(functools.lru_cache(deepcopy))
_PLAIN = (bool, int, float, str, type, ModuleType, FunctionType, BuiltinFunctionType)
_SHARED = "it holds a function with state of its own, which this version of Python cannot copy"


def remembers(value: Any) -> bool:
    """Tell whether a value is a function made inside of another one, or a cache of one, that may hold numbers."""
    if isinstance(value, _Cache):
        return isinstance(value.__wrapped__, FunctionType) and "<locals>" in value.__wrapped__.__qualname__
    return isinstance(value, FunctionType) and "<locals>" in value.__qualname__ and bool(memory(value))


def memory(value: Any) -> list[Any]:
    """Return what a function holds: its cells' contents, mutable defaults and attributes; of a cache, its function."""
    if isinstance(value, _Cache):
        return [value.__wrapped__]
    if not isinstance(value, FunctionType):
        return []
    cells = [cell.cell_contents for cell in value.__closure__ or () if not _is_empty(cell)]
    return [*cells, *(value.__defaults__ or ()), *(value.__kwdefaults__ or {}).values(), *vars(value).values()]


def _is_empty(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - that raises for a variable that has no value yet
    except ValueError:
        return True
    return False


def renew(functions: Sequence[Any], memo: dict[int, Any]) -> Callable[[], None]:
    """Make a new function for each, for `deepcopy` to find in its memo; returns what fills their memory afterwards.

    What they hold may be the very object that is being copied, so that it is copied after that. Raises TypeError where
    `deepcopy` does not look for functions in its memo.
    """
    made: list[tuple[FunctionType, FunctionType]] = []
    cells: dict[int, tuple[CellType, CellType]] = {}
    for old in functions:
        if isinstance(old, FunctionType):
            pairs = [cells.setdefault(id(cell), (cell, CellType())) for cell in old.__closure__ or ()]
            closure = tuple(new for _, new in pairs)
            new = FunctionType(old.__code__, old.__globals__, old.__name__, old.__defaults__, closure)
            new.__qualname__, memo[id(old)] = old.__qualname__, new
            made.append((old, new))
    for cache in functions:
        if isinstance(cache, _Cache):
            wrapped = memo.get(id(cache.__wrapped__), cache.__wrapped__)
            memo[id(cache)] = functools.lru_cache(**cache.cache_parameters())(wrapped)
    if made and not _follows_memo() and any(not isinstance(held, _PLAIN) for old, _ in made for held in memory(old)):
        raise TypeError(_SHARED)

    def fill() -> None:
        for old_cell, new_cell in cells.values():
            if not _is_empty(old_cell):
                new_cell.cell_contents = deepcopy(old_cell.cell_contents, memo)
        for old, new in made:
            new.__defaults__ = deepcopy(old.__defaults__, memo)
            new.__kwdefaults__ = deepcopy(old.__kwdefaults__, memo)
            vars(new).update(deepcopy(vars(old), memo))

    return fill


@functools.cache
def _follows_memo() -> bool:
    """Tell whether `deepcopy` looks for functions in its memo, which from Python 3.14 on it does not."""
    new = FunctionType(_follows_memo.__wrapped__.__code__, {})
    memo: dict[int, Any] = {id(remembers): new}
    copied = deepcopy([remembers], memo)
    return copied[0] is new
