"""A layer that a subject has called: as it was before its first call, as it is, and its calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from verify.checks.contracts.arrays import same, share
from verify.checks.contracts.calls import Call
from verify.checks.contracts.copies import duplicate
from verify.checks.contracts.holdings import held_by, outline, slots_of
from verify.model.identity import Place
from verify.model.where import described


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
            isinstance(array, np.ndarray) and not same(array, [before.get(path)]) for path, array in after.items()
        )


class Untried(NamedTuple):
    """A layer that cannot be called again, and why."""

    title: str
    place: Place
    reason: str


def unit_of(layer: Any) -> Unit:
    """Return a layer before its first call, with a copy of it that has nothing in common with it."""
    try:
        fresh = duplicate(layer)
    except Exception as problem:  # noqa: BLE001 - the user's objects are copied, and these may do anything
        return Unit(None, layer, problem=f"it cannot be copied: {described(problem)}")
    shared = fresh is layer or share([held for _, held in held_by(fresh)], [held for _, held in held_by(layer)])
    return Unit(fresh, layer, problem="its copies share memory with it" if shared else "")


def attributes_of(layer: Any) -> dict[str, Any]:
    """Return the attributes of a layer by name, those in slots too."""
    held = {name: getattr(layer, name) for name in slots_of(layer) if hasattr(layer, name)}
    return held | getattr(layer, "__dict__", {})


def assigned_to(unit: Unit) -> dict[str, Any]:
    """Return the attributes of a layer that are others than at the end of its last call."""
    if unit.left is None:
        return {}
    return {name: value for name, value in attributes_of(unit.live).items() if unit.left.get(name) is not value}
