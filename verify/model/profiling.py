"""A profile function of ours in force for a while, whoever profiles this program: `python -m cProfile`, a debugger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

ProfileFunction = Callable[[FrameType, str, Any], object]


@contextmanager
def profiled(function: ProfileFunction) -> Iterator[list[str]]:
    """Send the calls of this thread to a function, then put back the profiler that was in force.

    Yields a list, empty when the block ends if every call was sent, and otherwise with the reason.
    """
    reasons: list[str] = []
    before: Any = sys.getprofile()
    if not (before is None or callable(before) or hasattr(before, "enable")):
        reasons.append(f"another profiler is active, and cannot be suspended ({type(before).__name__})")
        yield reasons
        return
    sys.setprofile(function)
    try:
        yield reasons
    finally:
        if sys.getprofile() is not function:
            reasons.append("the code under test installs a profiler of its own")
        _put_back(before)


@contextmanager
def unprofiled() -> Iterator[None]:
    """Send no calls to the profile function in force meanwhile: work of ours between two calls of the user's code."""
    before: Any = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        _put_back(before)


def _put_back(before: Any) -> None:
    """Put back a profiler; that of `cProfile` is no function, and is in force as long as it is enabled."""
    if before is None or callable(before):
        sys.setprofile(before)
    else:
        before.enable()
