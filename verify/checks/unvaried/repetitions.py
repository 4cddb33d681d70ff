"""Layers that count their calls and decide by it: what they do after more calls than are made.

Contracts call a layer some rounds more than the small numbers that its code names. What it decides by a larger number,
by a sum that shrinks or grows, or by how long a list has become, is not reached, and so the line is told. A count that
decides nothing, that every call starts anew, or that is compared with numbers of rounds that were made is none.
"""

from __future__ import annotations

import ast
import dis
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import CodeType, FunctionType

from verify.checks.unvaried.dataflow import Scope, Use, nodes, walked
from verify.model.identity import Place
from verify.model.where import as_place

_CALLS = "how often it was called before"
_SURE_ROUNDS = 10  # that contracts make of every small layer, and two more
_GROWING = frozenset({"append", "appendleft", "extend", "add", "insert"})
_MAKING = ("__init__", "__new__", "__post_init__")
_STORES = ("STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "STORE_DEREF")


def counting(reached: Sequence[FunctionType]) -> list[Use]:
    """Return the lines of functions that decide by the number of calls, as far as rounds of calls do not go beyond."""
    if not any(_may_count(function.__code__) for function in reached):
        return []
    scopes = [(f.__code__, node) for f in reached for node in nodes(*_start(f.__code__))]
    counts = {count for code, node in scopes for count in _counts(code, node)}
    counts -= {text for code, node in scopes if code.co_name not in _MAKING for text in _started(node)}
    if not counts:
        return []
    return list(dict.fromkeys(Use(place, _CALLS) for code, node in scopes for place in _deciding(code, node, counts)))


def _start(code: CodeType) -> tuple[str, int, str]:
    return code.co_filename, code.co_firstlineno, code.co_name


@lru_cache(maxsize=4096)
def _may_count(code: CodeType) -> bool:
    """Tell whether code may add to what outlives its call: most does not, and its source is not read."""
    if not _GROWING.isdisjoint(code.co_names):
        return True
    steps = [step.opname for step in dis.get_instructions(code)]
    in_place = any(step.opname == "BINARY_OP" and step.argrepr.endswith("=") for step in dis.get_instructions(code))
    return in_place and any(store in steps for store in _STORES)


def _counts(code: CodeType, scope: ast.AST) -> Iterator[str]:
    """Yield what a function adds a number to, and what it puts things into, if that outlives its call."""
    for node in walked(scope):
        if isinstance(node, ast.AugAssign) and isinstance(node.value, ast.Constant):
            owner = node.target.value if isinstance(node.target, ast.Subscript) else node.target
            if _outlives(code, owner):
                yield ast.unparse(owner)
        elif (grown := _grown(node)) is not None and _outlives(code, grown):
            yield f"len({ast.unparse(grown)})"


def _grown(node: ast.AST) -> ast.expr | None:
    """Return what a call puts something into."""
    is_method = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _GROWING
    return node.func.value if is_method else None  # type: ignore[attr-defined]  # the call of an attribute


def _outlives(code: CodeType, owner: ast.expr) -> bool:
    """Tell whether an attribute, or a name, is of something that is there after a call."""
    return isinstance(owner, ast.Attribute) or (
        isinstance(owner, ast.Name) and owner.id not in (*code.co_varnames, *code.co_cellvars)
    )


def _started(scope: ast.AST) -> Iterator[str]:
    """Yield what a function starts anew."""
    for node in walked(scope):
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                    yield from (ast.unparse(part), f"len({ast.unparse(part)})")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("pop", "clear"):
            yield f"len({ast.unparse(node.func.value)})"


def _deciding(code: CodeType, node: ast.AST, counts: set[str]) -> Iterator[Place]:
    """Yield the lines of a function that decide by a count of calls."""
    values = {
        part: ""
        for part in walked(node)
        if isinstance(part, (ast.Name, ast.Attribute, ast.Call)) and _is_read(part) and ast.unparse(part) in counts
    }
    values = {part: "" for part in values if not isinstance(part, ast.Name) or _outlives(code, part)}
    scope = Scope(node)
    open_: dict[ast.expr, str] = {part: "" for part in values if not _reached(scope, part, counts)}
    for line in scope.sinks(open_, {}):
        yield as_place(code.co_filename, line)


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def _reached(scope: Scope, part: ast.AST, counts: set[str]) -> bool:
    """Tell whether a count is compared with whole numbers only that rounds of calls go beyond."""
    while part in scope.parents and not isinstance(part, (ast.Compare, ast.stmt)):
        part = scope.parents[part]
    if not isinstance(part, ast.Compare):
        return False
    sides: Sequence[ast.expr] = [part.left, *part.comparators]
    numbers = [side for side in sides if not any(ast.unparse(inner) in counts for inner in ast.walk(side))]
    plain = len(numbers) < len(sides) and all(ast.unparse(side) in counts for side in sides if side not in numbers)
    return plain and all(
        isinstance(n, ast.Constant) and type(n.value) is int and n.value <= _SURE_ROUNDS for n in numbers
    )
