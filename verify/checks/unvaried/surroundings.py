"""What code can read and no run varies: the time, the environment of the process, addresses.

A proof is for the answers that its run got. Where code decides by such an answer, or computes with it, nothing is known
of the others, so that the line is told.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from verify.checks.unvaried.dataflow import Scope, Use, nodes, source, walked
from verify.checks.unvaried.orders import is_unordered, may_iterate, orders, value_of
from verify.model.where import as_place
from verify.tracing.stand_ins.identities import identity

_TIME, _SYSTEM, _INTERPRETER = "the time", "the environment of the process", "the state of the interpreter"
_THREAD, _CALLS = "the thread that runs", "the calls that lead there"
_BUILTIN = "where an object lies in memory, a file, or code that is made while it runs"
# What a module has that no run varies, by the names of it; "*" is all that it has.
_READS: Mapping[str, tuple[str, str]] = {
    "builtins": ("id hash open input exec eval __import__", _BUILTIN),
    "time": (
        "time time_ns perf_counter perf_counter_ns monotonic monotonic_ns process_time process_time_ns thread_time "
        "localtime gmtime ctime strftime timezone tzname",
        _TIME,
    ),
    "datetime": ("datetime date", _TIME),
    "os": (
        "environ environb getenv getcwd getpid getppid getlogin cpu_count uname name path listdir scandir stat "
        "urandom getloadavg times sched_getaffinity",
        _SYSTEM,
    ),
    "sys": (
        "argv flags platform modules stdin stdout stderr path executable version version_info implementation maxsize "
        "byteorder getrecursionlimit getrefcount getsizeof gettrace getprofile getswitchinterval _getframe "
        "_current_frames exc_info warnoptions",
        _INTERPRETER,
    ),
    "threading": ("current_thread get_ident get_native_id active_count main_thread enumerate", _THREAD),
    "multiprocessing": ("current_process parent_process cpu_count active_children", _THREAD),
    "inspect": ("stack currentframe trace", _CALLS),
    "traceback": ("extract_stack format_stack walk_stack", _CALLS),
    "numpy": ("geterr geterrcall getbufsize get_printoptions __version__ show_config", _INTERPRETER),
    "warnings": ("filters", _INTERPRETER),
    "random": ("SystemRandom", _SYSTEM),
    "pathlib": ("Path PosixPath WindowsPath", _SYSTEM),
    "weakref": ("getweakrefcount getweakrefs", _INTERPRETER),
    "gc": ("*", _INTERPRETER),
    "resource": ("*", _SYSTEM),
    "locale": ("*", _SYSTEM),
    "platform": ("*", _SYSTEM),
    "socket": ("*", _SYSTEM),
    "getpass": ("*", _SYSTEM),
    "uuid": ("*", _SYSTEM),
    "secrets": ("*", _SYSTEM),
}
_NAMES: Mapping[str, str] = {"__debug__": _INTERPRETER, "__name__": _CALLS, "__file__": _SYSTEM}
_ATTRIBUTES: Mapping[str, str] = {"isEnabledFor": _INTERPRETER, "getEffectiveLevel": _INTERPRETER}
_SINGLE = frozenset({*_NAMES, *_ATTRIBUTES})
_BUILT_IN = frozenset(_READS["builtins"][0].split())
_MISSING = object()
_WHOLE = frozenset({"time", "os", "sys", "threading", "gc", "locale", "platform", "socket"})  # asked as a whole
_TURNS = 10  # of attributes that are assigned from attributes
_ANYWHERE = frozenset(name for names, _ in _READS.values() for name in names.split()) - {"*"}


Locals = Mapping[CodeType, Mapping[str, Any]]  # what names stood for in a run of code


def may_use(functions: Sequence[FunctionType], values: Iterable[Any]) -> bool:
    """Tell whether functions, or other values that they are reached with, may lead to what no run varies."""
    return any(may_iterate(f) or not _all_names(f.__code__).isdisjoint(_ANYWHERE) for f in functions) or any(
        is_unordered(value) or id(value) in _identities() or _module(value) in _READS for value in values
    )


def uses(reached: Sequence[FunctionType], local: Locals) -> list[Use]:
    """Return the lines of functions at which what no run varies may change a result, each once.

    An attribute that one of them assigns is followed into all of them. `local` is what was in the names of each.
    """
    attributes: dict[str, str] = {}
    lines: dict[Use, None] = {}
    for _ in range(_TURNS):
        before = len(attributes)
        for function in reached:
            lines.update(dict.fromkeys(_of_function(function, local.get(function.__code__, {}), attributes)))
        if len(attributes) == before:
            break
    return list(lines)


def _of_function(function: FunctionType, local: Mapping[str, Any], attributes: dict[str, str]) -> Iterator[Use]:
    code, namespace = function.__code__, {**function.__globals__, **local}
    reads_itself = bool(local) or _may_read(code, namespace) or may_iterate(function)
    if not reads_itself and _all_names(code).isdisjoint(name.rpartition(".")[2] for name in attributes):
        return
    for node in nodes(code.co_filename, code.co_firstlineno, code.co_name):
        scope = Scope(node)
        names = dict(attributes)
        reads = {**dict(_reads(node, namespace)), **orders(scope, namespace)} if reads_itself else {}
        for line, answer in scope.sinks(reads, names).items():
            yield Use(as_place(code.co_filename, line), answer)
        attributes.update({name: answer for name, answer in names.items() if "." in name})


def _may_read(code: CodeType, namespace: Mapping[str, Any]) -> bool:
    """Tell whether code has names that may lead to what no run varies: most has none, and its source is not read."""
    names = _all_names(code)
    if not names.isdisjoint(_SINGLE) or "__debug__" in source(code.co_filename):
        return True
    for name in names:
        value = namespace.get(name, _MISSING)
        if value is _MISSING:
            if name in _READS or name in _BUILT_IN:
                return True
        elif (
            id(value) in _identities()
            or _module(value) in _WHOLE
            or not _listed(_module(value)).isdisjoint(names | {"*"})
        ):
            return True
    return False


def _all_names(code: CodeType) -> frozenset[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return frozenset(code.co_names).union(*map(_all_names, inner))


def _listed(module: str) -> frozenset[str]:
    return frozenset(_READS[module][0].split()) if module in _READS else frozenset()


def _module(value: Any) -> str:
    """Return the name of a module, also of one that a stand-in takes the place of; nothing for anything else."""
    return str(value.__name__) if isinstance(value, ModuleType) else ""


def _identities() -> dict[int, str]:
    """Return the answers of the functions and objects that modules have, by identity: code may import them by name."""
    return _identified(len(sys.modules))


@lru_cache(maxsize=1)
def _identified(_: int) -> dict[int, str]:
    return {id(identity): _BUILTIN} | {
        id(value): _READS[module][1]
        for module in _READS.keys() & sys.modules.keys()
        for name in _listed(module) - {"*"}
        if (value := getattr(sys.modules[module], name, None)) is not None and not isinstance(value, (str, int))
    }


def _reads(scope: ast.AST, namespace: Mapping[str, Any]) -> Iterator[tuple[ast.expr, str]]:
    """Yield the expressions of a function that read what no run varies, with what they read."""
    local = dict(_imports(scope))
    owners = {node.value for node in walked(scope) if isinstance(node, ast.Attribute)}
    for node in walked(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            answer = _NAMES.get(node.id, "")
            value = local.get(node.id, namespace.get(node.id, getattr(builtins, node.id, None)))
            if node not in owners and _module(value) in _WHOLE:  # getattr(os, "environ"), say
                answer = _READS[_module(value)][1]
            if answer := answer or _identities().get(id(value), ""):
                yield node, answer
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            owner = _module(_value(node.value, local, namespace))
            if node.attr in _listed(owner) or "*" in _listed(owner):
                yield node, _READS[owner][1]
            elif answer := _identities().get(id(_value(node, local, namespace)), ""):  # self.clock = time.time
                yield node, answer
            elif node.attr in _ATTRIBUTES:
                yield node, _ATTRIBUTES[node.attr]


def _value(node: ast.expr, local: Mapping[str, Any], namespace: Mapping[str, Any]) -> Any:
    """Return what a name or a dotted name stands for, or None."""
    return value_of(node, {**namespace, **local})


def _imports(scope: ast.AST) -> Iterator[tuple[str, Any]]:
    """Yield the names that a function imports itself, with what they stand for where that is loaded."""
    for node in walked(scope):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                yield alias.asname or name, sys.modules.get(name)
        elif isinstance(node, ast.ImportFrom) and node.module in sys.modules:
            for alias in node.names:
                yield alias.asname or alias.name, getattr(sys.modules[node.module], alias.name, None)
