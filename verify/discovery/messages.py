"""What the command and its worker say to each other: pickled, each message after its length.

The command sends requests, tuples of a kind and arguments, and gets an Answer to each. It takes plain data only.
"""

from __future__ import annotations

import io
import pickle
import struct
from importlib import import_module
from typing import IO, Any, NamedTuple

from verify.model.identity import NOWHERE, Place
from verify.model.package import PACKAGE
from verify.model.reasons import Reason

MARK = b"\0gradproof: end of the output of a request\0"  # on the pipe of the output, which has no messages
WHERE = "where"  # the request that is answered while another one runs
_LENGTH = struct.Struct("!Q")
_MODEL = ("identity", "result", "comparison", "coverage", "faults", "drawings", "reasons")
_PLAIN = (
    *(f"{PACKAGE}.model.{name}" for name in _MODEL),
    f"{PACKAGE}.mutation.result",
    f"{PACKAGE}.repair.result",
    f"{PACKAGE}.discovery.messages",
    f"{PACKAGE}.runner.errand",
)


class Unit(NamedTuple):
    """What is imported or read in one go: a TOML file, a Python file, a module, or (with `at`) an expression.

    `name` is the name under which a module is imported; a file in no package is `alone`, and has one of its own.
    `scan` says of how many gradients that have no case a call is to be looked for; these are checked then, or `only`
    those of some names.
    `folders` lead the path while it and its cases run, and `layers` is the module that replaces our layers.
    `domain` has what bounds the inputs of an expression, each under `low`, `high` or `closed`.
    """

    target: str
    file: str = ""
    name: str = ""
    folders: tuple[str, ...] = ()
    layers: str | None = None
    at: tuple[str, ...] | None = None
    domain: tuple[tuple[str, str], ...] = ()
    upstream: str = "1"
    alone: bool = False
    scan: int = 0
    only: tuple[str, ...] = ()


class Task(NamedTuple):
    """A request that a module above the runner answers: by a method of its Tool."""

    module: str
    method: str


class Answer(NamedTuple):
    """What came of a request.

    `done` with what was asked for; `partial` with what is certain of it so far, `packed`; `refused`: bad input;
    `failed`: the user's code raised; `bug`: ours did; `at`: a place; `hung`, `exceeded` and `died`: there was no answer
    in time, too much memory was used, or there is no worker any more; `unread`: the answer is no plain data. All but
    the first two with a text, and the `place` that it is about, what `failed` with the `reason`, and the last four with
    the `partial` result, if there is one. `changed` says what the user's code has made of the process, if anything, and
    `touched` which files of the user's it has imported or opened, where that was asked for.
    """

    kind: str
    value: Any = None
    changed: str = ""
    partial: Any = None
    place: Place = NOWHERE
    reason: Reason | None = None
    touched: tuple[str, ...] = ()


class _Plain(pickle.Unpickler):
    """Takes built-in values and what the result is made of, no other class and no function."""

    def find_class(self, module: str, name: str) -> Any:
        member = getattr(import_module(module), name, None) if module in _PLAIN else None
        if not isinstance(member, type) or member.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is not plain data")
        return member


def packed(message: object) -> bytes:
    """Return a message that few will read, as one that nobody has to unpack meanwhile."""
    return pickle.dumps(message)


def unpacked(data: bytes) -> Any:
    """Return a message as it was packed; raises UnpicklingError for what is not plain data."""
    return _Plain(io.BytesIO(data)).load()


def send(stream: IO[bytes], message: object) -> None:
    """Write a message; raises OSError where nobody reads any more."""
    data = packed(message)
    stream.write(_LENGTH.pack(len(data)) + data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read the next message; raises EOFError at the end, and UnpicklingError for what is not plain data."""
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return unpacked(_exactly(stream, length))


def _exactly(stream: IO[bytes], length: int) -> bytes:
    data = stream.read(length)
    if len(data) < length:
        raise EOFError
    return data
