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
from dataclasses import dataclass, replace
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
_CALLS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "abs": abs, "int": int, "bool": bool}
_CALLS |= {"divmod": operator.floordiv}  # whose rest starts anew where the quotient rises
_PARTS = (ast.FloorDiv, ast.Mod)  # of a `divmod`
_RANKS = (2, 1, 3)  # numbers of dimensions that an array may have of which code asks for `x.ndim` or `sum(x.shape)`
_BYTES = 8  # of an entry in double precision

_REDUCTIONS: Mapping[str, Callable[[Sequence[int]], int]] = {"sum": sum, "min": min, "max": max}

Sizes = tuple[int, ...]
_Value = Callable[[Mapping[str, int]], Any]  # of an expression, for sizes by their names


def told_apart(functions: Sequence[FunctionType]) -> list[Sizes]:
    """Return sizes, each alone or some that go together, at which expressions of some functions change."""
    made = dict.fromkeys(sizes for function in functions for sizes in _of_function(function))
    return [*made][:_MOST]


@dataclass(frozen=True, slots=True)
class _Scope:
    """What names stand for: sizes, assigned expressions, and numbers of the module; arrays have `rank` dimensions."""

    sizes: Mapping[str, str]
    assigned: Mapping[str, ast.expr]
    variables: Mapping[str, Any]
    rank: int

    def without(self, name: str) -> _Scope:
        """Return it as it is within what is assigned to a name."""
        return replace(self, assigned={other: value for other, value in self.assigned.items() if other != name})


def _of_function(function: FunctionType) -> Iterator[Sizes]:
    code = function.__code__
    lines = [code.co_firstlineno, *(line for _, _, line in code.co_lines() if line)]
    nodes = _nodes(code.co_filename)
    first, end = (
        where(nodes, line, key=_line) for where, line in ((bisect_left, min(lines)), (bisect_right, max(lines)))
    )
    inside = nodes[first:end]
    yield from (shape for node in inside for shape in _shapes(node))
    bending = [node for node in inside if isinstance(node, ast.expr) and _bends(node)]
    for rank in _RANKS:
        scope = _Scope(dict(_named(inside)), dict(_assigned(inside)), function.__globals__, rank)
        for node in bending:
            if rank == _RANKS[0] or _asks_for_rank(node, scope):
                sizes = list(dict.fromkeys(_sizes(node, scope)))
                if 1 <= len(sizes) <= max(_TOGETHER) and (value := _value(node, scope)) is not None:
                    yield from _changes(value, sizes)


def _asks_for_rank(node: ast.AST, scope: _Scope) -> bool:
    """Tell whether an expression depends on how many dimensions an array has."""
    parts = [*ast.walk(node)]
    named = [part.id for part in parts if isinstance(part, ast.Name) and part.id in scope.assigned]
    return any(_whole(part, 1) or (isinstance(part, ast.Attribute) and part.attr == "ndim") for part in parts) or any(
        _asks_for_rank(scope.assigned[name], scope.without(name)) for name in named
    )


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
            ast.Subscript(
                value=ast.Attribute(attr="shape"),
                slice=ast.Constant(value=int()) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int())),
            )
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


def _assigned(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    """Yield the names that stand for other expressions, as in `half = len(x) // 2` and `q, r = divmod(len(x), 8)`."""
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=quotient), ast.Name(id=rest)])], value=value):
                parts = [_part(value, place) for place in range(len(_PARTS))]
                yield from ((name, part) for name, part in zip((quotient, rest), parts, strict=True) if part)


def _part(node: ast.AST, place: int) -> ast.expr | None:
    """Return a part of a `divmod` as an operation."""
    match node:
        case ast.Call(func=ast.Name(id="divmod"), args=[left, right]) if 0 <= place < len(_PARTS):
            return ast.BinOp(left=left, op=_PARTS[place](), right=right)
    return None


def _sizes(node: ast.AST, scope: _Scope) -> Iterator[str]:
    if size := _size(node) or (scope.sizes.get(node.id, "") if isinstance(node, ast.Name) else ""):
        yield size
    elif isinstance(node, ast.Attribute) and node.attr == "nbytes":
        yield f"{ast.unparse(node.value)}.size"
    elif isinstance(node, ast.Name) and node.id in scope.assigned:
        yield from _sizes(scope.assigned[node.id], scope.without(node.id))
    elif shape := _whole(node, scope.rank):
        yield from shape
    else:
        for child in ast.iter_child_nodes(node):
            yield from _sizes(child, scope)


def _whole(node: ast.AST, rank: int) -> tuple[str, ...]:
    """Return the sizes that `sum(x.shape)` is made of, and `min` and `max`, as of an array of some dimensions."""
    match node:
        case ast.Call(
            func=ast.Name(id="sum" | "min" | "max"), args=[ast.Attribute(attr="shape") as shape], keywords=[]
        ):
            return tuple(f"{ast.unparse(shape)}[{place}]" for place in range(rank))
    return ()


def _value(node: ast.AST, scope: _Scope) -> _Value | None:
    """Return how an expression is computed from sizes and numbers; None where it has anything else."""
    match node:
        case ast.Name(id=name) if name in scope.assigned and name not in scope.sizes:
            return _value(scope.assigned[name], scope.without(name))
        case ast.Subscript(value=value, slice=ast.Constant(value=int(place))) if part := _part(value, place):
            return _value(part, scope)
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _applied(_BINARY.get(type(op)), [left, right], scope)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _applied(operator.neg, [operand], scope)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if not _size(node):
            return _reduced(name, _whole(node, scope.rank)) or _applied(_CALLS.get(name), arguments, scope)
    return _leaf(node, scope)


def _leaf(node: ast.AST, scope: _Scope) -> _Value | None:
    """Return the value of a size, of the number of dimensions, or of a number."""
    if size := _size(node):
        return operator.itemgetter(size)
    match node:
        case ast.Attribute(value=array, attr="nbytes"):
            return lambda sizes: sizes[f"{ast.unparse(array)}.size"] * _BYTES
        case ast.Attribute(attr="ndim"):
            return lambda _: scope.rank
        case ast.Name(id=name) if name in scope.sizes:
            return operator.itemgetter(scope.sizes[name])
        case ast.Name(id=name) if type(scope.variables.get(name)) is int:
            return lambda _: scope.variables[name]
        case ast.Constant(value=int(number)):
            return lambda _: number
    return None


def _reduced(name: str, shape: Sequence[str]) -> _Value | None:
    """Return how `sum`, `min` or `max` of a whole shape is computed from its sizes."""
    if not shape:
        return None
    reduce = _REDUCTIONS[name]
    return lambda sizes: reduce([sizes[size] for size in shape])


def _applied(function: Callable[..., Any] | None, parts: Sequence[ast.AST], scope: _Scope) -> _Value | None:
    values = [value for part in parts if (value := _value(part, scope)) is not None]
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
