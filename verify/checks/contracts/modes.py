"""Training and evaluation: how a layer is told which, and how to tell it the other."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from verify.checks.contracts.calls import Call
from verify.checks.contracts.units import Unit
from verify.tracing.following import following

_FLAGS = ("train", "training", "train_flg", "train_flag", "training_flag", "is_train", "is_training")


@dataclass(frozen=True, slots=True)
class Mode:
    """How a layer is told: by an `argument` of forward, by methods train and eval, or by an `attribute`."""

    argument: str = ""
    attribute: str = ""

    def set(self, unit: Unit, *, training: bool) -> Unit:
        """Return a layer whose forward is called in this mode, if it is told by an argument."""
        if not self.argument:
            return unit
        changed = copy(unit)
        changed.forward = [_flagged(call, self.argument, training) for call in unit.forward]
        return changed

    def switch(self, layer: Any, *, training: bool) -> None:
        """Tell a layer its mode, unless that is told by an argument; raises SubjectError."""
        with following():  # a method `train` may well be something else, and want arguments
            if self.attribute:
                setattr(layer, self.attribute, training)
            elif not self.argument:
                (layer.train if training else layer.eval)()


def _flagged(call: Call, flag: str, training: bool) -> Call:
    if flag in call.options:
        return replace(call, options={**call.options, flag: training})
    place = call.parameters.index(flag)
    return replace(call, arguments=[*call.arguments[:place], training, *call.arguments[place + 1 :]])


def mode_of(unit: Unit) -> Mode | None:
    """Return how a layer is told whether it is being trained, None where it makes no difference between the two."""
    return next((mode for find in _WAYS if (mode := find(unit))), None)


def _by_argument(unit: Unit) -> Mode | None:
    for flag in _FLAGS:
        if all(isinstance(_value(call, flag), bool) for call in unit.forward):
            return Mode(argument=flag)
    return None


def _value(call: Call, flag: str) -> Any:
    arguments = dict(zip(call.parameters, call.arguments, strict=False)) | call.options
    return arguments.get(flag)


def _by_methods(unit: Unit) -> Mode | None:
    methods = [getattr(type(unit.fresh), name, None) for name in ("train", "eval")]
    return Mode() if all(map(callable, methods)) else None


def _by_attribute(unit: Unit) -> Mode | None:
    flags = [flag for flag in _FLAGS if isinstance(getattr(unit.fresh, flag, None), bool)]
    return Mode(attribute=flags[0]) if flags else None


_WAYS: tuple[Callable[[Unit], Mode | None], ...] = (_by_argument, _by_methods, _by_attribute)
