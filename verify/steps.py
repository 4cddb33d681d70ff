"""A budget for work that has no bound of its own, counted in calls of functions, so that it is the same everywhere.

SymPy may factor a formula for minutes. Every call within `budget` is counted by a profile function, which raises where
they are too many; no clock decides what a report says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

_T = TypeVar("_T")


class _SpentError(BaseException):
    """The budget is used up; no `except Exception` on the way may take it for its own."""


def within(steps: int, work: Callable[[], _T], otherwise: _T) -> _T:
    """Return what some work returns, or something else where that takes more calls than `steps`.

    Under a profiler, whose place the count would take, the work is left undone.
    """
    if sys.getprofile() is not None:
        return otherwise
    left = steps

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise _SpentError

    sys.setprofile(count)
    try:
        return work()
    except _SpentError:
        return otherwise
    finally:
        left = 1  # for the next call, which is counted too
        sys.setprofile(None)
