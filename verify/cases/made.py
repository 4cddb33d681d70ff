"""Cases that a module makes while it is imported, so that none of them is lost without a word.

A name that is used again, a list in an object, a set of nested dicts: a case that is made there is never found. Each
case is noted with the module that makes it, and a module whose cases are collected is asked for what is missing. Cases
that functions make later are not noted. What counts as accounted for: a case that is collected, or a copy of it; one
that `gradproof.check` has checked meanwhile; one whose variable is deleted by `del`; and, in a module whose functions
name `check` or `assert_gradients`, one that something still refers to, since a test may check it.
"""

from __future__ import annotations

import ast
import gc
import os
import weakref
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from types import CodeType, FunctionType, GeneratorType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

from verify.cases.reminder import checks, remind
from verify.model.identity import Place
from verify.model.package import PACKAGE, PUBLIC
from verify.model.reasons import Reason
from verify.model.where import as_place, importing, start_of

if TYPE_CHECKING:
    from verify.cases.case import Case

_CHECKS = ("check", "assert_gradients")
_ADVICE = "give it a variable of its own, or put it in a list or dict there"


class Made(NamedTuple):
    """A case that was made: its name and place, and what its copies share."""

    name: str
    file: str
    line: int
    inputs: object
    case: weakref.ref[Case]


class Lost(NamedTuple):
    """A case that is in a module and is not found there: its name, its place, and what to do.

    What could not be set up is `begun`: its case, with `...` where something is missing.
    """

    name: str
    where: Place
    problem: str
    reason: Reason = Reason.LOST_CASE
    begun: str = ""


_made: dict[int, list[Made]] = {}  # by the identity of the module's variables


def note(case: Any) -> None:
    """Note a case that is being made, if a module of the user's is being imported."""
    if at := importing():
        frame, line = at
        file = frame.f_code.co_filename
        made = Made(case.name, file, line, case.inputs, weakref.ref(case))
        _made.setdefault(id(frame.f_globals), []).append(made)
        remind(file, frame.f_globals.get("__name__", ""))


def account(case: Any) -> None:
    """Take a case for checked: it is not lost."""
    checks()
    for made in _made.values():
        made[:] = [entry for entry in made if entry.inputs is not case.inputs]


def lost(module: ModuleType, collected: Iterable[Any]) -> list[Lost]:
    """Return the cases that a module made when it was imported, and that are not among those collected."""
    inputs = {id(case.inputs) for case in collected}
    noted = _made.pop(id(vars(module)), [])
    file = os.path.realpath(_file(module))  # the identity may have been that of another module before
    missing = [entry for entry in noted if os.path.realpath(entry.file) == file and id(entry.inputs) not in inputs]
    if missing:
        missing = _unaccounted(module, missing)
    return [*map(_lost, missing), *_generators(module)]


def _lost(made: Made) -> Lost:
    where = as_place(made.file, made.line)
    return Lost(
        made.name,
        where,
        f"the case that {where} makes is not in a variable of its module, so it would never run: {_ADVICE}",
    )


def _file(module: ModuleType) -> str:
    return getattr(module, "__file__", None) or ""


def _unaccounted(module: ModuleType, missing: list[Made]) -> list[Made]:
    deleted = _deleted(module)
    missing = [entry for entry in missing if not any(first <= entry.line <= last for first, last in deleted)]
    if missing and _checks(module):
        gc.collect()  # a case and its subject refer to each other
        missing = [entry for entry in missing if entry.case() is None]
    return missing


def _deleted(module: ModuleType) -> list[tuple[int, int]]:
    """Return the lines of the statements of a module that define names which it deletes."""
    with suppress(OSError, SyntaxError, ValueError):
        body = ast.parse(Path(_file(module)).read_bytes()).body
        gone = {t.id for s in body if isinstance(s, ast.Delete) for t in s.targets if isinstance(t, ast.Name)}
        return [(s.lineno, s.end_lineno or s.lineno) for s in body if gone.intersection(_defined(s))]
    return []


def _defined(statement: ast.stmt) -> list[str]:
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        return [statement.name]
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _checks(module: ModuleType) -> bool:
    """Tell whether a function of a module, or of its classes, names what checks cases."""
    values = [*vars(module).values()]
    values += [item for value in values if isinstance(value, type) for item in vars(value).values()]
    functions = [getattr(value, "__wrapped__", value) for value in values if type(value) is FunctionType]
    own = [f.__code__ for f in functions if f.__globals__ is vars(module)]
    return any(name in code.co_names for top in own for code in _codes(top) for name in _CHECKS)


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _generators(module: ModuleType) -> Iterator[Lost]:
    """Yield the variables of a module that are generators which would make cases, and have not been run."""
    for name, value in vars(module).items():
        if type(value) is GeneratorType and _makes(value):
            where = start_of(value.gi_code)
            yield Lost(name, where, f"{where} is a generator, so its cases are never made: use a list")


def _makes(generator: GeneratorType[Any, Any, Any]) -> bool:
    if generator.gi_frame is None:  # it has come to its end
        return False
    names, variables = generator.gi_code.co_names, generator.gi_frame.f_globals
    named = [variables[name] for name in names if name in variables]
    return any(getattr(value, "__name__", "") in PUBLIC or _is_ours(value) for value in named)


def _is_ours(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(f"{PACKAGE}.cases")
