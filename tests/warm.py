"""Parents of workers that are forked from one process with the engine, for the tests that run the command in-process.

A test that runs the command needs what a new interpreter has: its modules, none of the user's. A process that has
imported the engine and nothing else is that, so each command of a run of the tests has a fork of one such process, in
5 ms and not in half a second. What the interpreter or a library reads when it starts cannot be changed in a fork: where
a test sets one of those variables, it has an interpreter of its own.
"""

import contextlib
import os
import pickle
import socket
import subprocess
import sys
from pathlib import Path

from verify.discovery.packages import SEARCHED
from verify.runner.origins import Forked, Nursery, received

AT_START = ("PYTHON", "LC_", "LANG", "TZ", "LD_", "OPENBLAS", "OMP_", "MKL_", "NPY_", "PATH")
SERVER = """
import os, pickle, signal, socket, sys
sys.path.insert(0, sys.argv[1])
from verify.model import where
from verify.runner import nursery, worker
del sys.path[0]

def become(channel, errors):
    server.close()
    with socket.socket(fileno=os.dup(channel)) as stream:
        size = int.from_bytes(stream.recv(8, socket.MSG_WAITALL))
        folder, environment = pickle.loads(stream.recv(size, socket.MSG_WAITALL))
    os.chdir(folder)
    where.working_folder()
    os.environ.clear()
    os.environ.update(environment)
    nursery.nurse(channel, errors)

def collect(how):
    try:
        while os.waitpid(-1, how)[0]:
            pass
    except ChildProcessError:
        pass

signal.signal(signal.SIGINT, signal.SIG_IGN)
worker.import_engine()
worker.import_checks()
server = socket.socket(fileno=int(sys.argv[2]))
while True:
    request, descriptors, _, _ = socket.recv_fds(server, 1, 2)
    if not request:
        collect(0)
        os._exit(0)
    collect(os.WNOHANG)
    if not os.fork():
        try:
            become(*descriptors)
        finally:
            os._exit(1)
    for number in descriptors:
        os.close(number)
"""


class Engine:
    """The process that has the engine; it starts when it is first needed."""

    def __init__(self):
        self._server = None

    def origin(self):
        """Return an origin of workers, as `verify.runner.origins` has it."""
        if self._server is None:
            self._start()
        if self._at_start == at_start():
            with contextlib.suppress(OSError):
                return Nursery(self._fork)
        return Nursery()

    def close(self):
        """End the process."""
        if self._server is not None:
            self._server.close()
            self._process.wait()

    def _start(self):
        self._at_start = at_start()
        self._server, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-P", "-c", SERVER, str(SEARCHED), str(theirs.fileno())]
            self._process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, start_new_session=True
            )

    def _fork(self, ours, theirs):
        """Have a parent of workers forked in the working directory, and with the environment, that this process has."""
        state = pickle.dumps((str(Path.cwd()), dict(os.environ)))
        errors, errors_in = os.pipe()
        stderr = os.fdopen(errors, "rb")
        try:
            with theirs, os.fdopen(errors_in, "wb") as written:
                socket.send_fds(self._server, [b"f"], [theirs.fileno(), written.fileno()])
            ours.sendall(len(state).to_bytes(8) + state)
            return Forked(received(ours)[0], stderr)
        except OSError:
            stderr.close()
            raise


def at_start():
    """Return the variables that an interpreter and its libraries read when they start."""
    return {name: value for name, value in os.environ.items() if name.startswith(AT_START)}
