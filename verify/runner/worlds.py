"""One set of the user's modules for each place that they come from, within one process.

Two directories may both have a `verify_layers.py`, or a package `layers`: what is imported for one of them must not be
found by the other. A world has its own search path and entries in `sys.modules`; entering it swaps them. What was
imported before there was any world (the engine, what it needs) is in all of them, and so are installed libraries,
unless the world's folders have a module of that name.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from verify.discovery.packages import LAYERS
from verify.model.errors import TargetError
from verify.model.package import TOP
from verify.model.reasons import Reason
from verify.model.where import is_library, working_folder

if TYPE_CHECKING:
    from verify.runner.fingerprint import Fingerprint

_OURS = (TOP, "gradproof", LAYERS)  # also what the engine imports later


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
        self._path, self.home = list(sys.path), (str(working_folder()),)
        self._worlds: dict[tuple[str, ...], _World] = {}
        self._current: tuple[str, ...] | None = None
        self.fingerprint: Fingerprint | None = None
        self._replaced = ""  # by an import

    def prepare(self) -> None:
        """Make ready for code of the user's: from then on, NumPy is in all worlds, and the process is compared.

        Until then only expressions run, on layers of ours: nothing can be changed, and NumPy is not imported. No folder
        of the user's leads the path, so that what the engine imports meanwhile is not found there.
        """
        if self.fingerprint is None:
            from verify.discovery.sources import read_sources
            from verify.runner.fingerprint import at_first

            read_sources()
            self._common, self.fingerprint = set(sys.modules), at_first()
            self._worlds, self._current = {}, None

    def changed(self, *, by_import: bool = False) -> str:
        """Say what the user's code has changed in the process; what an import has changed is what should be then."""
        if self.fingerprint is None:
            return ""
        changed = self.fingerprint.changed(by_import=by_import)
        if by_import and changed:
            self._replaced = self._replaced or self.fingerprint.replaced()
            self.fingerprint = type(self.fingerprint)()
        elif by_import:
            self.fingerprint.renew()
        return changed

    def replaced(self, *, now: bool) -> str:
        """Return a function of a library that the user's code replaced when it was imported, or has replaced now."""
        return self._replaced or (self.fingerprint.replaced() if now and self.fingerprint else "")

    def enter(self, folders: tuple[str, ...]) -> None:
        """Make the world of some folders the current one, in the working directory that the process started in."""
        try:
            os.chdir(self.home[0])
        except OSError as problem:
            raise TargetError(f"the working directory is gone ({problem.strerror})", reason=Reason.NO_FOLDER) from None
        if folders != self._current:
            self._swap(folders)
        if self.fingerprint is not None:
            self.fingerprint.renew("search path", "working directory")

    def _swap(self, folders: tuple[str, ...]) -> None:
        modules = {name: module for name, module in sys.modules.items() if not self._is_common(name)}
        if self._current is not None:
            self._worlds[self._current] = _World(list(sys.path), modules)
        for name in self._own(folders):
            del sys.modules[name]
        world = self._worlds.get(folders) or _World([*(folders if self.fingerprint else ()), *self._path], {})
        sys.modules.update(world.modules)
        sys.path[:] = world.path
        sys.path_importer_cache.clear()
        self._current = folders

    @contextmanager
    def apart(self, folders: tuple[str, ...]) -> Iterator[None]:
        """Make a world of some folders in which nothing is imported yet, not even our layers, and forget it again."""
        self.enter(folders)
        modules, path = self._forgotten(folders), list(sys.path)
        try:
            yield
        finally:
            self._forgotten(folders)
            sys.modules.update(modules)
            sys.path[:] = path

    def _forgotten(self, folders: tuple[str, ...]) -> dict[str, ModuleType]:
        """Take what is imported of a world's own out of `sys.modules`, and our layers."""
        ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == LAYERS}
        modules = self._own(folders) | ours
        for name in modules:
            del sys.modules[name]
        return modules

    def _own(self, folders: tuple[str, ...]) -> dict[str, ModuleType]:
        """Return the modules of a world that are its own, not of all worlds."""
        others = {name: module for name, module in sys.modules.items() if not self._is_common(name)}
        tops = {name.partition(".")[0] for name in others}
        led_to = {top for top in tops if _has(folders, top)}
        return {name: module for name, module in others.items() if _is_own(name, module, led_to)}

    def _is_common(self, name: str) -> bool:
        return name in self._common or name.partition(".")[0] in _OURS


def _is_own(name: str, module: ModuleType, led_to: set[str]) -> bool:
    return not is_library(getattr(module, "__file__", None) or "") or name.partition(".")[0] in led_to


def _has(folders: tuple[str, ...], name: str) -> bool:
    """Tell whether some folders have a module of a name."""
    paths = (os.path.join(folder, name) for folder in folders)  # noqa: PTH118 - asked a thousand times for each edit
    return any(os.path.exists(path) or os.path.exists(f"{path}.py") for path in paths)  # noqa: PTH110
