"""From functions and operators to mutants: one change of a source each, which leaves its lines where they are."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from verify.model.where import as_place
from verify.mutation.operators import KEEPING, OPERATORS, Operator
from verify.mutation.result import Mutant
from verify.mutation.scopes import Scope, scopes
from verify.mutation.watching import Watch

_ATOMS = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Tuple)
_BINDING = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Attribute, ast.Starred)


def mutants(seen: Watch) -> list[Mutant]:
    """Return every mistake that can be planted in what was seen to run."""
    files = sorted({place.file for place in seen.forward | seen.backward})
    return [mutant for file in files for mutant in _in_file(file, seen)]


def changed(mutant: Mutant) -> bytes:
    """Return the source of a file with the mistake in it."""
    source = Path(mutant.file).read_bytes()
    return source[: mutant.start] + mutant.text + source[mutant.end :]


def _in_file(file: str, seen: Watch) -> Iterator[Mutant]:
    """Return the mutants of a file; those that come to the same are one."""
    source = Path(file).read_bytes()
    tree = ast.parse(source)
    programs = {ast.dump(tree)}
    for scope in scopes(file, tree, seen):
        for mutant in sorted(_in_scope(scope, source), key=lambda m: m.first):
            try:
                program = ast.dump(ast.parse(source[: mutant.start] + mutant.text + source[mutant.end :]))
            except SyntaxError:
                continue
            if program not in programs:
                programs.add(program)
                yield mutant


def _in_scope(scope: Scope, source: bytes) -> Iterator[Mutant]:
    nodes = [node for part in scope.parts for node in ast.walk(part)]
    everything = list(ast.walk(scope.function)) if scope.place and scope.cached else []
    for operators, where in ((OPERATORS, nodes), (KEEPING, everything)):
        for operator in operators:
            for node in where:
                yield from _of(operator, node, scope, source)


def _of(operator: Operator, node: ast.AST, scope: Scope, source: bytes) -> Iterator[Mutant]:
    if not isinstance(node, (ast.expr, ast.stmt)) or (not operator.sizes and scope.is_of_sizes(node)):
        return
    for text in operator.of(node, scope):
        yield _mutant(operator, node, text, scope, source)


def _mutant(operator: Operator, node: ast.expr | ast.stmt, text: str, scope: Scope, source: bytes) -> Mutant:
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    start = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    statement = _statement(node, scope)
    enclosed = source[start - 1 : start] == b"(" and source[end : end + 1] == b")"
    new = _fitted(node, text, scope, enclosed).encode()
    after = source[:start] + new + source[end:]
    first, last = starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
    return Mutant(
        file=scope.place.file,
        where=as_place(scope.place.file, node.lineno),
        function=scope.function.name,
        kind=operator.kind,
        operator=operator.name,
        sees=operator.sees,
        before=_excerpt(source[first:last]),
        after=_excerpt(after[first : last + len(after) - len(source)]),
        start=start,
        end=end,
        text=new,
        first=statement.lineno,
        last=statement.end_lineno or statement.lineno,
    )


def _statement(node: ast.AST, scope: Scope) -> ast.stmt:
    while not isinstance(node, ast.stmt):
        node = scope.parents[node]
    return node


def _fitted(node: ast.AST, text: str, scope: Scope, enclosed: bool) -> str:
    """Return a text as it may stand where a node stands: in as many lines, and in parentheses where it needs them."""
    lines = "\n" * ((getattr(node, "end_lineno", None) or 0) - getattr(node, "lineno", 0))
    if isinstance(node, ast.stmt):
        return text + lines
    above = scope.parents[node]
    bound = (
        isinstance(above, _BINDING) or getattr(above, "value", above) is node or getattr(above, "func", above) is node
    )
    loose = bound and not isinstance(above, (ast.stmt, ast.keyword)) and not _is_atom(text)
    return f"({text}{lines})" if not enclosed and (loose or lines) else f"{text}{lines}"


def _is_atom(text: str) -> bool:
    body = ast.parse(text).body
    return len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, _ATOMS)


def _excerpt(lines: bytes) -> str:
    return " ".join(lines.decode("utf-8", "replace").split())
