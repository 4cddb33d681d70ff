"""Cases checked in worker processes: one at a time, and a new one after a case that hung or took its worker with it.

A process checks the cases of one file: what those of another have left in the modules that both import would be a part
of the verdict. Whatever the user's code does ends in a row of the result; the rows of other cases are what they would
be without it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, NamedTuple, TextIO, TypeVar

from verify.discovery.messages import Answer, Task, Unit
from verify.discovery.targets import case_name, is_path
from verify.discovery.writing import no_cases
from verify.model.comparison import REST
from verify.model.errors import InputError, WorkerError
from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Comparison, Evidence, Verdict
from verify.runner.heard import Heard
from verify.runner.process import Process
from verify.scan.candidate import SECONDS

Stream = TypeVar("Stream", bound=TextIO)
# The name and place of each case; what is wrong with it, why, and the case that is begun in its place.
Listing = list[tuple[str, Place, str, Reason | None, str]]


class CollectedCase(NamedTuple):
    """A case that a worker has found, the `number`th of its unit."""

    unit: Unit
    number: int
    name: str
    where: Place


@dataclass
class Record:
    """What was seen of a unit: the files that its processes touched, and whether every case came to a result."""

    touched: set[str] = field(default_factory=set)
    whole: bool = True


class Workers:
    """One worker process after the other; `limit` is the seconds that a request may take, `memory` the bytes.

    With `quick`, cases are checked for nothing but the formula at the sample. `extensions` are modules that each
    process imports first, and the folder that they are found from. What is in `located` (the units of targets)
    is not asked for. With `records`, what is seen of each unit is noted there.

    Raises InputError for what the user got wrong, and WorkerError for what we did.
    """

    def __init__(self, process: Process, limit: float = 60) -> None:
        self.limit = limit
        self.quick = False
        self.extensions: tuple[tuple[str, ...], str] = ((), "")
        self.located: dict[str, list[Unit]] = {}
        self.records: dict[Unit, Record] | None = None
        self._extended = False  # the process that there is now
        self._process = process
        self._collected: set[Unit] = set()  # by the process that there is now
        self._spoilt: Unit | None = None  # the one unit that the process is good for, since importing it has changed it
        self._listed: dict[Unit, Listing] = {}

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the process, if there is one."""
        self._process.close()

    @property
    def memory(self) -> float:
        """Return how many bytes a worker may hold."""
        return self._process.memory

    @memory.setter
    def memory(self, size: float) -> None:
        self._process.memory = size

    def another(self) -> Workers:
        """Return workers beside these, with what these know of cases."""
        others = Workers(self._process.another(), self.limit)
        others.quick, others._listed, others.memory = self.quick, self._listed, self.memory
        others.extensions, others.records = self.extensions, self.records
        return others

    def prepare(self) -> None:
        """Have imported first what several processes will need."""
        self._process.prepare()

    def begin(self) -> None:
        """Start a process, unless there is one, that a request comes for."""
        self._process.begin()

    def listing(self, unit: Unit) -> Listing | None:
        """Return what is known of the cases of a unit; None where they have not been collected."""
        return self._listed.get(unit)

    def know(self, unit: Unit, listing: Listing) -> None:
        """Take the cases of a unit as they are told."""
        self._listed[unit] = listing

    @contextmanager
    def heard(self, output: Stream) -> Iterator[Stream]:
        """Have what the user's code prints meanwhile go to a stream."""
        before, self._process.output = self._process.output, output
        try:
            yield output
        finally:
            self._process.output = before

    def break_off(self) -> None:
        """End the process that answers a request just now, from another thread; it is as if it had died."""
        self._process.break_off()

    def extend(self) -> None:
        """Let the process import the extensions; raises InputError where they do not let it go on."""
        self._extended = True
        if self.extensions[0] and (answer := self._ask("extend", *self.extensions)).kind != "done":
            raise InputError(f"[tool.gradproof] extensions: {answer.value}")
        if self.records is not None:
            self._ask("record")

    def collected(self, targets: Sequence[str], layers: str | None) -> list[CollectedCase | CaseResult]:
        """Return the cases of all targets in order, with a row in place of what could not be imported, or is no target.

        Raises InputError where there is nothing but targets that are none.
        """
        unique: dict[tuple[Place, str, str], CollectedCase | CaseResult] = {}
        refused: list[str] = []
        for target in (wanted := dict.fromkeys(targets)):
            try:
                cases = self._of_target(target, layers)
            except InputError as problem:
                refused.append(f"{problem}")
                cases = [refused_row(target, f"{problem}")]
            for case in cases:  # one file may be named in several ways, one case imported from module to module
                lost = case.target if isinstance(case, CaseResult) else ""
                unique.setdefault((case.where, case.name, lost), case)
        if len(refused) == len(wanted):
            raise InputError("\n".join(dict.fromkeys(refused)))
        return list(unique.values())

    def cases(self, unit: Unit) -> list[CollectedCase | CaseResult]:
        """Return the cases of a unit, or a row that says why there are none."""
        if unit not in self._listed:
            with self.heard(Heard(self._process.output)) as output:
                answer = self._collect(unit)
            self._note(unit, whole=answer.kind == "done" and not output.taken())
            if answer.kind != "done":
                return [_lost(unit.target, Place(unit.file), _command(unit), answer)]
            self._listed[unit] = answer.value
        return [
            _missing(CollectedCase(unit, number, name, where), problem, reason, begun)
            if reason
            else CollectedCase(unit, number, name, where)
            for number, (name, where, problem, reason, begun) in enumerate(self._listed[unit])
        ]

    def checked(self, case: CollectedCase, seed: int) -> CaseResult:
        """Return the result of a case, whatever becomes of the process that it runs in."""
        try:
            answer = self._check(case, seed)
        except WorkerError as problem:
            sys.stderr.write(f"{problem}\n")
            answer = Answer("failed", OURS, reason=Reason.INTERNAL_ERROR)
        self._note(case.unit, whole=answer.kind == "done", touched=answer.touched)
        if answer.kind == "done":
            result: CaseResult = answer.value
            return result
        if answer.partial is not None:
            return _cut_short(answer)
        return row(case, answer)

    def _of_target(self, target: str, layers: str | None) -> list[CollectedCase | CaseResult]:
        if target in self.located:
            return [case for unit in self.located[target] for case in self.cases(unit)]
        answer = self._ask("units", target, layers)
        if answer.kind != "done":
            return [_lost(target, NOWHERE, ("gradproof", "run", target), answer)]
        if cases := [case for unit in answer.value for case in self.cases(unit)]:
            return cases
        raise no_cases(target)

    def _collect(self, unit: Unit) -> Answer:
        answer = self._ask("cases", unit, more=SECONDS * unit.scan)
        if answer.kind == "done":
            self._collected.add(unit)
            self._spoilt = unit if answer.changed else None
        return answer

    def _check(self, case: CollectedCase, seed: int) -> Answer:
        return self.ask_about("check", case, seed, self.quick)

    def ask_about(self, kind: str | Task, case: CollectedCase, *arguments: Any) -> Answer:
        """Ask about a case, which is collected where the process that there is now has not done so."""
        return self.take_up(case) or self._ask(kind, case.unit, case.number, *arguments)

    def take_up(self, case: CollectedCase) -> Answer | None:
        """Collect a case where the process that there is now has not done so; returns why that fails, if it does."""
        if self._spoilt not in (None, case.unit) or self._collected - {case.unit}:
            self._renew()  # whatever other files have left in the modules that this one imports too
        if case.unit not in self._collected:
            with self.heard(io.StringIO()):  # it was heard when the cases were collected
                again = self._collect(case.unit)
            if again.kind != "done":
                return again
            if again.value != self._listed[case.unit]:
                text = "importing it again after a crash gave different cases"
                return Answer("failed", text, reason=Reason.UNSTABLE_IMPORT)
        return None

    def _ask(self, kind: str | Task, *arguments: Any, more: float = 0) -> Answer:
        """Ask the process; what takes long for a good reason has some `more` seconds."""
        if self._spoilt not in (None, *arguments[:1]):
            self._renew()
        if not self._extended:
            with self.heard(io.StringIO()):
                self.extend()
        return self._answered(kind, self._process.ask((kind, *arguments), self.limit, more))

    def _note(self, unit: Unit, *, whole: bool = True, touched: tuple[str, ...] = ()) -> None:
        if self.records is not None:
            record = self.records.setdefault(unit, Record())
            record.touched.update(touched)
            record.whole &= whole

    def _answered(self, kind: str | Task, answer: Answer) -> Answer:
        """Take notice of what a request has made of the process; raises InputError and WorkerError."""
        if answer.kind in ("hung", "exceeded", "unread", "died"):
            self._forget()
        elif answer.changed and kind != "cases":  # the next case gets a process as this one was
            self._renew()
        if answer.kind == "refused":
            raise InputError(answer.value)
        if answer.kind in ("bug", "unread"):
            raise WorkerError(answer.value)
        return answer

    def _renew(self) -> None:
        self._process.retire()
        self._forget()

    def _forget(self) -> None:
        self._extended = False
        self._collected.clear()
        self._spoilt = None


