"""The sizes that expressions of sizes in the code tell apart from small ones: `len(x) >> 3` does so from 8 on.

The numbers that code names are no sizes themselves where it computes with sizes. So each expression that is made of
sizes and numbers alone, with an operation that bends or decides, is computed for small sizes, which are tried anyway,
and for larger ones: the first at which it is not what it was are sizes to try. The source is read and not run. What
these expressions do not show stays untried, as the report says.
"""

from __future__ import annotations

import ast
import linecache
import operator
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice, pairwise, product
from math import isqrt
from types import FunctionType
from typing import Any

from verify.cases.sizes import SMALL

_ALONE = 256  # the largest size of one that is looked for
_TOGETHER = {2: 32, 3: 16}  # and of several
_MOST = 8  # sizes, alone or together, that are looked for
_BENDING = (ast.BinOp, ast.Compare, ast.Call)
_STRAIGHT = (ast.Add, ast.Sub, ast.Mult)
_BINARY: Mapping[type, Callable[[int, int], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.RShift: operator.rshift,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
    ast.BitXor: operator.xor,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_CALLS: Mapping[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs, "int": int, "bool": bool}

_REDUCTIONS: Mapping[str, Callable[[Sequence[int]], int]] = {"sum": sum, "min": min, "max": max}

Sizes = tuple[int, ...]
_Value = Callable[[Mapping[str, int]], Any]  # of an expression, for sizes by their names


def told_apart(functions: Sequence[FunctionType]) -> list[Sizes]:
    """Return sizes, each alone or some that go together, at which expressions of some functions change."""
    made = dict.fromkeys(sizes for function in functions for sizes in _of_function(function))
    return [*made][:_MOST]


def _of_function(function: FunctionType) -> Iterator[Sizes]:
    code = function.__code__
    lines = [code.co_firstlineno, *(line for _, _, line in code.co_lines() if line)]
    nodes = _nodes(code.co_filename)
    first, end = (
        where(nodes, line, key=_line) for where, line in ((bisect_left, min(lines)), (bisect_right, max(lines)))
    )
    inside = nodes[first:end]
    names = dict(_named(inside))
    yield from (shape for node in inside for shape in _shapes(node))
    for node in inside:
        if isinstance(node, ast.expr) and _bends(node):
            sizes = list(dict.fromkeys(_sizes(node, names)))
            if 1 <= len(sizes) <= max(_TOGETHER) and (value := _value(node, names, function.__globals__)) is not None:
                yield from _changes(value, sizes)


@lru_cache(maxsize=256)
def _nodes(file: str) -> list[ast.AST]:
    """Return what a file is made of that may name or compute sizes, in the order of lines."""
    with suppress(SyntaxError, ValueError):
        tree = ast.parse("".join(linecache.getlines(file)))
        return sorted((node for node in ast.walk(tree) if isinstance(node, (ast.Assign, *_BENDING))), key=_line)
    return []


def _line(node: Any) -> int:
    line: int = node.lineno
    return line


def _bends(node: ast.expr) -> bool:
    """Tell whether an expression is an operation that is none of straight lines."""
    straight = isinstance(node, ast.BinOp) and isinstance(node.op, _STRAIGHT)
    return isinstance(node, _BENDING) and not straight


def _shapes(node: ast.AST) -> Iterator[Sizes]:
    """Yield the shapes that a whole shape is compared with, as in `x.shape == (2, 5)` and `x.shape in [(2, 5)]`."""
    if isinstance(node, ast.Compare) and any(
        isinstance(side, ast.Attribute) and side.attr == "shape" for side in (node.left, *node.comparators)
    ):
        for part in ast.walk(node):
            if isinstance(part, ast.Tuple) and 1 <= len(part.elts) <= max(_TOGETHER):
                numbers = [each.value for each in part.elts if isinstance(each, ast.Constant)]
                sizes = tuple(number for number in numbers if type(number) is int and 1 <= number <= _ALONE)
                yield from [sizes] if len(sizes) == len(part.elts) else []


def _size(node: ast.AST) -> str:
    """Return a size by the text that it has, of `len(x)` that of `x.shape[0]`; nothing for any other expression."""
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[ast.Call(func=ast.Name(id="list" | "tuple"), args=[flat])]):
            return _size(ast.Call(func=ast.Name(id="len"), args=[flat], keywords=[]))
        case (
            ast.Call(func=ast.Name(id="len"), args=[ast.Attribute(value=array, attr="flat")])
            | ast.Call(
                func=ast.Name(id="len"),
                args=[ast.Call(func=ast.Attribute(value=array, attr="ravel" | "flatten"), args=[])],
            )
            | ast.Call(func=ast.Attribute(value=ast.Name(), attr="size"), args=[array])
            | ast.Call(
                func=ast.Attribute(value=ast.Name(), attr="prod"), args=[ast.Attribute(value=array, attr="shape")]
            )
        ):
            return f"{ast.unparse(array)}.size"
        case ast.Call(func=ast.Name(id="len"), args=[array]):
            return f"{ast.unparse(array)}.shape[0]"
        case (
            ast.Subscript(value=ast.Attribute(attr="shape"), slice=ast.Constant(value=int()))
            | ast.Attribute(attr="size")
        ):
            return ast.unparse(node)
    return ""


def _named(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """Yield the names that stand for sizes, as in `N, D = x.shape`, with these sizes."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if size := _size(value):
                yield name, size
            case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Attribute(attr="shape") as shape):
                for place, target in enumerate(targets):
                    if isinstance(target, ast.Name):
                        yield target.id, f"{ast.unparse(shape)}[{place}]"


def _sizes(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    if size := _size(node) or (names.get(node.id, "") if isinstance(node, ast.Name) else ""):
        yield size
        return
    if shape := _whole(node):
        yield from shape
        return
    for child in ast.iter_child_nodes(node):
        yield from _sizes(child, names)


def _whole(node: ast.AST) -> tuple[str, ...]:
    """Return the sizes that `sum(x.shape)` is made of, and `min` and `max`, as of an array of two dimensions."""
    match node:
        case ast.Call(
            func=ast.Name(id="sum" | "min" | "max"), args=[ast.Attribute(attr="shape") as shape], keywords=[]
        ):
            return f"{ast.unparse(shape)}[0]", f"{ast.unparse(shape)}[1]"
    return ()


def _value(node: ast.AST, names: Mapping[str, str], variables: Mapping[str, Any]) -> _Value | None:
    """Return how an expression is computed from sizes and numbers; None where it has anything else."""
    if size := _size(node):
        return operator.itemgetter(size)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and (shape := _whole(node)):
        reduced = _REDUCTIONS[node.func.id]
        return lambda sizes: reduced([sizes[size] for size in shape])
    match node:
        case ast.Name(id=name) if name in names:
            return operator.itemgetter(names[name])
        case ast.Name(id=name) if type(variables.get(name)) is int:
            return lambda _: variables[name]
        case ast.Constant(value=int(number)):
            return lambda _: number
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _applied(_BINARY.get(type(op)), [left, right], names, variables)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _applied(operator.neg, [operand], names, variables)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
            return _applied(_CALLS.get(name), arguments, names, variables)
    return None


def _applied(
    function: Callable[..., Any] | None,
    parts: Sequence[ast.AST],
    names: Mapping[str, str],
    variables: Mapping[str, Any],
) -> _Value | None:
    values = [value for part in parts if (value := _value(part, names, variables)) is not None]
    if function is None or len(values) < len(parts):
        return None
    return lambda sizes: function(*(value(sizes) for value in values))


def _changes(value: _Value, names: Sequence[str]) -> Iterator[Sizes]:
    """Yield the first sizes, and those next to them, at which a value is not what it is at small ones."""

    def at(sizes: Sizes) -> Any:
        try:
            return value(dict(zip(names, sizes, strict=True)))
        except (ArithmeticError, TypeError, ValueError):  # a half that is shifted, or a shift by a negative number
            return None

    if len(names) == 1:
        yield from _alone(lambda size: at((size,)), total=names[0].endswith(".size"))
        return
    small = {at(sizes) for sizes in product(range(1, SMALL + 1), repeat=len(names))}
    if len(small) == 1:
        larger = product(range(1, _TOGETHER[len(names)] + 1), repeat=len(names))
        together = sorted(larger, key=lambda sizes: (sum(sizes), max(sizes) - min(sizes)))
        yield from islice((sizes for sizes in together if at(sizes) not in small), 1)


def _alone(at: Callable[[int], Any], *, total: bool) -> Iterator[Sizes]:
    values = [at(size) for size in range(1, _ALONE + 1)]
    if None in values:
        return
    steps = [b - a for a, b in pairwise(values)]
    if len(set(steps[: SMALL - 1])) > 1:  # it is told apart by small sizes
        return
    size = next((place + 2 for place, step in enumerate(steps) if step != steps[0]), None)
    if size is not None:
        yield from ((size + 1,), (size,))
        if total:
            divisor = next(d for d in range(isqrt(size), 0, -1) if size % d == 0)
            yield divisor, size // divisor
