"""What results may depend on beside the user's sources: ourselves, Python, what is installed, the machine.

Rather too much is taken than too little: a change that means nothing costs a run. Only what changes from one shell to
the next, and no library that we use reads, is left out of the environment.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from verify import __version__
from verify.cache.imports import sites
from verify.discovery.packages import ROOT

_LIBRARIES = ("numpy", "scipy", "sympy", "mpmath", "flint", "z3")
_OURS = ("verify", "layers", "gradproof")
_SKIPPED = ("__pycache__", "tests")  # folders of which nothing is run that results depend on
_LINKED = "/etc/ld.so.cache"
_OF_A_SHELL = re.compile(
    "_|PWD|OLDPWD|SHLVL|TERM|COLORTERM|TERM_.*|COLUMNS|LINES|WINDOWID|DISPLAY|SSH_.*|TMUX.*|STY|NO_COLOR|FORCE_COLOR|"
    "PYTEST_CURRENT_TEST|MAKE.*|MFLAGS"
)
_OF_A_CORE = re.compile("(?m)^(vendor_id|cpu family|model|stepping|flags|Features|CPU .*)\t.*")


def surroundings() -> str:
    """Return a digest of all that is not the user's source."""
    parts = (__version__, *_python(), *_machine(), *sorted(_environment()), *_ours(), *_installed())
    return digest("\n".join(parts).encode("utf-8", "surrogateescape"))


def digest(data: bytes) -> str:
    """Return what stands for some contents."""
    return hashlib.sha256(data).hexdigest()


def _python() -> tuple[str, ...]:
    return sys.version, sys.executable, sys.prefix, str(sys.flags), str(sys.warnoptions)


def _environment() -> Iterator[str]:
    return (f"{name}={value}" for name, value in os.environ.items() if not _OF_A_SHELL.fullmatch(name))


def _machine() -> Iterator[str]:
    """Yield what floats may depend on: the system, and what the processor can do."""
    node = ""
    if hasattr(os, "uname"):
        system, node, *release = os.uname()
    else:
        import platform

        system, node, *release = platform.uname()
    yield from (system, *release)
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8", errors="replace") as file:
            core = "".join(iter(file.readline, "\n"))
    except OSError:
        yield node
    else:
        yield from (match[0] for match in _OF_A_CORE.finditer(core))


def _ours() -> Iterator[str]:
    """Yield our own files, with when they were changed."""
    for folder in _OURS:
        yield from _below(str(ROOT / folder))


def _installed() -> Iterator[str]:
    """Yield what is installed: the names in these folders have versions in them, and change with each installation.

    Of a library that we use each file counts: somebody may edit one where it is installed. And so does the list of
    shared libraries, which the system writes anew when one is installed: NumPy may take its BLAS from there.
    """
    for folder in sites():
        yield from map(_state, _entries(folder))
    for name in _LIBRARIES:
        finders = (finder.find_spec(name, None) for finder in sys.meta_path if hasattr(finder, "find_spec"))
        spec = next(filter(None, finders), None)  # where it is, and not where it was imported from
        if spec and spec.origin:
            yield from _below(str(Path(spec.origin).parent))
    yield _stated(_LINKED)


def _below(folder: str) -> Iterator[str]:
    for entry in _entries(folder):
        if not entry.is_dir():
            yield _state(entry)
        elif entry.name not in _SKIPPED:
            yield from _below(entry.path)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        return sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []


def _state(entry: os.DirEntry[str]) -> str:
    """Return what changes with an entry: a file, or which files there are in a folder."""
    return _described(entry.path, entry.stat)


def _stated(path: str) -> str:
    return _described(path, Path(path).stat)


def _described(path: str, stat: Callable[[], os.stat_result]) -> str:
    try:
        state = stat()
    except OSError:  # a link that leads nowhere
        return path
    return f"{path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}"
