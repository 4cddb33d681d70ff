"""The layers that a subject calls, noticed while it runs: as they were before the first call, and every call.

With that, a layer can be called again as its users will: a second backward, another batch, another mode. A layer that
cannot be called again is listed with the reason: nothing is left out without a word.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from verify.contracts.arrays import same, share
from verify.contracts.copies import duplicate
from verify.contracts.holdings import held_by, outline
from verify.contracts.methods import Method, Methods
from verify.subjects.protocols import Functions
from verify.where import described, relative

_GENERATORS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_FIXED = (bool, int, float, complex, str, bytes, tuple, type(None), np.generic)
_ONE_SIDED = "the case calls it only {} the output, so that it cannot be called forward and backward"


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
    place: str
    title: str
    returned: Any = None
    assigned: dict[str, Any] = field(default_factory=dict)

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
    problem: str = ""  # why it cannot be called again
    nested: bool = False  # within two functions, which are called again as a whole
    left: dict[str, Any] | None = None  # its attributes at the end of its last call

    @property
    def calls(self) -> list[Call]:
        """Return all calls."""
        return [*self.forward, *self.backward]

    @property
    def whole(self) -> bool:
        """Tell whether the layer went forward and backward."""
        return bool(self.forward and self.backward)

    @property
    def remembers(self) -> bool:
        """Tell whether the calls of a layer that went one way only left something in it."""
        if self.problem:
            return any(isinstance(held, np.ndarray) for _, held in held_by(self.live))
        before, after = dict(held_by(self.fresh)), dict(held_by(self.live))
        return outline(self.fresh) != outline(self.live) or any(
            isinstance(array, np.ndarray) and not same(array, [before[path]]) for path, array in after.items()
        )


class Untried(NamedTuple):
    """A layer that cannot be called again, and why."""

    title: str
    place: str
    reason: str


class Notice:
    """A profile function that notices the methods which a subject calls.

    What a method calls itself is part of it. Only two functions that take the place of a layer are looked into, and
    objects of the classes in `within`, as they do no more than pass a call on.
    """

    def __init__(self, within: frozenset[type] = frozenset()) -> None:
        self._within = within
        self._methods = Methods()
        self._units: dict[int, Unit] = {}
        self._inside: tuple[FrameType, Call, Unit] | None = None
        self._passing: FrameType | None = None  # two functions that may call layers of their own
        self.backward = False
        self.unheard: list[str] = []

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        """Keep a call, if it is one of a method that no other method of a layer makes."""
        try:
            if event == "call" and self._inside is None:
                self._enter(frame)
            elif event == "return":
                self._leave(frame, value)
        except Exception as problem:  # noqa: BLE001 - the user's classes are looked through, and these may do anything
            self.unheard.append(described(problem))

    def _enter(self, frame: FrameType) -> None:
        running = self._methods.running(frame)
        if running is None or type(running[0]) in self._within:
            return
        layer, method = running
        call, unit = self._keep(frame, layer, method)
        if isinstance(layer, Functions):
            self._passing = frame
        elif not any(map(self._methods.of_users, map(type, call.live))):  # else it passes the call on to its argument
            self._inside = frame, call, unit

    def _leave(self, frame: FrameType, value: Any) -> None:
        if self._inside is not None and self._inside[0] is frame:
            call, unit = self._inside[1:]
            call.returned, unit.left = value, dict(_attributes(unit.live))
            self._inside = None
        elif self._passing is frame:
            self._passing = None

    def _keep(self, frame: FrameType, layer: Any, method: Method) -> tuple[Call, Unit]:
        """Keep a call, and the layer as it is before its first one."""
        unit = self._units.get(id(layer))
        if unit is None:
            unit = self._units[id(layer)] = _unit(layer)
            unit.nested = self._passing is not None
        try:
            call = _call(frame, layer, method)
            call.assigned = duplicate(_assigned(unit))
        except Exception as problem:  # noqa: BLE001 - the user's objects are copied, and these may do anything
            unit.problem = unit.problem or f"its arguments cannot be copied: {described(problem)}"
            call = Call(method.name, (), [], {}, [], *_place(layer, method))
        if frame.f_code.co_flags & _GENERATORS:
            unit.problem = unit.problem or f"{call.title} is a generator"
        (unit.backward if self.backward else unit.forward).append(call)
        return call, unit

    @property
    def units(self) -> list[Unit]:
        """Return the layers that were called forward, then backward, and can be called again."""
        return [unit for unit in self._units.values() if unit.whole and not unit.problem]

    @property
    def halves(self) -> frozenset[type]:
        """Return the classes of which no object went both forward and backward."""
        whole = {type(unit.live) for unit in self._units.values() if unit.whole}
        return frozenset(type(unit.live) for unit in self._units.values() if not unit.whole) - whole

    @property
    def untried(self) -> list[Untried]:
        """Return the layers that cannot be called again."""
        lost = [unit for unit in self._units.values() if unit.problem and (unit.whole or unit.remembers)]
        halves = [unit for unit in self._units.values() if not unit.problem and not unit.whole and not unit.nested]
        return [_untried(unit, unit.problem) for unit in lost] + [
            _untried(unit, _ONE_SIDED.format("before" if unit.forward else "after"))
            for unit in halves
            if unit.remembers
        ]


def _untried(unit: Unit, reason: str) -> Untried:
    return Untried(type(unit.live).__name__, unit.calls[0].place, reason)


def _unit(layer: Any) -> Unit:
    """Return a layer before its first call, with a copy of it that has nothing in common with it."""
    try:
        fresh = duplicate(layer)
    except Exception as problem:  # noqa: BLE001 - the user's objects are copied, and these may do anything
        return Unit(None, layer, problem=f"it cannot be copied: {described(problem)}")
    shared = fresh is layer or share([held for _, held in held_by(fresh)], [held for _, held in held_by(layer)])
    return Unit(fresh, layer, problem="its copies share their memory with it" if shared else "")


def _attributes(layer: Any) -> dict[str, Any]:
    return getattr(layer, "__dict__", {})


def _assigned(unit: Unit) -> dict[str, Any]:
    """Return the attributes of a layer that are others than at the end of its last call."""
    if unit.left is None:
        return {}
    return {name: value for name, value in _attributes(unit.live).items() if unit.left.get(name) is not value}


def _call(frame: FrameType, layer: Any, method: Method) -> Call:
    code, given = frame.f_code, frame.f_locals
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    positional = names[: code.co_argcount]
    rest = list(code.co_varnames[len(names) :])
    more = list(given[rest.pop(0)]) if code.co_flags & inspect.CO_VARARGS else []
    own = set() if more else _own_defaults(method.runs, given)
    first = min((place for place, name in enumerate(positional) if name in own), default=len(positional))
    live = [*(given[name] for name in positional[:first]), *more][1:]  # without the layer itself
    options = {name: given[name] for name in names[first if not more else len(positional) :] if name not in own}
    if code.co_flags & inspect.CO_VARKEYWORDS:
        options |= given[rest.pop(0)]
    everything = [*live, *options.values()]
    parameters = _parameters(layer, method)
    return Call(method.name, parameters, duplicate(live), duplicate(options), everything, *_place(layer, method))


def _own_defaults(function: FunctionType, given: Mapping[str, Any]) -> set[str]:
    """Return the arguments that nobody passed and whose default can be written to: all calls share it."""
    defaults = function.__defaults__ or ()
    positional = function.__code__.co_varnames[: function.__code__.co_argcount]
    named = [*zip(reversed(positional), reversed(defaults), strict=False), *(function.__kwdefaults__ or {}).items()]
    return {name for name, value in named if given[name] is value and not isinstance(value, _FIXED)}


def _parameters(layer: Any, method: Method) -> tuple[str, ...]:
    if isinstance(layer, Functions):
        return layer.parameters(method.name)
    code: CodeType = method.body.__code__
    return code.co_varnames[1 : code.co_argcount]


def _place(layer: Any, method: Method) -> tuple[str, str]:
    """Return the file and line of a method, and how reports call it; of two functions, those of the function."""
    if isinstance(layer, Functions):
        title, place = layer.told(method.name)
        return place, title
    code = method.body.__code__
    return f"{relative(code.co_filename)}:{code.co_firstlineno}", f"{type(layer).__name__}.{method.name}"
