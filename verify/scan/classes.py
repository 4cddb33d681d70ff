"""Classes with a gradient: layers, values, models, and the operations of autodiff engines, by their methods."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from verify.scan import names
from verify.scan.candidate import Candidate
from verify.scan.source import Function, Source, parameters

_METHODS = (
    ("model", names.CURVE, names.FITTED),
    ("layer", names.FORWARD, names.BACKWARD),
    ("value", names.VALUE, names.SLOPE),
)


def of_class(source: Source, name: str) -> Iterator[Candidate]:
    """Yield what has a gradient in a class: itself by its methods, or the operations of an engine."""
    methods = source.methods(name)
    own = {item.name for item in source.classes[name].body if isinstance(item, Function)}
    if inheriting := list(_inheriting(source, name, methods)):
        yield inheriting[0]
        return
    for kind, forwards, backwards in _METHODS:
        forward = next((key for key in forwards if key in methods), "")
        backward = next((key for key in backwards if key in methods), "")
        if forward and backward:
            used = {forward, backward} | _reached(methods, (forward, backward))
            if used & own and not used & source.abstract(name):
                yield Candidate(kind, name, forward, backward, _line(source, name, methods, backward, used))
            return
    yield from _operations(source, name, methods)


def _inheriting(source: Source, name: str, methods: Mapping[str, Function]) -> Iterator[Candidate]:
    """Yield a class with a backward of its own whose forward is that of a base in another module."""
    bases = [base.id if isinstance(base, ast.Name) else base for base in source.classes[name].bases]
    if any(base not in source.classes and base not in names.PLAIN_BASES for base in bases):
        for forward, backward in zip(names.FORWARD[:4], names.BACKWARD[:4], strict=True):
            if backward in methods and methods.keys().isdisjoint(names.FORWARD):
                yield Candidate("layer", name, forward, backward, methods[backward].lineno)


def _line(source: Source, name: str, methods: Mapping[str, Function], backward: str, used: set[str]) -> int:
    """Return the line of backward; in a class that only fills in what it calls, of the last such method."""
    own = [item for item in source.classes[name].body if isinstance(item, Function) and item.name in used]
    return next((item.lineno for item in own if item.name == backward), own[-1].lineno)


def _reached(methods: Mapping[str, Function], start: Sequence[str]) -> set[str]:
    """Return the methods of an instance that methods call, directly or not."""
    reached: set[str] = set()
    left = list(start)
    while left:
        node = methods.get(left.pop())
        called = {item.attr for item in ast.walk(node) if _is_own(item)} if node else set()
        left += called - reached
        reached |= called
    return reached


def _is_own(node: ast.AST) -> TypeGuard[ast.Attribute]:
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self"


def _operations(source: Source, name: str, methods: Mapping[str, Function]) -> Iterator[Candidate]:
    """Yield the operations of an autodiff engine: a class with backward and grad that makes others of its kind."""
    made = methods.get("__init__")
    stored = {item.attr for item in ast.walk(made) if _is_own(item)} if made else set()
    if "backward" in methods and "grad" in stored and stored & names.DATA:
        for node in source.classes[name].body:
            operator = isinstance(node, Function) and node.name in names.OPERATORS
            unary = isinstance(node, Function) and not parameters(node) and not node.name.startswith("_")
            if isinstance(node, Function) and (operator or unary) and _makes(node, name):
                yield Candidate("engine", f"{name}.{node.name}", node.name, "backward", node.lineno)


def _makes(node: Function, name: str) -> bool:
    """Tell whether a method makes an object of a class, with a function that passes gradients on."""
    calls = [item.func for item in ast.walk(node) if isinstance(item, ast.Call)]
    made = any(isinstance(item, ast.Name) and item.id == name for item in calls)
    return made and any(isinstance(item, (ast.FunctionDef, ast.Lambda)) and item is not node for item in ast.walk(node))
