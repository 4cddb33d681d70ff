"""Fixes into the files that they change: every file whole, or none at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from verify.model.errors import InputError
from verify.repair.diff import digest
from verify.repair.result import Fix
from verify.repair.trial import applied

_NOTHING = "nothing was written: {}"


def write(fixes: Sequence[Fix]) -> list[str]:
    """Write the files that fixes change; returns their paths. Raises InputError, where none is changed."""
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    digests = {file: checked for fix in fixes for file, checked in fix.sources}
    with contextlib.ExitStack() as undo:
        ready = []
        for file, checked in sorted(digests.items()):
            source = _source(Path(file), checked)
            ready.append((file, _beside(Path(file), applied(source, [e for e in edits if e.file == file]), undo)))
        for file, new in ready:
            new.replace(file)
    return [os.path.relpath(file) for file in sorted(digests)]


def _source(path: Path, checked: str) -> bytes:
    """Return what a file holds; raises InputError where it is not to be written, or not what was checked."""
    name = os.path.relpath(path)
    if path.is_symlink():
        raise InputError(_NOTHING.format(f"{name} is a symbolic link; name the file that it leads to"))
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        raise InputError(_NOTHING.format(f"{name}: permission denied"))
    try:
        source = path.read_bytes()
    except OSError as problem:
        raise InputError(_NOTHING.format(f"{name}: {problem.strerror}")) from None
    if digest(source) != checked:
        raise InputError(_NOTHING.format(f"{name} was changed while its cases were checked; run the command again"))
    return source


def _beside(path: Path, content: bytes, undo: contextlib.ExitStack) -> Path:
    """Write a new file beside the old one, with its permissions."""
    try:
        with tempfile.NamedTemporaryFile(prefix=".gradproof-", dir=path.parent, delete=False) as file:
            new = Path(file.name)
            undo.callback(new.unlink, missing_ok=True)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(path.stat().st_mode & 0o7777)
    except OSError as problem:
        raise InputError(_NOTHING.format(f"{os.path.relpath(path)}: {problem.strerror}")) from None
    return new
