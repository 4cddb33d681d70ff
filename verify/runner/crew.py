"""Several worker processes at a time, each with requests of its own; how many, by the cores that this process may use.

A lane is one of them that takes all cases of a file after the other: what they keep in their modules they find there
as if there were no others. Results come in the order of the cases, and so does what the cases printed.
"""

from __future__ import annotations

import io
import math
import os
import queue
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from time import perf_counter
from typing import NamedTuple, Protocol

from verify.discovery.messages import Answer, Task, Unit
from verify.model.errors import WorkerError
from verify.model.result import CaseResult
from verify.runner.workers import OURS, CollectedCase, Workers

_MOST = 4  # processes, where nobody says how many
_LOOK = 0.05  # seconds between two attempts to end a lane
Case = CollectedCase | CaseResult


def cores() -> int:
    """Return how many cores this process may use; one where pytest-xdist has given the others to its other workers."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return 1
    if hasattr(os, "process_cpu_count"):  # since Python 3.13
        return os.process_cpu_count() or 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Checked(NamedTuple):
    """The result of a case, and the seconds that it took."""

    result: CaseResult
    seconds: float


class Checks(Protocol):
    """What has cases checked, here or elsewhere."""

    def checked(self, cases: Sequence[Case], seed: int) -> Generator[Checked]:
        """Yield what becomes of each case, in order."""


class Crew:
    """Workers beside each other, the first of them one that there is already; `size` is how many there may be."""

    def __init__(self, first: Workers, size: int | None = None) -> None:
        self.size = size or min(_MOST, os.cpu_count() or 1)
        self._workers, self._limit = [first], first.limit
        self._free: queue.SimpleQueue[Workers] = queue.SimpleQueue()
        self._free.put(first)
        self._hiring = threading.Lock()

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, *error: object) -> None:
        for workers in self._workers[1:]:
            workers.close()

    def answer(self, kind: Task, case: CollectedCase, *arguments: object, limit: float = math.inf) -> Answer:
        """Have one of the workers that are free answer a request, in the usual time or in so many seconds."""
        workers = self.hired()
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
        return self._another()

    def _another(self) -> Workers:
        """Return new workers with the usual limit: the first ones may just be answering in a shorter one."""
        made = self._workers[0].another()
        made.limit = self._limit
        return made

    def checked(self, cases: Sequence[Case], seed: int) -> Generator[Checked]:
        """Yield what becomes of each case, in order; what is left when nobody asks for more is broken off."""
        units = {case.unit for case in cases if isinstance(case, CollectedCase)}
        size = min(self.size, len(units))
        if size < 2:
            return (_checked(self._workers[0], case, seed) for case in cases)
        return _Lanes(self.hired, cases, seed).run(size)

    def hired(self) -> Workers:
        """Return workers that are free, or new ones while there may be more."""
        with self._hiring:
            if self._free.empty() and len(self._workers) < self.size:
                self._workers.append(self._another())
                return self._workers[-1]
        return self._free.get()


def _checked(workers: Workers, case: Case, seed: int) -> Checked:
    start = perf_counter()
    result = workers.checked(case, seed) if isinstance(case, CollectedCase) else case
    return Checked(result, perf_counter() - start)


class _Lanes:
    """The cases of a run, by unit: each lane takes the next unit, and goes through its cases in order."""

    def __init__(self, hired: Callable[[], Workers], cases: Sequence[Case], seed: int) -> None:
        self._hired, self._cases, self._seed = hired, cases, seed
        self._crew: list[Workers] = []
        self._results: list[Future[tuple[Checked, str]]] = [Future() for _ in cases]
        self._units: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self._over = threading.Event()
        for numbers in _by_unit(cases):
            self._units.put(numbers)

    def run(self, size: int) -> Generator[Checked]:
        """Yield the results in order; raises what a lane raised, where its case would have raised it."""
        lanes = [threading.Thread(target=self._lane, daemon=True) for _ in range(size)]
        for lane in lanes:
            lane.start()
        try:
            for result in self._results:
                checked, output = result.result()
                sys.stderr.write(output)
                yield checked
        finally:
            self._over.set()
            while any(lane.is_alive() for lane in lanes):
                for workers in self._crew:
                    workers.break_off()
                for lane in lanes:
                    lane.join(_LOOK)

    def _lane(self) -> None:
        """Take one unit after the other; a lane for which no process starts leaves them to the others."""
        try:
            workers = self._hired()
        except OSError:
            return
        self._crew.append(workers)
        while not self._units.empty() and not self._over.is_set():
            try:
                numbers = self._units.get_nowait()
            except queue.Empty:
                return
            for number in numbers:
                if not self._over.is_set():
                    self._check(workers, number)

    def _check(self, workers: Workers, number: int) -> None:
        try:
            with workers.heard(io.StringIO()) as output:
                checked = _checked(workers, self._cases[number], self._seed)
            self._results[number].set_result((checked, output.getvalue()))
        except BaseException as problem:  # noqa: BLE001 - it is the main thread's
            self._results[number].set_exception(problem)


def _by_unit(cases: Sequence[Case]) -> list[list[int]]:
    """Return the numbers of the cases of each unit; what has a result already is a unit of its own."""
    units: dict[Unit | int, list[int]] = {}
    for number, case in enumerate(cases):
        units.setdefault(case.unit if isinstance(case, CollectedCase) else number, []).append(number)
    return list(units.values())
