"""The layers that a subject calls itself, noticed while it runs: as they were before the first call, and every call.

With that, a layer can be called again as its users will: a second backward, another batch, another mode.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from verify.subjects.protocols import Functions
from verify.tracing.seeds import is_generator
from verify.where import is_users, relative

_DEEPEST = 4  # attributes of attributes that are looked at
Path = tuple[Any, ...]


@dataclass(slots=True)
class Call:
    """A call of a method: its arguments but for the layer, copied before the call, and `live`, all that came."""

    name: str
    parameters: tuple[str, ...]
    arguments: list[Any]
    options: dict[str, Any]
    live: list[Any]
    place: str
    title: str

    def parameter(self, place: int) -> str:
        """Return the name of an argument."""
        return self.parameters[place] if place < len(self.parameters) else f"argument {place + 1}"


@dataclass(slots=True)
class Unit:
    """A layer: a copy of it as it was before its first call, itself, and its calls forward and backward."""

    fresh: Any
    live: Any
    forward: list[Call] = field(default_factory=list)
    backward: list[Call] = field(default_factory=list)


class Notice:
    """A profile function that notices the methods which a subject calls."""

    def __init__(self, subject: CodeType | None) -> None:
        self._subject = subject
        self._units: dict[int, Unit] = {}
        self._lost: set[int] = set()  # layers that cannot be copied
        self.backward = False

    def __call__(self, frame: FrameType, event: str, _: Any) -> None:
        """Keep a call, if it is one of a method by the subject itself."""
        code = frame.f_code
        by_subject = event == "call" and frame.f_back is not None and frame.f_back.f_code is self._subject
        if by_subject and code.co_argcount and code.co_name != "__init__":
            layer = frame.f_locals.get(code.co_varnames[0])
            try:
                if _is_method(layer, code):
                    self._keep(layer, frame)
            except Exception:  # noqa: BLE001 - it is the user's objects that are copied, and these may do anything
                self._lost.add(id(layer))

    def _keep(self, layer: Any, frame: FrameType) -> None:
        if id(layer) not in self._units:
            self._units[id(layer)] = Unit(deepcopy(layer), layer)
        unit = self._units[id(layer)]
        (unit.backward if self.backward else unit.forward).append(_call(frame))

    @property
    def units(self) -> list[Unit]:
        """Return the layers that were called forward, then backward, and can be called again."""
        return [u for key, u in self._units.items() if key not in self._lost and u.forward and u.backward]


def _is_method(layer: Any, code: CodeType) -> bool:
    """Tell whether code is that of a plain method, of the user's, of an object."""
    method = inspect.getattr_static(type(layer), code.co_name, None)
    known = isinstance(method, FunctionType) and method.__code__ is code
    return known and (is_users(code.co_filename) or isinstance(layer, Functions))


def _call(frame: FrameType) -> Call:
    code, given = frame.f_code, frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    positional, keywords = names[1 : code.co_argcount], names[code.co_argcount :]
    rest = list(code.co_varnames[len(names) :])
    live = [given[name] for name in positional]
    if code.co_flags & inspect.CO_VARARGS:
        live += given[rest.pop(0)]
    options = {name: given[name] for name in keywords}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        options |= given[rest.pop(0)]
    layer = given[code.co_varnames[0]]
    title, place = _told(layer, code)
    if isinstance(layer, Functions):
        positional = layer.parameters(code.co_name)
    everything = [*live, *options.values()]
    return Call(code.co_name, positional, deepcopy(live), deepcopy(options), everything, place, title)


def _told(layer: Any, code: CodeType) -> tuple[str, str]:
    """Return how a method is called in reports, and its file and line; of two functions, those of the function."""
    if isinstance(layer, Functions):
        return layer.told(code.co_name)
    return f"{type(layer).__name__}.{code.co_name}", f"{relative(code.co_filename)}:{code.co_firstlineno}"


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
