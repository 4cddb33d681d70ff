"""The process that runs the user's code: it collects and checks what `process` asks for, until that is gone.

Requests come in on what was standard input, answers leave on what was standard output; both are kept for ourselves,
and the user's code finds nothing on its standard input, and a pipe that is read to its end behind the other two.

A thread reads the requests, so that the process ends when nobody is there to read its answers, and tells where it is
when it is asked, whatever the user's code is doing.
"""

from __future__ import annotations

import contextlib
import errno
import faulthandler
import gc
import importlib
import os
import queue
import signal
import sys
import threading
import traceback
from typing import IO, TYPE_CHECKING, Any

from verify.discovery.messages import MARK, WHERE, Answer, Task, Unit, packed, receive, send
from verify.model.errors import InputError, ReplacedError, TargetError
from verify.model.identity import Place
from verify.model.package import PACKAGE
from verify.model.reasons import Reason
from verify.model.where import described, is_users_fault, raised_at, running_at
from verify.runner.waiting import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from verify.cases.case import Case
    from verify.model.result import CaseResult
    from verify.runner.touched import Touched

_LEEWAY = 10  # seconds beyond the longest time, which is for the command to see to


def main() -> None:
    """Serve requests until they end."""
    worker = Worker(*_private_streams())
    threading.Thread(target=worker.listen, daemon=True).start()
    worker.serve()


