"""Edits of sizes and places: of which entries are read and written, and how far windows move."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verify.mutation import patterns
from verify.mutation.scopes import Scope
from verify.repair.quantities import counts, is_count, products


def other_count(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take another whole number, or this one times another, where sizes and places are computed."""
    if is_count(node, scope) and scope.is_of_sizes(node):
        yield from (name for name in counts(scope) if name != ast.unparse(node))
        for name in counts(scope):
            yield patterns.filled("q * a", {"a": node, "q": ast.Name(name)}, scope.numpy)


def stepped(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take every so manieth entry of a slice that takes each."""
    if isinstance(node, ast.Slice) and node.step is None and (node.lower or node.upper):
        for name in counts(scope):
            yield ast.unparse(ast.Slice(node.lower, node.upper, ast.Name(name)))


def entry_beside(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Take the entry before or after one: `h[t + 1]` becomes `h[t]` and `h[t + 2]`."""
    if not _is_index(node, scope):
        return
    if isinstance(node, ast.Constant):
        yield from (str(node.value + step) for step in (-1, 1) if type(node.value) is int)
        return
    base, offset = _parts(node)
    if is_count(base, scope):
        name = ast.unparse(base)
        for other in (offset - 1, offset + 1):
            yield f"{name} {'-' if other < 0 else '+'} {abs(other)}" if other else name


def _is_index(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is an index of an array, for one of its axes."""
    above = scope.parents.get(node)
    if isinstance(above, ast.Tuple):
        node, above = above, scope.parents.get(above)
    return isinstance(above, ast.Subscript) and above.slice is node and not isinstance(node, ast.Slice)


def _parts(node: ast.AST) -> tuple[ast.AST, int]:
    """Return an index as a variable and a number that is added to it."""
    if isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant) and type(node.right.value) is int:
        if isinstance(node.op, ast.Add):
            return node.left, node.right.value
        if isinstance(node.op, ast.Sub):
            return node.left, -node.right.value
    return node, 0


def moved_in_steps(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Move a window in steps: `i:i + k` becomes `i * s:i * s + k`, those first that are written elsewhere."""
    if not isinstance(node, ast.Slice) or not isinstance(node.lower, ast.Name) or node.upper is None:
        return
    start = node.lower.id
    if start in {part.id for part in ast.walk(node.upper) if isinstance(part, ast.Name)}:
        others = (name for name in counts(scope) if name != start)
        for name in sorted(
            others, key=lambda name: {f"{start} * {name}", f"{name} * {start}"}.isdisjoint(products(scope))
        ):
            step = ast.BinOp(ast.Name(start), ast.Mult(), ast.Name(name))
            yield ":".join(patterns.replaced(bound, start, step) for bound in (node.lower, node.upper))
