"""What a unit's results rest on: the contents of its files, and which files its imports lead to."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from verify.cache.imports import listing, named, shadows
from verify.cache.machine import digest


class Sources(NamedTuple):
    """Files with a digest of each, and what folders have under the names of modules; all in plain tuples."""

    files: tuple[tuple[str, str], ...]
    entries: tuple[tuple[str, str, tuple[str, ...]], ...]
    folders: tuple[str, ...]

    def are_as_before(self) -> bool:
        """Tell whether nothing of it has changed."""
        try:
            same = all(digest(Path(file).read_bytes()) == contents for file, contents in self.files)
        except OSError:
            return False
        listed = {folder: listing(folder) for folder, _, _ in self.entries}
        resolved = all(named(listed[folder], name) == entries for folder, name, entries in self.entries)
        return same and resolved and not any(shadows(self.folders))

    def states(self) -> list[tuple[int, ...]]:
        """Return what tells that a file was written meanwhile, also where it has the same contents again."""
        return [_state(file) for file, _ in self.files]


def _state(file: str) -> tuple[int, ...]:
    try:
        state = Path(file).stat()
    except OSError:
        return ()
    return state.st_ino, state.st_size, state.st_mtime_ns, state.st_ctime_ns
