"""What the results of a file of cases rest on, read from its source and from that of all that it imports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from verify.cache.imports import Folders, ImpureError, shadows
from verify.cache.machine import digest
from verify.cache.names import Reader
from verify.cache.purity import check
from verify.cache.sources import Sources
from verify.discovery.messages import Unit
from verify.discovery.targets import is_path


def sources(unit: Unit) -> Sources:
    """Return what a unit's results rest on; raises ImpureError where they may rest on more, OSError and SyntaxError."""
    folders = (*unit.folders, *_from_environment())
    if shadowing := next(shadows(folders), ""):
        raise ImpureError(f"{shadowing} has the name of a module of Python or of a library")
    reader = Reader(Folders(folders))
    for file in _roots(unit):
        reader.read(file)
    check(reader)
    contents = dict(reader.contents)
    if not unit.name:
        contents[unit.file] = Path(unit.file).read_bytes()
    files = tuple((file, digest(data)) for file, data in contents.items())
    return Sources(files, tuple((*key, there) for key, there in reader.folders.entries.items()), folders)


def _roots(unit: Unit) -> list[str]:
    """Return the Python files that are imported for a unit; raises ImpureError where that is not known."""
    if unit.at is not None or unit.scan or (unit.layers and not is_path(unit.layers)) or not unit.file:
        raise ImpureError("it is not a file of cases")
    return [os.path.abspath(file) for file in (unit.file if unit.name else unit.layers,) if file]  # noqa: PTH100


def _from_environment() -> Sequence[str]:
    """Return the folders that the environment puts on the path."""
    return [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
