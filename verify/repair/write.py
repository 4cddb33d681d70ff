"""Fixes into the files that they change: every file whole, or none at all."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from verify.model.errors import InputError
from verify.model.files import replace
from verify.repair.applying import applied
from verify.repair.diff import digest
from verify.repair.result import Fix

_NOTHING = "nothing was written: {}"


def write(fixes: Sequence[Fix]) -> list[str]:
    """Write the files that fixes change; returns their paths. Raises InputError, where none is changed."""
    edits = tuple(dict.fromkeys(edit for fix in fixes for edit in fix.edits))
    digests = dict(sorted(pair for fix in fixes for pair in fix.sources))
    sources = {file: _source(Path(file), checked) for file, checked in digests.items()}
    try:
        replace({Path(f): applied(source, [e for e in edits if e.file == f]) for f, source in sources.items()})
    except OSError as problem:
        raise InputError(_NOTHING.format(f"{os.path.relpath(problem.filename)}: {problem.strerror}")) from None
    return [os.path.relpath(file) for file in digests]


def _source(path: Path, checked: str) -> bytes:
    """Return what a file holds; raises InputError where it is not to be written, or not what was checked."""
    name = os.path.relpath(path)
    if path.is_symlink():
        raise InputError(_NOTHING.format(f"{name} is a symbolic link; name the file that it leads to"))
    if not (_may_be_written(path) and _may_be_written(path.parent)):
        raise InputError(_NOTHING.format(f"{name}: permission denied"))
    try:
        source = path.read_bytes()
    except OSError as problem:
        raise InputError(_NOTHING.format(f"{name}: {problem.strerror}")) from None
    if digest(source) != checked:
        raise InputError(_NOTHING.format(f"{name} was changed while its cases were checked; run the command again"))
    return source


def _may_be_written(path: Path) -> bool:
    """Tell whether a path has a permission to be written that is ours; who may do everything needs one as well."""
    return os.access(path, os.W_OK) and (not path.exists() or bool(path.stat().st_mode & 0o222))
