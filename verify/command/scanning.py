"""The commands that need no cases: `scan` checks the gradients in source, and `init` writes them as cases."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from verify.discovery.scanning import Listing, listings, none_in, unit_of
from verify.model.elision import cut_end
from verify.model.errors import InputError
from verify.model.where import relative

if TYPE_CHECKING:
    from pathlib import Path

    from verify.model.result import CaseResult
    from verify.runner.workers import CollectedCase, Workers

_LONGEST = 300  # characters of names
_MOST = 3  # files that are named one by one


def listed(paths: Sequence[str]) -> int:
    """Print where gradients are, importing nothing; returns the exit status."""
    files = listings(paths)
    _name_unwritten(files)
    for file in files:
        if file.broken:
            print(f"gradproof: {file.broken}", file=sys.stderr)
        for item in file.candidates:
            names = " and ".join(dict.fromkeys([item.forward, item.backward]))
            print(f"{relative(file.path)}:{item.line}: {item.name}: {names}")
    if not any(file.candidates for file in files):
        raise none_in(paths)
    return 0


def scanned(workers: Workers, paths: Sequence[str]) -> list[CollectedCase | CaseResult]:
    """Return the cases of the gradients in source, and rows for what has no case; raises InputError for none."""
    files = listings(paths)
    _name_unwritten(files)
    cases = [case for file in files if file.candidates or file.broken for case in workers.cases(unit_of(file))]
    if not cases:
        raise none_in(paths)
    return cases


def _name_unwritten(files: Sequence[Listing]) -> None:
    """Say which classes have an empty backward, in a line for each file: nothing of them is checked."""
    for file in files:
        if file.unwritten:
            names = cut_end(", ".join(file.unwritten), _LONGEST)
            print(f"gradproof: {relative(file.path)}: not checked, as backward is empty: {names}", file=sys.stderr)


def initial(workers: Workers, paths: Sequence[str], *, diff: bool) -> int:
    """Write files of cases for what scan finds, beside each module, or print them; returns the exit status."""
    from verify.initial.files import file_of

    files = [file_of(workers, file) for file in listings(paths) if file.candidates]
    files = [file for file in files if file.cases or file.missing]
    if not files:
        raise none_in(paths)
    if diff:
        print("".join(file.diff for file in files), end="")
        return 0
    written = [file for file in files if file.write()]
    for file in files:
        print(f"{relative(file.path)}: {file.summary if file in written else 'already exists and was not changed'}")
    if not written:
        raise InputError("nothing was written: --diff prints the new cases, to copy into the existing files")
    if made := [file.path for file in written if file.cases]:
        print(f"check them: {shlex.join(['gradproof', *_targets(made)])}")
        print(f"look for the changes that correct them: {shlex.join(['gradproof', 'fix', *_targets(made)])}")
    return 0


def _targets(files: Sequence[Path]) -> list[str]:
    """Return the files as a command names them, or the directory that has them all where they are many."""
    return [relative(file) for file in files] if len(files) <= _MOST else [relative(os.path.commonpath(files))]
