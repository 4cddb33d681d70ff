"""Files that are written whole or not at all: beside the old ones first, then in their places."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path


def replace(contents: Mapping[Path, bytes]) -> None:
    """Write all files or, where one cannot be written, none; raises an OSError with that one as its `filename`."""
    with ExitStack() as undo:
        ready = []
        for path, content in contents.items():
            try:
                ready.append((path, _beside(path, content, undo)))
            except OSError as problem:
                raise OSError(problem.errno, problem.strerror, str(path)) from None
        for path, new in ready:
            if new:
                new.replace(path)


def _beside(path: Path, content: bytes, undo: ExitStack) -> Path | None:
    """Write a new file beside the old one, with its permissions; a pipe or device is written to directly."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return None
    with tempfile.NamedTemporaryFile(prefix=".gradproof-", dir=path.parent, delete=False) as file:
        new = Path(file.name)
        undo.callback(new.unlink, missing_ok=True)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
    return new


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
