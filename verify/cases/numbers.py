"""The whole numbers that the code of a subject names: the sizes and labels that it can tell apart are near them.

A block of 32, a window of 7, a label that means padding: each is a constant in the code of a function, a variable of
its module, an attribute of its class, a default of an argument, or the value of an option. The code is read and not
run. What is found are candidates for sizes and labels to try, so one too many costs time and one too few leaves a size
untried, as the report says.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from verify.model.where import is_users

_MOST_OBJECTS = 500  # that are looked into: whole libraries of the user's are not
_SEQUENCES = (tuple, list, frozenset)


def numbers(subject: Any, *others: Any) -> list[int]:
    """Return the whole numbers above 0 that the code of a subject names, or that are among other values, in order."""
    return sorted({value for value in reached(subject, *others) if type(value) is int and value > 0})


def functions(subject: Any, *others: Any) -> list[FunctionType]:
    """Return the functions of the user's that the code of a subject names, or that are among other values."""
    wrapped = (inspect.unwrap(value) for value in reached(subject, *others) if type(value) is FunctionType)
    written = (
        f for f in wrapped if type(f) is FunctionType
    )  # what is wrapped may be compiled: functools.wraps(math.sin)
    return [*{id(f): f for f in written if is_users(f.__code__.co_filename)}.values()]


def reached(*values: Any) -> Iterator[Any]:
    """Yield the numbers and objects that some values lead to, the values among them."""
    seen: set[int] = set()
    todo = [*values]
    while todo and len(seen) < _MOST_OBJECTS:
        value = todo.pop()
        if type(value) is int:
            yield value
        elif id(value) not in seen:
            seen.add(id(value))
            yield value
            todo += _parts(value)


def _parts(value: Any) -> Iterable[Any]:
    """Return what an object of the user's names; of an object of any other kind, nothing is asked."""
    kind = type(value)
    if kind in _SEQUENCES:
        return list(value)
    if kind is dict:
        return list(value.values())
    if kind is FunctionType:
        return _of_function(inspect.unwrap(value))
    if kind is MethodType:
        return [value.__func__, value.__self__]
    if kind is partial:
        return [value.func, value.args, value.keywords]
    if issubclass(kind, type):
        return _of_class(value)
    return [*_of_class(kind), *(attributes(value) or {}).values()] if is_users_class(kind) else []


def attributes(value: Any) -> dict[str, Any] | None:
    """Return the names and values that an object has, without asking it; None for one that has no table of them."""
    try:
        names = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return None
    return names if isinstance(names, dict) else None


def _of_class(kind: type) -> list[Any]:
    members = [item for base in kind.__mro__ if is_users_class(base) for item in vars(base).values()]
    return [getattr(item, "__func__", getattr(item, "fget", item)) for item in members]


def is_users_class(kind: type) -> bool:
    """Tell whether a person wrote a class: its module is in a file of theirs."""
    return is_users(getattr(sys.modules.get(kind.__module__), "__file__", None) or "<>")


def _of_function(function: Any) -> list[Any]:
    if type(function) is not FunctionType:
        return [function]
    cells = [cell.cell_contents for cell in function.__closure__ or () if _is_filled(cell)]
    code = function.__code__
    if not is_users(code.co_filename):  # a protocol of ours, which has the user's functions in its cells
        return cells
    named = [name for part in codes(code) for name in part.co_names]
    constants = [constant for part in codes(code) for constant in part.co_consts]
    variables = [function.__globals__[name] for name in named if name in function.__globals__]
    modules = [
        vars(item)
        for item in variables
        if type(item) is ModuleType and is_users(getattr(item, "__file__", None) or "<>")
    ]
    attributes = [module[name] for module in modules for name in named if name in module]
    defaults = [function.__defaults__ or (), function.__kwdefaults__ or {}]
    return [*cells, *constants, *variables, *attributes, *defaults]


def _is_filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a variable that is not set yet
        return False


def codes(code: CodeType) -> Iterator[CodeType]:
    """Return the code of a function and of those in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)
