"""Where the program of a user's file comes from: its source as it is now, or what stands in for that meanwhile.

Python keeps the code of what it imports, and takes it again if the file's time (in whole seconds) and size are the
same: what was edited within a second of the last run would be judged by what it was before.
"""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

from verify.model.where import is_users, relative

_standing_in: dict[str, bytes] = {}  # by the real path of the file


class Loader(SourceFileLoader):
    """Loads a file, or what stands in for it, by its source: no code is taken from an earlier import, or kept."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the module."""
        source = _standing_in.get(os.path.realpath(self.path))
        return self.source_to_code(self.get_data(self.path) if source is None else source, self.path)


class _Finder:
    """Finds modules as the other finders do, and has the user's loaded from source, or what stands in for it."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        others = (finder for finder in sys.meta_path if finder is not _Finder and hasattr(finder, "find_spec"))
        specs = (finder.find_spec(name, path, target) for finder in others)
        spec = next((spec for spec in specs if spec is not None), None)
        if spec is not None and type(spec.loader) is SourceFileLoader and _is_read(spec.loader.path):
            spec.loader = Loader(name, spec.loader.path)
        return spec


def _is_read(file: str) -> bool:
    return is_users(file) or os.path.realpath(file) in _standing_in


def read_sources() -> None:
    """Have the user's modules loaded from their sources, from now on in this process."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


def not_python(problem: SyntaxError, file: Path) -> str:
    """Say on which line a file is no Python, and why."""
    return f"{relative(file)}:{problem.lineno or 1}: does not parse: {problem.msg}"


def broken(file: Path) -> str:
    """Say on which line a file is no Python; nothing if it is, or cannot be read."""
    try:
        with warnings.catch_warnings(action="ignore"):  # importing it has given them
            Loader("", str(file)).get_code("")
    except SyntaxError as problem:
        return not_python(problem, file)
    except (OSError, ValueError, RecursionError, MemoryError):
        return ""
    return ""


@contextmanager
def standing_in(file: str, source: bytes) -> Iterator[None]:
    """Let a source stand in for that of a file, for a while, in a process that reads sources."""
    place = os.path.realpath(file)
    _standing_in[place] = source
    sys.meta_path.insert(0, _Finder)
    try:
        yield
    finally:
        sys.meta_path.remove(_Finder)
        del _standing_in[place]