def _private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Move the messages to descriptors that no child inherits; prints go where errors go."""
    streams = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    sys.stdout = sys.__stdout__ = _text(1)  # type: ignore[misc, assignment]
    sys.stderr = sys.__stderr__ = _text(2)  # type: ignore[misc, assignment]
    sys.argv = ["gradproof"]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever sent it sent it to the command too, which ends us
    faulthandler.enable(all_threads=False)
    return streams


def _text(number: int) -> IO[str]:
    """Return a descriptor as what prints go to: in a fork, the streams that there are belong to other descriptors."""
    return os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)


class Worker:
    """Answers one request after the other; only `listen` runs in another thread."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests, self._answers, self._output = requests, answers, os.dup(1)
        self._waiting: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._sending, self._process = threading.Lock(), os.getpid()
        self._cases: dict[Unit, list[Case]] = {}
        self._tools: dict[str, Any] = {}
        self._kinds: dict[str, Callable[..., Any]] = {
            "extend": self._extend,
            "units": self._units,
            "cases": self._collect,
            "check": self._check,
            "record": self._record,
        }
        self._touched: Touched | None = None

    def listen(self) -> None:
        """Read requests until there are no more, which ends the process.

        Where the user's code has closed the descriptors, the other thread finds out as it answers: a process that was
        ended here too would have another status each time, as the threads take turns.
        """
        main = threading.main_thread().ident or 0
        try:
            while True:
                request = receive(self._requests)
                if request == WHERE:
                    self._send(Answer("at", running_at(main)))
                else:
                    self._waiting.put(request)
        except EOFError:
            _end()
        except OSError as problem:
            if problem.errno != errno.EBADF:
                _end()

    def serve(self) -> None:
        """Answer requests, in the order of their arrival."""
        import_engine()  # nothing is left to do where this process was forked from one that has it
        from verify.runner.worlds import Worlds

        self._worlds = Worlds()
        self._send(Answer("done"))
        while True:
            limit, *request = self._waiting.get()
            # Where the code keeps the interpreter to itself, no thread sees that the command is gone: a last resort.
            faulthandler.dump_traceback_later(MOST * limit + _LEEWAY, exit=True)
            answer = self._answer(*request)
            faulthandler.cancel_dump_traceback_later()
            if os.getpid() != self._process:  # the user's code forked, and the copy came back
                os._exit(1)
            self._flush()
            touched = self._touched.files() if self._touched else ()
            changed = self._changed(request[0])
            if answer.kind in ("done", "bug") and request[0] == "check":
                answer = self._trusted(answer, changed)
            self._send(answer._replace(changed=changed, touched=touched))

    def _answer(self, request: str | Task, *arguments: Any) -> Answer:
        try:
            answering = self._by_tool(request) if isinstance(request, Task) else self._kinds[request]
            return Answer("done", answering(*arguments))
        except TargetError as problem:
            return Answer("failed", str(problem), place=problem.place, reason=problem.reason)
        except InputError as problem:
            return Answer("refused", str(problem))
        except BaseException as problem:  # noqa: BLE001 - a KeyboardInterrupt of the user's too: nobody else sends any
            if isinstance(problem, Exception) and not is_users_fault(problem):
                return Answer("bug", traceback.format_exc())
            place = raised_at(problem)
            text = f"{described(problem)}{', at ' if place else ''}{place}"
            return Answer("failed", text, place=place, reason=Reason.CODE_RAISED)

    def _trusted(self, answer: Answer, changed: str) -> Answer:
        """Return an answer; a failure if the user's code has replaced what it was computed with.

        Where we failed, that may be any function of a library; a verdict is none where it rests on a replaced one.
        """
        from verify.runner.fingerprint import is_engines

        replaced = self._worlds.replaced(now=bool(changed))
        if not replaced or (answer.kind == "done" and not is_engines(replaced)):
            return answer
        return Answer("failed", str(ReplacedError(replaced)), reason=Reason.REPLACED_LIBRARY)

    def _changed(self, request: str | Task) -> str:
        """Return what a request has changed in this process that would spoil others."""
        if request in ("units", "extend", "record"):
            return ""
        return self._worlds.changed(by_import=request == "cases")  # after an import, for the cases of this unit only

    def _extend(self, names: tuple[str, ...], folder: str) -> None:
        """Import what the project adds to gradproof; it stays, whatever it has changed."""
        from verify.discovery.extensions import extended

        self._worlds.prepare()
        self._worlds.enter(self._worlds.home)
        extended(names, folder)
        self._worlds.changed(by_import=True)

    def _record(self) -> None:
        """Note from now on which files of the user's are touched."""
        from verify.runner.touched import Touched

        self._touched = Touched()

    def _units(self, target: str, layers: str | None) -> list[Unit]:
        from verify.discovery.targets import units

        if layers or not target.endswith(".toml"):  # the packages of a module's name are imported
            self._worlds.prepare()
        self._worlds.enter(self._worlds.home)
        return units(target, layers)

    def _collect(self, unit: Unit) -> list[tuple[str, Place, str, Reason | None, str]]:
        """Collect a unit; returns the name and the place of each case, and of what is lost, the reason and its case."""
        from verify.discovery.collect import found_in

        if unit.name or unit.layers:
            self._worlds.prepare()
            self._restart_draws()
        self._worlds.enter(unit.folders)
        self._cases[unit], lost = found_in(unit)
        return [(case.name, case.where, "", None, "") for case in self._cases[unit]] + [(*problem,) for problem in lost]

    @staticmethod
    def _restart_draws() -> None:
        """Have the module draw the same random numbers as in every run, so that its results can be had again."""
        from verify.tracing.seeds import restart  # NumPy is not needed for expressions

        restart()

    def _check(self, unit: Unit, number: int, seed: int, quick: bool) -> CaseResult:
        from verify.checks import checker

        self._worlds.enter(unit.folders)
        keep = self._keep
        return checker.check(self._cases[unit][number], seed, quick=quick, keep=keep)

    def _keep(self, result: CaseResult, rest: str) -> None:
        """Tell the command what is certain so far: it is left if the rest takes too long."""
        self._send(Answer("partial", packed((result, rest))))

    def _by_tool(self, task: Task) -> Callable[..., Any]:
        """Return what answers a task: a method of the Tool of a module.

        Who stands above this folder names what is to be done here, so that it is imported where it is used only.
        """
        home = task.module
        if home not in self._tools:
            self._worlds.prepare()
            self._tools[home] = importlib.import_module(home).Tool(self._worlds)

        def answer(unit: Unit, number: int, *arguments: Any) -> Any:
            return getattr(self._tools[home], task.method)(unit, number, self._cases[unit], *arguments)

        return answer

    def _flush(self) -> None:
        """Write out what the user's code printed, and where the output of this request ends."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        with contextlib.suppress(OSError):
            os.write(self._output, MARK)

    def _send(self, answer: Answer) -> None:
        with self._sending:
            send(self._answers, answer)


def import_engine() -> None:
    """Import SymPy and what builds on it, and what each worker needs at once."""
    if f"{PACKAGE}.runner.worlds" not in sys.modules:
        with _objects_that_stay():
            import sympy.tensor.tensor  # noqa: F401 - SymPy's first sum does it

            import verify.checks.checker
            import verify.discovery.collect
            import verify.runner.worlds  # noqa: F401


def import_checks() -> None:
    """Import what the first case on arrays would import, so that no later worker does, nor looks through all of it."""
    if f"{PACKAGE}.checks.beyond" not in sys.modules:
        with _objects_that_stay():
            import sympy.assumptions.wrapper
            import sympy.sets.setexpr  # noqa: F401 - as powers of exponentials do

            import verify.cases.protocols  # noqa: F401
            from verify.checks.checker import import_beyond

            import_beyond()
            from verify.runner.warming import warm

            warm()


@contextlib.contextmanager
def _objects_that_stay() -> Iterator[None]:
    """Look for no garbage meanwhile nor, later, among what was made."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _end() -> None:
    """End this process, and what the user's code started in it."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
