"""A budget for work that has no bound of its own, counted in calls of functions, so that it is the same everywhere.

SymPy may factor a formula for minutes. Every call within `budget` is counted by a profile function, which raises where
they are too many; no clock decides what a report says.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, TypeVar

from verify.model.profiling import profiled

_T = TypeVar("_T")


class _SpentError(BaseException):
    """The budget is used up; no `except Exception` on the way may take it for its own."""


def within(steps: int, work: Callable[[], _T], otherwise: _T) -> _T:
    """Return what some work returns, or something else where that takes more calls than `steps`.

    Under a profiler that cannot be set aside the work is left undone.
    """
    left: float = steps

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _SpentError

    with suppress(_SpentError), profiled(count) as reasons:
        try:
            return otherwise if reasons else work()
        finally:
            left = math.inf  # what puts the profiler back is not counted
    return otherwise
