"""Packages of ours, from beside this one: by their place, since the names `layers` and `reports` belong to the user."""

from __future__ import annotations

import importlib.util
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from verify.model.package import PARENT

LAYERS = "_gradproof_layers"  # the name of our layers: the engine knows none, and users have their own
REPORTS = f"{PARENT}reports"
ROOT = Path(__file__).resolve().parent.parent.parent  # where `verify`, `layers` and `reports` are
SEARCHED = ROOT.parent if PARENT else ROOT  # from where our modules are imported


def beside(directory: str, name: str) -> ModuleType:
    """Import the package in a directory beside `verify` under a name, wherever else the path would lead."""
    if name in sys.modules:
        return sys.modules[name]
    folder = ROOT / directory
    spec = importlib.util.spec_from_file_location(
        name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@cache
def borrowed(name: str) -> ModuleType:
    """Import a module of our reports, and leave the name `reports` to the user, in whose process we are."""
    if PARENT:  # the whole name is ours
        return import_module(f"{REPORTS}.{name}")
    users = _taken(REPORTS)
    try:
        beside(REPORTS, REPORTS)
        return import_module(f"{REPORTS}.{name}")
    finally:
        _taken(REPORTS)
        sys.modules.update(users)


def _taken(package: str) -> dict[str, ModuleType]:
    """Take a package, and what is imported of it, out of `sys.modules`."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] == package}
