"""The process that workers are forked from: it has imported the engine, so that a new one takes milliseconds.

It never runs the user's code. It is the reaper of what its worker leaves behind: whatever the user's code starts is a
child of this process once its parent is gone, in whatever session or group it is, and is ended with the worker.
Asked for another process like itself, it forks that too: it has one thread, and nothing but the engine imported.
Linux only: elsewhere a fork of a process with threads of system libraries is not safe, and there is no such reaper.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

STARTED = 1 << 30  # in place of a status: the process has just been started
MESSAGE = struct.Struct("!qq")  # a process, and its status when it ended
# Requests: fork a worker, fork another nursery, end the worker, import what every further worker would.
START, ANOTHER, END, PREPARE = b"s", b"n", b"e", b"p"
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of sys/prctl.h
_SWEEPS = 100  # a process that forks as fast as it is ended is left to itself then


def main() -> None:
    """Import the engine, and fork a worker whenever the command asks for one, until that is gone."""
    from verify.runner.worker import import_engine

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever sent it sent it to the command too, which ends us
    import_engine()
    serve(int(sys.argv[2]))


def serve(channel: int) -> NoReturn:
    """Answer the requests of a channel in a process that has imported the engine, and has no other thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _become_reaper()
    _Nursery(socket.socket(fileno=channel)).serve()


def nurse(channel: int, errors: int) -> NoReturn:
    """Be a nursery in a process that was forked from one: with a channel, and a pipe for its errors."""
    os.setsid()  # a group of its own, as a worker has: the terminal's signals are for the command
    os.dup2(errors, 2)
    os.close(errors)
    os.write(channel, MESSAGE.pack(os.getpid(), STARTED))
    serve(channel)


def _become_reaper() -> None:
    """Become the parent of all descendants that lose theirs; without that, groups are ended, and no more."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


class _Nursery:
    """One worker at a time, and other nurseries, each of which has a channel of its own."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._wake, self._waking = os.pipe()
        self._worker, self._first, self._others = 0, True, set[int]()
        self._answers: dict[bytes, Callable[[list[int]], None]] = {
            START: self._start,
            ANOTHER: self._start_another,
            END: lambda _: _end(self._worker),
            PREPARE: lambda _: _import_checks(),
        }
        os.set_blocking(self._waking, False)
        os.set_blocking(self._wake, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._waking, warn_on_full_buffer=False)

    def serve(self) -> NoReturn:
        waiting: list[Any] = [self._channel, self._wake]
        while True:
            ready, _, _ = select.select(waiting, [], [])
            if self._wake in ready:
                os.read(self._wake, 4096)
                self._reap()
            if self._channel in ready:
                request, descriptors, _, _ = socket.recv_fds(self._channel, 1, 3)
                if not request:
                    self._leave()
                self._answers[request](descriptors)

    def _leave(self) -> NoReturn:
        """End with what there is of the worker; other nurseries go on until their channels end."""
        _end(self._worker)
        _wait(self._worker)
        self._sweep()
        os._exit(0)

    def _start(self, pipes: list[int]) -> None:
        """Fork a worker on three pipes, and tell which process it is; from the second on, it has all checks."""
        if not self._first:
            _import_checks()
        self._first = False
        self._worker = self._fork(pipes, _work)
        self._channel.sendall(MESSAGE.pack(self._worker, STARTED))

    def _start_another(self, descriptors: list[int]) -> None:
        """Fork a nursery on a channel, to which it tells which process it is, and a pipe for its errors."""
        _import_checks()
        self._others.add(self._fork(descriptors, lambda numbers: nurse(*numbers)))

    def _fork(self, descriptors: list[int], run: Callable[[list[int]], object]) -> int:
        """Fork a process, which leaves the descriptors to it; it ends when `run` does."""
        pid = os.fork()
        if pid:
            for number in descriptors:
                os.close(number)
            return pid
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._channel.close()
            os.close(self._wake)
            os.close(self._waking)
            run(descriptors)
        except BaseException:  # noqa: BLE001 - as an interpreter's own
            with contextlib.suppress(Exception):  # the streams may be gone
                traceback.print_exc()
        os._exit(1)

    def _reap(self) -> None:
        """Collect processes that ended; with the worker, all that it started is ended."""
        for pid, status in _ended():
            self._others.discard(pid)
            if pid == self._worker:
                self._worker = 0
                self._sweep()
                self._channel.sendall(MESSAGE.pack(pid, os.waitstatus_to_exitcode(status)))

    def _sweep(self) -> None:
        """End all children, which the worker and its children have left, until there are none but other nurseries."""
        for _ in range(_SWEEPS):
            children: set[int] = set()
            with contextlib.suppress(OSError):  # a system that does not list them
                children = {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
            for pid in children - self._others:
                _end(pid)
                _wait(pid)
            if children <= self._others:
                return


def _import_checks() -> None:
    """Import what a first worker may have had to import by itself."""
    from verify.runner.worker import import_checks

    import_checks()


def _work(pipes: list[int]) -> None:
    """Be a worker with three pipes as its standard streams."""
    from verify.runner.worker import main

    os.setsid()  # a group of its own, which is ended as a whole
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    main()


def _ended() -> list[tuple[int, int]]:
    pairs = []
    with contextlib.suppress(ChildProcessError):
        while (pair := os.waitpid(-1, os.WNOHANG))[0]:
            pairs.append(pair)
    return pairs


def _end(worker: int) -> None:
    """End a worker; without one, what it left."""
    if worker:
        with contextlib.suppress(OSError):
            os.killpg(worker, signal.SIGKILL)
        with contextlib.suppress(OSError):
            os.kill(worker, signal.SIGKILL)


def _wait(pid: int) -> None:
    if pid:
        with contextlib.suppress(OSError):
            os.waitpid(pid, 0)
