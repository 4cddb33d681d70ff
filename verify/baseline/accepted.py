"""A baseline: what is known to fail does not fail the gate; what is new does, and so does a proof that is none now.

The file is JSON: of each file and case the state of each quantity and finding, without lines, values or versions, so
that it changes only when a verdict does, or how far something fails.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from verify.baseline import states
from verify.baseline.scope import Covers, nothing, scope
from verify.baseline.states import GOOD, State, States, change, fails, is_failure, is_lost, only_if_bad
from verify.model.errors import InputError
from verify.model.extents import Extent
from verify.model.result import CaseResult, Comparison, Evidence, Run, Verdict
from verify.model.where import relative

SCHEMA_VERSION = "1.1"
_UNMEASURED = "1.0"
_GREW = ("weaker", "newly failing")


@dataclass(frozen=True)
class Baseline:
    """What is known of a project; `here` is the working directory, as seen from the directory of the file.

    The names of files are kept as seen from there too: the command may run in any directory. A file that is not
    `measured` does not say how far failures go: they are known to any extent.
    """

    known: States = field(default_factory=dict)
    here: str = "."
    measured: bool = True

    def marked(self, case: CaseResult) -> CaseResult:
        """Return a case with what is known of its failures and proofs marked."""
        known, now = self._of(case), states.of_case(case)
        return replace(
            case,
            comparisons=tuple(_marked(c, known.get(c.key), now[c.key]) for c in case.comparisons),
            findings=tuple(
                replace(one, known=replace(one, known=False).bad and one.key in known) for one in case.findings
            ),
        )

    def judged(self, run: Run, *, covers: Covers, quick: bool = False) -> Run:
        """Return a run with its cases marked and told about, and the entries that no longer apply.

        A `quick` run cannot tell of these whether they do.
        """
        now = self._named(run)
        stale = () if quick else tuple(self._stale(run, now, covers))
        last = {(case.file, case.name): case for case in run.cases}
        cases = [
            self._told(self.marked(case), now) if last[case.file, case.name] is case else self.marked(case)
            for case in run.cases
        ]
        return replace(run, cases=tuple(cases), stale=stale)

    def updated(self, run: Run, *, covers: Covers) -> Baseline:
        """Return what is known after a run: of its cases what they show, of those that it does not cover as before."""
        found = self._named(run)
        kept = [
            (file, name, of)
            for file, name, of in _cases(self.known)
            if name not in found.get(file, {}) and not covers(file, name)
        ]
        return replace(self, known=states.gathered([*kept, *_cases(found)]), measured=True)

    def text(self) -> str:
        """Return the content of the file."""
        files = {
            file: {name: {key: states.text(state) for key, state in of.items()} for name, of in cases.items()}
            for file, cases in self.known.items()
        }
        document = {"schema_version": SCHEMA_VERSION, "files": files}
        return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def difference(self, before: Baseline) -> str:
        """Say how this differs from what was known before: what is known to fail, and what became worse or better."""
        now, then = _entries(self.known), _entries(before.known)
        bad, was_bad = ({key for key, state in found.items() if fails(state)} for found in (now, then))
        known = f"{len(bad):,} known failure{'s' if len(bad) != 1 else ''}"
        said = f"{known}, {len(bad - was_bad):,} added, {len(was_bad - bad):,} pruned"
        counted = {
            "worse": sum(change(then[key], now[key]) in _GREW for key in bad & was_bad),
            "smaller": sum(change(then[key], now[key]) == "stronger" for key in bad & was_bad),
            "no longer proved": sum(self._is_less(before.known[key[0]][key[1]], *key) for key in then),
        }
        return "; ".join([said, *[f"{number:,} {what}" for what, number in counted.items() if number]])

    def _is_less(self, then: Mapping[str, State], file: str, name: str, key: str) -> bool:
        """Tell whether what was good in a case is less than that, in a case that is still there, and does not fail."""
        now = self.known.get(file, {}).get(name)
        if now is None or fails(then[key]):
            return False
        return is_lost(key, then, now) or (key in now and change(then[key], now[key]) == "weaker")

    def _file(self, file: str) -> str:
        return posixpath.normpath(posixpath.join(self.here, file)) if file else ""

    def _of(self, case: CaseResult) -> Mapping[str, State]:
        return self.known.get(self._file(case.file), {}).get(case.name, {})

    def _named(self, run: Run) -> States:
        """Return the states of a run, with its files as this names them."""
        return {self._file(file): cases for file, cases in states.of_run(run).items()}

    def _told(self, case: CaseResult, run: States) -> CaseResult:
        """Return a case with a row for each gradient that is gone, and notes on failures that grew."""
        known, now = self._of(case), run[self._file(case.file)][case.name]
        return replace(
            case,
            comparisons=(*case.comparisons, *_lost(known, now, case)),
            notes=(*case.notes, *_grown(known, now)),
        )

    def _stale(self, run: Run, now: States, covers: Covers) -> Iterator[str]:
        found = {
            (self._file(case.file), case.name, f.key) for case in run.cases for f in case.findings if not f.allowed
        }
        for (file, name, key), state in _entries(self.known).items():
            shown = now.get(file, {}).get(name)
            stale = covers(file, name) if shown is None else _is_stale(key, self.known[file][name], shown)
            if stale and (file, name, key) not in found:
                is_now = states.text((shown or {}).get(key, GOOD)) or "not there"
                place = posixpath.relpath(file, self.here) if file else "expr"
                yield f"{place}: {name}: {key} was {states.text(state)}, and is {is_now}"


def opened(path: Path | None, *, update: bool) -> Baseline:
    """Read a baseline; raises InputError where there is none, unless it is to be written anew, and for other files."""
    if path is None:
        return Baseline()
    here = Path(os.path.relpath(Path.cwd(), path.resolve().parent)).as_posix()
    if update and not path.exists():
        return Baseline(here=here)
    version, known = _read(path)
    return Baseline(known, here, version != _UNMEASURED)


class Kept(NamedTuple):
    """What a command does with a baseline: where that is, what it held before, and whether to write it anew.

    A run of a part of the cases of its `targets` has none of these: it says nothing of the others. A `quick` one says
    nothing of what it did not look for.
    """

    path: Path | None
    before: Baseline
    update: bool
    targets: tuple[str, ...]
    quick: bool

    def judged(self, run: Run) -> tuple[Run, dict[Path, str], str]:
        """Return the run as the gate sees it, the file to write, and what to say of it."""
        covers = self._covers(run)
        if not self.update or self.path is None:
            return self.before.judged(run, covers=covers, quick=self.quick), {}, self._dated()
        now = self.before.updated(run, covers=covers)
        said = f"{relative(self.path)}: {now.difference(self.before)}"
        return now.judged(run, covers=covers), {self.path: now.text()}, said

    def _dated(self) -> str:
        if self.path is None or self.before.measured:
            return ""
        said = "does not say how far failures go, and does not see them grow; --baseline-update writes it anew"
        return f"{relative(self.path)} is of an earlier version: it {said}"

    def _covers(self, run: Run) -> Covers:
        if self.path is None or not self.targets or not run.complete:
            return nothing
        return scope(run, self.targets, self.path.resolve().parent)


def kept(path: Path | None, *, update: bool, targets: tuple[str, ...], quick: bool) -> Kept:
    """Open the baseline of a command; raises InputError for one that cannot be read, or could not be written."""
    if update and path is None:
        raise InputError('--baseline-update: name the file: --baseline FILE, or baseline = "FILE" in [tool.gradproof]')
    if update and quick:
        raise InputError("--baseline-update: with --quick not all is looked for, and the file would lose the rest")
    return Kept(path, opened(path, update=update), update, targets, quick)


def _read(path: Path) -> tuple[str, States]:
    """Return the version of a file, and what it knows."""
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
    try:
        return _version(document), _states(document["files"])
    except (KeyError, TypeError, AttributeError, ValueError):
        hint = "--baseline-update writes one, delete it first"
        raise InputError(f"--baseline: {name} is no baseline of this version; {hint}") from None


def _version(document: Any) -> str:
    """Return the version of a document; raises an error for one that cannot be read."""
    if (version := document["schema_version"]) not in (_UNMEASURED, SCHEMA_VERSION):
        raise ValueError(version)
    return str(version)


def _states(files: Any) -> States:
    """Return what is known of files; raises an error for what has not the shape of a baseline, down to its states."""
    return {
        file: {name: {key: states.parsed(said) for key, said in of.items()} for name, of in cases.items()}
        for file, cases in files.items()
    }


def _marked(c: Comparison, known: State | None, now: State) -> Comparison:
    if is_failure(c.state):
        return replace(c, weaker=False, known=_is_known(c.state, known or GOOD, now))
    return replace(c, known=False, weaker=known is not None and change(known, {c.state: Extent()}) == "weaker")


def _is_known(word: str, known: State, now: State) -> bool:
    return word in known and not now[word].beyond(known[word])


def _grown(known: Mapping[str, State], now: Mapping[str, State]) -> Iterator[str]:
    """Say of what is known to fail how it fails beyond that."""
    for key, state in now.items():
        if (before := known.get(key)) and fails(before) and not all(_is_known(one, before, state) for one in state):
            yield f"{key} is worse than in the baseline: it was {states.text(before)}, and is {states.text(state)}"


def _lost(known: Mapping[str, State], now: Mapping[str, State], case: CaseResult) -> Iterator[Comparison]:
    """Yield a row for each gradient that was good, and is not there any more: nothing is known of it now."""
    for key, state in sorted(known.items()):
        if is_lost(key, known, now):
            name = key.partition(" ")[2]
            gone = "the code returns None for it" if name in case.unclaimed else "the case has no such gradient"
            said = f"{gone}, and in the baseline it is {states.text(state)}; --baseline-update accepts that"
            lost = Evidence("lost", said)
            yield Comparison("gradient", name, Verdict.UNDECIDED, role="input", evidence=lost, entries=0)


def _is_stale(key: str, known: Mapping[str, State], now: Mapping[str, State]) -> bool:
    """Tell whether an entry no longer applies to a case; what raises has lost nothing, and what is lost is told."""
    raised = any(only_if_bad(one) and "ERROR" in now[one] for one in now)
    gone = key not in now and not is_lost(key, known, now)
    return not raised and (gone or (key in now and change(known[key], now[key]) == "fixed"))


def _cases(known: States) -> Iterator[tuple[str, str, dict[str, State]]]:
    for file, cases in sorted(known.items()):
        for name, of in sorted(cases.items()):
            yield file, name, of


def _entries(known: States) -> dict[tuple[str, str, str], State]:
    return {(file, name, key): of[key] for file, name, of in _cases(known) for key in sorted(of)}
