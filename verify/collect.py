"""From targets to cases: what they name is imported, and the cases in it are found."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.errors import GradproofError, InputError
from verify.expressions.suite import Wire, load
from verify.processes.messages import Unit
from verify.processes.packages import LAYERS, beside
from verify.processes.sources import Loader
from verify.subjects.cases import Case, cases_of_value, make
from verify.targets import ALONE, failed, is_path, of_file, of_name, shown, units


def collect(targets: Sequence[str], layers: str | None = None) -> list[Case]:
    """Return the cases of all targets, in order, in this process.

    `layers` names a module whose layers replace ours in TOML files. Raises InputError where a target does not exist,
    cannot be read, or has no cases, and TargetError where importing it fails.
    """
    cases: list[Case] = []
    for target in dict.fromkeys(targets):
        found: list[Case] = []
        for unit in units(target, layers):
            sys.path[:0] = unit.folders  # left there: what the cases import when they run is found too
            found += cases_of(unit)
        if not found:
            raise InputError(f"{target}: no cases in it")
        cases += found
    # One file may be named in several ways: as a path, as another path, as a module.
    return list({(case.where, case.name): case for case in cases}.values())


def cases_of(unit: Unit) -> list[Case]:
    """Return the cases of a unit, whose folders are on the path; raises InputError and TargetError."""
    if unit.name:
        return _cases_in(_imported(unit), unit.target)
    wire = wiring(unit.layers)
    return load(Path(unit.file), wire) if unit.at is None else [_expression(unit, wire)]


def wiring(layers: str | None = None) -> Wire:
    """Return what makes the subject of an expression, with the project's layers or those of another module."""
    beside("layers", LAYERS)
    wire: Any = importlib.import_module(f"{LAYERS}.wiring").wire
    if layers is None:
        return wire  # type: ignore[no-any-return]
    unit = of_file(Path(layers)) if is_path(layers) else of_name(layers)
    module = _imported(unit._replace(target=layers))
    return lambda program: wire(program, module)


def _expression(unit: Unit, wire: Wire) -> Case:
    """Return the case of an expression of the command line."""
    at: dict[str, object] = {}
    for given in unit.at or ():
        name, equals, value = given.partition("=")
        if not equals or name.strip() in at:
            raise InputError(f"--at {given}: {'is given twice' if equals else 'NAME=VALUE was expected, like tax=1.1'}")
        at[name.strip()] = value.strip()
    return make(shown(unit.target), unit.target, at, wire, upstream=unit.upstream)


def _imported(unit: Unit) -> ModuleType:
    """Import the module of a unit; raises TargetError for whatever the user's code raises."""
    try:
        return _from_file(unit) if unit.name.startswith(ALONE) else _from_name(unit)
    except (GradproofError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        raise failed(unit.target, problem) from problem


def _from_file(unit: Unit) -> ModuleType:
    """Import a file under a name of its own, as if it were run."""
    spec = importlib.util.spec_from_file_location(unit.name, unit.file, loader=Loader(unit.name, unit.file))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[unit.name] = module
    spec.loader.exec_module(module)
    return module


def _from_name(unit: Unit) -> ModuleType:
    try:
        module = importlib.import_module(unit.name)
    except ModuleNotFoundError as problem:
        if problem.name and (unit.name == problem.name or unit.name.startswith(problem.name + ".")):
            raise InputError(f"{unit.target}: no such file or module") from None
        raise
    if unit.file and Path(module.__file__ or "").resolve() != Path(unit.file).resolve():
        raise ImportError(f"the name {unit.name} belongs to another module")
    return module


def _values(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield the variables of a module, and those of its classes, as pytest finds cases too."""
    for name, value in vars(module).items():
        yield name, value
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield from ((f"{name} {key}", item) for key, item in vars(value).items())


def _at_home(case: Case, module: ModuleType) -> Iterator[str]:
    """Yield the name that a case has in the module where it was made, if that is another one: there it is found too."""
    file = Path(case.where.rpartition(":")[0]).resolve()
    if case.unnamed and file != Path(module.__file__ or "").resolve():
        for other in list(sys.modules.values()):
            path = Path(getattr(other, "__file__", None) or "")
            if (
                path.name == file.name and path.resolve() == file
            ):  # there are thousands, and the second question is slow
                yield from (
                    name for key, value in _values(other) for name, one in cases_of_value(key, value) if one is case
                )


def _cases_in(module: ModuleType, target: str) -> list[Case]:
    """Return the cases that are values of a module, in the order of their definition.

    Those that nobody has named have the name of their variable.
    """
    found = [pair for name, value in _values(module) for pair in cases_of_value(name, value)]
    homes = {id(value): name for _, value in found for name in _at_home(value, module)}
    cases = {id(value): value.titled(homes.get(id(value), name).replace("_", " ")) for name, value in reversed(found)}
    cases = dict(reversed(cases.items()))
    names: set[tuple[str, str]] = set()
    for case in cases.values():
        place = case.where.rpartition(":")[0], case.name  # another module's case may have the same name
        if place in names:
            raise InputError(f"{target}: there are two cases with the name {case.name!r}")
        names.add(place)
    return list(cases.values())
