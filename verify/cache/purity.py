"""Whether source does nothing but compute: what it gives depends on nothing that is not read here.

Whatever is not known to be so is refused: kinds of statements, names, attributes. A module may be used by its dotted
name alone, and is never a value, so that what it has is known; attributes of values have names that lead nowhere else.
Code that is allowed can call code that is allowed, and functions of libraries that compute.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Iterator
from typing import Any

from verify.cache.imports import ImpureError, Module
from verify.cache.names import Names, Reader
from verify.cache.pure import ATTRIBUTES, BUILTINS, BY_NAME, LEADING, SEEDED

_REFUSED = (ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await)
_READ = (ast.Import, ast.ImportFrom)  # before
_OTHERS = frozenset(dir(builtins)) - BUILTINS  # which read, or are not known not to
# When they run, or what they are, is not in sight; the names of attributes may be computed in the last.
_HOOKS = frozenset({"__del__", "__builtins__", "__loader__", "__spec__", "__path__", "__match_args__"})
_CLOCK = re.compile(r"datetime64|M8|^\s*(now|today)\s*$", re.IGNORECASE)  # of the second, NumPy's first makes the time


def check(reader: Reader) -> None:
    """Raise ImpureError with the first line of all files that may do more than compute."""
    defined = {name for names in reader.names.values() for name in _attributes(names.tree) if _is_plain(name)}
    for names in reader.names.values():
        if replaced := names.changed():
            raise ImpureError(f"it sets {replaced}")
        if twice := names.values & names.modules.keys():
            raise ImpureError(f"{min(twice)} is imported, and also the name of something else")
        _File(reader, names, (ATTRIBUTES | defined) - LEADING).visit(names.tree)


class _File:
    """Goes through a file; `local` are the names of the functions that lead to where it is."""

    def __init__(self, reader: Reader, names: Names, attributes: frozenset[str]) -> None:
        self._reader, self._names, self._attributes = reader, names, attributes
        self._wholes = {name for module in names.wholes for name in reader.public(module.file)}
        self._local: list[set[str]] = []
        self._looks: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.FunctionDef: self._function,
            ast.Lambda: self._function,
            ast.ClassDef: self._class,
            ast.Global: self._outer,
            ast.Nonlocal: self._outer,
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.MatchClass: self._pattern,
            **dict.fromkeys(_READ, lambda _: None),
            **dict.fromkeys(_REFUSED, self._refuse),
        }

    def visit(self, node: ast.AST) -> None:
        """Look at a node and what is in it; raises ImpureError, with the line."""
        try:
            self._looks.get(type(node), self._inner)(node)
        except ImpureError as problem:
            if isinstance(node, (ast.stmt, ast.expr)) and len(problem.args) == 1:
                raise ImpureError(problem.args[0], self._names.file, node.lineno) from None
            raise

    def _refuse(self, _: ast.AST) -> None:
        raise ImpureError("it has coroutines")

    def _inner(self, node: ast.AST) -> None:
        for child in ast.iter_child_nodes(node):
            self.visit(child)

    def _class(self, node: ast.ClassDef) -> None:
        """Go into a class; what it imports would be an attribute of its instances, which may be a module."""
        if any(isinstance(inner, _READ) for inner in ast.walk(node)):
            raise ImpureError("it has an import in a class")
        self._inner(node)

    def _outer(self, node: ast.Global | ast.Nonlocal) -> None:
        if taken := _OTHERS & set(node.names):
            raise ImpureError(f"it sets {min(taken)}")

    def _constant(self, node: ast.Constant) -> None:
        """Look at a text, which may be the name of a type."""
        if isinstance(node.value, (str, bytes)) and _CLOCK.search(str(node.value)):
            raise ImpureError(f"{node.value!r} may read the clock")

    def _name(self, node: ast.Name) -> None:
        """Look at a name alone: that of a module is a part of a longer one only."""
        if isinstance(node.ctx, ast.Load) and self._module(node):
            raise ImpureError(f"the module {node.id} is used as a value")
        self._refuse_hook(node.id)

    def _attribute(self, node: ast.Attribute) -> None:
        """Look at what is asked of a module, or of a value."""
        if owner := self._module(node.value):
            self._of_module(owner, node)
        else:
            self._refuse_attribute(node.attr)
            self.visit(node.value)

    def _call(self, node: ast.Call) -> None:
        """Look at a call; some functions are harmless with such arguments only."""
        if isinstance(node.func, ast.Name) and node.func.id in BY_NAME and not self._is_local(node.func.id):
            self._by_name(node)
        elif not self._is_seeded(node):
            self._inner(node)

    def _pattern(self, node: ast.MatchClass) -> None:
        """Look at a pattern that asks for attributes."""
        for name in node.kwd_attrs:
            self._refuse_attribute(name)
        self._inner(node)

    def _function(self, node: ast.FunctionDef | ast.Lambda) -> None:
        """Go into a function; all but its body is outside of it, where its arguments are not."""
        self._refuse_hook(getattr(node, "name", ""))
        body = node.body if isinstance(node.body, list) else [node.body]
        for child in ast.iter_child_nodes(node):
            if child not in body:
                self.visit(child)
        self._local.append(set(_locals(node)))
        for child in body:
            self.visit(child)
        self._local.pop()

    def _is_local(self, name: str) -> bool:
        return any(name in names for names in self._local)

    def _module(self, node: ast.expr) -> Module | None:
        """Return the module that an expression names, or None for a value; raises ImpureError."""
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            return self._of_name(node.id)
        if isinstance(node, ast.Attribute) and (owner := self._module(node.value)):
            return self._reader.member(owner, node.attr)
        return None

    def _of_name(self, name: str) -> Module | None:
        names = self._names
        is_imported = name in names.modules or name in names.members
        if not is_imported and self._is_local(name):
            return None
        if not is_imported and name not in self._wholes and name in BUILTINS:
            return None
        if not is_imported and name in _OTHERS:
            raise ImpureError(f"{name} may read more than its arguments")
        return self._reader.meaning(names, name)

    def _of_module(self, owner: Module, node: ast.Attribute) -> None:
        """Refuse what a module has, unless it is known; it may not be set."""
        if not isinstance(node.ctx, ast.Load):
            raise ImpureError(f"it sets {owner.name}.{node.attr}")
        if self._reader.member(owner, node.attr):
            raise ImpureError(f"the module {owner.name}.{node.attr} is used as a value")
        if not owner.file and node.attr in SEEDED:
            raise ImpureError(f"{owner.name}.{node.attr} without a number as its seed")

    def _is_seeded(self, node: ast.Call) -> bool:
        """Tell whether a call makes or seeds a generator of random numbers with a number that is written there."""
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr not in SEEDED or node.keywords:
            return False
        owner = self._module(function.value)
        numbers = [isinstance(a, ast.Constant) and type(a.value) is int for a in node.args]
        return owner in (Module("numpy.random"), Module("random")) and numbers == [True]

    def _by_name(self, node: ast.Call) -> None:
        """Refuse an attribute whose name is computed, or one that would be refused after a point."""
        name = node.args[1] if len(node.args) > 1 else None
        if not isinstance(name, ast.Constant) or not isinstance(name.value, str) or node.keywords:
            raise ImpureError("the name of an attribute is computed")
        self._refuse_attribute(name.value)
        for argument in (node.args[0], *node.args[2:]):
            self.visit(argument)

    def _refuse_attribute(self, name: str) -> None:
        if name not in self._attributes or name in _HOOKS:
            raise ImpureError(f"the attribute {name} may give access to more than a value")

    @staticmethod
    def _refuse_hook(name: str) -> None:
        if name in _HOOKS:
            raise ImpureError(f"it has {name}")


def _attributes(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a file gives to attributes: those of its classes, and what it sets."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            yield node.name
            yield from _of_class(node)
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg


def _of_class(node: ast.ClassDef) -> Iterator[str]:
    for inner in node.body:
        if isinstance(inner, ast.FunctionDef):
            yield inner.name
        else:
            yield from (n.id for n in ast.walk(inner) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def _is_plain(name: str) -> bool:
    """Tell whether a name has no meaning of its own to Python."""
    return not (name.startswith("__") and name.endswith("__"))


def _locals(node: ast.FunctionDef | ast.Lambda) -> Iterator[str]:
    """Yield the names that belong to a function: what it is passed, and what it sets, not within others."""
    arguments = node.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    yield from (argument.arg for argument in every if argument)
