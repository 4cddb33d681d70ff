"""The expressions of a function whose values are gradients: what is returned, what is kept, or what computes that."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from verify.mutation.mutants import Source
from verify.mutation.scopes import first_line
from verify.mutation.slices import Function, assignments, roots
from verify.mutation.watching import Place
from verify.repair.returned import Exit


class Slot(NamedTuple):
    """An expression whose value is a gradient, its statement, and the variable that it is assigned to, if any."""

    gradient: str
    statement: ast.stmt
    value: ast.expr
    name: str = ""


@dataclass(slots=True)
class Site:
    """A function that hands out wrong gradients, and in which expressions."""

    place: Place
    function: Function
    source: Source
    slots: list[Slot] = field(default_factory=list)

    @property
    def line(self) -> int:
        """Return the line before which the exact gradients are written."""
        return min(slot.statement.lineno for slot in self.slots)


def function_at(source: Source, place: Place) -> Function | None:
    """Return the function of a source that has a place."""
    for node in ast.walk(ast.parse(source.text)):
        if isinstance(node, Function) and node.name == place.name and first_line(node) == place.line:
            return node
    return None


def slot_of(gradient: str, function: Function, exit_: Exit) -> Slot | None:
    """Return the expression that computes a gradient which a function hands out, if it is one in every run."""
    pairs = [_kept_in(function, exit_.target)] if exit_.target else _returned(function, exit_)
    slots = [pair for pair in pairs if pair is not None]
    if len(slots) != 1:
        return None
    statement, value = slots[0]
    return _computed(gradient, function, value) or Slot(gradient, statement, value)


def _kept_in(function: Function, target: str) -> tuple[ast.stmt, ast.expr] | None:
    """Return what is assigned to an attribute, if that is done once."""
    assigned = [a for a in assignments(function) if ast.unparse(_whole(a.target)) == target]
    return (assigned[0].statement, assigned[0].value) if len(assigned) == 1 else None


def _whole(target: ast.expr) -> ast.expr:
    """Return an array in whose entries all is written: `a` for `a[...]` and `a[:]`."""
    if isinstance(target, ast.Subscript):
        every = isinstance(target.slice, ast.Slice) and not any([target.slice.lower, target.slice.upper])
        if every or (isinstance(target.slice, ast.Constant) and target.slice.value is Ellipsis):
            return target.value
    return target


def _returned(function: Function, exit_: Exit) -> list[tuple[ast.stmt, ast.expr] | None]:
    """Return what the line returns that an array was returned in."""
    return [
        (node, part)
        for node in _own(function)
        if isinstance(node, ast.Return) and node.value and node.lineno <= exit_.line <= (node.end_lineno or node.lineno)
        for part in _part(node.value, exit_.part)
    ]


def _part(value: ast.expr, part: int | str | None) -> Iterator[ast.expr]:
    if part is None:
        yield value
    elif isinstance(value, (ast.Tuple, ast.List)) and isinstance(part, int) and len(value.elts) > part:
        yield value.elts[part]
    elif isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        yield from (entry for key, entry in pairs if isinstance(key, ast.Constant) and key.value == part)


def _computed(gradient: str, function: Function, value: ast.expr) -> Slot | None:
    """Return what computes a variable, if one statement does, outside of loops, and nothing changes it."""
    if not isinstance(value, ast.Name):
        return None
    assigned = [a for a in assignments(function) if value.id in roots(a.target)]
    written = [node for node in ast.walk(function) if isinstance(node, ast.Name) and node.id == value.id]
    stored = [node for node in written if not isinstance(node.ctx, ast.Load)]
    mutated = any(_may_write(node, value.id) for node in ast.walk(function))
    if len(assigned) != 1 or len(stored) != 1 or mutated or assigned[0].statement not in function.body:
        return None
    statement = assigned[0].statement
    alone = isinstance(statement, ast.Assign) and len(statement.targets) == 1 and statement.value is assigned[0].value
    return Slot(gradient, statement, assigned[0].value, value.id) if alone else None


def _may_write(node: ast.AST, name: str) -> bool:
    """Tell whether a call is a statement that a variable has a part in: `np.add.at(dx, i, d)`."""
    called = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    return called and any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(node))


def _own(function: Function) -> Iterator[ast.AST]:
    """Return what is in a function, and in none that is defined inside of it."""
    todo: list[ast.AST] = [*function.body]
    while todo:
        node = todo.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)
