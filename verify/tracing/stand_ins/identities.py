"""What `id` gives user code during a check: numbers that no later object has, for what was asked for stays alive.

A cache with keys such as `id(self)` or `id(x)` finds what a dead object left wherever Python happens to put a new one
at the same address: in some runs and not in others, whatever the code. Here it never does, so that each run of a case
has the same verdict. That such code may be wrong outside is still told: it is GP127, and what is stale for a living
object is GP110.
"""

from __future__ import annotations

import builtins
import linecache
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType
from typing import Any

_NAME = re.compile(r"\bid\b")
_id = builtins.id
_alive: dict[int, Any] = {}


def identity(value: Any) -> int:
    """Return the identity of an object, which is kept alive until the check ends."""
    _alive[_id(value)] = value
    return _id(value)


@contextmanager
def unrepeated(modules: Iterable[ModuleType]) -> Iterator[None]:
    """Let `id` be `identity` in those of the user's modules that name it and have no `id` of their own."""
    named = (vars(module) for module in modules if _names_it(getattr(module, "__file__", None) or ""))
    places = [names for names in named if "id" not in names]
    for names in places:
        names["id"] = identity
    try:
        yield
    finally:
        _alive.clear()
        for names in places:
            if names.get("id") is identity:
                del names["id"]


@lru_cache(maxsize=1024)
def _names_it(file: str) -> bool:
    return bool(_NAME.search("".join(linecache.getlines(file))))
