"""What a case may change in its process that the next one would find: taken before and after, and compared.

A case that replaces `sys.stdout`, patches a function of NumPy or leaves a thread behind is judged as it is; the cases
after it get a new process. What a case adds, such as modules that it imports, changes nothing that was there. Nothing
of this looks into the user's own modules: what they keep from case to case is theirs.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import decimal
import gc
import inspect
import locale
import logging
import operator
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, NamedTuple

import numpy as np

from verify.model.package import PACKAGE

# With these the engine computes. Their inner modules are too much to be compared after each case: the names of the
# outermost and the methods of all classes are.
_ENGINE = ("sympy", "mpmath", "z3", "flint")
# And we with all of these: a run answers for functions of the numeric libraries by their names, whatever they are now.
_NUMERIC = ("numpy", "scipy", "math", "cmath")  # of which constants and modules within modules count as well
_PYTHONS = ("fractions", "numbers", "enum", "functools", "operator", "itertools", "collections", "copy", "builtins")
_COMPUTING = (*_ENGINE, PACKAGE, *_NUMERIC, *_PYTHONS)
_TALKING = ("print", "input", "open", "breakpoint", "help", "exit", "quit", "__import__")  # of `builtins`
_LEFT_OUT = (*_ENGINE, "jinja2")
# What one import leaves to the next on purpose, as libraries do: no reason to keep modules apart.
_LEFT_BY_IMPORTS = ("threads", "exit handlers", "child processes", "signals", "warnings", "environment", "imports")

_SIGNALS = [int(number) for number in signal.valid_signals()]
_handler: Callable[[int], Any] = inspect.unwrap(signal.getsignal)  # numbers as they are: an enum of each takes longer
_FUNCTIONS = (FunctionType, BuiltinFunctionType, type, np.ufunc)
_CONSTANTS = (float, complex, ModuleType)
_METHODS = (*_FUNCTIONS, staticmethod, classmethod, property)
_WRITABLE = 1 << 9  # Py_TPFLAGS_HEAPTYPE: classes that have been made by a class statement
_Owner = ModuleType | type
# Each owner with its attributes as they are now, all values that these had, names of functions, and these functions.
_Functions = list[tuple[_Owner, Mapping[str, Any], tuple[Any, ...], tuple[str, ...], tuple[Any, ...]]]
_FLINT = 53, 10, 1  # bits, terms of series, threads
_TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")  # not on every system


class _Imported(NamedTuple):
    """What is imported at some time: all names, and what may be replaced in the modules that count."""

    names: frozenset[str]
    modules: list[ModuleType]
    functions: _Functions


class Fingerprint:
    """The state of a process when it is made, as far as a case may change it.

    Of modules, it covers those that are imported then: the engine and what that needs.
    """

    def __init__(self, imported: _Imported | None = None) -> None:
        _, self._modules, self._functions = imported or _imported()
        self._state = _state()

    def renew(self, *parts: str) -> None:
        """Take the state as it is now for what it should be, or parts of it."""
        self._state |= {name: _read(_STATE[name]) for name in parts or _STATE}

    def changed(self, *, by_import: bool = False) -> str:
        """Say what is not as it was, in a word or two; nothing where all is.

        Of what an import changes, only what would spoil another module counts.
        """
        now = _state()
        for name, value in self._state.items():
            if not (by_import and name in _LEFT_BY_IMPORTS) and now[name] != value:
                return name
        for module in self._modules:
            if sys.modules.get(module.__name__) is not module:
                return f"the module {module.__name__}"
        return self.replaced()

    def replaced(self) -> str:
        """Return a function, or constant of a numeric library, that something else stands in for.

        One with which verdicts are computed is named first: libraries replace others, each for reasons of its own.
        """
        names = [*self._all_replaced()]
        return next(filter(is_engines, names), next(iter(names), ""))

    def _all_replaced(self) -> Iterator[str]:
        for owner, present, values, names, functions in self._functions:
            if all(map(operator.is_, present.values(), values)) and len(present) == len(values):
                continue  # thousands of classes after each case: no loop of Python's over their attributes
            before = dict(zip(names, functions, strict=True))
            others = [name for name, old in before.items() if present.get(name) is not old]
            others += [name for name in present if name not in before and _is_inherited(owner, name, len(values))]
            yield from (f"{_owner_name(owner)}.{name}" for name in others)


_before: list[_Imported] = []  # of the process that this one was forked from


def look() -> None:
    """Look through what is imported once for all processes that are forked from this one, which has no user's code."""
    _before[:] = [_imported()]


def at_first() -> Fingerprint:
    """Return the state of a process that has run no code of a user's yet."""
    return Fingerprint(next((imported for imported in _before if imported.names == sys.modules.keys()), None))


def is_engines(name: str) -> bool:
    """Tell whether a function that was replaced is one of those with which verdicts are computed."""
    if name in (f"builtins.{function}" for function in _TALKING):
        return False
    return any(f"{name}.".startswith(f"{package}.") for package in _COMPUTING)


def _is_inherited(owner: _Owner, name: str, before: int) -> bool:
    """Tell whether an attribute is new in a class, which had so many, and stands in for a function of a base of it."""
    if not isinstance(owner, type) or name in list(vars(owner))[:before]:
        return False
    return any(name in vars(base) and _is_fixed(base, vars(base)[name]) for base in owner.__mro__[1:])


def _owner_name(owner: _Owner) -> str:
    """Return the name of a module or class, that of a class with its module."""
    return owner.__name__ if isinstance(owner, ModuleType) else f"{owner.__module__}.{owner.__qualname__}"


