"""One worker process as the command sees it: started, asked within limits, and ended with its children.

After `retire` or a worker's death the next request starts another one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from verify.model.identity import NOWHERE
from verify.runner.origins import origin

if TYPE_CHECKING:
    import queue
    import threading

    from verify.discovery.messages import Answer
    from verify.runner.origins import Origin, Pipes
    from verify.runner.output import Output

_GRACE = 5.0  # seconds in which a worker may say where it is
_LEAVE = 5.0  # seconds, at least, in which one that answers no more ends by itself, with a status that says why
_HASTE = 0.2  # the same for one that fills the memory meanwhile


class Limit(NamedTuple):
    """How many seconds a request may take: those of the case, and some `more` for the search for a call."""

    limit: float
    more: float = 0

    def __str__(self) -> str:
        return f"{self.limit:g} s" + (f", and {self.more:g} s more to find how to call it" if self.more else "")


class Process:
    """A worker process at a time; the first starts at once, and what it needs is imported meanwhile.

    `memory` is how many bytes the worker may hold with all that it has started. One that is `later` starts nothing
    until it has to.
    """

    def __init__(self, workers: Origin | None = None, *, later: bool = False) -> None:
        self.memory = float("inf")
        self.output: TextIO = sys.stderr  # what the user's code prints goes there, from the next request on
        self._origin = workers or (None if later else origin())
        self._worker: _Worker | None = None

    def begin(self) -> Origin:
        """Start what workers come from, unless it is there."""
        self._origin = self._origin or origin()
        return self._origin

    def prepare(self) -> None:
        """Have imported what all workers need before there is one, as several will be needed."""
        self.begin().prepare()

    def another(self) -> Process:
        """Return a process beside this one."""
        return Process(self.begin().another())

    def ask(self, request: tuple[Any, ...], limit: float, more: float = 0) -> Any:
        """Return the Answer to a request; after `hung`, `exceeded`, `unread` and `died` the worker is no more.

        It has `more` seconds than the limit to find how code is called.
        Raises RuntimeError where no worker starts.
        """
        if self._worker is None:
            self._worker = self._start()
        self._worker.tell(self.output)
        answer = self._worker.ask(request, Limit(limit, more), self.memory)
        if answer is not None and answer.kind not in ("hung", "exceeded", "unread"):
            return answer
        return self._ended(answer)

    def break_off(self) -> None:
        """End the worker from another thread than the one that asks; to that one it has died."""
        if (worker := self._worker) is not None:
            worker.kill()

    def retire(self) -> None:
        """End the worker and all that it started; the next request has another one."""
        if self._worker is not None:
            self.begin().end()
            self._worker.close()
            self._worker = None

    def close(self) -> None:
        """End the worker, and what would start another."""
        self.retire()
        if self._origin is not None:
            self._origin.close()

    def _start(self) -> _Worker:
        for _ in range(2):  # the first may find that what it would be forked from is gone
            with contextlib.suppress(OSError):
                pid, pipes = self.begin().start()
                worker = _Worker(pid, pipes)
                if worker.ready():
                    return worker
                self.begin().end()
                worker.close()
            self.begin().close()
            self._origin = origin()
        raise RuntimeError("the worker process does not start")

    def _ended(self, answer: Answer | None) -> Answer:
        """End a worker that did not answer as it should; returns why, with what it had found out before."""
        from verify.discovery.messages import Answer

        worker, self._worker = self._worker, None
        assert worker is not None
        if answer is None:
            self.begin().wait(max(worker.left, _LEAVE))
        status = self.begin().end()
        worker.close()
        answer = answer or Answer("died", _death(status))
        return answer._replace(partial=worker.partial())


class _Worker:
    """The pipes to one worker, and the threads that read them."""

    def __init__(self, pid: int, pipes: Pipes) -> None:
        import queue
        import threading

        from verify.runner.output import Output

        self._pid = pid
        self._requests, self._replies = pipes.requests, pipes.replies
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._output: Output = Output(pipes.output)
        self._reader: threading.Thread = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._partial = b""  # packed: it is read where there is nothing else
        self._end = 0.0

    @property
    def left(self) -> float:
        """Return the seconds that are left of the limit of the last request."""
        return self._end - time.monotonic()

    def partial(self) -> Any:
        """Return what is certain of a case that was not answered for; None where that is nothing."""
        from verify.discovery.messages import unpacked

        with contextlib.suppress(Exception):  # what is not plain data
            return unpacked(self._partial)
        return None

    def ready(self) -> bool:
        """Wait for the message of a worker that it has started."""
        return self._answers.get() is not None

    def ask(self, request: tuple[Any, ...], allowed: Limit, memory: float) -> Any:
        """Return the answer to a request, None where the worker died, or one that says which limit it went beyond."""
        import queue

        from verify.runner.memory import INTERVAL, WATCHED, gigabytes, used
        from verify.runner.waiting import MOST, waited

        self._partial, limit = b"", allowed.limit + allowed.more
        begin, waited_before = time.monotonic(), waited(self._pid)  # before the worker has anything to do
        self._send((limit, *request))
        self._end = begin + limit

        def left() -> float:
            """Return the seconds that are left: at the end of a limit, with what the worker has waited for a core."""
            if self.left <= 0:
                self._end = begin + min(limit + waited(self._pid) - waited_before, MOST * limit)
            return self.left

        while (seconds := left()) > 0:
            try:
                answer = self._answers.get(timeout=min(seconds, INTERVAL) if WATCHED else seconds)
            except queue.Empty:
                if WATCHED and used(self._pid) > memory:
                    return self._asked_where(f"more than {gigabytes(memory)} of memory", "exceeded", _HASTE)
                continue
            if answer is None or answer.kind not in ("partial", "at"):  # asked for, and come too late
                if answer is not None:
                    self._output.settle()
                return answer
            self._take(answer)
        return self._asked_where(f"not finished after {allowed}", "hung", _GRACE)

    def tell(self, stream: TextIO) -> None:
        """Have what is printed from now on go to a stream."""
        self._output.target = stream

    def kill(self) -> None:
        """End the worker, and what is in its group."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._pid, signal.SIGKILL)
            else:
                os.kill(self._pid, signal.SIGTERM)

    def close(self) -> None:
        """Close the pipes of a worker that has ended."""
        self._reader.join(timeout=1)
        with contextlib.suppress(OSError):
            self._requests.close()
        if not self._reader.is_alive():
            self._replies.close()
        self._output.close()

    def _take(self, answer: Answer) -> None:
        if answer.kind == "partial":
            self._partial = answer.value

    def _send(self, request: object) -> None:
        from verify.discovery.messages import send

        with contextlib.suppress(OSError):  # it died: its answers end as well
            send(self._requests, request)

    def _asked_where(self, why: str, kind: str, grace: float) -> Any:
        """Ask a worker that goes beyond a limit where it is; returns the answer to the request if that arrives."""
        import queue

        from verify.discovery.messages import WHERE, Answer

        self._send(WHERE)
        end = time.monotonic() + grace
        addition, place = "", NOWHERE
        with contextlib.suppress(queue.Empty):
            while True:
                answer = self._answers.get(timeout=max(0, end - time.monotonic()))
                if answer is None:
                    return None
                if answer.kind == "at":
                    place = answer.value
                    addition = f", at {place}" if place else _IN_OURS
                    break
                if answer.kind != "partial":
                    self._output.settle()
                    return answer
                self._take(answer)
        return Answer(kind, f"{why}{addition}", place=place)

    def _read(self) -> None:
        from verify.discovery.messages import Answer, receive

        try:
            while True:
                self._answers.put(receive(self._replies))
        except (EOFError, OSError):
            self._answers.put(None)
        except Exception as problem:  # noqa: BLE001 - no message; the worker lives, and would be waited for
            self._answers.put(Answer("unread", f"an answer of the worker cannot be read: {problem}"))


_IN_OURS = ", in code of gradproof or of a library"


def _death(status: int) -> str:
    if status >= 0:
        return f"the process exited with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"the process died of signal {-status}"
    return f"the process died: {(signal.strsignal(-status) or name).lower()} (signal {name})"
