"""Which cases failed when they were last checked: `--lf` checks these only, `--ff` checks them first.

This is kept in a folder of the working directory, as the names of files are told from there, for each command. It is no
result: what cannot be read counts as nothing known, and what cannot be written is left.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from itertools import compress
from operator import not_
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from verify.cache.folder import FOLDER, write
from verify.model.result import CaseResult, plural

if TYPE_CHECKING:
    from verify.runner.workers import CollectedCase

_NAME = "lastfailed.json"
_FORMAT = 1


class Failure(NamedTuple):
    """A case that failed; with a `target`, the row of what could not be imported, which stands for all cases there."""

    file: str
    name: str
    target: str = ""


class Picked(NamedTuple):
    """The cases to check, in order, those that are left out, and what to say of it."""

    cases: list[CollectedCase | CaseResult]
    others: list[CollectedCase | CaseResult]
    note: str


def picked(cases: Sequence[CollectedCase | CaseResult], command: str, *, only: bool) -> Picked:
    """Return the cases that failed, `only` these or before the others; all of them where none did."""
    failures = _read().get(command, set())
    names, files = {(f.file, f.name) for f in failures}, {f.file for f in failures if f.target}
    failing = [_has_failed(case, names, files) for case in cases]
    failed, others = list(compress(cases, failing)), list(compress(cases, map(not_, failing)))
    count = plural(len(failed), "case")
    if not failed:
        return Picked(others, [], f"none of {plural(len(cases), 'case')} is recorded as failed: all are checked")
    if only:
        return Picked(failed, others, f"{count} of {len(cases):,}: those that failed last time")
    return Picked([*failed, *others], [], f"{count} of {len(cases):,} first: those that failed last time")


def keep(command: str, cases: Sequence[CaseResult]) -> None:
    """Keep which cases fail; of those that were not checked is known what was known before."""
    stored = _read()
    before, files = stored.get(command, set()), {case.where.file for case in cases}
    failures = {failure for failure in before if not (failure.target and failure.file in files)}
    failures -= {_failure(case) for case in cases}
    failures |= {_failure(case) for case in cases if not case.passes}
    if failures != before:
        with contextlib.suppress(OSError):
            _write({**stored, command: failures})


def _failure(case: CaseResult) -> Failure:
    return Failure(case.where.file, case.name, case.target)


def _has_failed(case: CollectedCase | CaseResult, names: set[tuple[str, str]], files: set[str]) -> bool:
    """Tell whether a case has failed, or is in a file that could not be imported; what cannot be now always has."""
    file = case.where.file
    return isinstance(case, CaseResult) or file in files or (file, case.name) in names


def _read() -> dict[str, set[Failure]]:
    try:
        document = json.loads((Path(FOLDER) / _NAME).read_text(encoding="utf-8"))
        if document["format"] == _FORMAT:
            return {command: {Failure(*map(str, row)) for row in rows} for command, rows in document["failed"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        pass
    return {}


def _write(failed: dict[str, set[Failure]]) -> None:
    document = {"format": _FORMAT, "failed": {command: sorted(rows) for command, rows in sorted(failed.items())}}
    write(_NAME, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogateescape"))
