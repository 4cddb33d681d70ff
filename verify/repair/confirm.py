"""Fixes proved in processes that have seen no other edit: each by itself, then all together beside every other case.

What was proved by itself is not proved again where there are no other edits than its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace

from verify.discovery.messages import Task
from verify.model.errors import InputError, WorkerError
from verify.model.package import PACKAGE
from verify.mutation.result import How, Mutant
from verify.repair.result import Before, Edits, Proof, Repair, State
from verify.runner.crew import Crew
from verify.runner.workers import CollectedCase, Workers

PROOF, SPOILT = (Task(f"{PACKAGE}.repair.bench", method) for method in ("proof", "spoilt"))
_TWO = 2  # processes for a change
_OVERLAPS = "its edit overlaps the fix of another case: make that one first, then run this again"
_TOGETHER = "with the fixes of all cases: {}"
_WORSE = "with it, {} is worse: {}"
_NO_ANSWER = Proof(holds=False, why="the check did not end")


class Provers:
    """Two processes for each change of a case, which have seen no other one: the next two start while others search.

    One judges the case, the other those that run what is changed too.
    """

    def __init__(self, crew: Crew, case: CollectedCase, how: How) -> None:
        self._crew, self._case, self._how = crew, case, how
        self._threads = ThreadPoolExecutor(_TWO)
        self._next: list[Future[Workers]] = []

    def __enter__(self) -> Provers:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown()
        for started in self._next:
            if started.exception() is None:
                started.result().close()

    def start(self) -> None:
        """Start the next two, unless they are there."""
        self._next = self._next or [self._threads.submit(self._started) for _ in range(_TWO)]

    def proof(self, edits: Edits, before: Before | None, *, at_once: bool) -> Proof:
        """Return what new processes say of a case with edits, and of the others that run what these change.

        Both are asked `at_once` where the edits most likely hold, or else the second would do its work for nothing.
        """
        self.start()
        (workers, others), self._next = (started.result() for started in self._next), []
        with workers, others:
            proving = self._threads.submit(workers.ask_about, PROOF, self._case, self._how, edits, before)
            if not (at_once or _proof(proving.result()).holds):
                return _proof(proving.result())
            spoiling = self._threads.submit(others.ask_about, SPOILT, self._case, self._how, edits)
            try:
                proof = _proof(proving.result())
                spoilt = spoiling.result() if proof.holds else None
            finally:
                others.break_off()
                wait([spoiling])
        return proof if spoilt is None or spoilt.kind != "done" or not spoilt.value else Proof(False, spoilt.value)

    def _started(self) -> Workers:
        """Return workers with a process that has imported the case; where it cannot, who asks is told."""
        workers = self._crew.fresh()
        with suppress(WorkerError, InputError):
            workers.take_up(self._case)
        return workers


def confirmed(crew: Crew, cases: Sequence[CollectedCase], how: How, repairs: Sequence[Repair]) -> list[Repair]:
    """Return repairs of some cases; a fix that does not hold is left out, and so are all if another case is worse."""
    apart = [_apart(number, repairs) for number in range(len(repairs))]
    edits = tuple(dict.fromkeys(edit for repair in apart if repair.fix for edit in repair.fix.edits))
    if not edits:
        return apart
    proofs = _proofs(crew, cases, how, apart, edits)
    worse = [
        _WORSE.format(case.name, proof.why)
        for case, repair, proof in zip(cases, apart, proofs, strict=True)
        if repair.state is State.RIGHT and not proof.holds
    ]
    return [
        _without(repair, worse[0] if worse else _TOGETHER.format(proof.why))
        if repair.fix and (worse or not proof.holds)
        else _with_proof(repair, proof)
        for repair, proof in zip(apart, proofs, strict=True)
    ]


def _apart(number: int, repairs: Sequence[Repair]) -> Repair:
    """Return a repair, without its fix where an earlier one changes the same text in another way."""
    repair = repairs[number]
    before = {edit for earlier in repairs[:number] if earlier.fix for edit in earlier.fix.edits}
    edits = repair.fix.edits if repair.fix else ()
    crossing = any(edit not in before and _crosses(edit, tuple(before)) for edit in edits)
    return _without(repair, _OVERLAPS) if crossing else repair


def _crosses(edit: Mutant, others: Edits) -> bool:
    return any(edit.file == o.file and edit.start < o.end and o.start < edit.end for o in others)


def _with_proof(repair: Repair, proof: Proof) -> Repair:
    if repair.fix is None:
        return repair
    fix = replace(repair.fix, hazards=proof.hazards, agreeing=proof.agreeing)
    return replace(repair, fix=fix, state=fix.state)


def _without(repair: Repair, why: str) -> Repair:
    return replace(repair, state=State.OPEN, fix=None, why=why)


def _proofs(
    crew: Crew, cases: Sequence[CollectedCase], how: How, repairs: Sequence[Repair], edits: Edits
) -> list[Proof]:
    """Return what a new process says of each case that passes, or has a fix, with all edits."""
    with crew.fresh() as workers:
        return [
            _proved_with(repair, edits) or _proof(workers.ask_about(PROOF, case, how, edits, repair.before))
            if repair.fix or repair.state is State.RIGHT
            else _NO_ANSWER
            for case, repair in zip(cases, repairs, strict=True)
        ]


def _proved_with(repair: Repair, edits: Edits) -> Proof | None:
    """Return the proof of a repair whose fix is all the edits that there are."""
    fix = repair.fix
    return Proof(True, hazards=fix.hazards, agreeing=fix.agreeing) if fix and set(fix.edits) == set(edits) else None


def _proof(answer: object) -> Proof:
    value = getattr(answer, "value", None)
    return value if isinstance(value, Proof) else _NO_ANSWER
