"""A baseline: what is known to fail does not fail the gate; what is new does, and so does a proof that is none now.

What the file holds (`document` reads and writes it) is the state of each quantity and finding of each case, without
lines, values or versions, so that it changes only when a verdict does, or how far something fails.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from verify.baseline import states
from verify.baseline.document import read, text
from verify.baseline.extents import Extent
from verify.baseline.scope import Covers, nothing, scope
from verify.baseline.states import GOOD, State, States, change, fails, is_failure, is_lost, only_if_bad
from verify.model.errors import InputError
from verify.model.identity import CaseId, Quantity
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Comparison, Evidence, Run, Stale, Verdict
from verify.model.where import relative

_GREW = ("weaker", "newly failing")


@dataclass(frozen=True)
class Baseline:
    """What is known of a project; `folder` is the working directory, as seen from the directory of the file.

    The names of files are kept as seen from there too: the command may run in any directory.
    """

    states: States = field(default_factory=dict)
    folder: str = "."

    def marked(self, case: CaseResult) -> CaseResult:
        """Return a case with what is known of its failures and proofs marked."""
        accepted, now = self._of(case), states.of_case(case)
        return replace(
            case,
            comparisons=tuple(_marked(c, accepted.get(c.key), now[c.key]) for c in case.comparisons),
            findings=tuple(
                replace(finding, known=replace(finding, known=False).bad and finding.key in accepted)
                for finding in case.findings
            ),
        )

    def judged(self, run: Run, *, covers: Covers, quick: bool = False) -> Run:
        """Return a run with its cases marked and told about, and the entries that no longer apply.

        A `quick` run cannot tell of these whether they do.
        """
        now = self._named(run)
        stale = () if quick else tuple(self._stale(run, now, covers))
        last = {case.id: case for case in run.cases}
        cases = [
            self._with_changes(self.marked(case), now) if last[case.id] is case else self.marked(case)
            for case in run.cases
        ]
        return replace(run, cases=tuple(cases), stale=stale)

    def updated(self, run: Run, *, covers: Covers) -> Baseline:
        """Return what is known after a run: of its cases what they show, of those that it does not cover as before."""
        states_now = self._named(run)
        unseen = [(case, of) for case, of in sorted(self.states.items()) if case not in states_now and not covers(case)]
        return replace(self, states=states.gathered([*unseen, *states_now.items()]))

    def text(self) -> str:
        """Return the content of the file."""
        return text(self.states)

    def difference(self, before: Baseline) -> str:
        """Say how this differs from what was known before: what is known to fail, and what became worse or better."""
        now, then = _entries(self.states), _entries(before.states)
        bad, was_bad = ({key for key, state in entries.items() if fails(state)} for entries in (now, then))
        failures = f"{len(bad):,} known failure{'s' if len(bad) != 1 else ''}"
        changes = f"{failures}, {len(bad - was_bad):,} added, {len(was_bad - bad):,} pruned"
        counted = {
            "worse": sum(change(then[key], now[key]) in _GREW for key in bad & was_bad),
            "smaller": sum(change(then[key], now[key]) == "stronger" for key in bad & was_bad),
            "no longer proved": sum(self._is_less(before.states[case], case, key) for case, key in then),
        }
        return "; ".join([changes, *[f"{number:,} {kind}" for kind, number in counted.items() if number]])

    def _is_less(self, then: Mapping[Quantity, State], case: CaseId, key: Quantity) -> bool:
        """Tell whether what was good in a case is less than that, in a case that is still there, and does not fail."""
        now = self.states.get(case)
        if now is None or fails(then[key]):
            return False
        return is_lost(key, then, now) or (key in now and change(then[key], now[key]) == "weaker")

    def _at_home(self, case: CaseId) -> CaseId:
        """Return a case with its file as this names it."""
        return case._replace(file=posixpath.normpath(posixpath.join(self.folder, case.file)) if case.file else "")

    def from_here(self, case: CaseId) -> CaseId:
        """Return a case of this with its file as the command names it."""
        return case._replace(file=posixpath.relpath(case.file, self.folder) if case.file else "")

    def _of(self, case: CaseResult) -> Mapping[Quantity, State]:
        return self.states.get(self._at_home(case.id), {})

    def _named(self, run: Run) -> States:
        """Return the states of a run, with its files as this names them."""
        return {self._at_home(case): of for case, of in states.of_run(run).items()}

    def _with_changes(self, case: CaseResult, run: States) -> CaseResult:
        """Return a case with a row for each gradient that is gone, and notes on failures that grew."""
        accepted, now = self._of(case), run[self._at_home(case.id)]
        return replace(
            case,
            comparisons=(*case.comparisons, *_lost(accepted, now, case)),
            notes=(*case.notes, *_grown(accepted, now)),
        )

    def _stale(self, run: Run, now: States, covers: Covers) -> Iterator[Stale]:
        findings = {(self._at_home(case.id), f.key) for case in run.cases for f in case.findings if not f.allowed}
        for (case, key), state in _entries(self.states).items():
            case_states = now.get(case)
            stale = covers(case) if case_states is None else _is_stale(key, self.states[case], case_states)
            if stale and (case, key) not in findings:
                is_now = states.text((case_states or {}).get(key, GOOD)) or "not there"
                yield Stale(self.from_here(case), key, states.text(state), is_now)


def opened(path: Path | None, *, update: bool) -> Baseline:
    """Read a baseline; raises InputError where there is none, unless it is to be written anew, and for other files."""
    if path is None:
        return Baseline()
    folder = Path(os.path.relpath(Path.cwd(), path.resolve().parent)).as_posix()
    if update and not path.exists():
        return Baseline(folder=folder)
    return Baseline(read(path), folder)


class BaselineUse(NamedTuple):
    """What a command does with a baseline: where that is, what it held before, and whether to write it anew.

    A run of a part of the cases of its `targets` has none of these: it says nothing of the others. A `quick` one says
    nothing of what it did not look for. Cases `elsewhere` are those of other shards.
    """

    path: Path | None
    before: Baseline
    update: bool
    targets: tuple[str, ...]
    quick: bool
    elsewhere: frozenset[CaseId] = frozenset()

    def sharded(self, elsewhere: Iterable[CaseId], *, broken: bool) -> BaselineUse:
        """Return the same for a run that leaves some cases to other shards, among them what could not be imported."""
        return self._replace(elsewhere=frozenset(elsewhere), targets=() if broken else self.targets)

    def judged(self, run: Run) -> tuple[Run, dict[Path, str], str]:
        """Return the run as the gate sees it, the file to write, and what to say of it."""
        covers = self._covers(run)
        if not self.update or self.path is None:
            return self.before.judged(run, covers=covers, quick=self.quick), {}, ""
        now = self.before.updated(run, covers=covers)
        message = f"{relative(self.path)}: {now.difference(self.before)}"
        return now.judged(run, covers=covers), {self.path: now.text()}, message

    def _covers(self, run: Run) -> Covers:
        if self.path is None or not self.targets or not run.complete:
            return nothing
        covers = scope(run, self.targets, self.path.resolve().parent)
        return lambda case: self.before.from_here(case) not in self.elsewhere and covers(case)


def use_baseline(path: Path | None, *, update: bool, targets: tuple[str, ...], quick: bool) -> BaselineUse:
    """Open the baseline of a command; raises InputError for one that cannot be read, or could not be written."""
    if update and path is None:
        raise InputError('--baseline-update: name the file: --baseline FILE, or baseline = "FILE" in [tool.gradproof]')
    if update and quick:
        raise InputError(
            "--baseline-update: a --quick run checks less, and the file would lose entries: run without --quick"
        )
    return BaselineUse(path, opened(path, update=update), update, targets, quick)


def _marked(c: Comparison, accepted: State | None, now: State) -> Comparison:
    if is_failure(c.state):
        return replace(c, weaker=False, known=_is_known(c.state, accepted or GOOD, now))
    return replace(c, known=False, weaker=accepted is not None and change(accepted, {c.state: Extent()}) == "weaker")


def _is_known(word: str, accepted: State, now: State) -> bool:
    return word in accepted and not now[word].beyond(accepted[word])


def _grown(accepted: Mapping[Quantity, State], now: Mapping[Quantity, State]) -> Iterator[str]:
    """Say of what is known to fail how it fails beyond that."""
    for key, state in now.items():
        if (
            (before := accepted.get(key))
            and fails(before)
            and not all(_is_known(kind, before, state) for kind in state)
        ):
            yield f"{key} is worse than in the baseline: was {states.text(before)}, now {states.text(state)}"


def _lost(accepted: Mapping[Quantity, State], now: Mapping[Quantity, State], case: CaseResult) -> Iterator[Comparison]:
    """Yield a row for each gradient that was good, and is not there any more: nothing is known of it now."""
    for key, state in sorted(accepted.items()):
        if is_lost(key, accepted, now):
            gone = "the code returns None for it" if key.name in case.unclaimed else "the case has no such gradient"
            reason = f"{gone}; the baseline lists it as {states.text(state)}; --baseline-update accepts the change"
            lost = Evidence("lost", reason, reason=Reason.LOST_GRADIENT)
            yield Comparison("gradient", key.name, Verdict.UNDECIDED, role="input", evidence=lost, entries=0)


def _is_stale(key: Quantity, accepted: Mapping[Quantity, State], now: Mapping[Quantity, State]) -> bool:
    """Tell whether an entry no longer applies to a case; what raises has lost nothing, and what is lost is told."""
    raised = any(only_if_bad(quantity) and Verdict.ERROR.name in now[quantity] for quantity in now)
    gone = key not in now and not is_lost(key, accepted, now)
    return not raised and (gone or (key in now and change(accepted[key], now[key]) == "fixed"))


def _entries(accepted: States) -> dict[tuple[CaseId, Quantity], State]:
    return {(case, key): of[key] for case, of in sorted(accepted.items()) for key in sorted(of)}
