"""What a run printed whose results are all stored: the same command prints it again, and imports nothing for it.

To take the results from where they are stored and to render them takes longer than the whole start of the command. A
text is printed again only where each result that it shows would be taken, and where it would look the same: what holds
for `Entry` is asked here of all files of cases at once, and beside it the command line, the settings, which files the
targets lead to, the terminal, and what is known of failures.
"""

from __future__ import annotations

import marshal
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from verify.cache import sealed
from verify.cache.folder import FOLDER, name
from verify.cache.machine import digest, surroundings
from verify.cache.sources import Sources
from verify.discovery.messages import Unit
from verify.discovery.targets import units
from verify.model.errors import GradproofError

_FORMAT = b"gradproof printed run 1\n"
_FAILURES = "lastfailed.json"  # which a run writes anew, unless it has these failures already
_OF_THE_TERMINAL = ("COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR")  # are no part of `surroundings`


class Printed(NamedTuple):
    """A text with the exit status, and all that they rest on, in plain tuples: `state` is as it was before the run."""

    state: tuple[Any, ...]
    surroundings: str
    located: tuple[tuple[str, str | None, str], ...]  # targets, their layers, and the units that they led to
    sources: tuple[Any, ...]
    failures: str
    text: str
    status: int


def state(argv: Sequence[str]) -> tuple[Any, ...]:
    """Return what a run's text depends on beside its results: the command line, the settings, the terminal."""
    folder = Path.cwd()
    settings = tuple((str(place), _digest(place / "pyproject.toml")) for place in (folder, *folder.parents))
    look = tuple(os.environ.get(variable) for variable in _OF_THE_TERMINAL)
    return sys.version, tuple(argv), settings, look, sys.stdout.isatty() and tuple(shutil.get_terminal_size())


def recall(argv: Sequence[str]) -> tuple[str, int] | None:
    """Return what a command printed, with its exit status, if it would print the same again without a run."""
    contents = sealed.read(name(argv), _FORMAT)
    if contents is None:
        return None
    try:
        printed = Printed(*marshal.loads(contents))  # noqa: S302 - of plain data, from a file of our own that is whole
        return (printed.text, printed.status) if _is_as_before(printed, argv) else None
    except (ValueError, EOFError, TypeError, OSError, GradproofError):  # of another version of Python, or out of reach
        return None


def keep(argv: Sequence[str], printed: Printed) -> None:
    """Keep what a command printed in place of what it printed earlier, unless its settings changed meanwhile."""
    if printed.state == state(argv):
        sealed.write(name(argv), _FORMAT, marshal.dumps(tuple(printed)))


def _is_as_before(printed: Printed, argv: Sequence[str]) -> bool:
    return (
        printed.state == state(argv)
        and printed.failures == failures()
        and all(led_to(units(target, layers)) == earlier for target, layers, earlier in printed.located)
        and Sources(*printed.sources).are_as_before()
        and printed.surroundings == surroundings()
    )


def led_to(located: Sequence[Unit]) -> str:
    """Return the units of a target as they are kept."""
    return repr([tuple(unit) for unit in located])


def merged(rests_on: Iterable[Sources]) -> tuple[Any, ...]:
    """Return the sources of several units as one; a file that two have read differently is never as before."""
    every = list(rests_on)
    return (
        tuple(dict.fromkeys(file for sources in every for file in sources.files)),
        tuple(dict.fromkeys(entry for sources in every for entry in sources.entries)),
        tuple(dict.fromkeys(folder for sources in every for folder in sources.folders)),
    )


def failures() -> str:
    """Return what stands for the list of cases that failed, as it is now."""
    return _digest(Path(FOLDER) / _FAILURES)


def _digest(path: Path) -> str:
    try:
        return digest(path.read_bytes())
    except OSError:
        return ""
