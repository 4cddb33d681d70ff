"""One worker process as the command sees it: started, asked with a time limit, and ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import Any

from verify.processes.packages import ROOT

# Without the working directory on the path (-P): `verify` has to be this very one, whatever lies around.
_START = (
    "import sys; sys.path.insert(0, sys.argv[1]); from verify.processes.worker import main; del sys.path[0]; main()"
)
_GRACE = 1.0  # seconds in which a worker may say where it is


class Process:
    """A worker process, which starts at once; what it needs here is imported while it starts."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - ourselves
            [sys.executable, "-P", "-c", _START, str(ROOT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # a group of its own, which is ended as a whole, and has no Ctrl-C
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        import queue
        import threading

        from verify.processes.messages import Answer
        from verify.processes.output import Output

        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._requests, self._replies = self._process.stdin, self._process.stdout
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self._output = Output(self._process.stderr)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._ready = False

    def ask(self, request: tuple[Any, ...], limit: float) -> Any:
        """Return the Answer to a request; after `hung` and `died` the process is no more.

        Raises RuntimeError where the process does not start.
        """
        import queue

        from verify.processes.messages import Answer

        if not self._ready and self._answers.get() is None:
            self.close()
            raise RuntimeError("the worker process does not start")
        self._ready = True
        self._send((limit, *request))
        try:
            answer = self._answers.get(timeout=limit)
            while answer is not None and answer.kind == "at":  # asked for, and come too late
                answer = self._answers.get(timeout=limit)
        except queue.Empty:
            answer = self._asked_where(limit)
        if answer is not None and answer.kind != "hung":
            self._output.settle()
            return answer
        if answer is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=_GRACE)
        self.close()
        return answer or Answer("died", _death(self._process.returncode))

    def close(self) -> None:
        """End the process and all that it started."""
        with contextlib.suppress(OSError):
            self._end()
        self._process.wait()
        self._reader.join(timeout=1)
        with contextlib.suppress(OSError):
            self._requests.close()
        if not self._reader.is_alive():
            self._replies.close()
        self._output.close()

    def _end(self) -> None:
        if hasattr(os, "killpg"):
            os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()

    def _send(self, request: object) -> None:
        from verify.processes.messages import send

        with contextlib.suppress(OSError):  # it died: its answers end as well
            send(self._requests, request)

    def _asked_where(self, limit: float) -> Any:
        """Ask a worker that takes too long where it is; returns the answer to the request if that arrives after all."""
        import queue

        from verify.processes.messages import WHERE, Answer

        self._send(WHERE)
        try:
            answer = self._answers.get(timeout=_GRACE)
        except queue.Empty:
            return Answer("hung", f"no end within {limit:g} s")
        if answer is None or answer.kind != "at":
            return answer
        place = f"it was at {answer.value}" if answer.value else "it was in code of gradproof or of a library"
        return Answer("hung", f"no end within {limit:g} s; {place}")

    def _read(self) -> None:
        from verify.processes.messages import receive

        with contextlib.suppress(Exception):  # the end, or what is no message
            while True:
                self._answers.put(receive(self._replies))
        self._answers.put(None)


def _death(status: int) -> str:
    if status >= 0:
        return f"the process exited with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        return f"the process died of signal {-status}"
    return f"the process died: {(signal.strsignal(-status) or name).lower()} (signal {name})"
