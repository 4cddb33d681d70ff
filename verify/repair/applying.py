"""Edits in the sources that they are of. It imports nothing else, for the command's own process has no use for it."""

from __future__ import annotations

from collections.abc import Iterable

from verify.mutation.result import Mutant


def applied(source: bytes, edits: Iterable[Mutant]) -> bytes:
    """Return a source with edits in it, which do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        source = source[: edit.start] + edit.text + source[edit.end :]
    return source
