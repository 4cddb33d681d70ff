"""Layers of one sum or product: their source is all that there is to know of them.

`forward` writes attributes and reads none; `backward` reads those that every `forward` writes, and writes none. So
what a call gives depends on the arguments of the last forward and the upstream alone. Each number that is stored or
returned is an argument, a digit, or one operation on two of these.
"""

from __future__ import annotations

import ast
from typing import Any

from verify.checks.reference.sources import source_of, statements

_METHODS = {"forward", "backward"}
_PLUMBING = {"__module__", "__qualname__", "__doc__", "__dict__", "__weakref__", "__annotations__"}
_PLUMBING |= {"__firstlineno__", "__static_attributes__"}  # from Python 3.13 on
_PLUMBING |= {"__annotate_func__", "__annotations_cache__"}  # from Python 3.14 on
_FORWARD, _BACKWARD = (ast.Add, ast.Sub, ast.Mult), (ast.Mult,)
_TEN = 10


def is_single(cls: Any) -> bool:
    """Tell whether a class has `forward` and `backward` of one sum or product each, and nothing else."""
    if type(cls) is not type or cls.__bases__ != (object,) or set(vars(cls)) - _PLUMBING != _METHODS:
        return False
    forward, backward = source_of(vars(cls)["forward"]), source_of(vars(cls)["backward"])
    if forward is None or backward is None:
        return False
    attributes = _Method(forward, _FORWARD).stored_attributes()
    return attributes is not None and _Method(backward, _BACKWARD, attributes).stored_attributes() == frozenset()


class _Method:
    """A method in one line after the other; a name is `True` while it holds a number that is given, not computed."""

    def __init__(
        self, tree: ast.FunctionDef, operations: tuple[type[ast.operator], ...], readable: frozenset[str] = frozenset()
    ) -> None:
        self.tree, self.operations, self.readable = tree, operations, readable
        self.itself, *names = [argument.arg for argument in tree.args.args] or [""]
        self.kinds = dict.fromkeys(names, True)
        self.written: set[str] = set()

    def stored_attributes(self) -> frozenset[str] | None:
        """Return the attributes in which the method keeps its arguments; None where it does anything else."""
        *lines, last = statements(self.tree)
        if not isinstance(last, ast.Return) or not all(isinstance(line, ast.Assign) for line in lines):
            return None
        fine = all(self._assigned(line) for line in lines if isinstance(line, ast.Assign))
        fine = fine and all(self._kind(value) is not None for value in _entries(last.value))
        return frozenset(self.written) if fine else None

    def _assigned(self, line: ast.Assign) -> bool:
        """Note what an assignment stores, and tell whether that is fine."""
        (target, *others), kinds = line.targets, [self._kind(value) for value in _entries(line.value)]
        targets = _entries(target)
        fine = not others and len(kinds) == len(targets)
        return fine and all(self._is_stored(*pair) for pair in zip(targets, kinds, strict=True))

    def _is_stored(self, target: ast.expr | None, kind: bool | None) -> bool:
        if isinstance(target, ast.Name) and target.id != self.itself and kind is not None:
            self.kinds[target.id] = kind
            return True
        if kind and (attribute := self._attribute(target)) and attribute not in _METHODS:
            self.written.add(attribute)
            return True
        return False

    def _attribute(self, node: ast.expr | None) -> str:
        """Return the name of an attribute of the layer itself, or nothing."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name == self.itself:
                return attribute
        return ""

    def _kind(self, node: ast.expr | None) -> bool | None:
        """Tell whether a number is given or computed; None for anything else."""
        match node:
            case ast.Constant(value=value):
                return True if _is_digit(value) else None
            case ast.Name(id=name):
                return self.kinds.get(name)
            case ast.Attribute():
                return True if self._attribute(node) in self.readable else None
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return self._kind(operand)
            case ast.BinOp(left=left, op=op, right=right) if isinstance(op, self.operations):
                return False if self._kind(left) and self._kind(right) else None
        return None


def _entries(node: ast.expr | None) -> list[ast.expr | None]:
    return [*node.elts] if isinstance(node, ast.Tuple) else [node]


def _is_digit(value: Any) -> bool:
    return type(value) is int and value < _TEN
