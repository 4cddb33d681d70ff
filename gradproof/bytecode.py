"""Code that Python has kept of a file, and that an edit within the same second left behind.

Python and pytest take kept code again if the file's time (in whole seconds) and size are what they were. A file that
was changed after its code was kept may have both: its kept code is removed before it is looked for, and made anew.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import cache_from_source
from pathlib import Path
from types import ModuleType

_PATHS = ("stdlib", "platstdlib", "purelib", "platlib")
_INSTALLED = tuple({os.path.realpath(sysconfig.get_path(name)) + os.sep for name in _PATHS})


class _Finder:
    """Finds no module: before others do, it removes the kept code of what they will find."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.origin and spec.has_location and not _is_installed(spec.origin):
            for code in _older(Path(spec.origin)):
                with contextlib.suppress(OSError):
                    code.unlink()
        return None


def _is_installed(file: str) -> bool:
    return os.path.realpath(file).startswith(_INSTALLED)


def _older(file: Path) -> Iterator[Path]:
    """Yield the files that hold code of a source, of Python or of pytest, and are not newer than its last change."""
    with contextlib.suppress(OSError, NotImplementedError):
        status = file.stat()
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        for code in Path(cache_from_source(str(file))).parent.glob(f"{file.stem}.*.pyc"):
            if code.stat().st_mtime_ns <= changed:
                yield code


def forget() -> None:
    """From now on, take no kept code of files outside of Python and its packages that have changed since."""
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)


def trust() -> None:
    """Undo `forget`."""
    with contextlib.suppress(ValueError):
        sys.meta_path.remove(_Finder)
