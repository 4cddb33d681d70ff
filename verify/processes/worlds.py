"""One set of the user's modules for each place that they come from, within one process.

Two directories may both have a `verify_layers.py`, or a package `layers`: what is imported for one of them must not be
found by the other. A world has its own search path and entries in `sys.modules`; entering it swaps them. What was
imported before there was any world (the engine, what it needs) is in all of them, and so are installed libraries,
unless the world's folders have a module of that name.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from verify.processes.packages import LAYERS
from verify.where import is_library

_OURS = ("verify", LAYERS)  # also what the engine imports later


@dataclass
class _World:
    path: list[str]
    modules: dict[str, ModuleType]


class Worlds:
    """The worlds of a process, by their folders; the current one is what `sys` holds.

    `home` are the folders of the working directory's own world.
    """

    def __init__(self) -> None:
        self._common = set(sys.modules)
        self._path, self.home = list(sys.path), (str(Path.cwd()),)
        self._known: dict[tuple[str, ...], _World] = {}
        self._current: tuple[str, ...] | None = None

    def enter(self, folders: tuple[str, ...]) -> None:
        """Make the world of some folders the current one, in the working directory that the process started in."""
        os.chdir(self.home[0])
        if folders == self._current:
            return
        modules = {name: module for name, module in sys.modules.items() if not self._is_common(name)}
        if self._current is not None:
            self._known[self._current] = _World(list(sys.path), modules)
        for name, module in modules.items():
            if not is_library(getattr(module, "__file__", None) or "") or _has(folders, name.partition(".")[0]):
                del sys.modules[name]
        world = self._known.get(folders) or _World([*folders, *self._path], {})
        sys.modules.update(world.modules)
        sys.path[:] = world.path
        sys.path_importer_cache.clear()
        self._current = folders

    def _is_common(self, name: str) -> bool:
        return name in self._common or name.partition(".")[0] in _OURS


def _has(folders: tuple[str, ...], name: str) -> bool:
    """Tell whether some folders have a module of a name."""
    return any((Path(folder) / name).exists() or (Path(folder) / f"{name}.py").exists() for folder in folders)
