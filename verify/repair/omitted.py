"""Layers inside of a layer, which forward runs and backward leaves out, and variables that nobody reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache

from verify.mutation import patterns
from verify.mutation.scopes import Scope
from verify.repair.quantities import is_term

_once = lru_cache(maxsize=64)  # by scope, of which a case has a few


def calls(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Run a layer that is left out: on what a term is, as in a chain, or beside it on what is computed and not used."""
    left = _left_out(scope)
    if not left or not (is_term(node, scope) or _is_passed(node, scope)):
        return
    spare = _unread(scope)
    if len(left) == len(spare) > 1:
        yield _with(node, [f"{call}({name})" for call, name in zip(left, spare, strict=True)], scope)
    yield from (_with(node, [f"{call}({name})"], scope) for call in left for name in spare)
    yield from (f"{call}({ast.unparse(node)})" for call in left)


def variables(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Add a variable that is computed and not used."""
    if is_term(node, scope):
        yield from (_with(node, [name], scope) for name in _unread(scope) if name in scope.numbers)


def _with(node: ast.AST, terms: Sequence[str], scope: Scope) -> str:
    for term in terms:
        bound = {"a": node, "q": ast.parse(term, mode="eval").body}
        node = ast.parse(patterns.filled("a + q", bound, scope.numpy), mode="eval").body
    return ast.unparse(node)


@_once
def _left_out(scope: Scope) -> list[str]:
    """Return the methods to call: those that a function calls, of what its class calls another method of alone."""
    owner = scope.parents.get(scope.function)
    if not isinstance(owner, ast.ClassDef):
        return []
    mine = list(_called(scope.function))
    used = list(dict.fromkeys(part for part, _ in _called(owner)))  # in the order in which forward runs them
    methods = list(dict.fromkeys(method for _, method in mine)) or [scope.function.name]
    ran = {part for part, _ in mine}
    return [f"{part}.{method}" for method in methods for part in used if part not in ran]


def _called(tree: ast.AST) -> list[tuple[str, str]]:
    """Return the objects that a class holds, with the methods that are called of them, in the order of the text."""
    parts = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_part(node.func)]
    parts.sort(key=lambda part: (part.lineno, part.col_offset))
    return [(ast.unparse(part.value), part.attr) for part in parts if isinstance(part, ast.Attribute)]


def _is_part(function: ast.expr) -> bool:
    """Tell whether a method is one of what `self` holds: `self.relu.forward`."""
    return (
        isinstance(function, ast.Attribute)
        and isinstance(function.value, ast.Attribute)
        and isinstance(function.value.value, ast.Name)
        and function.value.value.id == "self"
    )


def _is_passed(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is an argument of a method of what `self` holds."""
    above = scope.parents.get(node)
    return isinstance(above, ast.Call) and node in above.args and _is_part(above.func)


@_once
def _unread(scope: Scope) -> list[str]:
    """Return the variables that a function gives a value and never reads, in the order of the text."""
    variables = [node for node in ast.walk(scope.function) if isinstance(node, ast.Name)]
    read = {node.id for node in variables if isinstance(node.ctx, ast.Load)}
    stored = sorted(
        (node for node in variables if isinstance(node.ctx, ast.Store)), key=lambda node: (node.lineno, node.col_offset)
    )
    return [name for name in dict.fromkeys(node.id for node in stored) if name not in read and name != "_"]