OURS = "gradproof itself failed: this is a bug; please report it with the lines on standard error"
_VERDICTS = {
    "hung": (Verdict.UNDECIDED, "timeout"),
    "exceeded": (Verdict.UNDECIDED, "memory"),
    "died": (Verdict.ERROR, "error"),
    "failed": (Verdict.ERROR, "error"),
    "unprepared": (Verdict.UNDECIDED, "unprepared"),
}
_MISSING = {Reason.LOST_CASE: "failed", Reason.NOT_SET_UP: "unprepared"}  # cases, and what becomes of their rows
_REASONS = {"hung": Reason.TIMEOUT, "exceeded": Reason.MEMORY, "died": Reason.PROCESS_DIED}  # a failed one has its own


def row(case: CollectedCase, answer: Answer) -> CaseResult:
    """Return the row of a case that has no result of its own."""
    return _row(case.name, case.where, _command(case.unit, case), answer)


def _row(name: str, where: Place, reproduce: tuple[str, ...], answer: Answer) -> CaseResult:
    """Return the row of what has no result of its own."""
    from verify.model.excerpts import excerpted  # seldom needed

    whole = _unknown("the whole case", answer, answer.value)
    return excerpted(CaseResult(name, where, "", "", "", (), ("", "1"), (whole,), reproduce=reproduce))


