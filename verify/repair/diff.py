"""Edits as a unified diff, which `git apply` and `patch -p0` take."""

from __future__ import annotations

import difflib
import hashlib
import io
import os
import tokenize
from pathlib import Path

from verify.repair.result import Edits, Fix
from verify.repair.trial import applied


def fix_of(edits: Edits) -> Fix:
    """Return edits with their diff, and the digests of the files as they were."""
    files = sorted({edit.file for edit in edits})
    sources = {file: Path(file).read_bytes() for file in files}
    diffs = [_diff(file, source, tuple(e for e in edits if e.file == file)) for file, source in sources.items()]
    return Fix(edits, "".join(diffs), tuple((file, digest(source)) for file, source in sources.items()))


def digest(source: bytes) -> str:
    """Return what tells whether a file was changed meanwhile."""
    return hashlib.sha256(source).hexdigest()


def _diff(file: str, source: bytes, edits: Edits) -> str:
    name = os.path.relpath(file)
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    before, after = (text.decode(encoding).splitlines(keepends=True) for text in (source, applied(source, edits)))
    lines = difflib.unified_diff(before, after, name, name)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
