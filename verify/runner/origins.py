"""Where worker processes come from: forked from one that has imported the engine, or started from nothing.

Either way the command gets three pipes, and the status of the process when it ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

from verify.discovery.packages import SEARCHED
from verify.model.package import PACKAGE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Mapping

# Without the working directory on the path (-P): `verify` has to be this very one, whatever lies around.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from {}.runner.{} import main; del sys.path[0]; main()"
# How many threads the libraries behind NumPy's products of matrices take. One is enough for the arrays of a check, and
# several are slower: threads wait for each other in a loop, and where other processes keep the cores busy (workers do,
# and so do the jobs beside one of CI) a product of small matrices takes up to 20 times as long.
_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "GOTO_NUM_THREADS",
)
_UNKNOWN = 1  # the status of a process whose parent is gone too
_GRACE = 5.0  # seconds in which a process that was killed ends


class Pipes(NamedTuple):
    """What goes to a worker and comes from it."""

    requests: IO[bytes]
    replies: IO[bytes]
    output: IO[bytes]


class Parent(Protocol):
    """A process that workers are forked from, as `subprocess.Popen` has it; `stderr` is what it writes of errors."""

    stderr: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> object:
        """Wait for its end; raises subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """End it."""


class Origin(Protocol):
    """Starts a worker at a time."""

    def prepare(self) -> None:
        """Have imported what every worker needs, where that saves something."""

    def another(self) -> Origin:
        """Return an origin of workers beside those of this one."""

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


def command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs `main` of a module beside this one in a new interpreter."""
    return [sys.executable, "-P", "-c", _START.format(PACKAGE, module), str(SEARCHED), *arguments]


def _popen(module: str, *arguments: str, **pipes: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # noqa: S603 - ourselves
        command(module, *arguments),
        start_new_session=True,  # a group of its own, which is ended as a whole, and has no Ctrl-C
        env=environment(os.environ),
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        **pipes,
    )


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a worker: one thread for products of matrices, unless the user asks for a number.

    It has to be set before NumPy is imported, which reads it once.
    """
    chosen = any(name in variables for name in _THREADS)
    return {**variables, **({} if chosen else dict.fromkeys(_THREADS, "1"))}


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

    def prepare(self) -> None:
        """Do nothing: each worker imports all by itself."""

    def another(self) -> Spawner:
        """Return one whose first worker starts at once."""
        return Spawner()

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


def _new_interpreter(_: socket.socket, theirs: socket.socket) -> Parent:
    """Start a process that imports the engine while the command does other work."""
    return _popen(
        "nursery",
        str(theirs.fileno()),
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


class Forked:
    """A process that is the child of another than this one. Raises OSError where there is none of that number."""

    def __init__(self, pid: int, stderr: IO[bytes]) -> None:
        self.stderr: IO[bytes] | None = stderr
        self._descriptor = os.pidfd_open(pid)
        self._ended = False

    def wait(self, timeout: float | None = None) -> None:
        """Wait for its end; raises subprocess.TimeoutExpired."""
        import select

        if self._ended:
            return
        if not select.select([self._descriptor], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        os.close(self._descriptor)
        self._ended = True

    def kill(self) -> None:
        """End it."""
        if not self._ended:
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)


def received(channel: socket.socket) -> tuple[int, int]:
    """Return the next message of a process that workers are forked from. Raises OSError where that is gone."""
    import socket

    from verify.runner.nursery import MESSAGE

    message = channel.recv(MESSAGE.size, socket.MSG_WAITALL)
    if len(message) < MESSAGE.size:
        raise OSError("the process that starts the workers has ended")
    process, status = MESSAGE.unpack(message)
    return process, status


class Nursery:
    """Has workers forked by a process that `begin` starts, and gives its end of a channel: a new interpreter."""

    def __init__(self, begin: Callable[[socket.socket, socket.socket], Parent] = _new_interpreter) -> None:
        import socket

        self._channel, theirs = socket.socketpair()
        with theirs:
            try:
                self._process = begin(self._channel, theirs)
            except OSError:
                self._channel.close()
                raise
        self._output: object = None
        self._pid = 0
        self._status: int | None = None

    def start(self) -> tuple[int, Pipes]:
        """Have a worker forked."""
        import socket

        from verify.runner.nursery import START
        from verify.runner.output import Output

        if self._output is None:
            assert self._process.stderr is not None
            self._output = Output(self._process.stderr)
        (requests_out, requests), (replies, replies_in), (output, output_in) = os.pipe(), os.pipe(), os.pipe()
        theirs = [requests_out, replies_in, output_in]
        pipes = Pipes(os.fdopen(requests, "wb"), os.fdopen(replies, "rb"), os.fdopen(output, "rb"))
        try:
            socket.send_fds(self._channel, [START], theirs)
            self._pid, self._status = self._started(), None
        except OSError:
            for stream in pipes:
                stream.close()
            raise
        finally:
            for number in theirs:
                os.close(number)
        return self._pid, pipes

    def _started(self) -> int:
        """Return the process that was forked, beyond the end of an earlier one that took too long to be told."""
        from verify.runner.nursery import STARTED

        process, status = received(self._channel)
        while status != STARTED:
            process, status = received(self._channel)
        return process

    def prepare(self) -> None:
        """Have all checks imported before the first worker is forked, where others will follow it."""
        from verify.runner.nursery import PREPARE

        with contextlib.suppress(OSError):  # which the next request tells of
            self._channel.sendall(PREPARE)

    def another(self) -> Nursery:
        """Return one that is forked from the process that workers are forked from, which takes milliseconds."""
        with contextlib.suppress(OSError):
            return Nursery(self._fork)
        return Nursery()

    def _fork(self, ours: socket.socket, theirs: socket.socket) -> Parent:
        """Have another such process forked, with its end of a channel. Raises OSError where none starts."""
        import socket

        from verify.runner.nursery import ANOTHER

        errors, errors_in = os.pipe()
        stderr = os.fdopen(errors, "rb")
        try:
            with theirs, os.fdopen(errors_in, "wb") as written:
                socket.send_fds(self._channel, [ANOTHER], [theirs.fileno(), written.fileno()])
            return Forked(received(ours)[0], stderr)
        except OSError:
            stderr.close()
            raise

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
