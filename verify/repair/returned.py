"""Where functions of the user hand out gradients: what they return, and what they keep, seen on floats."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.names import NAMES, labels_of
from verify.mutation.watching import LAMBDA, Place, Watch, place_of

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact


class Exit(NamedTuple):
    """An array that a function hands out: in which line, and as what.

    `part` is its place in the tuple that is returned, or its key in the dictionary; `target` is the attribute that
    keeps it.
    """

    place: Place
    line: int
    value: Any
    part: int | str | None = None
    target: str = ""


@dataclass(slots=True)
class Exits(Watch):
    """What functions hand out after the output was yielded, in order."""

    exits: list[Exit] = field(default_factory=list)

    def _local(self, frame: FrameType, event: str, value: Any) -> Any:
        place = place_of(frame)
        if event == "return" and self._yielded and place and place.name != LAMBDA:
            self.exits += [Exit(place, frame.f_lineno, _copied(part), key) for key, part in _parts(value)]
            self.exits += [
                Exit(place, frame.f_lineno, _copied(part), target=target)
                for target, part in _attributes(frame.f_locals.get("self"))
            ]
        return self._local


def exits_of_gradients(case: TracedCase, run: Exact, seed: int) -> dict[str, list[Exit]]:
    """Return for each gradient where it is handed out, the innermost function first; raises SubjectError."""
    from verify.tracing.floats import FloatRun

    watcher = Exits()
    watched, before = watcher.watched(case), sys.gettrace()
    sys.settrace(watcher.trace)
    try:
        gradients = FloatRun(watched, run.seen, seed).gradients
    finally:
        sys.settrace(before)
    handed = {name: [e for e in watcher.exits if _is_same(e.value, value)] for name, value in gradients.items()}
    return handed | {name: list(_without(watcher.exits, name, case)) for name in run.seen.unclaimed}


def _without(exits: Sequence[Exit], name: str, case: TracedCase) -> Iterator[Exit]:
    """Return where None is handed out in the place of a gradient: by its position, its name, or in its attribute."""
    keys = (name, *labels_of(name))
    held = [f"self.{container}[{key!r}]" for container in NAMES["containers"] for key in keys]
    targets = {*(f"self.{key}" for key in keys), *held}
    parts = (*keys, list(case.real).index(name))
    yield from (e for e in exits if e.value is None and (e.target in targets if e.target else e.part in parts))


def _parts(value: Any) -> Iterator[tuple[int | str | None, Any]]:
    if isinstance(value, (tuple, list)):
        yield from enumerate(value)
    elif isinstance(value, dict):
        yield from value.items()
    else:
        yield None, value


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    """Return the arrays of an object, and those in its dictionaries and lists, as they are written."""
    for name, value in getattr(owner, "__dict__", {}).items():
        yield f"self.{name}", value
        if isinstance(value, (dict, list)):
            yield from ((f"self.{name}[{key!r}]", part) for key, part in _parts(value))


def _copied(value: Any) -> Any:
    return value.copy() if isinstance(value, np.ndarray) else value


def _is_same(value: Any, gradient: Any) -> bool:
    """Tell whether an array, or a number, is a gradient, whatever the object."""
    numbers = (np.ndarray, float, np.floating)
    if not (isinstance(value, numbers) and isinstance(gradient, numbers)):
        return False
    return np.shape(value) == np.shape(gradient) and bool(np.array_equal(value, gradient, equal_nan=True))
