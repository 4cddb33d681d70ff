"""The layers that a subject calls, noticed while it runs: as they were before the first call, and every call.

With that, a layer can be called again as its users will: a second backward, another batch, another mode. A layer that
cannot be called again is listed with the reason: nothing is left out without a word.
"""

from __future__ import annotations

import inspect
from types import FrameType
from typing import Any

from verify.cases.protocols import Functions
from verify.checks.contracts.calls import Call, call_of, place_of
from verify.checks.contracts.copies import duplicate
from verify.checks.contracts.methods import Method, Methods
from verify.checks.contracts.nonlocals import Nonlocals
from verify.checks.contracts.units import Unit, Untried, assigned_to, attributes_of, unit_of
from verify.model.where import described

_GENERATORS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_ONE_SIDED = "the case itself calls it only {} the output, so forward and backward cannot be called in turn"


class Notice:
    """A profile function that notices the methods which a subject calls.

    What a method calls itself is part of it. Only two functions that take the place of a layer are looked into, and
    objects of the classes in `within`, as they do no more than pass a call on.
    """

    def __init__(self, subject: Any, within: frozenset[type] = frozenset()) -> None:
        self._within = within
        self._nonlocals = Nonlocals(subject)
        self._methods = Methods()
        self._units: dict[int, Unit] = {}
        self._inside: tuple[FrameType, Call, Unit] | None = None
        self._passing: FrameType | None = None  # two functions that may call layers of their own
        self.backward = False
        self.unheard: list[str] = []

    def __call__(self, frame: FrameType, event: str, value: Any) -> None:
        """Keep a call, if it is one of a method that no other method of a layer makes."""
        try:
            if event == "return":
                if frame is self._passing or (self._inside is not None and frame is self._inside[0]):
                    self._leave(frame, value)
                self._nonlocals.leave(frame, backward=self.backward)
            elif event == "call" and self._inside is None:
                self._enter(frame)
        except Exception as problem:  # noqa: BLE001 - the user's classes are looked through, and these may do anything
            self.unheard.append(described(problem))

    def _enter(self, frame: FrameType) -> None:
        running = self._methods.running(frame)
        if running is None and self._passing is None:
            self._nonlocals.enter(frame, backward=self.backward)
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
            call.returned, unit.left = value, dict(attributes_of(unit.live))
            self._inside = None
        elif self._passing is frame:
            self._passing = None

    def _keep(self, frame: FrameType, layer: Any, method: Method) -> tuple[Call, Unit]:
        """Keep a call, and the layer as it is before its first one."""
        unit = self._units.get(id(layer))
        if unit is None:
            unit = self._units[id(layer)] = unit_of(layer)
            unit.nested = self._passing is not None
        try:
            call = call_of(frame, layer, method)
            call.assigned = duplicate(assigned_to(unit))
        except Exception as problem:  # noqa: BLE001 - the user's objects are copied, and these may do anything
            unit.problem = unit.problem or f"its arguments cannot be copied: {described(problem)}"
            call = Call(method.name, (), [], {}, [], *place_of(layer, method))
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
        return (
            [_untried(unit, unit.problem) for unit in lost]
            + [
                _untried(unit, _ONE_SIDED.format("before" if unit.forward else "after"))
                for unit in halves
                if unit.remembers
            ]
            + self._nonlocals.untried
        )


def _untried(unit: Unit, reason: str) -> Untried:
    return Untried(type(unit.live).__name__, unit.calls[0].place, reason)
