"""What an edit may put into a line: the quantities, sizes and constants that the code around it has."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any

from verify.mutation.scopes import Scope, is_size

_MOST = 40  # of a kind
_REDUCING = ("sum", "mean", "dot", "matmul", "outer")
_ORDERING = ("T", "reshape", "transpose", "swapaxes")  # what is multiplied before may have other axes than after
_once = lru_cache(maxsize=64)  # by scope, of which a case has a few
_Term = ast.Lambda | ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Tuple


@_once
def quantities(scope: Scope) -> list[str]:
    """Return what holds a number or an array in a function: variables, attributes, entries of a dict by name."""
    named = [name for name in sorted(scope.numbers) if name.isidentifier() or name.startswith("self.")]
    entries = [ast.unparse(n) for n in ast.walk(scope.function) if _is_entry(n)]
    return list(dict.fromkeys([*sorted(scope.upstream), *named, *entries]))[:_MOST]


def is_quantity(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node reads one of the quantities."""
    readable = isinstance(node, (ast.Name, ast.Attribute, ast.Subscript)) and isinstance(node.ctx, ast.Load)
    return readable and ast.unparse(node) in quantities(scope)


@_once
def stretched(scope: Scope) -> list[str]:
    """Return quantities with an axis more: as the function writes them, and a number for each row, as of a mask."""
    written = [ast.unparse(n) for n in ast.walk(scope.function) if _is_stretched(n)]
    rows = [f"{name}[:, None]" for name in quantities(scope) if len(scope.shapes.get(name, (0,))) == 1]
    return list(dict.fromkeys([*written, *rows]))[:_MOST]


@_once
def sizes(scope: Scope) -> list[str]:
    """Return the sizes that the code speaks of, those that have a name first, and those of the upstream."""
    spoken = [ast.unparse(n) for n in ast.walk(scope.function) if isinstance(n, ast.expr) and _is_one_size(n)]
    counted = [name for name in sorted(scope.numbers) if name not in scope.shapes]
    arrays = [name for name in sorted(scope.upstream) if scope.shapes.get(name)]
    made = [text for name in arrays for text in (f"len({name})", f"{name}.shape[-1]", f"{name}.size")]
    return list(dict.fromkeys([*_named_sizes(scope), *spoken, *counted, *made]))[:_MOST]


def _named_sizes(scope: Scope) -> list[str]:
    """Return the variables of a function that hold sizes: `n = len(x)`, `n, d = x.shape`."""
    assigned = [node for node in ast.walk(scope.function) if isinstance(node, ast.Assign) and is_size(node.value)]
    targets = [part for node in assigned for target in node.targets for part in ast.walk(target)]
    return [part.id for part in targets if isinstance(part, ast.Name) and part.id in scope.numbers - {*scope.shapes}]


@_once
def counts(scope: Scope) -> list[str]:
    """Return what holds whole numbers in a function: variables first, then attributes."""
    numbers = [name for name in scope.numbers - {*scope.shapes} if name.isidentifier() or name.startswith("self.")]
    return sorted(numbers, key=lambda name: ("." in name, name))[:_MOST]


@_once
def products(scope: Scope) -> frozenset[str]:
    """Return the products that the class or function writes."""
    nodes = ast.walk(_owner(scope))
    return frozenset(ast.unparse(n) for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult))


def _owner(scope: Scope) -> ast.AST:
    """Return the class of a function, or itself."""
    owner = scope.parents.get(scope.function, scope.function)
    return owner if isinstance(owner, ast.ClassDef) else scope.function


