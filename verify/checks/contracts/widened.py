"""The line at which a float array of another precision appears first in `backward`: a hint for people."""

from __future__ import annotations

from collections.abc import Callable, Collection
from types import FrameType
from typing import Any

import numpy as np

from verify.checks.contracts.numbers import Numbers
from verify.checks.contracts.trial import Trial, attempt
from verify.model.followed import followed
from verify.model.identity import NOWHERE, Place
from verify.model.where import as_place, is_users

_MOST_EVENTS = 20_000  # lines and calls that are followed


def line_of_types(trial: Trial, numbers: Numbers, types: Collection[str]) -> Place:
    """Return the line of the user's at which an array of one of these types appears first after forward, or nothing."""
    follower = _Follower(types)
    with followed(follower.follow):
        attempt(trial.run, numbers, follower.begin)
    return as_place(*follower.line) if follower.line else NOWHERE


class _Follower:
    """Looks at the variables of the user's functions after each line, once `backward` begins, until it has the line."""

    def __init__(self, types: Collection[str]) -> None:
        self.types = types
        self.line: tuple[str, int] | None = None
        self._began, self._left = False, _MOST_EVENTS
        self._at: dict[FrameType, tuple[int, set[int]]] = {}  # the line that runs, and what was there when it began

    def begin(self) -> None:
        """Follow what is run from now on."""
        self._began = True

    def follow(self, frame: FrameType, event: str, value: Any) -> Callable[..., Any] | None:
        """Follow a function of the user's: a trace function of `sys.settrace`."""
        if not self._began or self.line or self._left <= 0 or not is_users(frame.f_code.co_filename):
            return None
        self._left -= 1
        arrays = {id(array) for array in frame.f_locals.values() if self._is_meant(array)}
        if frame in self._at:
            line, before = self._at[frame]
            returned = event == "return" and self._is_meant(value) and id(value) not in before
            if arrays - before or returned:
                self.line = frame.f_code.co_filename, line
        self._at[frame] = frame.f_lineno, arrays
        return self.follow

    def _is_meant(self, value: Any) -> bool:
        return isinstance(value, np.ndarray) and str(value.dtype) in self.types
