"""Edits of sums and means: over which axes, and whether there is one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from verify.mutation import patterns
from verify.mutation.scopes import Scope
from verify.repair.quantities import axes, is_term

_AXES = ("axis=0", "axis=1", "axis=-1", "axis=0, keepdims=True", "axis=1, keepdims=True", "axis=-1, keepdims=True", "")


def reduced(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Add up a term over some axis."""
    if not is_term(node, scope) or not scope.numpy:
        return
    for function in ("sum", "mean"):
        for axis in _axes(scope):
            yield patterns.filled(f"np.{function}(a{', ' if axis else ''}{axis})", {"a": node}, scope.numpy)


def _axes(scope: Scope) -> list[str]:
    """Return the axes to try, those first that the code writes: `axis=-1` fits other ranks than `axis=1` as well."""
    written = axes(scope)
    return sorted(_AXES, key=lambda axis: axis.partition(",")[0].removeprefix("axis=") not in written)


def other_axis(node: ast.AST, scope: Scope) -> Iterator[str]:
    """Reduce over other axes, with the reduced ones kept or not, or take the mean for the sum."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    if node.func.attr not in ("sum", "mean"):
        return
    for attribute in ("sum", "mean"):
        for axis in _axes(scope):
            keywords = ast.parse(f"f({axis})", mode="eval").body.keywords  # type: ignore[attr-defined]
            function = ast.Attribute(node.func.value, attribute, ast.Load())
            yield ast.unparse(ast.Call(function, node.args[:1] if _is_module(node.func.value) else [], keywords))


def _is_module(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in ("np", "numpy")
