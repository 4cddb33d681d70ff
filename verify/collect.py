"""From targets to cases: a TOML file, a Python file, or a module by name."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.cases import Case
from verify.errors import GradproofError, InputError
from verify.suite import Wire, load
from verify.where import described, raised_at, relative

# Who turns a parsed expression into layers. A name and not an import: the engine knows no layers.
WIRING = "layers.wiring"


def collect(targets: Sequence[str], layers: str | None = None) -> list[Case]:
    """Return the cases of all targets, in order; `layers` names a module whose layers replace ours in TOML files.

    Raises InputError where a target does not exist, cannot be read, or has no cases.
    """
    wire = wiring(layers)
    cases: list[Case] = []
    for target in dict.fromkeys(targets):
        found = load(Path(target), wire) if target.endswith(".toml") else _cases_of(_module(target), target)
        if not found:
            raise InputError(f"{target}: no cases in it")
        cases += found
    # One file may be named in several ways: as a path, as another path, as a module.
    return list({(case.where, case.name): case for case in cases}.values())


def wiring(layers: str | None = None) -> Wire:
    """Return what makes the subject of an expression, with the project's layers or those of another module."""
    wire: Any = importlib.import_module(WIRING).wire
    if layers is None:
        return wire  # type: ignore[no-any-return]
    module = _module(layers)
    return lambda program: wire(program, module)


def _module(target: str) -> ModuleType:
    """Import a Python file by its path, or a module by its name as `python -m` would find it."""
    is_path = target.endswith(".py") or "/" in target or Path(target).exists()
    if is_path and not Path(target).is_file():
        raise InputError(f"{target}: {'is not a Python or TOML file' if Path(target).exists() else 'no such file'}")
    try:
        return _from_file(Path(target)) if is_path else _from_name(target)
    except GradproofError:
        raise
    except KeyboardInterrupt:
        raise
    except BaseException as problem:  # noqa: BLE001 - importing runs whatever the user wrote
        place = raised_at(problem)
        where = f" ({place})" if place else ""
        raise InputError(f"{target}: importing it failed: {described(problem)}{where}") from None


def _from_file(path: Path) -> ModuleType:
    """Import a file under a name of its own, with its directory first on the path, as if it were run."""
    name = f"_gradproof_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{relative(path)}: is not a Python or TOML file")
    module = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.resolve().parent))
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _from_name(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name and (name == problem.name or name.startswith(problem.name + ".")):
            raise InputError(f"{name}: no such file or module") from None
        raise


def _cases_of(module: ModuleType, target: str) -> list[Case]:
    """Return the cases that are values of a module, in the order of their definition."""
    cases = {id(value): value for value in vars(module).values() if isinstance(value, Case)}
    names: set[str] = set()
    for case in cases.values():
        if case.name in names:
            raise InputError(f"{target}: there are two cases with the name {case.name!r}")
        names.add(case.name)
    return list(cases.values())
