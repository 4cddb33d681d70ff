"""The cases of a run on a cluster of dask.distributed that there is: each file is a task of one of its workers.

Which worker does a task, and again where a worker is lost, is the scheduler's. distributed is imported only here, and
only for who asks.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from verify.discovery.messages import Answer, Unit, packed, unpacked
from verify.model.errors import InputError, WorkerError
from verify.model.reasons import Reason
from verify.runner.crew import Case, Checked
from verify.runner.errand import Done, Errand, Refusal, digest, run, versions
from verify.runner.workers import CollectedCase, Workers, row

if TYPE_CHECKING:
    from distributed import Client, Future

_LACKING = "--scheduler needs dask.distributed: pip install 'gradproof[dask]'"
_CONNECT = 10  # seconds
_RETRIES = 2  # of a task whose process ended without a result
_ATTEMPTS = 2  # at a task whose workers end
_LOST = "the workers of the cluster died several times while they checked this file: see their logs"
_NO_WORKERS = "gradproof: {} has no worker yet, waiting (Ctrl-C to stop): start one with `dask worker {}`\n"


class Cluster:
    """The scheduler at an address, which gives the cases of `workers` to those that it has.

    Raises InputError where distributed is not installed, and where there is no scheduler.
    """

    def __init__(self, address: str, workers: Workers) -> None:
        self._address, self._workers = address, workers
        self._client = _connected(address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()

    def checked(self, cases: Sequence[Case], seed: int) -> Generator[Checked]:
        """Yield what becomes of each case, in order; what is left when nobody asks for more is cancelled.

        Raises InputError where the results would not be those of this machine, or the cluster is lost.
        """
        tasks = {unit: self._task(unit, mine, seed) for unit, mine in _collected(cases).items()}
        if tasks and not self._client.scheduler_info()["workers"]:
            sys.stderr.write(_NO_WORKERS.format(self._address, self._address))
        results = {unit: self._results(task) for unit, task in tasks.items()}
        try:
            for case in cases:
                yield next(results[case.unit]) if isinstance(case, CollectedCase) else Checked(case, 0)
        finally:
            self._client.cancel([task.future for task in tasks.values()])

    def _task(self, unit: Unit, cases: Sequence[CollectedCase], seed: int) -> _Task:
        workers, folder = self._workers, str(Path.cwd())
        errand = Errand(
            folder,
            unit,
            workers.listing(unit) or [],
            tuple(case.number for case in cases),
            seed,
            workers.quick,
            workers.limit,
            workers.memory,
            workers.extensions,
            versions(),
            digest(unit),
        )
        submit = partial(self._client.submit, run, packed(errand), folder, pure=False, retries=_RETRIES)
        return _Task(cases, submit, submit())

    def _results(self, task: _Task) -> Iterator[Checked]:
        for result, seconds, output in self._done(task):
            sys.stderr.write(output)
            yield Checked(result, seconds)

    def _done(self, task: _Task) -> Sequence[Done]:
        """Return the results of a task; raises InputError where there are none that could be those of this machine."""
        try:
            answer = unpacked(task.answer())
        except (CancelledError, OSError) as problem:
            raise InputError(f"--scheduler {self._address}: the cluster was lost: {problem}") from None
        except ImportError as problem:
            where = f"--scheduler {self._address}: its workers cannot import gradproof"
            raise InputError(f"{where}: {problem}: install it there, in the same version") from None
        except RuntimeError as problem:
            raise WorkerError(f"{problem}\n") from None
        if isinstance(answer, Refusal):
            raise InputError(f"--scheduler {self._address}: its workers differ from this machine: {answer.text}")
        return answer if answer is not None else [_lost(case) for case in task.cases]


@dataclass
class _Task:
    """The cases of a unit, and what the cluster makes of them."""

    cases: Sequence[CollectedCase]
    submit: Callable[[], Future]
    future: Future

    def answer(self) -> bytes:
        """Return the packed answer: None where the workers have ended again and again.

        The scheduler counts the end of a worker against every task that the worker had, also those that it had not
        begun: once is not enough to tell which one has ended it.
        """
        from distributed.scheduler import KilledWorker

        for _ in range(_ATTEMPTS):
            try:
                answer: bytes = self.future.result()
            except KilledWorker:
                self.future = self.submit()
            else:
                return answer
        return packed(None)


def _lost(case: CollectedCase) -> Done:
    return Done(row(case, Answer("died", _LOST, reason=Reason.PROCESS_DIED)), 0, "")


def _collected(cases: Sequence[Case]) -> dict[Unit, list[CollectedCase]]:
    """Return the cases of each unit that has some to check."""
    units: dict[Unit, list[CollectedCase]] = {}
    for case in cases:
        if isinstance(case, CollectedCase):
            units.setdefault(case.unit, []).append(case)
    return units


def _connected(address: str) -> Client:
    try:
        from distributed import Client
        from distributed.comm import resolve_address
    except ImportError:
        raise InputError(_LACKING) from None
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters of it is told in our words
    try:
        resolve_address(address)  # first: a client that has no address to try takes its time to end
        return Client(address, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError, TypeError) as problem:
        text = f"--scheduler {address}: no scheduler answers there: {problem}"
        raise InputError(f"{text}; expected an address like tcp://host:8786, as `dask scheduler` prints it") from None
