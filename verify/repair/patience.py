"""A limit on the time of the processor, for code that an edit may keep from ending: the process goes on behind it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TooLongError(BaseException):
    """The time is used up; no Exception, so that code which catches these does not go on."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raise TooLongError after some seconds of the processor, where the system has such a clock.

    It is raised again after as many seconds more, for it may be lost where Python has nobody to raise it to, as in
    `__del__`. Code that waits, or is not Python, goes on: the limit of the whole request is for that.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _raise)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _raise(_: int, __: FrameType | None) -> None:
    raise TooLongError
