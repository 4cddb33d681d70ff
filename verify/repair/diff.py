"""Edits as a unified diff, which `git apply` and `patch -p0` take."""

from __future__ import annotations

import difflib
import hashlib
import io
import os
import re
import tokenize
from collections.abc import Mapping
from pathlib import Path

from verify.model.where import relative
from verify.mutation.result import Mutant
from verify.repair.applying import applied
from verify.repair.defaults import equal_defaults
from verify.repair.result import Change, Edits, Fix


def fix_of(edits: Edits) -> Fix:
    """Return edits with their diff, and the digests of the files as they were."""
    sources = sources_of(edits)
    diffs = [_diff(file, source, tuple(e for e in edits if e.file == file)) for file, source in sources.items()]
    changes = tuple(_change(edit, sources[edit.file]) for edit in edits)
    digests = tuple((file, digest(source)) for file, source in sources.items())
    return Fix(edits, "".join(diffs), changes, digests, defaults=equal_defaults(edits, sources))


def sources_of(edits: Edits) -> dict[str, bytes]:
    """Return the files that edits are in, as they are."""
    return {file: Path(file).read_bytes() for file in sorted({edit.file for edit in edits})}


def changed_of(sources: Mapping[str, bytes]) -> list[str]:
    """Return those of some files that are no longer what they were."""
    return [file for file, source in sources.items() if not Path(file).is_file() or Path(file).read_bytes() != source]


def digest(source: bytes) -> str:
    """Return what tells whether a file was changed meanwhile."""
    return hashlib.sha256(source).hexdigest()


def _change(edit: Mutant, source: bytes) -> Change:
    """Return an edit by lines and columns of its file."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    first, last = (_position(source[:end].decode(encoding)) for end in (edit.start, edit.end))
    return Change(relative(edit.file), *first, *last, edit.text.decode(encoding))


def _position(before: str) -> tuple[int, int]:
    """Return the line and the column of what follows a text, each from 1."""
    lines = re.split(r"\r\n|\r|\n", before)
    return len(lines), len(lines[-1]) + 1


def _diff(file: str, source: bytes, edits: Edits) -> str:
    name = os.path.relpath(file)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    before, after = (text.decode(encoding).splitlines(keepends=True) for text in (source, applied(source, edits)))
    lines = difflib.unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
