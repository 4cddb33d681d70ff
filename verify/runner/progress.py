"""Where a long run is, on standard error: a line of a terminal that is written over, or else a line for each case."""

from __future__ import annotations

import contextlib
import os
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, Protocol, TextIO, TypeVar

_AFTER = 0.5  # seconds in which nobody wonders yet
_CLEAR = "\r\x1b[K"


class Named(Protocol):
    """Something with a name, from a place: a case, before or after it was checked."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def where(self) -> object:
        """Return its place, which is written as file and line."""


_Case = TypeVar("_Case", bound=Named)


class Progress:
    """Says `softmax: 3 of 61` while it is entered: on a terminal after half a second, elsewhere where lines are asked.

    It stands in for standard error meanwhile, so that what others write there does not mix with what it says.
    """

    def __init__(self, stream: TextIO, *, silent: bool = False) -> None:
        self._stream, self._standing_in = stream, contextlib.redirect_stderr(self)
        self._watched = not silent and stream.isatty() and os.environ.get("TERM") != "dumb"
        self._line, self._place, self._visible, self._midline = "", "", False, False
        self._lock, self._due = threading.RLock(), threading.Timer(_AFTER, self._begin)
        self._due.daemon = True
        self._took: list[tuple[float, Named]] = []

    def __enter__(self) -> Progress:
        self._standing_in.__enter__()
        if self._watched:
            self._due.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._due.cancel()
        self.end()  # nothing is left to be shown by a timer that was about to
        self._standing_in.__exit__(None, None, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __call__(self, name: str, done: int, number: int) -> None:
        """Say which one of so many it is, on a terminal."""
        with self._lock:
            self._line = self._place = f"{name}: {done} of {number}"
            self._draw()

    def doing(self, activity: str) -> None:
        """Say what is being done of the one that it is, on a terminal."""
        with self._lock:
            self._line = f"{self._place}, {activity}"
            self._draw()

    def end(self) -> None:
        """Take the line away for good: what is printed next would stand behind it."""
        with self._lock:
            self._clear()
            self._line = self._place = ""

    def over(self, cases: Sequence[_Case], *, lines: bool = False) -> Iterator[_Case]:
        """Go through cases, and say which one it is; with `lines` also where nobody watches."""
        for number, case in enumerate(cases, 1):
            self(case.name, number, len(cases))
            if lines and not self._watched:
                self.write("\n" * self._midline + f"{self._line}\n")
            yield case

    def took(self, case: Named, seconds: float) -> None:
        """Note how long a case has taken."""
        self._took.append((seconds, case))

    def slowest(self, most: int) -> str:
        """Return the cases that took longest, with their seconds; 0 asks for all of them."""
        slow = sorted(self._took, key=lambda took: -took[0])[: most or None]
        lines = [f"{seconds:8.2f} s  {'  '.join(filter(None, [case.name, str(case.where)]))}" for seconds, case in slow]
        return "\n".join([f"slowest of {len(self._took)} cases:", *lines]) + "\n"

    def write(self, text: str) -> int:
        """Write what others have to say, the line out of the way meanwhile."""
        with self._lock:
            self._clear()
            self._stream.write(text)
            self._midline = not text.endswith("\n") if text else self._midline
            self._stream.flush()
            self._draw()
        return len(text)

    def _begin(self) -> None:
        with self._lock:
            self._visible = True
            self._draw()

    def _clear(self) -> None:
        self._over_the_line("")

    def _draw(self) -> None:
        self._over_the_line(_fitting(self._line, _columns(self._stream)))

    def _over_the_line(self, text: str) -> None:
        """Write over the line, unless somebody else's is not at its end; a terminal that is gone is no harm."""
        if self._visible and self._line and not self._midline:
            with contextlib.suppress(OSError):
                self._stream.write(_CLEAR + text)
                self._stream.flush()


def _columns(stream: TextIO) -> int:
    with contextlib.suppress(OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or 80
    return 80


def _fitting(line: str, columns: int) -> str:
    """Cut a line to a width, its last column left empty: a line that wraps could not be written over."""
    widths = [2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in line]
    return "".join(sign for sign, end in zip(line, accumulate(widths), strict=True) if end < columns)
