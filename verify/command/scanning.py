"""The commands that need no cases: `scan` checks the gradients in source, and `init` writes them as cases."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from verify.discovery.scanning import Listing, listings, narrowed, none_in
from verify.model.elision import cut_end
from verify.model.errors import InputError
from verify.model.identity import Place
from verify.model.where import as_place, relative

if TYPE_CHECKING:
    from pathlib import Path

    from verify.model.result import CaseResult
    from verify.runner.workers import CollectedCase, Workers

_LONGEST = 300  # characters of names
_UNLIKE = (
    "not checked, as the second result does not look like the gradient of the first, and is not called one "
    "(`return loss, grad` calls it so)"
)
_MOST = 3  # files that are named one by one


def listed(paths: Sequence[str]) -> int:
    """Print where gradients are, importing nothing; returns the exit status."""
    files = listings(paths)
    _name_unwritten(files)
    for file in files:
        if file.broken or file.refused:
            print(f"gradproof: {file.broken or file.refused}", file=sys.stderr)
        for item in file.candidates:
            names = " and ".join(dict.fromkeys([item.forward, item.backward]))
            print(f"{relative(file.path)}:{item.line}: {item.name}: {names}")
    if not any(file.candidates for file in files):
        raise none_in(paths)
    return _status(files)


def _status(files: Sequence[Listing]) -> int:
    """Return the exit status of what checks nothing: 2 where a path was none, though others were read."""
    return 2 if any(file.refused for file in files) else 0


def scanned(workers: Workers, paths: Sequence[str], names: Sequence[str] = ()) -> list[CollectedCase | CaseResult]:
    """Return the cases of the gradients in source, and rows for what has no case; raises InputError for none.

    Where there are `names`, no call is looked for of gradients of other names.
    """
    from verify.runner.workers import refused_row

    files = listings(paths)
    _name_unwritten(files)
    read = [file for file in files if file.candidates or file.broken]
    cases = [case for unit in narrowed(read, names) for case in workers.cases(unit)]
    _name_unlike(read, names, cases)
    refused = [file for file in files if file.refused]
    if not cases:
        raise InputError("\n".join(file.refused for file in refused)) if refused else none_in(paths)
    return [*cases, *(refused_row(f"{file.path}", file.refused, "scan") for file in refused)]


def _name_unlike(files: Sequence[Listing], names: Sequence[str], cases: Sequence[CollectedCase | CaseResult]) -> None:
    """Say what was left out as it does not look like a gradient, and nothing says that it is one."""
    places = {case.where for case in cases}
    for file in files:
        there = [item for item in file.candidates if not item.sure and (not names or item.name in names)]
        left = [item for item in there if as_place(f"{file.path}", item.line) not in places]
        if left and Place(relative(file.path)) not in places:  # where importing it failed nothing was looked at
            texts = cut_end(", ".join(f"{item.name} (line {item.line})" for item in left), _LONGEST)
            print(f"gradproof: {relative(file.path)}: {_UNLIKE}: {texts}", file=sys.stderr)


def _name_unwritten(files: Sequence[Listing]) -> None:
    """Say which classes have an empty backward, in a line for each file: nothing of them is checked."""
    for file in files:
        if file.unwritten:
            names = cut_end(", ".join(file.unwritten), _LONGEST)
            print(f"gradproof: {relative(file.path)}: not checked, as backward is empty: {names}", file=sys.stderr)


def initial(workers: Workers, paths: Sequence[str], *, diff: bool) -> int:
    """Write files of cases for what scan finds, beside each module, or print them; returns the exit status."""
    from verify.initial.files import file_of

    listed = listings(paths)
    for path in [file for file in listed if file.refused]:
        print(f"gradproof: {path.refused}", file=sys.stderr)
    files = [file_of(workers, file) for file in listed if file.candidates]
    files = [file for file in files if file.cases or file.missing]
    if not files:
        raise none_in(paths)
    if diff:
        print("".join(file.diff for file in files), end="")
        return _status(listed)
    written = [file for file in files if file.write()]
    for file in files:
        print(f"{relative(file.path)}: {file.summary if file in written else 'already exists and was not changed'}")
    if not written:
        raise InputError("nothing was written: --diff prints the new cases, to copy into the existing files")
    if made := [file.path for file in written if file.cases]:
        print(f"check them: {shlex.join(['gradproof', *_targets(made)])}")
        print(f"look for the changes that correct them: {shlex.join(['gradproof', 'fix', *_targets(made)])}")
    return _status(listed)


def _targets(files: Sequence[Path]) -> list[str]:
    """Return the files as a command names them, or the directory that has them all where they are many."""
    return [relative(file) for file in files] if len(files) <= _MOST else [relative(os.path.commonpath(files))]
