"""A unit as it is stored: its cases, and the results of those that were checked, with the sources they rest on."""

from __future__ import annotations

import contextlib
from typing import Any, NamedTuple

from verify.cache import folder, sealed
from verify.cache.machine import digest
from verify.cache.sources import Sources
from verify.discovery.messages import packed, unpacked
from verify.model.result import CaseResult
from verify.runner.workers import Listing

_FORMAT = b"gradproof decided cases 1\n"
_SUFFIX = ".cases"


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
        contents = sealed.read(_name(key), _FORMAT)
        return _entry(key, unpacked(contents)) if contents else None
    return None


def save(entry: Entry) -> None:
    """Keep an entry in place of one with the same key, if that can be written."""
    sealed.write(_name(entry.key), _FORMAT, packed((*entry[:2], tuple(entry.sources), *entry[3:])))


def clear() -> int:
    """Remove all that is kept; returns how many units that was. Raises OSError."""
    return folder.remove(folder.RESULTS, _SUFFIX)


def _entry(key: str, fields: Any) -> Entry | None:
    entry = Entry(*fields)
    return entry._replace(sources=Sources(*entry.sources)) if entry.key == key else None


def _name(key: str) -> str:
    return f"{folder.RESULTS}/{digest(key.encode('utf-8', 'surrogateescape'))}{_SUFFIX}"
