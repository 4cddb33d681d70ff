"""A baseline: what is known to fail does not fail the gate, what is new does, and so does a proof that became weaker.

Imports the standard library, the result and its states only. The file is JSON: of each file and case the state of
each quantity and finding, without lines, shapes, values or versions, so that it changes only when a verdict does.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from verify import states
from verify.errors import InputError
from verify.result import CaseResult, Comparison, Run
from verify.states import States, change, fails, only_if_bad
from verify.where import relative

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class Baseline:
    """What is known of a project; `here` is the working directory, as seen from the directory of the file.

    The names of files are kept as seen from there too: the command may run in any directory.
    """

    known: States = field(default_factory=dict)
    here: str = "."

    def marked(self, case: CaseResult) -> CaseResult:
        """Return a case with its known failures, and its proofs that became weaker, marked as such."""
        known = self._of(case)
        return replace(
            case,
            comparisons=tuple(_marked(c, known.get(c.key)) for c in case.comparisons),
            findings=tuple(
                replace(one, known=replace(one, known=False).bad and one.key in known) for one in case.findings
            ),
        )

    def judged(self, run: Run, *, whole: bool, quick: bool = False) -> Run:
        """Return a run with its cases marked, and the entries that no longer apply.

        Of a run that is not `whole` only entries of its cases are looked at; a `quick` one cannot tell.
        """
        stale = () if quick else tuple(self._stale(run, whole=whole))
        return replace(run, cases=tuple(map(self.marked, run.cases)), stale=stale)

    def updated(self, run: Run, *, whole: bool) -> Baseline:
        """Return what is known after a run: of its cases what they show, of others as before, unless it is whole."""
        kept = [] if whole else [(file, name, of) for file, name, of in _cases(self.known)]
        found = [(self._file(file), name, of) for file, name, of in _cases(states.of_run(run))]
        ran = {(file, name) for file, name, _ in found}
        cases = [case for case in kept if case[:2] not in ran] + found
        return replace(self, known=states.gathered(cases))

    def text(self) -> str:
        """Return the content of the file."""
        document = {"schema_version": SCHEMA_VERSION, "files": self.known}
        return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def difference(self, before: Baseline) -> str:
        """Say how this differs from what was known before: failures that are known, added, and pruned."""
        now, then = _failures(self.known), _failures(before.known)
        known = f"{len(now):,} known failure{'s' if len(now) != 1 else ''}"
        said = f"{known}, {len(now - then):,} added, {len(then - now):,} pruned"
        proved = {key for key, state in _entries(before.known) if state == "PROVED"}
        weaker = sum(state == "AGREES" and key in proved for key, state in _entries(self.known))
        return f"{said}; {weaker:,} no longer proved" if weaker else said

    def _file(self, file: str) -> str:
        return posixpath.normpath(posixpath.join(self.here, file)) if file else ""

    def _of(self, case: CaseResult) -> dict[str, str]:
        return self.known.get(self._file(case.file), {}).get(case.name, {})

    def _stale(self, run: Run, *, whole: bool) -> Iterator[str]:
        now = {(self._file(file), name): of for file, name, of in _cases(states.of_run(run))}
        found = {
            (self._file(case.file), case.name, f.key) for case in run.cases for f in case.findings if not f.allowed
        }
        for (file, name, key), state in _entries(self.known):
            shown = now.get((file, name), {})
            broken = any(only_if_bad(one) and shown[one] == "ERROR" for one in shown)  # its gradients are not gone
            if not (whole or shown) or broken or (file, name, key) in found:
                continue
            is_now = shown.get(key)
            if is_now is None or change(state, is_now) == "fixed":
                yield f"{file or 'expr'}: {name}: {key} was {state}, and is {is_now or 'not there'}"


def opened(path: Path | None, *, update: bool) -> Baseline:
    """Read a baseline; raises InputError where there is none, unless it is to be written anew, and for other files."""
    if path is None:
        return Baseline()
    here = Path(os.path.relpath(Path.cwd(), path.resolve().parent)).as_posix()
    if update and not path.exists():
        return Baseline(here=here)
    return Baseline(_read(path), here)


class Kept(NamedTuple):
    """What a command does with a baseline: where that is, what it held before, and whether to write it anew.

    A run that is not `whole` says nothing of the other cases, a `quick` one nothing of what it did not look for.
    """

    path: Path | None
    before: Baseline
    update: bool
    whole: bool
    quick: bool

    def judged(self, run: Run) -> tuple[Run, dict[Path, str], str]:
        """Return the run as the gate sees it, the file to write, and what to say of it."""
        whole = self.whole and run.complete
        if not self.update or self.path is None:
            return self.before.judged(run, whole=whole, quick=self.quick), {}, ""
        now = self.before.updated(run, whole=whole)
        said = f"{relative(self.path)}: {now.difference(self.before)}"
        return now.judged(run, whole=whole), {self.path: now.text()}, said


def kept(path: Path | None, *, update: bool, whole: bool, quick: bool) -> Kept:
    """Open the baseline of a command; raises InputError for one that cannot be read, or could not be written."""
    if update and path is None:
        raise InputError('--baseline-update: name the file: --baseline FILE, or baseline = "FILE" in [tool.gradproof]')
    if update and quick:
        raise InputError("--baseline-update: with --quick not all is looked for, and the file would lose the rest")
    return Kept(path, opened(path, update=update), update, whole, quick)


def _read(path: Path) -> States:
    name = relative(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        hint = "write it with --baseline-update"
        raise InputError(f"--baseline: there is no file {name}; {hint}") from None
    except OSError as problem:
        raise InputError(f"--baseline: {name}: {problem.strerror}") from None
    except (ValueError, RecursionError) as problem:
        raise InputError(f"--baseline: {name} is not JSON: {problem}") from None
    if not _is_baseline(document):
        raise InputError(
            f"--baseline: {name} is no baseline of this version; --baseline-update writes one, delete it first"
        )
    known: States = document["files"]
    return known


def _is_baseline(document: Any) -> bool:
    """Tell whether a document has the version and the shape of a baseline, down to its states."""
    if not isinstance(document, dict) or document.get("schema_version") != SCHEMA_VERSION:
        return False
    files = document.get("files")
    if not isinstance(files, dict) or not all(isinstance(cases, dict) for cases in files.values()):
        return False
    found = [of for cases in files.values() for of in cases.values()]
    return all(isinstance(of, dict) for of in found) and all(s in states.STATES for of in found for s in of.values())


def _marked(c: Comparison, known: str | None) -> Comparison:
    difference = "" if known is None else change(known, c.state)
    failing = fails(c.state)
    return replace(
        c,
        known=failing and known is not None and fails(known) and difference != "weaker",
        weaker=not failing and difference == "weaker",
    )


def _cases(known: States) -> Iterator[tuple[str, str, dict[str, str]]]:
    for file, cases in sorted(known.items()):
        for name, of in sorted(cases.items()):
            yield file, name, of


def _entries(known: States) -> Iterator[tuple[tuple[str, str, str], str]]:
    for file, name, of in _cases(known):
        for key, state in sorted(of.items()):
            yield (file, name, key), state


def _failures(known: States) -> set[tuple[str, str, str]]:
    return {key for key, state in _entries(known) if fails(state)}
