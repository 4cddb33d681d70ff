"""Reports to files: checked before the run, rendered before the first byte, replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from reports import FORMATS
from verify.errors import InputError, nearest


class Request(NamedTuple):
    """A report that was asked for: a format, and a file or (None) standard output."""

    format: str
    path: Path | None = None


def requests(asked: Sequence[str]) -> list[Request]:
    """Read `FORMAT[=PATH]` arguments; raises InputError for what could not be written after the run."""
    found = []
    for text in asked:
        name, _, path = text.partition("=")
        if name not in FORMATS:
            hint = nearest(name, FORMATS) or f"; known are {', '.join(FORMATS)}"
            raise InputError(f"--report {text}: unknown format {name!r}{hint}")
        found.append(Request(name, _target(path) if path and path != "-" else None))
    paths = [request.path for request in found]
    for target in paths:
        if paths.count(target) > 1:
            place = target.name if target else "standard output"
            raise InputError(f"--report: two reports want {place}; give each a PATH of its own")
        if target:
            _check_writable(target)
    return found


def _target(path: str) -> Path:
    try:
        target = Path(os.path.realpath(path))
        target.exists()
    except (OSError, ValueError) as problem:  # too long, or with a null byte
        reason = problem.strerror if isinstance(problem, OSError) else problem
        raise InputError(f"--report: {path[:60]!r} cannot be written: {reason}") from None
    return target


def _check_writable(path: Path) -> None:
    if path.is_dir():
        raise InputError(f"--report: {path.name} is a directory")
    if not path.parent.is_dir():
        raise InputError(f"--report: the directory of {path.name} does not exist")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise InputError(f"--report: {path.name} cannot be written: permission denied")


def write(texts: Mapping[Path, str]) -> None:
    """Write all files or, where one of them cannot be written, none; raises InputError."""
    with contextlib.ExitStack() as undo:
        ready = []
        for path, text in texts.items():
            try:
                ready.append((path, _beside(path, text, undo)))
            except OSError as problem:
                raise InputError(f"--report: {path.name} cannot be written: {problem.strerror}") from None
        for path, new in ready:
            if new:
                new.replace(path)


def _beside(path: Path, text: str, undo: contextlib.ExitStack) -> Path | None:
    """Write a new file beside the old one, with its permissions; a pipe or device is written to directly."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
        return None
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        prefix=".gradproof-",
        dir=path.parent,
        delete=False,
    ) as file:
        new = Path(file.name)
        undo.callback(new.unlink, missing_ok=True)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
    return new


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
