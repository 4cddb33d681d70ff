"""A call of a method, as it can be made again."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any

import numpy as np

from verify.cases.protocols import Functions
from verify.checks.contracts.copies import duplicate
from verify.checks.contracts.methods import Method
from verify.model.identity import Place
from verify.model.where import start_of

_FIXED = (bool, int, float, complex, str, bytes, tuple, type(None), np.generic)


@dataclass(slots=True)
class Call:
    """A call of a method: its arguments but for the layer, copied before the call, and `live`, all that came.

    `assigned` are attributes that somebody else has set since the call before, as those that take the upstream may be.
    """

    name: str
    parameters: tuple[str, ...]
    arguments: list[Any]
    options: dict[str, Any]
    live: list[Any]
    place: Place
    title: str
    returned: Any = None
    assigned: dict[str, Any] = field(default_factory=dict)

    def parameter(self, place: int) -> str:
        """Return the name of an argument."""
        return self.parameters[place] if place < len(self.parameters) else f"argument {place + 1}"


def call_of(frame: FrameType, layer: Any, method: Method) -> Call:
    """Return the call that a frame runs; raises what copies of its arguments raise."""
    code, values = frame.f_code, frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    positional = names[: code.co_argcount]
    rest = list(code.co_varnames[len(names) :])
    more = list(values[rest.pop(0)]) if code.co_flags & inspect.CO_VARARGS else []
    own = set() if more else _own_defaults(method.runs, values)
    first = min((place for place, name in enumerate(positional) if name in own), default=len(positional))
    live = [*(values[name] for name in positional[:first]), *more][1:]  # without the layer itself
    options = {name: values[name] for name in names[first if not more else len(positional) :] if name not in own}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        options |= values[rest.pop(0)]
    everything = [*live, *options.values()]
    parameters = _parameters(layer, method)
    return Call(method.name, parameters, duplicate(live), duplicate(options), everything, *place_of(layer, method))


def _own_defaults(function: FunctionType, values: Mapping[str, Any]) -> set[str]:
    """Return the arguments that nobody passed and whose default can be written to: all calls share it."""
    defaults = function.__defaults__ or ()
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    named = [*zip(reversed(positional), reversed(defaults), strict=False), *(function.__kwdefaults__ or {}).items()]
    return {name for name, value in named if values[name] is value and not isinstance(value, _FIXED)}


def _parameters(layer: Any, method: Method) -> tuple[str, ...]:
    if isinstance(layer, Functions):
        return layer.parameters(method.name)
    code: CodeType = method.body.__code__
    return code.co_varnames[1 : code.co_argcount]


def place_of(layer: Any, method: Method) -> tuple[Place, str]:
    """Return the place of a method, and how reports call it; of two functions, those of the function."""
    if isinstance(layer, Functions):
        title, place = layer.title_and_place(method.name)
        return place, title
    code = method.body.__code__
    return start_of(code), f"{type(layer).__name__}.{method.name}"
