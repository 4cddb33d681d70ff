"""Code of which its formula tells everything: layers of one sum or product each, called in a straight line.

Beyond the formula, a layer may be wrong in other regions, on edges, where its backward is not defined, by what it
keeps from call to call, or by floats. Elementary code cannot, so that it is not run for that:

- It asks nothing, whatever kind of number runs: no branch, no comparison, no loop, no key, no type, no attribute of a
  number. Every run does the same operations in the same order, and the run on symbols has shown which.
- It is defined everywhere: there are sums, differences and products only.
- It keeps nothing but its arguments (`singles`). Layers are made anew in each run, nothing else outside is referred
  to, and nothing changes but local names.
- Its floats only round: a gradient is a product of two stored numbers, or one of them with its sign changed, and the
  code types in no number beyond a digit. Digits that are lost where shares are added up, the sum itself loses.

All of this is read in the source, after that is seen to be what the code was compiled from (`sources`). What is not
listed is not elementary: it goes down the road of every layer, which costs milliseconds.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from types import FunctionType
from typing import Any

from verify.checks.reference.singles import is_single
from verify.checks.reference.sources import source_of, statements


def is_elementary(subject: Any) -> bool:
    """Tell whether a subject and the layers that it makes are elementary; it has been run on plain symbols."""
    tree = source_of(subject)
    return tree is not None and _Wiring(subject).is_straight(tree)


class _Wiring:
    """The generator of a case: names of its own, and classes outside."""

    def __init__(self, subject: FunctionType) -> None:
        self.local = frozenset(subject.__code__.co_varnames)
        self.outside: Mapping[str, Any] = {**subject.__globals__, **_cells(subject)}

    def is_straight(self, tree: ast.FunctionDef) -> bool:
        """Tell whether a generator assigns to local names, line by line, and returns."""
        return all(
            isinstance(line, (ast.Assign, ast.Return)) and line.value is not None and self._is_known(line.value)
            for line in statements(tree)
        ) and all(_are_names(line.targets) for line in statements(tree) if isinstance(line, ast.Assign))

    def _is_known(self, node: ast.expr | None) -> bool:
        """Tell whether an expression does nothing but make layers, call them, add, and put things together."""
        match node:
            case ast.Name(id=name):
                return name in self.local
            case ast.Tuple(elts=entries):
                return all(map(self._is_known, entries))
            case ast.Dict(keys=keys, values=values):
                return all(map(_is_text, keys)) and all(map(self._is_known, values))
            case ast.Starred(value=part) | ast.Yield(value=part):
                return self._is_known(part)
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                return self._is_known(left) and self._is_known(right)
            case ast.Call(func=func, args=arguments, keywords=[]):
                return self._makes(func, arguments) or (self._is_method(func) and all(map(self._is_known, arguments)))
        return False

    def _is_method(self, node: ast.expr) -> bool:
        """Tell whether a method of a layer is called; nothing but layers has one of this name here."""
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="forward" | "backward"):
                return name in self.local
        return False

    def _makes(self, node: ast.expr, arguments: list[ast.expr]) -> bool:
        """Tell whether a layer is made."""
        match node:
            case ast.Name(id=name):
                return name not in self.local and not arguments and is_single(self.outside.get(name))
        return False


def _cells(subject: FunctionType) -> dict[str, Any]:
    """Return what a function refers to in the functions around it, as far as there is something yet."""
    cells = zip(subject.__code__.co_freevars, subject.__closure__ or (), strict=True)
    return {name: next(iter(_contents(cell)), None) for name, cell in cells}


def _contents(cell: Any) -> tuple[Any, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:  # nothing yet
        return ()


def _are_names(targets: list[ast.expr]) -> bool:
    """Tell whether an assignment is to names, or to a tuple of names."""
    entries = [entry for target in targets for entry in (target.elts if isinstance(target, ast.Tuple) else [target])]
    return all(isinstance(entry, ast.Name) for entry in entries)


def _is_text(key: ast.expr | None) -> bool:
    return isinstance(key, ast.Constant) and type(key.value) is str
