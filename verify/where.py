"""Where in the user's files something happened, told without absolute paths."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

_PACKAGE = Path(__file__).parent


def relative(path: str | Path) -> str:
    """Return a path as seen from the working directory, with forward slashes."""
    try:
        return Path(os.path.relpath(path)).as_posix()
    except ValueError:  # on Windows, another drive
        return Path(path).name


def asked_at() -> str:
    """Return `file:line` of the innermost running line outside this package: the user's line that asked."""
    frame = sys._getframe()
    while frame.f_back is not None and Path(frame.f_code.co_filename).parent == _PACKAGE:
        frame = frame.f_back
    return f"{relative(frame.f_code.co_filename)}:{frame.f_lineno}"


def raised_at(problem: BaseException) -> str:
    """Return `file:line` of the innermost line outside this package in a traceback, or nothing."""
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if Path(f.filename).parent != _PACKAGE]
    return f"{relative(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
