"""From targets to cases: what they name is imported, and the cases in it are found."""

from __future__ import annotations

import importlib
import importlib.util
import itertools
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from verify.cases.case import Case
from verify.cases.inputs import Real, real
from verify.cases.made import Lost, lost
from verify.cases.making import make
from verify.cases.members import cases_of_value
from verify.cases.suite import Wire, load
from verify.discovery.messages import Unit
from verify.discovery.packages import LAYERS, beside
from verify.discovery.sources import Loader
from verify.discovery.targets import case_name, failed, is_path, of_file, of_name, units
from verify.discovery.writing import no_cases
from verify.model.additions import FRAMEWORKS
from verify.model.errors import GradproofError, InputError, TargetError
from verify.model.identity import NOWHERE, CaseId, Place
from verify.model.reasons import Reason
from verify.model.where import as_place, printable


def collect(targets: Sequence[str], layers: str | None = None) -> list[Case]:
    """Return the cases of all targets, in order, in this process.

    `layers` names a module whose layers replace ours in TOML files. Raises InputError where a target does not exist,
    cannot be read, or has no cases, and TargetError where importing it fails.
    """
    cases: list[Case] = []
    for target in dict.fromkeys(targets):
        of_target: list[Case] = []
        for unit in units(target, layers):
            sys.path[:0] = unit.folders  # left there: what the cases import when they run is found too
            cases_found, missing = found_in(unit)
            if missing:
                text = f"{missing[0].where}: {missing[0].name!r}: {missing[0].problem}"
                raise TargetError(text, missing[0].where, reason=Reason.LOST_CASE)
            of_target += cases_found
        if not of_target:
            raise no_cases(target)
        cases += of_target
    # One file may be named in several ways: as a path, as another path, as a module.
    return list({(case.where, case.name): case for case in cases}.values())


def cases_of(unit: Unit) -> list[Case]:
    """Return the cases of a unit, whose folders are on the path; raises InputError and TargetError."""
    return found_in(unit)[0]


def cases_again(unit: Unit, cases: Sequence[Case]) -> list[Case]:
    """Return the cases of a unit whose source is another one now; scanned ones are called as these `cases` are.

    Raises InputError and TargetError.
    """
    if not unit.scan:
        return cases_of(unit)
    from verify.scan.scanned import made_again  # seldom needed

    module = _imported(unit)
    try:
        return made_again(module, cases)
    except Exception as problem:
        raise failed(problem) from problem


def found_in(unit: Unit) -> tuple[list[Case], list[Lost]]:
    """Return the cases of a unit, and those that its module makes and that cannot be found in it; raises the same."""
    if unit.name:
        module = _imported(unit)
        if unit.scan:
            from verify.scan.scanned import scanned  # seldom needed

            return scanned(module, unit.only)
        return _cases_in(module), lost(module, [value for _, value in _pairs(module)])
    wire = wiring(unit.layers)
    if unit.at is not None:
        return [_expression(unit, wire)], []
    return load(Path(unit.file), wire, from_text=unit.layers is None), []


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
    return make(
        case_name(unit.target),
        unit.target,
        _settings("at", unit.at or ()),
        wire,
        domains=_domains(unit),
        upstream=unit.upstream,
        from_text=unit.layers is None,
    )


def _domains(unit: Unit) -> dict[str, Real]:
    """Return the domains of inputs that options of the command bound."""
    written: dict[str, dict[str, Any]] = {}
    for side in ("low", "high", "closed"):
        for name, value in _settings(side, [text for of, text in unit.domain if of == side]).items():
            written.setdefault(name, {})[side] = value
    return {name: real("", **bounds) for name, bounds in written.items()}


_LIKE = {"at": "tax=1.1", "low": "x=0", "high": "x=1"}


def _settings(option: str, texts: Sequence[str]) -> dict[str, object]:
    """Return what an option gives by name; raises InputError. A closed domain needs its name only."""
    settings: dict[str, object] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if name.strip() in settings:
            raise InputError(f"--{option} {text}: is given twice")
        if not equals and option != "closed":
            raise InputError(f"--{option} {text}: expected NAME=VALUE, like {_LIKE[option]}")
        settings[name.strip()] = value.strip() if equals else True
    return settings


def _imported(unit: Unit) -> ModuleType:
    """Import the module of a unit; raises TargetError for whatever the user's code raises."""
    try:
        return _from_file(unit) if unit.alone else _from_name(unit)
    except (GradproofError, KeyboardInterrupt):
        raise
    except BaseException as problem:
        raise failed(problem, unit.file) from problem


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


def _pairs(module: ModuleType) -> list[tuple[str, Case]]:
    return [
        (member.title, member.case)
        for name, value in _values(module)
        for member in cases_of_value(name, value, _assigned(module, name))
    ]


def _assigned(module: ModuleType, name: str) -> Place:
    """Return the place where a variable of a module is set, if objects of frameworks are cases."""
    if not FRAMEWORKS or not module.__file__:
        return NOWHERE
    text = Path(module.__file__).read_text(encoding="utf-8", errors="replace")
    setting = re.search(rf"^{re.escape(name)}\b[^=\n]*=", text, re.MULTILINE)
    return as_place(module.__file__, text.count("\n", 0, setting.start()) + 1 if setting else 1)


def _at_home(case: Case, module: ModuleType) -> Iterator[str]:
    """Yield the name that a case has in the module where it was made, if that is another one: there it is found too."""
    file = Path(case.where.file).resolve()
    if case.unnamed and file != Path(module.__file__ or "").resolve():
        for other in list(sys.modules.values()):
            path = Path(getattr(other, "__file__", None) or "")
            if (
                path.name == file.name and path.resolve() == file
            ):  # there are thousands, and the second question is slow
                yield from (
                    member.title
                    for key, value in _values(other)
                    for member in cases_of_value(key, value)
                    if member.case is case
                )


def _cases_in(module: ModuleType) -> list[Case]:
    """Return the cases that are values of a module, in the order of their definition.

    Those that nobody has named have the name of their variable.
    """
    pairs = _pairs(module)
    homes = {id(value): name for _, value in pairs for name in _at_home(value, module)}
    cases = {id(value): value.titled(homes.get(id(value), name).replace("_", " ")) for name, value in reversed(pairs)}
    variables = {id(value): name for name, value in reversed(pairs)}
    return _told_apart([(variables[key], case) for key, case in reversed(cases.items())])


def _told_apart(named: Sequence[tuple[str, Case]]) -> list[Case]:
    """Return cases with names of their own: those of one factory are told apart by their variables."""
    count = Counter(_id(case) for _, case in named)
    taken: set[tuple[str, str]] = set()
    renamed = []
    for variable, case in named:
        several = count[_id(case)] > 1
        name = f"{case.name} ({printable(variable.replace('_', ' '))})" if several else case.name
        names = itertools.chain([name], (f"{name} {number}" for number in itertools.count(2)))
        renamed.append(next(candidate for text in names if _id(candidate := replace(case, name=text)) not in taken))
        taken.add(_id(renamed[-1]))
    return renamed


def _id(case: Case) -> CaseId:
    """Return what tells a case from others: another module's may have the same name."""
    return CaseId(case.where.file, case.name)
