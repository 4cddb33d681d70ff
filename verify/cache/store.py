"""A unit as it is stored: its cases, and the results of those that were checked, with the sources they rest on."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, NamedTuple

from verify.cache import folder
from verify.cache.machine import digest
from verify.cache.sources import Sources
from verify.discovery.messages import packed, unpacked
from verify.model.result import CaseResult
from verify.runner.workers import Listing

DECIDED = "decided"  # the folder of these files
_FORMAT = b"gradproof decided cases 1\n"


class Entry(NamedTuple):
    """A unit as it is stored: `key` stands for it with all settings, `listing` are its cases.

    `numbers` are those that were checked, and `results` what became of each, with what was printed meanwhile.
    """

    key: str
    surroundings: str
    sources: Sources
    listing: Listing
    numbers: tuple[int, ...]
    results: tuple[tuple[CaseResult, str], ...]


def load(key: str) -> Entry | None:
    """Return the entry of a key, or None where there is nothing, or something else."""
    with contextlib.suppress(Exception):  # whatever is in the file
        data = (Path(folder.FOLDER) / _name(key)).read_bytes()
        head, contents = data[: len(_FORMAT) + 65], data[len(_FORMAT) + 65 :]
        if head == _head(contents):
            return _entry(key, unpacked(contents))
    return None


def save(entry: Entry) -> None:
    """Keep an entry in place of one with the same key, if that can be written."""
    contents = packed((*entry[:2], tuple(entry.sources), *entry[3:]))
    with contextlib.suppress(OSError):
        folder.write(_name(entry.key), _head(contents) + contents)


def clear() -> int:
    """Remove all that is kept; returns how many units that was. Raises OSError."""
    return folder.remove(DECIDED)


def _entry(key: str, fields: Any) -> Entry | None:
    entry = Entry(*fields)
    return entry._replace(sources=Sources(*entry.sources)) if entry.key == key else None


def _head(contents: bytes) -> bytes:
    return _FORMAT + digest(contents).encode() + b"\n"


def _name(key: str) -> str:
    return f"{DECIDED}/{digest(key.encode('utf-8', 'surrogateescape'))}.cases"
