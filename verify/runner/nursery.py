"""The process that workers are forked from: it has imported the engine, so that a new one takes milliseconds.

It never runs the user's code. It is the reaper of what its worker leaves behind: whatever the user's code starts is a
child of this process once its parent is gone, in whatever session or group it is, and is ended with the worker.
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
from pathlib import Path
from typing import Any, NoReturn

STARTED = 1 << 30  # in place of a status: the process has just been started
MESSAGE = struct.Struct("!qq")  # a process, and its status when it ended
START, END = b"s", b"e"  # what is asked for
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of sys/prctl.h
_SWEEPS = 100  # a process that forks as fast as it is ended is left to itself then


def main() -> None:
    """Fork a worker whenever the command asks for one, until that is gone."""
    from verify.runner.worker import import_engine

    channel = socket.socket(fileno=int(sys.argv[2]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever sent it sent it to the command too, which ends us
    _become_reaper()
    import_engine()
    _serve(channel)


def _become_reaper() -> None:
    """Become the parent of all descendants that lose theirs; without that, groups are ended, and no more."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0)


def _serve(channel: socket.socket) -> NoReturn:
    wake, waking = os.pipe()
    os.set_blocking(waking, False)
    os.set_blocking(wake, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    worker = 0
    while True:
        waiting: list[Any] = [channel, wake]
        ready, _, _ = select.select(waiting, [], [])
        if wake in ready:
            os.read(wake, 4096)
            worker = _reap(channel, worker)
        if channel in ready:
            request, pipes, _, _ = socket.recv_fds(channel, 1, 3)
            if not request:
                _end(worker)
                _wait(worker)
                _sweep()
                os._exit(0)
            if request == START:
                worker = _fork(channel, pipes, (wake, waking))
                channel.sendall(MESSAGE.pack(worker, STARTED))
            else:
                _end(worker)


def _fork(channel: socket.socket, pipes: list[int], own: tuple[int, int]) -> int:
    """Start a worker on three pipes; in the new process, it returns only when that ends."""
    pid = os.fork()
    if pid:
        for pipe in pipes:
            os.close(pipe)
        return pid
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    channel.close()
    for pipe in own:
        os.close(pipe)
    os.setsid()  # a group of its own, which is ended as a whole
    for number, pipe in enumerate(pipes):
        os.dup2(pipe, number)
        os.close(pipe)
    try:
        from verify.runner.worker import main as work

        work()
    except BaseException:  # noqa: BLE001 - as an interpreter's own
        with contextlib.suppress(Exception):  # the streams may be gone
            traceback.print_exc()
    os._exit(1)


def _reap(channel: socket.socket, worker: int) -> int:
    """Collect processes that ended; with the worker, all that it started is ended. Returns the worker, or 0."""
    for pid, status in _ended():
        if pid == worker:
            worker = 0
            _sweep()
            channel.sendall(MESSAGE.pack(pid, os.waitstatus_to_exitcode(status)))
    return worker


def _ended() -> list[tuple[int, int]]:
    found = []
    with contextlib.suppress(ChildProcessError):
        while (pair := os.waitpid(-1, os.WNOHANG))[0]:
            found.append(pair)
    return found


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


def _sweep() -> None:
    """End all children, which the worker and its children have left, until there are none."""
    for _ in range(_SWEEPS):
        children: list[int] = []
        with contextlib.suppress(OSError):  # a system that does not list them
            children = [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
        for pid in children:
            _end(pid)
            _wait(pid)
        if not children:
            return
