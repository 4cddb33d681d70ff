"""Where code goes through a set of strings: in an order that the hash seed of the process decides.

One run has one order, and all runs of a process the same, so that no run varies it. To sort a set, to count it, or to
ask whether it holds something does not depend on its order, nor does another set or dict that is made of it.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Collection, Mapping
from functools import lru_cache
from inspect import getattr_static
from types import CodeType, FunctionType, ModuleType
from typing import Any

from verify.checks.unvaried.dataflow import Scope, walked

_ORDER = "the order of a set of strings, which the hash seed of the process decides"
_ORDERED = frozenset({"list", "tuple", "iter", "enumerate", "zip", "map", "filter", "join", "fromiter", "array"})
_ORDERLESS = frozenset({"sorted", "set", "frozenset", "len", "any", "all", "min", "max", "dict", "update", "sum"})


def value_of(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """Return what a name or a dotted name stands for, without running code of the user's; None where it is unknown."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if not isinstance(node, ast.Attribute) or (owner := value_of(node.value, names)) is None:
        return None
    if isinstance(owner, ModuleType):
        return getattr(owner, node.attr, None)
    value = getattr_static(owner, node.attr, None)
    return value.__func__ if isinstance(value, staticmethod) else value


def may_iterate(function: FunctionType) -> bool:
    """Tell whether a function, or what its module has, may make or hold a set of strings."""
    names = function.__code__.co_names
    return _makes_a_set(function.__code__) or any(is_unordered(function.__globals__.get(name)) for name in names)


@lru_cache(maxsize=4096)
def _makes_a_set(code: CodeType) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    made = not {"set", "frozenset"}.isdisjoint(code.co_names) or any(map(is_unordered, code.co_consts))
    return (
        made or any(step.opname == "BUILD_SET" for step in dis.get_instructions(code)) or any(map(_makes_a_set, inner))
    )


def orders(scope: Scope, names: Mapping[str, Any]) -> dict[ast.expr, str]:
    """Return the expressions of a function that are gone through in the order of a set of strings."""
    sets = {node for node in walked(scope.node) if isinstance(node, ast.expr) and _holds_strings(node, names)}
    if not sets:
        return {}
    assigned = {
        ast.unparse(target)
        for node in walked(scope.node)
        if isinstance(node, ast.Assign) and node.value in sets
        for target in node.targets
    }
    named = {
        node
        for node in walked(scope.node)
        if isinstance(node, (ast.Name, ast.Attribute))
        and isinstance(node.ctx, ast.Load)
        and ast.unparse(node) in assigned
    }
    return {node: _ORDER for node in sets | named if _is_ordered(scope, node)}


def _holds_strings(node: ast.expr, names: Mapping[str, Any]) -> bool:
    """Tell whether an expression is a set of strings: one that is written out, or the value of a name."""
    if isinstance(node, ast.Set):
        return any(
            isinstance(element, ast.Constant) and isinstance(element.value, (str, bytes)) for element in node.elts
        )
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("set", "frozenset"):
        return any(isinstance(part, ast.Constant) and isinstance(part.value, (str, bytes)) for part in ast.walk(node))
    return isinstance(node, (ast.Name, ast.Attribute)) and is_unordered(value_of(node, names))


def is_unordered(value: Any) -> bool:
    """Tell whether a value is a set with a string among others."""
    if type(value) not in (set, frozenset):
        return False
    elements: Collection[Any] = value
    return len(elements) > 1 and any(isinstance(element, (str, bytes)) for element in elements)


def _is_ordered(scope: Scope, node: ast.AST) -> bool:
    """Tell whether the order of a set matters where an expression stands."""
    parent = scope.parents.get(node)
    if isinstance(parent, ast.Call) and node in parent.args:
        return _name(parent.func) in _ORDERED and not _is_sorted(scope, parent)
    if isinstance(parent, ast.comprehension) and parent.iter is node:
        made = scope.parents[parent]
        return not isinstance(made, (ast.SetComp, ast.DictComp)) and not _is_sorted(scope, made)
    if isinstance(parent, ast.Attribute):
        return parent.attr == "pop"
    return isinstance(parent, (ast.For, ast.Starred)) and getattr(parent, "target", None) is not node


def _is_sorted(scope: Scope, node: ast.AST) -> bool:
    """Tell whether an expression is handed to what does not look at its order."""
    parent = scope.parents.get(node)
    return isinstance(parent, ast.Call) and node in parent.args and _name(parent.func) in _ORDERLESS


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
