"""Which files of the user's a process has imported or opened, so that what results rest on is seen, not only read."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from verify.discovery.packages import ROOT
from verify.model.where import is_users

_OURS = tuple(f"{ROOT / folder}{os.sep}" for folder in ("verify", "layers", "gradproof", "reports"))
_OF_THE_SYSTEM = ("/proc/", "/dev/", "/sys/")
# What else leads out of a process; named in place of a file, so that it is none that was expected.
_LEAVING = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "socket.connect",
    "socket.bind",
    "urllib.Request",
)


class Touched:
    """Hears of each file that is opened from now on, in this process; that cannot be ended."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        sys.addaudithook(self._hear)

    def files(self) -> tuple[str, ...]:
        """Return the user's files that were touched so far, by their real paths."""
        modules = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
        paths = {path for path in modules if isinstance(path, str)} | self._heard
        return tuple(sorted({os.path.realpath(path) for path in paths if _counts(path)}))

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes, os.PathLike)):
            self._heard.add(os.path.abspath(os.fsdecode(arguments[0])))  # noqa: PTH100 - the folder may change
        elif event in _LEAVING:
            self._heard.add(event)


def _counts(path: str) -> bool:
    return is_users(path) and not path.startswith((*_OURS, *_OF_THE_SYSTEM)) and Path(path).parent.name != "__pycache__"
