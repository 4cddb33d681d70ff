"""The cases of one file, checked for a command on another machine: what a worker of a cluster is asked to do.

They are checked in a process of their own, in the folder that the command works in: a worker of a cluster has one
folder for all that it does. That process ends with the one that has started it.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from verify import __version__
from verify.discovery.messages import Unit, packed, receive, send, unpacked
from verify.model.result import CaseResult
from verify.model.versions import environment
from verify.runner.origins import command
from verify.runner.process import Process
from verify.runner.workers import CollectedCase, Listing, Workers


class Errand(NamedTuple):
    """Which cases of a unit to check, and how; `listing` is what its cases are where the command runs."""

    folder: str
    unit: Unit
    listing: Listing
    numbers: tuple[int, ...]
    seed: int
    quick: bool
    limit: float  # seconds for each case
    memory: float  # bytes for each case
    extensions: tuple[tuple[str, ...], str]
    versions: tuple[tuple[str, str], ...]
    digest: str  # of the unit's file


class Done(NamedTuple):
    """The result of a case, the seconds that it took, and what it has printed."""

    result: CaseResult
    seconds: float
    output: str


class Refusal(NamedTuple):
    """Why an errand cannot be done where it was received."""

    text: str


def versions() -> tuple[tuple[str, str], ...]:
    """Return what has to be alike on all machines for results to be the same."""
    return ("gradproof", __version__), *environment().items()


def digest(unit: Unit) -> str:
    """Return what tells whether a unit's file is the same as another; empty where it has no file, or cannot be read."""
    with contextlib.suppress(OSError):
        return hashlib.sha256(Path(unit.file).read_bytes()).hexdigest() if unit.file else ""
    return ""


def run(message: bytes, folder: str) -> bytes:
    """Do a packed errand in a process of its own; returns its results packed, or the packed Refusal.

    Raises RuntimeError where that process ends without a word, with what it has written.
    """
    if not Path(folder).is_dir():
        return packed(Refusal(f"there is no folder {folder}"))
    with tempfile.TemporaryFile() as errors:
        # Standard input stays open until the answer is there: its end tells the process that nobody waits any more.
        with subprocess.Popen(  # noqa: S603 - ourselves
            command("errand"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, cwd=folder
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(OSError):
                send(process.stdin, message)
            answer = process.stdout.read()
        errors.seek(0)
        written = errors.read().decode(errors="replace")
    if process.returncode:
        raise RuntimeError(written or f"the process ended with status {process.returncode}")
    return answer


def main() -> None:
    """Do the errand that standard input has, and write its results to standard output."""
    errand: Errand = unpacked(receive(sys.stdin.buffer))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.buffer.write(packed(_problem(errand) or _results(errand)))
    sys.stdout.flush()


def _end_with_parent() -> None:
    while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the interpreter ends
        pass
    os._exit(1)


def _problem(errand: Errand) -> Refusal | None:
    """Return what would make the results others than they are where the command runs."""
    ours = dict(versions())
    for name, version in errand.versions:
        if ours[name] != version:
            return Refusal(f"{name} is {ours[name]} there and {version} here: install the same version")
    if errand.digest != digest(errand.unit):
        return Refusal(f"{errand.unit.file} is not the same file there: let both machines see the same folder")
    return None


def _results(errand: Errand) -> tuple[Done, ...] | Refusal:
    workers = Workers(Process(), errand.limit)
    workers.quick, workers.memory, workers.extensions = errand.quick, errand.memory, errand.extensions
    with workers:
        with workers.heard(io.StringIO()):  # it was heard where the command runs
            workers.cases(errand.unit)
        if workers.listing(errand.unit) != errand.listing:
            return Refusal(f"{errand.unit.target} has other cases there: let both machines have the same modules")
        return tuple(_done(workers, errand, number) for number in errand.numbers)


def _done(workers: Workers, errand: Errand, number: int) -> Done:
    name, where, *_ = errand.listing[number]
    start = perf_counter()
    with workers.heard(io.StringIO()) as output:
        result = workers.checked(CollectedCase(errand.unit, number, name, where), errand.seed)
    return Done(result, perf_counter() - start, output.getvalue())
