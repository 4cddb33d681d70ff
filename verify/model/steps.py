"""A budget for work that has no bound of its own, counted in calls of functions, so that it is the same everywhere.

SymPy may factor a formula for minutes. Every call within `budget` is counted by a profile function, which raises where
they are too many; no clock decides what a report says.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, TypeVar

from verify.model.profiling import ProfileFunction, profiled

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
        if left < 0 and event.endswith("call"):  # a `return` may be that of a generator which is closed
            raise _SpentError

    with suppress(_SpentError), profiled(count) as reasons, _raised_again(count):
        try:
            return otherwise if reasons else work()
        finally:
            left = math.inf  # what puts the profiler back is not counted
    return otherwise


@contextmanager
def _raised_again(count: ProfileFunction) -> Iterator[None]:
    """Keep the budget where Python has nobody to raise its end to, as in a generator that it closes, or in `__del__`.

    Python would print the exception and, as for any profile function that raises, send it no more calls.
    """
    before = sys.unraisablehook

    def ignored(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is _SpentError:
            sys.setprofile(count)
        else:
            before(unraisable)

    sys.unraisablehook = ignored
    try:
        yield
    finally:
        sys.unraisablehook = before
