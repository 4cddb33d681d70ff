"""The lines of running code, followed one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def followed(function: Callable[..., Any]) -> Iterator[bool]:
    """Follow the lines of this thread, unless a debugger or a measurement of coverage does."""
    if sys.gettrace() is not None:
        yield False
        return
    sys.settrace(function)
    try:
        yield True
    finally:
        sys.settrace(None)
