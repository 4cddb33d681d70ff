"""Files of the folder that count only where they are whole: a line with their format, a digest, then the contents.

A file that a killed run has left, that somebody has changed, or that another version has written is as none.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from verify.cache import folder
from verify.cache.machine import digest

_DIGEST = 65  # its characters, and the end of its line


def read(name: str, form: bytes) -> bytes | None:
    """Return the contents of a file of a format, or None where there is nothing, or something else."""
    try:
        data = (Path(folder.FOLDER) / name).read_bytes()
    except OSError:
        return None
    start = len(form) + _DIGEST
    return data[start:] if data[:start] == _head(form, data[start:]) else None


def write(name: str, form: bytes, contents: bytes) -> None:
    """Keep a file whole in place of one of that name, if that can be written."""
    with contextlib.suppress(OSError):
        folder.write(name, _head(form, contents) + contents)


def _head(form: bytes, contents: bytes) -> bytes:
    return form + digest(contents).encode() + b"\n"
