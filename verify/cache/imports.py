"""Where the imports of a file lead, without importing anything: to other files of the user's, or to libraries.

Each folder that was looked into is remembered with what it has of that name, so that a file which comes to stand before
another one is noticed. Whatever has another form than a module of source, or could be meant by two names, is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from verify.cache.pure import LIBRARIES
from verify.discovery.packages import ROOT
from verify.model.package import PUBLIC

_AT_THE_START = {"sitecustomize", "usercustomize"}  # modules that Python imports by itself where there are any


class ImpureError(Exception):
    """Says why the results of some source cannot be kept."""


class Module(NamedTuple):
    """What a name stands for that is no value: a module of a library, or of the user's with its file."""

    name: str
    file: str = ""


class Folders:
    """The folders that modules are found from, in order; `entries` is what was looked for, and what there is of it."""

    def __init__(self, folders: Sequence[str]) -> None:
        self.folders = tuple(folders)
        self.entries: dict[tuple[str, str], tuple[str, ...]] = {}
        self._listed: dict[str, list[str]] = {}

    def module(self, dotted: str) -> list[Module]:
        """Return a module with all packages that it is in, the outermost first; raises ImpureError."""
        top, *inner = dotted.split(".")
        homes = [folder for folder in self.folders if self.look(folder, top) and not is_ours(folder, top)]
        if homes and not is_library(top):
            return self.inside(Path(homes[0]), top, inner)
        if homes:
            raise ImpureError(f"{top} is the name of a library, and of a file or folder in {homes[0]}")
        if dotted in LIBRARIES:
            return [Module(dotted)]
        raise ImpureError(f"it imports {dotted}, which may read more than its arguments")

    def inside(self, folder: Path, name: str, inner: Sequence[str], prefix: str = "") -> list[Module]:
        """Return a module within a folder, and those in it one after the other; raises ImpureError."""
        dotted = f"{prefix}{name}"
        module = Module(dotted, str(self._file(folder, name)))
        if not inner:
            return [module]
        if Path(module.file).name != "__init__.py":
            raise ImpureError(f"{dotted} contains no modules")
        return [module, *self.inside(folder / name, inner[0], inner[1:], f"{dotted}.")]

    def look(self, folder: str, name: str) -> tuple[str, ...]:
        """Return what a folder has under the name of a module."""
        key = folder, name
        if key not in self.entries:
            self._listed.setdefault(folder, listing(folder))
            self.entries[key] = named(self._listed[folder], name)
        return self.entries[key]

    def _file(self, folder: Path, name: str) -> Path:
        there = self.look(str(folder), name)
        if there == (f"{name}.py",):
            return folder / f"{name}.py"
        if there == (name,) and self.look(str(folder / name), "__init__") == ("__init__.py",):
            return folder / name / "__init__.py"
        raise ImpureError(f"{name} is not a single source file in {folder}")


def is_ours(folder: str, name: str) -> bool:
    """Tell whether a module in a folder is this package itself, in a checkout."""
    return name in PUBLIC and Path(folder).resolve() == ROOT


def is_library(top: str) -> bool:
    """Tell whether a name belongs to Python, to what is installed, or to us."""
    return top in sys.stdlib_module_names or top in LIBRARIES or top in installed()


def installed() -> frozenset[str]:
    """Return the names of modules that are installed."""
    return frozenset(entry.partition(".")[0] for folder in sites() for entry in listing(folder))


def sites() -> list[str]:
    """Return the folders on the path that libraries are installed in."""
    return [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]


def shadows(folders: Sequence[str]) -> Iterator[str]:
    """Yield modules in folders that stand before one of Python's or of a library, whoever comes to import that."""
    libraries = sys.stdlib_module_names | installed() | _AT_THE_START
    for folder in folders:
        for entry in listing(folder):
            name = entry.partition(".")[0]
            if name in libraries and not is_ours(folder, name) and _is_module(os.path.join(folder, entry)):  # noqa: PTH118
                yield os.path.join(folder, entry)  # noqa: PTH118


def listing(folder: str) -> list[str]:
    """Return the names in a folder, sorted; none where there is no such folder."""
    try:
        return sorted(os.listdir(folder or "."))  # noqa: PTH208 - a hundred names
    except OSError:
        return []


def named(entries: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the entries of a folder that may be a module of a name; some systems take small letters for capitals."""
    lower = name.lower()
    return tuple(entry for entry in entries if entry.lower() == lower or entry.lower().startswith(f"{lower}."))


def _is_module(path: str) -> bool:
    suffixes = (".py", ".pyc", ".so", ".pyd")
    return path.endswith(suffixes) or os.path.exists(os.path.join(path, "__init__.py"))  # noqa: PTH110, PTH118
