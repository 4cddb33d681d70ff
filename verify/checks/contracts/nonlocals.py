"""Closures that a case calls itself, and that remember: no object is there which could be copied and called again.

`layer(lambda: SimpleNamespace(forward=f, backward=b))` calls two functions that share the variables of the function
around them. What forward leaves in one of these, or in a dict or list that it holds, and backward reads, is a cache
like that of any layer, and as stale where it is filled only once. That its contracts were not checked is told.
Functions given to `gradproof.pair` are copied and called again, with all that they hold.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any, NamedTuple

import numpy as np

from verify.checks.contracts.methods import is_of_users
from verify.checks.contracts.units import Untried
from verify.model.where import start_of

_REASON = (
    "it keeps {} in a variable of the enclosing function, which cannot be copied: "
    "use gradproof.pair(forward, backward), or write a class"
)
_MOST = 1000  # entries of a container that are compared


class _Held(NamedTuple):
    """What a variable holds: the object, its entries, and a copy of its numbers."""

    value: Any
    entries: tuple[Any, ...] = ()
    numbers: bytes = b""

    def differs(self, other: _Held) -> bool:
        """Tell whether another object is held by now, or other entries, or other numbers."""
        if self.value is not other.value or self.numbers != other.numbers or len(self.entries) != len(other.entries):
            return True
        return any(a is not b for a, b in zip(self.entries, other.entries, strict=True))

    @property
    def has_arrays(self) -> bool:
        return any(isinstance(value, np.ndarray) for value in (self.value, *self.entries))


class Nonlocals:
    """The variables that functions of the user's share with those around them, before and after each call."""

    def __init__(self, subject: Any) -> None:
        self._subject = getattr(inspect.unwrap(subject), "__code__", None)
        self._before: dict[FrameType, dict[str, _Held]] = {}
        self._left: dict[str, list[Any]] = {}  # by forward
        self._names: dict[CodeType, list[str]] = {}

    def enter(self, frame: FrameType, *, backward: bool) -> None:
        """Keep what a function's outer variables hold before a call, and note those that forward has filled."""
        code = frame.f_code
        if code.co_freevars and code is not self._subject and is_of_users(code):
            held = self._before[frame] = _held(frame)
            for name, before in held.items() if backward else ():
                if any(before.value is value for value in self._left.get(name, ())):
                    self._note(code, name)

    def leave(self, frame: FrameType, *, backward: bool) -> None:
        """Note what a call has changed: of forward, what backward may read, of backward, what holds arrays."""
        if (before := self._before.pop(frame, None)) is None:
            return
        for name, after in _held(frame).items():
            if not before.get(name, _Held(None)).differs(after):
                continue
            if not backward:
                self._left.setdefault(name, []).append(after.value)
            elif after.has_arrays:
                self._note(frame.f_code, name)

    def _note(self, code: CodeType, name: str) -> None:
        names = self._names.setdefault(code, [])
        if name not in names:
            names.append(name)

    @property
    def untried(self) -> list[Untried]:
        """Return the functions that remember, with the names of what they keep."""
        return [
            Untried(code.co_name, start_of(code), _REASON.format(", ".join(map(repr, names))))
            for code, names in self._names.items()
        ]


def _held(frame: FrameType) -> dict[str, _Held]:
    variables = frame.f_locals
    return {name: _of(variables[name]) for name in frame.f_code.co_freevars if name in variables}


def _of(value: Any) -> _Held:
    if isinstance(value, np.ndarray):
        return _Held(value, (), value.tobytes())
    return _Held(value, tuple(entry for entry, _ in zip(_entries(value), range(_MOST), strict=False)))


def _entries(value: Any) -> Iterator[Any]:
    if type(value) is dict:
        yield from value.values()
    elif type(value) in (list, set):
        yield from value
