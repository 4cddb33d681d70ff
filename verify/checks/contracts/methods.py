"""Which method of which object a frame runs: by the code that runs, however the method is decorated or called.

A lambda, a helper, a comprehension or a closure between the subject and the method changes nothing of that.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import CodeType, FrameType, FunctionType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from verify.cases.protocols import Functions
from verify.model.where import is_users

_WRAPPERS = 4  # decorators around decorators that are looked through
_GENERATED = ("<frozen ", "<__array_function__")  # Python's own, NumPy's
_NO_METHODS = (property, cached_property, classmethod, staticmethod, type)
_FUNCTIONS = Functions.forward.__code__.co_filename
_HELD = ("__wrapped__", "func", "__func__", "method")  # where decorators of the standard library keep the function


class Method(NamedTuple):
    """A method as its class has it: `name` calls it.

    `body` is the function that the user wrote, and `runs` the one that runs first, which may be a decorator's.
    """

    name: str
    body: Any  # a FunctionType each, which mypy takes for methods of this class
    runs: Any


Table = dict[CodeType, list[Method]]
_tables: WeakKeyDictionary[type, tuple[list[Any], Table]] = WeakKeyDictionary()


@dataclass(slots=True)
class Methods:
    """The methods of classes by the code that runs first when they are called."""

    _of: dict[type, Table] = field(default_factory=dict)

    def running(self, frame: FrameType) -> tuple[Any, Method] | None:
        """Return the object and the method that a frame runs, or None where it runs no method of the user's."""
        code = frame.f_code
        if not (code.co_argcount or code.co_flags & inspect.CO_VARARGS):
            return None
        if not (is_of_users(code) or code.co_filename == _FUNCTIONS):
            return None
        owner = _first(frame)
        methods = [method for method in self._table(type(owner)).get(code, ()) if _runs(frame, method.runs)]
        return (owner, methods[0]) if methods else None

    def of_users(self, kind: type) -> bool:
        """Tell whether the user has written methods of a class."""
        return any(is_of_users(code) for code in self._table(kind))

    def _table(self, kind: type) -> Table:
        if kind not in self._of:
            self._of[kind] = _table_of(kind)
        return self._of[kind]


def is_of_users(code: CodeType) -> bool:
    """Tell whether code is the user's, also where it was typed into a prompt or made by `exec`."""
    file = code.co_filename
    return is_users(file) or (file.startswith("<") and not file.startswith(_GENERATED))


def _first(frame: FrameType) -> Any:
    """Return the first positional argument of a frame, also where it is the first of `*args`."""
    code = frame.f_code
    if code.co_argcount:
        return frame.f_locals.get(code.co_varnames[0])
    rest = frame.f_locals.get(code.co_varnames[code.co_kwonlyargcount], ())
    return rest[0] if rest else None


def _table_of(kind: type) -> Table:
    """Return the methods of a class, which are looked for once as long as it has the same attributes.

    What decorators keep in closures may change with the attributes as they are: a class with any is looked at again.
    """
    attributes = [value for base in kind.__mro__[:-1] for value in vars(base).values()]
    before, table = _tables.get(kind, ([], {}))
    if len(before) != len(attributes) or not all(map(operator.is_, before, attributes)):
        table = _table(kind)
        if all(map(_is_fixed, attributes)):
            _tables[kind] = attributes, table
    return table


def _is_fixed(value: Any) -> bool:
    """Tell whether an attribute leads to no other function than itself, whatever becomes of it."""
    if isinstance(value, FunctionType):
        return not (value.__closure__ or vars(value))
    return isinstance(value, _NO_METHODS) or not any(name in getattr(value, "__dict__", {}) for name in _HELD)


def _table(kind: type) -> Table:
    """Return the methods of a class by the code of each function that they are made of."""
    table: Table = {}
    for name in {name: None for base in kind.__mro__[:-1] for name in vars(base)}:
        if name.startswith("__") and name != "__call__":
            continue
        functions = list(_functions(inspect.getattr_static(kind, name), _WRAPPERS))
        for function in functions:
            body = next((f for f in functions if f.__name__ == name and not hasattr(f, "__wrapped__")), functions[0])
            table.setdefault(function.__code__, []).append(Method(name, body, function))
    return table


def _functions(value: Any, deep: int) -> Iterator[FunctionType]:
    """Yield the function behind an attribute of a class, and those that it wraps, the outermost first."""
    if isinstance(value, _NO_METHODS) or not deep:
        return
    inner = [vars(value)[name] for name in _HELD if name in getattr(value, "__dict__", {})]
    if isinstance(value, FunctionType):
        yield value
        inner += [contents for cell in value.__closure__ or () if (contents := _contents(cell)) is not None]
    for function in inner:
        if isinstance(function, FunctionType) or any(name in getattr(function, "__dict__", {}) for name in _HELD):
            yield from _functions(function, deep - 1)


def _runs(frame: FrameType, function: FunctionType) -> bool:
    """Tell whether a frame runs a function, and not another one that a decorator made of the same code."""
    names = frame.f_code.co_freevars
    return all(
        (contents := _contents(cell)) is None or frame.f_locals.get(name) is contents
        for name, cell in zip(names, function.__closure__ or (), strict=False)
    )


def _contents(cell: Any) -> Any:
    """Return what a variable of a closure holds, None where nothing was assigned to it."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
