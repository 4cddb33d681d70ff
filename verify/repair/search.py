"""The search for the smallest edits that are proved: single edits first, then pairs of those that help.

Where edits agree to the accuracy of the code's constants, none may be there that is proved: what is as likely as they
are is tried to its end, and the exact gradient; then the first of them is taken.

Many edits are tried in a request, in as many processes as there are; what leaves no wrong entry is checked whole.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from verify.discovery.messages import Task
from verify.model.identity import Place
from verify.model.package import PACKAGE
from verify.model.result import CaseResult
from verify.model.where import relative
from verify.mutation.result import How, Mutant
from verify.repair.confirm import Provers, confirmed
from verify.repair.diff import changed_of, fix_of, sources_of
from verify.repair.instead import with_code
from verify.repair.limits import MOST, MOST_ALIKE, MOST_PAIRS
from verify.repair.result import Before, Candidates, Edits, Proof, Repair, State
from verify.runner.crew import Crew
from verify.runner.workers import OURS, CollectedCase

if TYPE_CHECKING:
    from verify.runner.progress import Progress

CANDIDATES, SINGLES, FURTHER, WRONG, EXACT, WHOLE = (
    Task(f"{PACKAGE}.repair.bench", method)
    for method in ("candidates", "singles", "further", "wrong", "exact", "whole")
)
_TOGETHER = 12  # edits of a request: long enough that asking costs nothing, short enough to stop soon
_SOON = 5.0  # seconds, in which all edits of a request end, or one of them hangs
_LAST = 10.0  # seconds at least for the exact gradient, and for saying what is wrong, whatever the edits took
_TIMES = 2  # and so often what it took to check the case, which each process does first
_CHANGED = "{} was changed while its cases were checked; run the command again"
_HELPFUL = 60  # single edits that leave fewer wrong entries, which pairs are made of
_MOST_AGREEING = 3  # edits that agree to the accuracy of constants: further ones write the same function
# Pairs of edits that each leave something wrong are tried before edits in several places: two gradients are often
# wrong, each by itself. What leaves nothing wrong at the sample is not proved, or it would have been taken.
_FIRST_PAIRS = 240
_BEST = 4  # of these, which are tried with any other
_UNWRITTEN = "the exact gradient is not written into the code: {}"
_TIME = "the time is used up (--fix-budget)"
_CAPPED = "no more than {:,} {} are tried"
_NO_OTHER = "no others are tried"
_UNPROVED = "the written code differs from it at the sample"


class Search:
    """The search for a fix of one case, for at most `budget` seconds; `says` is told what it does."""

    def __init__(
        self, crew: Crew, case: CollectedCase, how: How, budget: float, says: Callable[[str], None] = lambda _: None
    ) -> None:
        self._crew, self._case, self._how, self._says = crew, case, how, says
        self._provers = Provers(crew, case, how)
        self._end = time.monotonic() + budget
        self._tried, self._soon, self._alone = 0, _SOON, self._end
        self._before: Before | None = None
        self._accepted = Proof(holds=False)  # of the edits that are handed out
        self._agreeing: list[tuple[Edits, Proof]] = []  # edits that agree to the accuracy of constants
        self._unanswered = ""  # why the last request without an answer has none; that we failed, if we ever did
        self._ended = _NO_OTHER  # why no more edits were tried
        self._unwritten = ""  # why no edit writes the exact gradient
        self._seen = False  # whether anything is wrong at the sample
        self._nearest = ""  # edits that leave no wrong entry at the sample, and what speaks against them

    def repair(self) -> Repair:
        """Return what becomes of the case."""
        with self._provers:
            return self._repaired()

    def _repaired(self) -> Repair:
        started = time.monotonic()
        start: Candidates | None = self._ask(CANDIDATES, None)
        taken = time.monotonic() - started
        self._alone, self._soon = time.monotonic() + taken, _SOON + _TIMES * taken
        self._before = start.before if start is not None else None
        if start is None:
            return self._repair(State.UNABLE, why=self._unanswered)
        if start.state is not None:
            return self._repair(start.state, why=start.why)
        self._provers.start()
        self._seen = start.wrong > 0  # otherwise an edit that does nothing is as near as any
        sources, edits = sources_of(start.edits), self._proved(start)
        if changed := changed_of(sources):
            return self._repair(State.OPEN, why=_CHANGED.format(relative(changed[0])))
        if not edits and self._agreeing:
            edits, self._accepted = self._agreeing[0]
        if edits:
            return self._repair(State.FIXED, edits)
        if self._before is not None and not self._before.whole:  # what is wrong, in words, is of more help now
            self._before = self._ask(WHOLE, self._before, self._before, limit=max(self._left, _LAST))
        return self._repair(State.OPEN, why=self._why(start))

    def _proved(self, start: Candidates) -> Edits:
        """Return the first edits that are proved, if there are any in the time."""
        helpful: list[tuple[int, Edits]] = []
        singles: list[Edits] = [(edit,) for edit in start.edits]
        if self._only_lacks:
            return self._exact()
        levels: Sequence[Callable[[], Sequence[Edits]]] = (
            lambda: singles,
            lambda: self._others(singles, start.likely),
            lambda: _with_state(helpful, singles),
            lambda: _pairs([pair for pair in helpful if pair[0]], singles)[:_FIRST_PAIRS],
            lambda: self._noted(self._ask(FURTHER, (), limit=self._left), MOST_ALIKE, "edits in several places"),
            lambda: self._noted(_pairs(helpful, singles), MOST_PAIRS, "pairs of edits"),
        )
        for level in levels:
            if not self._agreeing and not self._over() and (edits := self._first(level(), start.wrong, helpful)):
                return edits
        if self._over():  # said now, as the exact gradient has more time
            self._ended = _TIME
        return self._exact()

    def _noted(self, trials: Sequence[Edits], most: int, noun: str) -> Sequence[Edits]:
        """Return edits, and note where they are the most that there may be, so that others are left out."""
        if len(trials) >= most:
            self._ended = _CAPPED.format(most, noun)
        return trials

    @property
    def _only_lacks(self) -> bool:
        """Return whether all that is wrong is that backward leaves out gradients: no edit of others computes them."""
        findings = self._before.result.findings if self._before is not None else ()
        return not self._seen and {finding.code for finding in findings if finding.bad} == {"GP124"}

    def _others(self, singles: list[Edits], likely: Sequence[Place]) -> list[Edits]:
        """Return the edits in one place that are not among some, which they are added to."""
        tried = set(singles)
        alone: Edits = self._ask(SINGLES, (), likely, limit=self._left)
        others: list[Edits] = [(edit,) for edit in alone if (edit,) not in tried]
        singles += others
        self._noted(singles, MOST, "edits in one place")
        return others

    def _exact(self) -> Edits:
        """Return edits that write the exact gradients, if they are proved; they have some seconds in any case.

        Which gradients are wrong elsewhere than at the sample takes a whole check, so that this is asked last.
        """
        self._end = max(self._end, time.monotonic() + _LAST)
        for everywhere in (False, True):
            trials: list[Edits]
            trials, self._unwritten = self._ask(EXACT, ([], ""), self._before, everywhere, limit=self._left)
            if edits := self._first_exact(trials):
                return edits
            if not trials or self._over():
                break
        self._unwritten = self._unwritten or (_UNPROVED if trials else "")
        return ()

    def _first_exact(self, trials: Sequence[Edits]) -> Edits:
        for edits in trials:
            if not self._over() and self._counted([edits])[0][1] == 0:
                proof = self._proof(edits)
                if proof.proves:
                    return edits
                self._unwritten = self._unwritten or (f"with it, {proof.why}" if proof.why else "")
        return ()

    def _proof(self, edits: Edits) -> Proof:
        """Return whether edits are proved, in a process that has seen no other ones."""
        self._says("a change is being proved")
        proof = self._provers.proof(edits, self._before, at_once=self._seen)
        self._before, self._accepted = proof.before or self._before, proof
        if proof.agreeing and proof.holds:
            self._agreeing.append((edits, proof))
        return proof

    def _why(self, start: Candidates) -> str:
        """Say why there is no fix."""
        ours = OURS if self._unanswered == OURS else ""
        unwritten = _UNWRITTEN.format(self._unwritten) if self._unwritten else ""
        tried = f"{self._tried:,} edits were tried, none is proved; {self._ended}"
        why = [start.why, tried, self._nearest, unwritten, ours]
        return "; ".join(filter(None, why))

    def _repair(self, state: State, edits: Edits = (), why: str = "") -> Repair:
        accepted, fix = self._accepted, fix_of(edits) if edits else None
        if fix:
            fix = replace(fix, hazards=accepted.hazards, agreeing=accepted.agreeing)
        state = fix.state if fix else state
        return Repair(self._case.name, self._case.where, state, fix, why, self._tried, self._before)

    def _over(self) -> bool:
        return time.monotonic() > self._end

    @property
    def _left(self) -> float:
        """Return the seconds that are left of the budget."""
        return self._end - time.monotonic()

    def _first(self, trials: Sequence[Edits], wrong: int, helpful: list[tuple[int, Edits]]) -> Edits:
        """Return the first edits that are proved; those that help go to `helpful`, the best first."""
        requests = [trials[i : i + _TOGETHER] for i in range(0, len(trials), _TOGETHER)]
        with ThreadPoolExecutor(self._crew.size) as pool:
            while requests and not self._over() and len(self._agreeing) < _MOST_AGREEING:
                batch, requests = requests[: self._processes], requests[self._processes :]
                for edits, left in itertools.chain(*pool.map(self._counted, batch)):
                    if left == 0 and len(self._agreeing) < _MOST_AGREEING and self._is_proved(edits):
                        return edits
                    if left is not None and left < wrong:
                        helpful.append((left, edits))
        helpful.sort(key=lambda pair: pair[0])
        return ()

    @property
    def _processes(self) -> int:
        """Return how many processes are worth it: others have to check the case first, as the first one did."""
        return self._crew.size if time.monotonic() > self._alone else 1

    def _is_proved(self, edits: Edits) -> bool:
        proof = self._proof(edits)
        if not proof.holds and self._seen and not self._nearest and edits[0].sees == "formula":
            ideas = " and ".join(f"`{edit.after}` ({edit.where})" for edit in edits)
            self._nearest = f"the nearest is {ideas}, with which {proof.why}"
        return proof.proves

    def _counted(self, trials: Sequence[Edits]) -> list[tuple[Edits, int | None]]:
        """Return for each of some edits how much they leave; where one of them hangs or crashes, each by itself."""
        left: list[int | None] | None = self._ask(WRONG, None, trials, limit=self._soon)
        if left is None and len(trials) > 1 and not self._over():
            return [pair for edits in trials for pair in self._counted([edits])]
        self._tried += len(trials)
        self._says(f"{self._tried:,} changes tried")
        return list(zip(trials, left or [None] * len(trials), strict=True))

    def _ask(self, request: Task, without: Any, *arguments: Any, limit: float = math.inf) -> Any:
        """Have a worker answer; where it does not, what is returned `without` an answer."""
        answer = self._crew.answer(request, self._case, self._how, *arguments, limit=limit)
        if answer.kind == "done":
            return answer.value
        if self._unanswered != OURS:  # that we fail is not that an edit hangs or crashes
            self._unanswered = str(answer.value)
        return without


def _with_state(helpful: Sequence[tuple[int, Edits]], singles: Sequence[Edits]) -> list[Edits]:
    """Return what leaves no entry wrong with each edit of what is kept: formulas and state may both be at fault."""
    state = [edits for edits in singles if edits[0].sees == "state"]
    right = [edits for left, edits in helpful if left == 0][:_BEST]
    return [first + second for first in right for second in state if not _overlap(first[0], second[0])]


def _pairs(helpful: Sequence[tuple[int, Edits]], singles: Sequence[Edits]) -> list[Edits]:
    """Return pairs of edits: of two that help, those first that leave the least; then the most helpful with any."""
    among = sorted(itertools.combinations(helpful[:_HELPFUL], 2), key=lambda pair: pair[0][0] + pair[1][0])
    pairs = [(first, second) for (_, first), (_, second) in among]
    pairs += [(best, single) for _, best in helpful[:_BEST] for single in singles]
    apart = [first + second for first, second in pairs if not _overlap(first[0], second[0])]
    return list(dict.fromkeys(apart))[:MOST_PAIRS]


def _overlap(edit: Mutant, other: Mutant) -> bool:
    return edit.file == other.file and edit.start < other.end and other.start < edit.end


def repaired(
    crew: Crew,
    cases: Sequence[CollectedCase | CaseResult],
    how: How,
    budget: float,
    progress: Progress,
    *,
    lines: bool = False,
) -> list[Repair]:
    """Return what becomes of each case: its fix, proved again beside all others, or why there is none.

    With `lines` the progress is a line for each case also where nobody watches.
    """
    repairs: dict[int, Repair] = {}
    for number, case in enumerate(progress.over(cases, lines=lines)):
        if isinstance(case, CollectedCase):
            repairs[number] = Search(crew, case, how, budget, progress.doing).repair()
        else:
            repairs[number] = Repair(case.name, case.where, State.UNABLE, why=case.comparisons[0].evidence.detail)
    collected = {number: case for number, case in enumerate(cases) if isinstance(case, CollectedCase)}
    progress.doing("all changes are being proved together")
    again = confirmed(crew, list(collected.values()), how, [repairs[number] for number in collected])
    progress.doing("the exact gradients are being written as code")
    again = with_code(crew, list(collected.values()), how, again, max(budget, _LAST))
    return list({**repairs, **dict(zip(collected, again, strict=True))}.values())
