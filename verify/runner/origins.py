"""Where worker processes come from: forked from one that has imported the engine, or started from nothing.

Either way the command gets three pipes, and the status of the process when it ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import IO, NamedTuple, Protocol

from verify.discovery.packages import ROOT

# Without the working directory on the path (-P): `verify` has to be this very one, whatever lies around.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from verify.runner.{} import main; del sys.path[0]; main()"
_UNKNOWN = 1  # the status of a process whose parent is gone too
_GRACE = 5.0  # seconds in which a process that was killed ends


class Pipes(NamedTuple):
    """What goes to a worker and comes from it."""

    requests: IO[bytes]
    replies: IO[bytes]
    output: IO[bytes]


class Origin(Protocol):
    """Starts a worker at a time."""

    def start(self) -> tuple[int, Pipes]:
        """Start a worker; returns its process and the pipes to it. Raises OSError where none starts."""

    def end(self) -> int:
        """End the worker, and what it has started; returns its status."""

    def wait(self, seconds: float) -> bool:
        """Wait until the worker has ended by itself; tells whether it has."""

    def close(self) -> None:
        """End whatever there is."""


def origin() -> Origin:
    """Return where workers come from on this system."""
    return Nursery() if sys.platform == "linux" else Spawner()


def _popen(module: str, *arguments: str, **pipes: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-P", "-c", _START.format(module), str(ROOT), *arguments]
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # noqa: S603 - ourselves
        command,
        start_new_session=True,  # a group of its own, which is ended as a whole, and has no Ctrl-C
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        **pipes,
    )


class Spawner:
    """Starts each worker as a new interpreter, which imports the engine first."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.start_ahead()

    def start_ahead(self) -> None:
        """Start the next worker before it is asked for."""
        self._process = _popen("worker", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def start(self) -> tuple[int, Pipes]:
        """Start a worker, or take the one that was started ahead."""
        if self._process is None:
            self.start_ahead()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        return process.pid, Pipes(process.stdin, process.stdout, process.stderr)

    def wait(self, seconds: float) -> bool:
        """Wait for the worker's end."""
        assert self._process is not None
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=seconds)
        return self._process.returncode is not None

    def end(self) -> int:
        """End the worker and its group."""
        process, self._process = self._process, None
        if process is None:
            return 0
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
        return process.wait()

    def close(self) -> None:
        """End the worker."""
        self.end()


class Nursery:
    """Has workers forked by a process that starts at once, and imports the engine while the command does other work."""

    def __init__(self) -> None:
        import socket

        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = _popen(
                "nursery",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
        self._output: object = None
        self._pid = 0
        self._status: int | None = None

    def start(self) -> tuple[int, Pipes]:
        """Have a worker forked."""
        import socket

        from verify.runner.nursery import MESSAGE, START
        from verify.runner.output import Output

        if self._output is None:
            assert self._process.stderr is not None
            self._output = Output(self._process.stderr)
        (requests_out, requests), (replies, replies_in), (output, output_in) = os.pipe(), os.pipe(), os.pipe()
        theirs = [requests_out, replies_in, output_in]
        pipes = Pipes(os.fdopen(requests, "wb"), os.fdopen(replies, "rb"), os.fdopen(output, "rb"))
        message = b""
        with contextlib.suppress(OSError):
            socket.send_fds(self._channel, [START], theirs)
            message = self._channel.recv(MESSAGE.size, socket.MSG_WAITALL)
        for number in theirs:
            os.close(number)
        if len(message) < MESSAGE.size:
            for stream in pipes:
                stream.close()
            raise OSError("the process that workers are forked from is gone")
        self._pid, self._status = MESSAGE.unpack(message)[0], None
        return self._pid, pipes

    def wait(self, seconds: float) -> bool:
        """Wait for the message that says that the worker has ended."""
        from verify.runner.nursery import MESSAGE

        if not self._pid:
            return True
        self._channel.settimeout(seconds)
        try:
            message = self._channel.recv(MESSAGE.size)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError:
            message = b""
        finally:
            self._channel.settimeout(None)
        if len(message) == MESSAGE.size:
            self._status = MESSAGE.unpack(message)[1]
        self._pid = 0
        return True

    def end(self) -> int:
        """Have the worker ended, and whatever it has started, in whatever session."""
        from verify.runner.nursery import END

        if not self._pid:
            return _UNKNOWN if self._status is None else self._status
        pid = self._pid
        with contextlib.suppress(OSError):
            self._channel.sendall(END)
        if not self.wait(_GRACE) or self._status is None:  # the other one is gone itself
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGKILL)
        return _UNKNOWN if self._status is None else self._status

    def close(self) -> None:
        """End the worker, and the process that it was forked from."""
        self.end()
        self._channel.close()
        try:
            self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._output is None and self._process.stderr is not None:
            self._process.stderr.close()
        elif self._output is not None:
            self._output.close()  # type: ignore[attr-defined]
