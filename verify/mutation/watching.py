"""Which of the user's functions run forward and which backward: seen on floats, in every variant of a case."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Generator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from verify.cases.as_if import Stating
from verify.cases.case import ExpressionCase, TracedCase
from verify.checks.reference import runs
from verify.discovery.packages import LAYERS
from verify.model.where import is_users

_WIRING = f"{LAYERS}.wiring"  # as much a part of a case as its own generator
_MADE = "__init__"
LAMBDA = "<lambda>"
_STATES = Stating.__call__.__code__


class Place(NamedTuple):
    """A function as its code tells where it is."""

    file: str
    line: int
    name: str


@dataclass(slots=True)
class Watch:
    """What ran: functions before and after the output was yielded, lines, and what returned the output.

    `returned` has for each function that returned a tuple the places in it that are outputs of the subject, `shapes`
    the shapes of the numbers that a function has in its variables (`x`, `self.x`), `reals` those that are no whole
    numbers and no masks, `values` what they were when it first returned. `fixed` tells that the case fixes its
    upstream, `once` that it makes no second call. `stated` has what runs in `as_if`, which is the claim: a
    mistake there is none of backward's.
    """

    forward: set[Place] = field(default_factory=set)
    backward: set[Place] = field(default_factory=set)
    stated: set[Place] = field(default_factory=set)
    lines: set[tuple[str, int]] = field(default_factory=set)
    returned: dict[Place, set[int]] = field(default_factory=dict)
    shapes: dict[Place, dict[str, tuple[int, ...]]] = field(default_factory=dict)
    reals: dict[Place, set[str]] = field(default_factory=dict)
    values: dict[Place, dict[str, Any]] = field(default_factory=dict)
    fixed: bool = False
    once: bool = False
    subject: CodeType | None = None
    _tuples: list[tuple[Place, tuple[Any, ...]]] = field(default_factory=list)
    _yielded: bool = False
    _stating: bool = False

    @property
    def files(self) -> list[str]:
        """Return the files of the functions that ran; code in an archive, and text that is executed, is in none."""
        return sorted(file for file in {place.file for place in self.forward | self.backward} if Path(file).is_file())

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:
        """Take part in the call of a function, if it is one that may hold the mistake."""
        if frame.f_code is _STATES:
            self._stating = True
            return self._stated
        place = place_of(frame)
        if self._stating:
            self.stated.update([place] if place else [])
            return None
        if frame.f_code is self.subject or place is None:
            return None
        (self.backward if self._yielded else self.forward).add(place)
        return self._local

    def _stated(self, frame: FrameType, event: str, _: Any) -> Any:
        """Go on once `as_if` has returned, or raised."""
        self._stating = self._stating and event != "return"
        return self._stated

    def _local(self, frame: FrameType, event: str, value: Any) -> Any:
        self.lines.add((frame.f_code.co_filename, frame.f_lineno))
        if event == "return" and (place := place_of(frame)):
            values = _numbers(frame)
            if place not in self.values:
                self.values[place] = deepcopy(values)
            self.shapes.setdefault(place, {name: np.shape(number) for name, number in values.items()})
            self.reals.setdefault(place, {name for name, number in values.items() if _is_real(number)})
            if isinstance(value, tuple) and not self._yielded:
                self._tuples.append((place, value))
        return self._local

    def watched(self, case: TracedCase | ExpressionCase) -> Any:
        """Return a case with the same subject, which tells when it yields."""
        self.subject = getattr(inspect.unwrap(case.subject), "__code__", None)

        def subject(**arguments: Any) -> Generator[Any, Any, Any]:
            self._yielded = False
            running = case.subject(**arguments)
            output = next(running)
            self._take(output)
            dout = yield output
            try:
                running.send(dout)
            except StopIteration as stop:
                return stop.value

        return replace(case, subject=subject)

    def _take(self, output: Any) -> None:
        outputs = list(output) if isinstance(output, (tuple, list)) else [output]
        for place, values in self._tuples:
            places = {i for i, value in enumerate(values) if any(value is part for part in outputs)}
            self.returned.setdefault(place, set()).update(places)
        self._tuples.clear()
        self._yielded = True


def place_of(frame: FrameType) -> Place | None:
    """Return the place of a function of the user's that may hold a mistake, None of any other."""
    code, module = frame.f_code, str(frame.f_globals.get("__name__", ""))
    ours = module.startswith(LAYERS)
    if (code.co_name.startswith("<") and code.co_name != LAMBDA) or code.co_name == _MADE or module == _WIRING:
        return None
    return Place(code.co_filename, code.co_firstlineno, code.co_name) if ours or is_users(code.co_filename) else None


def attributes_of(owner: Any) -> dict[str, Any]:
    """Return the attributes of an object, and the numbers that its classes state: `alpha = 0.5` in the class body."""
    stated = {
        name: value
        for kind in reversed(type(owner).__mro__)
        for name, value in vars(kind).items()
        if type(value) in (int, float) and not name.startswith("_")
    }
    return {**stated, **getattr(owner, "__dict__", {})}


def _numbers(frame: FrameType) -> dict[str, Any]:
    values = dict(frame.f_locals)
    values.update({f"self.{name}": value for name, value in attributes_of(values.get("self")).items()})
    return {name: value for name, value in values.items() if isinstance(value, (int, float, np.ndarray))}


def _is_real(number: Any) -> bool:
    return isinstance(number, float) or (isinstance(number, np.ndarray) and number.dtype.kind == "f")


def watch(case: TracedCase | ExpressionCase, runs_on_symbols: list[Any], seed: int) -> Watch:
    """Run a case on floats once for each of its runs on symbols, and see what runs; raises SubjectError."""
    alone = isinstance(case, ExpressionCase)  # of a graph in which every layer is called once
    watcher = Watch(fixed=not alone and case.upstream is not None, once=alone)
    watch_on(watcher, case, runs_on_symbols, seed)
    return watcher


def watch_on(watcher: Watch, case: TracedCase | ExpressionCase, runs_on_symbols: list[Any], seed: int) -> None:
    """See what runs, up to where the code raises; raises SubjectError there."""
    watched, before = watcher.watched(case), sys.gettrace()
    sys.settrace(watcher.trace)
    try:
        if isinstance(case, ExpressionCase):
            runs.on_floats(watched)
        else:
            _on_arrays(watched, runs_on_symbols, seed)
    finally:
        sys.settrace(before)


def _on_arrays(case: TracedCase, runs_on_symbols: list[Any], seed: int) -> None:
    from verify.tracing.floats import FloatRun

    for exact in runs_on_symbols:
        FloatRun(case, exact.seen, seed)
