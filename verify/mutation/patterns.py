"""Rewriting of syntax trees by patterns: `a - b` becomes `a + b`.

In a pattern and its template, a name of one letter stands for any expression, the same one wherever it occurs; `...`
among the arguments of a call stands for the rest of them; `np` is NumPy under the name that the module has for it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from typing import Any

Bindings = dict[str, Any]
_REST = "..."


@cache
def parsed(text: str) -> tuple[ast.AST, ...]:
    """Return the tree of a pattern or template: an expression, or statements."""
    return _own_trees(text)


def _own_trees(text: str) -> tuple[ast.AST, ...]:
    """Return the tree of a text that nobody else has: to parse takes a tenth of what a copy does."""
    body = ast.parse(text).body
    return (body[0].value,) if len(body) == 1 and isinstance(body[0], ast.Expr) else tuple(body)


def matched(pattern: str, node: ast.AST, numpy: str) -> Bindings | None:
    """Return what the letters of a pattern stand for in a node, or None where it does not have that form."""
    bound: Bindings = {}
    return bound if _fits(parsed(pattern)[0], node, bound, numpy) else None


def filled(template: str, bound: Mapping[str, Any], numpy: str) -> str:
    """Return a template as source on one line, with what its letters stand for in their places."""
    trees = [_Filler(bound, numpy).visit(tree) for tree in _own_trees(template)]
    return "; ".join(map(ast.unparse, trees))


def renamed(node: ast.AST, old: str, new: str) -> str:
    """Return an expression as source, with another variable in the place of one."""
    return replaced(node, old, ast.Name(new))


def replaced(node: ast.AST, name: str, expression: ast.expr) -> str:
    """Return an expression as source, with another one in the place of a variable."""
    return ast.unparse(_Filler({name: expression}, "np").visit(deepcopy(node)))


def _fits(pattern: Any, node: Any, bound: Bindings, numpy: str) -> bool:
    match pattern:
        case ast.Name(id=name):
            return _name_fits(name, node, bound, numpy)
        case ast.Call(args=[*_, ast.Constant(value=value)]) if value is ...:
            return isinstance(node, ast.Call) and _call_fits(pattern, node, bound, numpy)
        case ast.expr_context():
            return True
        case list():
            same = isinstance(node, list) and len(node) == len(pattern)
            return same and all(_fits(p, n, bound, numpy) for p, n in zip(pattern, node, strict=True))
        case ast.AST():
            fields = [(getattr(pattern, key), getattr(node, key, None)) for key in pattern._fields]
            return type(node) is type(pattern) and all(_fits(p, n, bound, numpy) for p, n in fields)
        case _:
            return bool(pattern == node)


def _name_fits(name: str, node: Any, bound: Bindings, numpy: str) -> bool:
    if len(name) > 1:
        return isinstance(node, ast.Name) and node.id == (numpy if name == "np" else name)
    if not isinstance(node, ast.expr):
        return False
    return ast.dump(bound.setdefault(name, node)) == ast.dump(node)


def _call_fits(pattern: ast.Call, node: ast.Call, bound: Bindings, numpy: str) -> bool:
    """Fit a call of which some arguments are given, those without a keyword first, and the rest is free."""
    leading = pattern.args[:-1]
    keywords = {keyword.arg: keyword.value for keyword in node.keywords}
    wanted = {keyword.arg: keyword.value for keyword in pattern.keywords}
    if len(node.args) < len(leading) or not wanted.keys() <= keywords.keys():
        return False
    bound[_REST] = node.args[len(leading) :], [k for k in node.keywords if k.arg not in wanted]
    pairs = [(pattern.func, node.func), *zip(leading, node.args, strict=False)]
    return all(_fits(p, n, bound, numpy) for p, n in [*pairs, *((wanted[key], keywords[key]) for key in wanted)])


class _Filler(ast.NodeTransformer):
    """Puts what letters stand for in their places, and shares their trees: nothing but text is made of them."""

    def __init__(self, bound: Mapping[str, Any], numpy: str) -> None:
        self.bound, self.numpy = bound, numpy

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id == "np":
            return ast.Name(self.numpy, node.ctx)
        bound: ast.AST = self.bound.get(node.id, node)
        return bound

    def visit_Call(self, node: ast.Call) -> ast.AST:
        rest = [
            i for i, argument in enumerate(node.args) if isinstance(argument, ast.Constant) and argument.value is ...
        ]
        self.generic_visit(node)
        for i in rest:
            arguments, keywords = self.bound[_REST]
            node.args[i : i + 1] = arguments
            node.keywords += keywords
        return node


def uses_numpy(*texts: str) -> bool:
    """Tell whether a pattern or template speaks of NumPy."""
    names = (node for text in texts for tree in parsed(text) for node in ast.walk(tree) if isinstance(node, ast.Name))
    return any(name.id == "np" for name in names)
