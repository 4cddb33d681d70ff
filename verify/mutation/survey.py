"""All mutants of a case, judged in several worker processes at a time; a mutant that hangs or crashes is caught."""

from __future__ import annotations

import math
import os
import queue
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from verify.discovery.messages import Answer, Task
from verify.model.errors import WorkerError
from verify.model.package import PACKAGE
from verify.model.result import CaseResult
from verify.mutation.result import How, Judged, Mutant, Outcome, Planted, Survey
from verify.runner.workers import OURS, CollectedCase, Workers

_MOST = 4  # processes
PLANTED, JUDGED = (Task(f"{PACKAGE}.mutation.bench", method) for method in ("planted", "judged"))
Progress = Callable[[str, int, int], None]


class Crew:
    """Workers that judge mutants, the first of them one that there is already."""

    def __init__(self, first: Workers) -> None:
        self._workers = [first]
        self._free: queue.SimpleQueue[Workers] = queue.SimpleQueue()
        self._free.put(first)
        self._hiring = threading.Lock()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        for workers in self._workers[1:]:
            workers.close()

    @property
    def size(self) -> int:
        """Return how many processes there may be: as many as there are processors, up to a limit."""
        return min(_MOST, os.cpu_count() or 1)

    def answer(self, kind: Task, case: CollectedCase, *arguments: object, limit: float = math.inf) -> Answer:
        """Have one of the workers that are free answer a request, in the usual time or in so many seconds."""
        workers = self._hired()
        usual, workers.limit = workers.limit, min(limit, workers.limit)
        try:
            return workers.ask_about(kind, case, *arguments)
        except WorkerError as problem:
            sys.stderr.write(f"{problem}\n")
            return Answer("failed", OURS)
        finally:
            workers.limit = usual
            self._free.put(workers)

    def fresh(self) -> Workers:
        """Return workers with a process that nothing was asked of yet; whoever asks closes them."""
        return self._workers[0].another()

    def _hired(self) -> Workers:
        with self._hiring:
            if self._free.empty() and len(self._workers) < self.size:
                self._workers.append(self._workers[0].another())
                return self._workers[-1]
        return self._free.get()


def surveyed(
    crew: Crew,
    case: CollectedCase | CaseResult,
    how: How,
    kinds: Collection[str] = (),
    progress: Progress = lambda *_: None,
) -> Survey:
    """Judge all mutants of a case, or those of some kinds, in order; of what could not be imported there are none."""
    if not isinstance(case, CollectedCase):
        return Survey(case.name, case.where, problem=case.comparisons[0].evidence.detail, failing=True)
    answer = crew.answer(PLANTED, case, how)
    if answer.kind != "done":
        return Survey(case.name, case.where, problem=str(answer.value), failing=True)
    planted: Planted = answer.value
    wanted = [mutant for mutant in planted.mutants if not kinds or mutant.kind in kinds]
    problem = planted.problem or ("" if wanted else f"it contains no operation for a mistake of {', '.join(kinds)}")
    with ThreadPoolExecutor(crew.size) as pool:
        results = pool.map(lambda mutant: _judged(crew, case, how, mutant), wanted)
        judged = tuple(_counted(results, case.name, len(wanted), progress))
    return Survey(case.name, case.where, judged, problem, failing=planted.failing)


def _counted(results: Iterable[Judged], name: str, number: int, progress: Progress) -> Iterator[Judged]:
    for done, result in enumerate(results, 1):
        progress(name, done, number)
        yield result


def _judged(crew: Crew, case: CollectedCase, how: How, mutant: Mutant) -> Judged:
    answer = crew.answer(JUDGED, case, how, mutant)
    if answer.kind == "done":
        judged: Judged = answer.value
        return judged
    # That we fail is not that the case does.
    return Judged(mutant, Outcome.SURVIVED if answer.value == OURS else Outcome.CAUGHT, str(answer.value))