def _missing(case: CollectedCase, problem: str, reason: Reason, begun: str) -> CaseResult:
    """Return the row of a case that there is not: one that is lost, or that could not be set up, which has a name."""
    command = _command(case.unit, case if reason is Reason.NOT_SET_UP else None)
    result = _row(case.name, case.where, command, Answer(_MISSING[reason], problem, place=case.where, reason=reason))
    (whole,) = result.comparisons
    return replace(result, comparisons=(replace(whole, evidence=replace(whole.evidence, begun=begun)),))


def _lost(target: str, where: Place, reproduce: tuple[str, ...], answer: Answer) -> CaseResult:
    """Return the row of what could not be imported."""
    return replace(_row(case_name(target), where, reproduce, answer), target=target)


def refused_row(target: str, problem: str, command: str = "run") -> CaseResult:
    """Return the row of a target beside others that is none: a file that does not exist, or has no cases."""
    place = Place(target, 0) if is_path(target) else NOWHERE
    return _lost(target, place, ("gradproof", command, target), Answer("failed", problem, reason=Reason.NO_TARGET))


def _cut_short(answer: Answer) -> CaseResult:
    """Return what was certain of a case before it broke off, with a row that says what was not judged, and why."""
    from verify.model.excerpts import excerpted

    result, rest = answer.partial
    row = _unknown(REST, answer, f"{answer.value}; left out: {rest}")
    return excerpted(replace(result, comparisons=(*result.comparisons, row)))


def _unknown(name: str, answer: Answer, detail: str) -> Comparison:
    """Return the comparison of what there was no answer to."""
    verdict, kind = _VERDICTS[answer.kind]
    reason = answer.reason or _REASONS[answer.kind]
    return Comparison("case", name, verdict, evidence=Evidence(kind, detail, place=answer.place, reason=reason))


def _command(unit: Unit, case: CollectedCase | None = None) -> tuple[str, ...]:
    """Return the command that repeats a row."""
    if unit.at is not None:
        upstream = [] if unit.upstream == "1" else [f"--upstream={unit.upstream}"]
        at = [part for value in unit.at for part in ("--at", value)]
        domain = [part for side, value in unit.domain for part in (f"--{side}", value)]
        return ("gradproof", "expr", unit.target.strip(), *at, *domain, *upstream)
    target = case.where.file if case else unit.file or unit.target
    name = [] if not case else [f"--case={case.name}"] if case.name.startswith("-") else ["--case", case.name]
    return ("gradproof", "scan" if unit.scan else "run", target, *name)
