"""`--watch`: a run, and another one after each change of a Python or TOML file, until Ctrl-C.

watchfiles, which hears of changes from the system, is imported only here, and only for who asks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from verify.model.errors import InputError

_LACKING = "--watch needs watchfiles: pip install 'gradproof[watch]'"
_LOOK = 200  # milliseconds after which a wait for changes is begun again
_WAITING = "gradproof: waiting for file changes; press Ctrl-C to stop\n"


def watched(run: Callable[[], int], targets: Sequence[str]) -> int:
    """Run, and again after each change; returns the status of the last run that ended.

    Raises InputError if watchfiles is not installed, and whatever the first run raises; bad input of a later one is
    told, and may be mended.
    """
    with closing(_changes(targets)) as changes:
        next(changes)  # from here on no change is missed, those during a run neither
        status = run()
        while _has_changed(changes):
            try:
                status = run()
            except InputError as problem:
                sys.stderr.write(f"gradproof: {problem}\n")
                status = 2
        return status


def _has_changed(changes: Generator[Any]) -> bool:
    """Wait for a change; tells whether there was one, and not Ctrl-C."""
    try:
        sys.stderr.write(_WAITING)
        sys.stderr.flush()
        return any(changes)
    except KeyboardInterrupt:
        return False


def _changes(targets: Sequence[str]) -> Generator[Any]:
    """Return what yields changes, and nothing of them in between, in the working directory and beside the targets."""
    try:
        from watchfiles import PythonFilter, watch
    except ImportError:
        raise InputError(_LACKING) from None
    folders = {Path.cwd(), *(Path(target).resolve().parent for target in targets if Path(target).exists())}
    sources = PythonFilter(extra_extensions=(".toml",))
    return watch(*sorted(folders), watch_filter=sources, rust_timeout=_LOOK, yield_on_timeout=True)