def _counts(name: str) -> bool:
    return name in _ENGINE or name.partition(".")[0] not in _LEFT_OUT


def _imported() -> _Imported:
    counting = {name: module for name, module in sys.modules.items() if _counts(name)}
    modules = [module for name, module in counting.items() if getattr(module, "__name__", None) == name]
    inner = [module for name, module in sys.modules.items() if name.partition(".")[0] in _ENGINE]
    classes = [*_classes(modules, _LEFT_OUT), *_classes(inner, (), _ENGINE)]
    return _Imported(frozenset(sys.modules), modules, _functions_of([*modules, *classes]))


def _classes(modules: Iterable[ModuleType], without: Sequence[str], of: Sequence[str] = ()) -> list[type]:
    """Return the classes that modules have, each once, whose methods can be replaced: those of some libraries.

    A name of PyTorch's that is no longer to be used warns where `isinstance` asks it for its class.
    """
    values = {id(v): v for module in modules for v in vars(module).values() if issubclass(type(v), type)}
    homes = ((str(c.__module__).partition(".")[0], c) for c in values.values() if c.__flags__ & _WRITABLE)
    return [c for home, c in homes if home not in without and (not of or home in of)]


def _functions_of(owners: Iterable[_Owner]) -> _Functions:
    named = [
        (owner, {name: value for name, value in vars(owner).items() if _is_fixed(owner, value)}) for owner in owners
    ]
    return [
        (owner, vars(owner), tuple(vars(owner).values()), tuple(functions), tuple(functions.values()))
        for owner, functions in named
        if functions
    ]


def _is_fixed(owner: _Owner, value: Any) -> bool:
    """Tell whether nothing but a case replaces an attribute; compiled libraries have callables of any type."""
    if isinstance(owner, type):
        return isinstance(value, _METHODS) or hasattr(type(value), "__get__")
    is_numeric = owner.__name__.partition(".")[0] in _NUMERIC
    return issubclass(type(value), _FUNCTIONS) or (is_numeric and (callable(value) or isinstance(value, _CONSTANTS)))


def _state() -> dict[str, Any]:
    return {name: _read(read) for name, read in _STATE.items()}


def _read(read: Callable[[], Any]) -> Any:
    """Return a part of the state; that it can no longer be read is a change as well."""
    try:
        return read()
    except Exception as problem:  # noqa: BLE001 - whatever the case has made of it
        return type(problem)


def _numpy() -> Any:
    return np.geterr(), np.geterrcall(), np.get_printoptions(), np.getbufsize()


def _altered() -> str:
    """Return what a case has assigned to a module's stand-in, where any case on arrays has been run."""
    patches = sys.modules.get(f"{PACKAGE}.tracing.patches")
    return patches.altered() if patches else ""


def _handlers() -> Any:
    handlers = []
    for number in _SIGNALS:
        with contextlib.suppress(ValueError):
            handlers.append(_handler(number))
    return handlers


def _timers() -> list[bool]:
    """Return which timers run: what one of them ends is a case that comes later."""
    return [signal.getitimer(getattr(signal, name))[0] > 0 for name in _TIMERS if hasattr(signal, name)]


def _flint() -> Any:
    """Return how flint computes where nothing else is said: as it does when it is imported, where it is not yet."""
    context = getattr(sys.modules.get("flint"), "ctx", None)
    return (context.prec, context.cap, context.threads) if context else _FLINT


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _children() -> str:
    """Return the processes that this one has started, where the system says so."""
    if sys.platform != "linux":
        return ""
    return "".join(Path(f"/proc/self/task/{task}/children").read_text() for task in os.listdir("/proc/self/task"))  # noqa: PTH208


def _exit_handlers() -> int:
    count: Callable[[], int] = getattr(atexit, "_ncallbacks", lambda: 0)
    return count()


_STATE: dict[str, Callable[[], Any]] = {
    "streams": lambda: [(s, s.closed) for s in (sys.stdin, sys.stdout, sys.stderr)],
    "descriptors": lambda: [(os.fstat(i).st_dev, os.fstat(i).st_ino) for i in range(3)],
    "working directory": lambda: os.stat(os.getcwd()).st_ino,  # noqa: PTH109, PTH116
    "search path": lambda: (list(sys.path), type(sys.path)),
    "imports": lambda: (list(sys.meta_path), list(sys.path_hooks), builtins.__import__),
    "environment": lambda: (dict(os.environ), type(os.environ)),
    "hooks": lambda: (sys.excepthook, sys.displayhook, sys.unraisablehook, sys.gettrace(), sys.getprofile()),
    "interpreter": lambda: (sys.getrecursionlimit(), sys.getswitchinterval(), gc.isenabled(), gc.get_threshold()),
    "builtins": lambda: [(name, id(value)) for name, value in vars(builtins).items() if name != "_"],
    "NumPy's settings": _numpy,
    "attributes of libraries, as cases see them": _altered,
    "decimal's settings": lambda: repr(decimal.getcontext().copy()).partition("flags=")[0],
    "locale": lambda: locale.setlocale(locale.LC_ALL),
    "warnings": lambda: list(warnings.filters),
    "logging": lambda: (logging.root.level, list(logging.root.handlers), logging.root.manager.disable),
    "signals": _handlers,
    "timers": _timers,
    "flint's settings": _flint,
    "threads": lambda: set(threading.enumerate()),
    "child processes": _children,
    "exit handlers": _exit_handlers,
    "file mode mask": _mask,
}
