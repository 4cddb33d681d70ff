"""The backward's share of a function that runs forward: what it computes and its output does not need.

`self.slope = y * (1 - y)` beside `return y` is backward's; `self.mask`, from which the output is computed as well, is
not: an error there would change both, and what is checked is the one against the other. Found by the names that are
assigned and read, in whatever order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Assigned(NamedTuple):
    """A target with what is assigned to it; those of `a, b = 1, 2` are two."""

    target: ast.expr
    value: ast.expr
    statement: ast.stmt


def assignments(function: Function) -> Iterator[Assigned]:
    """Return the assignments of a function, each target by itself."""
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)) if len(targets) == len(
                values
            ):
                yield from (Assigned(*pair, node) for pair in zip(targets, values, strict=True))
            case ast.Assign(targets=targets, value=value):
                yield from (Assigned(target, value, node) for target in targets)
            case ast.AugAssign(target=target, value=value):
                yield Assigned(target, value, node)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield Assigned(target, value, node)


def attributes(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    """Return the attributes of an object that are read, or written: `self.x`."""
    return {
        ast.unparse(child)
        for child in ast.walk(node)
        if isinstance(child, ast.Attribute) and isinstance(child.ctx, context) and isinstance(child.value, ast.Name)
    }


def names(node: ast.AST) -> set[str]:
    """Return the variables and attributes in an expression, `x` and `self.x`."""
    variables = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return (variables | attributes(node, ast.Load) | attributes(node, ast.Store)) - {"self"}


def roots(target: ast.expr) -> set[str]:
    """Return what an assignment changes: `a` in `a[i] = v`, each of `a, b`."""
    while isinstance(target, (ast.Subscript, ast.Starred)):
        target = target.value
    if isinstance(target, (ast.Tuple, ast.List)):
        return {root for part in target.elts for root in roots(part)}
    return {ast.unparse(target)}


def unneeded(function: Function, outputs: set[int], read_elsewhere: set[str]) -> tuple[list[Assigned], list[ast.expr]]:
    """Return what a function assigns and returns beside its output.

    Of a tuple that it returns, `outputs` are the places of outputs; if there are none, all are. `read_elsewhere` are
    attributes that other functions read before the output is there.
    """
    returned = [node.value for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
    parts = [(place, part) for value in returned for place, part in enumerate(_parts(value) if outputs else [value])]
    extra = [part for place, part in parts if outputs and place not in outputs]
    statements = list(assignments(function))
    needed = read_elsewhere.union(*(names(part) for _, part in parts if part not in extra), *_conditions(function))
    while any(not roots(a.target).isdisjoint(needed) and not names(a.value) <= needed for a in statements):
        needed = needed.union(*(names(a.value) for a in statements if not roots(a.target).isdisjoint(needed)))
    return [a for a in statements if roots(a.target).isdisjoint(needed)], extra


def _parts(value: ast.expr) -> list[ast.expr]:
    return value.elts if isinstance(value, ast.Tuple) else [value]


def _conditions(function: Function) -> Iterable[set[str]]:
    """Return the names that decide what runs, and those in calls for their own sake."""
    for node in ast.walk(function):
        match node:
            case ast.If(test=part) | ast.While(test=part) | ast.For(iter=part) | ast.Expr(value=part):
                yield names(part)
