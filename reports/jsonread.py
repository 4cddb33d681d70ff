"""A result from its JSON, which holds all of it: each field is read as what its class says that it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from reports.jsonfile import render
from verify.model.identity import CaseId, Place, Quantity, Shard
from verify.model.result import SCHEMA_VERSION, CaseResult, Reason, Rest, Run, Stale, Surrogate, Verdict

_TUPLES = (Place, CaseId, Quantity, Shard, Stale)  # that have named fields
_ENUMS: Mapping[type, Callable[[Any], Any]] = {
    Verdict: Verdict.__getitem__,
    Reason: Reason,
    Rest: Rest,
    Surrogate: Surrogate,
}


def read(text: str) -> Run:
    """Return the result that a report holds; raises ValueError for what `render` does not write as it stands there."""
    document = json.loads(text)
    try:
        if (version := document["schema_version"]) != SCHEMA_VERSION:
            raise ValueError(f"its format has version {version}, and {SCHEMA_VERSION} is read")
        run = Run(
            cases=_read(tuple[CaseResult, ...], document["cases"]),
            seed=document["seed"],
            version=document["tool"]["version"],
            complete=document["complete"],
            stale=_read(tuple[Stale, ...], document["stale"]),
            strict=document.get("strict", False),
            quick=document["quick"],
            shard=_read(Shard | None, document.get("shard")),
        )
        same = json.loads(render(run)) == document
    except (KeyError, TypeError, AttributeError, IndexError):
        same = False
    if not same:
        raise ValueError("gradproof did not write it: a field is missing or contradicts another")
    return run


def _read(kind: Any, value: Any) -> Any:
    """Return a part of a document as what the annotation of its field says that it is."""
    if isinstance(kind, UnionType):
        return None if value is None else _read(get_args(kind)[0], value)
    if get_origin(kind) is tuple:
        return _tuple(get_args(kind), value)
    if kind in _ENUMS:
        return _ENUMS[kind](value)
    if is_dataclass(kind) or kind in _TUPLES:
        return _object(kind, value)
    if type(value) is not kind:
        raise TypeError(f"{value!r} is not of the type {kind.__name__}")
    return value


def _tuple(kinds: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    """Return what was a list, or an object: pairs of a name and a value, or one tuple whose parts have names."""
    several = kinds[-1] is ...
    parts = (value.items() if several else value.values()) if isinstance(value, dict) else value
    if several:
        return tuple(_read(kinds[0], part) for part in parts)
    return tuple(_read(kind, part) for kind, part in zip(kinds, parts, strict=True))


def _object(kind: Any, value: Any) -> Any:
    """Return an object of its fields; what is written beside them follows from them, as `read` makes sure."""
    hints = _hints(kind)
    return kind(**{name: _read(hints[name], part) for name, part in value.items() if name in hints})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)
