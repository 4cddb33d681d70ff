"""Statements of a function that do nothing but compute variables which nobody reads."""

from __future__ import annotations

import ast

import numpy as np

from verify.mutation.slices import Assigned, Function, assignments, roots

_HARMLESS = frozenset({"len", "range", "zip", "enumerate", "sum", "max", "min", "abs", "float", "int", "tuple", "list"})
_CHANGING = {"fill", "sort", "partition", "put", "resize", "itemset", "setfield", "setflags", "byteswap"}
_METHODS = frozenset(dir(np.ndarray)) - _CHANGING
_SIMPLE = (ast.Assign, ast.AugAssign, ast.AnnAssign)
_BLOCKS = (ast.For, ast.If)
_REFUSED = (
    ast.Yield, ast.YieldFrom, ast.Await, ast.NamedExpr, ast.Global, ast.Nonlocal, ast.Raise, ast.Assert, ast.Return,
    ast.Delete, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Lambda, ast.Try, ast.With, ast.While,
)  # fmt: skip


def unread(function: Function, numpy: str) -> list[ast.stmt]:
    """Return the statements of a function's body that can go: what they compute is read by none that stays."""
    aliases = _aliases(function)
    arguments = {argument.arg for argument in ast.walk(function.args) if isinstance(argument, ast.arg)}
    left = [s for s in function.body if _computes_alone(s, numpy, aliases | arguments)]
    read = {name for s in function.body if s not in left for name in _read(s)}
    while needed := [s for s in left if _assigned(s) & read]:
        left = [s for s in left if s not in needed]
        read = read.union(*map(_read, needed))
    return left


def _aliases(function: Function) -> set[str]:
    """Return the variables that may be what another name has, or hold it.

    `d[i] = a` copies numbers, or puts `a` into a list: then `d[i][j] = 1` and `d[i] += 1` write into it.
    """
    every = list(assignments(function))
    within = {root for a in every if _changes_an_entry(a) for root in roots(a.target)}
    aliasing = [a for a in every if isinstance(a.value, (ast.Name, ast.Attribute, ast.Subscript))]
    whole = {root for a in aliasing if not isinstance(a.target, ast.Subscript) for root in roots(a.target)}
    return whole | (within & {root for a in aliasing for root in roots(a.target)})


def _changes_an_entry(assigned: Assigned) -> bool:
    """Tell whether an entry itself is changed, and not replaced."""
    target = assigned.target
    in_place = isinstance(assigned.statement, ast.AugAssign)
    return isinstance(target, ast.Subscript) and (in_place or isinstance(target.value, ast.Subscript))


def _computes_alone(statement: ast.stmt, numpy: str, shared: set[str]) -> bool:
    """Tell whether a statement only gives variables of the function their values."""
    if any(isinstance(node, _REFUSED) for node in ast.walk(statement)):
        return False
    if isinstance(statement, _BLOCKS):
        inner = [*statement.body, *statement.orelse]
        heads = [statement.iter, statement.target] if isinstance(statement, ast.For) else [statement.test]
        return all(_calls_nobody(head, numpy) for head in heads) and all(
            _computes_alone(s, numpy, shared) for s in inner
        )
    if not isinstance(statement, _SIMPLE) or not _calls_nobody(statement, numpy):
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return all(_is_own(target, shared, changed=isinstance(statement, ast.AugAssign)) for target in targets)


def _is_own(target: ast.expr, shared: set[str], *, changed: bool) -> bool:
    """Tell whether a target is a variable, or an array that no other name may have."""
    if isinstance(target, ast.Tuple):
        return all(_is_own(part, shared, changed=changed) for part in target.elts)
    if isinstance(target, ast.Name):
        return not (changed and target.id in shared)
    root = target
    while isinstance(root, ast.Subscript):
        root = root.value
    return isinstance(root, ast.Name) and root.id not in shared


def _calls_nobody(tree: ast.AST, numpy: str) -> bool:
    """Tell whether all that a tree calls is NumPy, or a method of an array."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return all(_is_harmless(function, numpy) for function in calls)


def _is_harmless(function: ast.expr, numpy: str) -> bool:
    if isinstance(function, ast.Name):
        return function.id in _HARMLESS
    root = function
    while isinstance(root, ast.Attribute):
        root = root.value
    if isinstance(root, ast.Name) and root.id == numpy:
        return True
    return isinstance(function, ast.Attribute) and function.attr in _METHODS


def _assigned(statement: ast.stmt) -> set[str]:
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    inner = [s for s in ast.walk(statement) if isinstance(s, _SIMPLE)]
    targets = [t for s in inner for t in (s.targets if isinstance(s, ast.Assign) else [s.target])]
    return names.union(*(roots(target) for target in targets))


def _read(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