def is_count(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is a whole number, or reads one."""
    if isinstance(node, ast.Constant):
        return type(node.value) is int
    return isinstance(getattr(node, "ctx", None), ast.Load) and ast.unparse(node) in counts(scope)


@_once
def axes(scope: Scope) -> frozenset[str]:
    """Return the axes that the class or function writes, or else all of its file."""
    return _axes_in(_owner(scope)) or _axes_in(_file_of(scope))


def _axes_in(node: ast.AST) -> frozenset[str]:
    keywords = (part for part in ast.walk(node) if isinstance(part, ast.keyword) and part.arg == "axis")
    return frozenset(ast.unparse(keyword.value) for keyword in keywords)


def _file_of(scope: Scope) -> ast.AST:
    node: ast.AST = scope.function
    while node in scope.parents:
        node = scope.parents[node]
    return node


def orders(scope: Scope, rank: int) -> list[str]:
    """Return the calls that order so many axes as some line of a function's file does, or back again."""
    ways = []
    for method, axes in _orders_in(_file_of(scope)):
        if method == "transpose" and sorted(axes) == [*range(rank)]:
            back = [axes.index(axis) for axis in range(rank)]
            ways += [f"transpose({', '.join(map(str, order))})" for order in (axes, back)]
        if method == "swapaxes" and rank > 1:
            ways.append(f"swapaxes({', '.join(map(str, axes))})")
    return list(dict.fromkeys(ways))


def _orders_in(tree: ast.AST) -> Iterator[tuple[str, list[int]]]:
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            axes = call.args[0].elts if call.args and isinstance(call.args[0], ast.Tuple) else call.args
            with suppress(ValueError, TypeError):  # of what is no number
                yield call.func.attr, [int(ast.literal_eval(axis)) for axis in axes]


@_once
def code_constants(scope: Scope) -> list[str]:
    """Return the numbers that have a name in the code, those that it is written with, and its settings."""
    owner = _owner(scope)
    stated = _stated(owner, "self.") if isinstance(owner, ast.ClassDef) else {}
    values = [n.value for n in ast.walk(owner) if isinstance(n, ast.Constant) and id(n) not in stated]
    numbers = [repr(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool) and v not in (0, 1)]
    names = [name for name in stated.values() if name in scope.numbers]
    read = {n.id for n in ast.walk(owner) if isinstance(n, ast.Name)}
    names += [name for name in _stated(_file_of(scope)).values() if name in read]
    return list(dict.fromkeys([*names, *numbers, *sorted(scope.settings)]))[:_MOST]


def _stated(owner: Any, prefix: str = "") -> dict[int, str]:
    """Return what the numbers that a class or a module gives to names are read by, by their ids: of `alpha = 0.5`."""
    assigned = [node for node in owner.body if isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_number(node.value)]
    targets = ((node, node.targets if isinstance(node, ast.Assign) else [node.target]) for node in assigned)
    return {id(node.value): f"{prefix}{n.id}" for node, names in targets for n in names if isinstance(n, ast.Name)}


def _is_number(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def is_term(node: ast.AST, scope: Scope) -> bool:
    """Tell whether a node is a whole term: what is assigned or returned, or a part of a sum, a product or a choice."""
    if not isinstance(node, ast.expr) or isinstance(node, (ast.Constant, ast.Tuple, ast.Starred)):
        return False
    if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        return False
    above = scope.parents.get(node)
    if isinstance(above, ast.BinOp):
        return isinstance(above.op, (ast.Add, ast.Sub, ast.MatMult))
    if isinstance(above, ast.Call):
        name = above.func.attr if isinstance(above.func, ast.Attribute) else ""
        is_part = name == "where" and node in above.args[1:]
        return is_part or (node in above.args and name in _REDUCING)
    if isinstance(above, ast.Attribute):  # `(a * b).sum()`, `a.sum()`, `a.T`
        made = isinstance(node, (ast.BinOp, ast.Call, ast.Subscript))
        return above.attr in (*_REDUCING, *_ORDERING) and (made or is_quantity(node, scope))
    return isinstance(above, _Term)


def _is_entry(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    )


def _is_stretched(node: ast.AST) -> bool:
    """Tell whether a node reads an array with an axis of one entry more: `a[:, None]`, `a[..., np.newaxis]`."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return False
    places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    return any(ast.unparse(place).rpartition(".")[2] in ("None", "newaxis") for place in places)


def _is_one_size(node: ast.expr) -> bool:
    return (
        isinstance(node, (ast.Call, ast.Subscript, ast.Attribute))
        and is_size(node)
        and "(" not in ast.unparse(node).replace("len(", "")
    )
