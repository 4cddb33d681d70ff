"""From functions and operators to mutants: one change of a source each, which leaves its lines where they are."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from verify.model.where import as_place
from verify.mutation.operators import KEEPING, OPERATORS, Operator
from verify.mutation.result import Mutant
from verify.mutation.scopes import Scope, scopes
from verify.mutation.watching import Watch

_ATOMS = (ast.Constant, ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.List, ast.Tuple)
_BINDING = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Attribute, ast.Starred)
_SUMS, _PRODUCTS = (ast.Add, ast.Sub), (ast.Mult, ast.Div, ast.MatMult)


class Table(NamedTuple):
    """Operators for what runs backward, and for what a forward pass keeps, which are tried wherever it runs."""

    backward: Sequence[Operator]
    keeping: Sequence[Operator]


_MISTAKES = Table(OPERATORS, KEEPING)


def mutants(seen: Watch, table: Table = _MISTAKES) -> list[Mutant]:
    """Return every mistake that can be planted in what was seen to run, or what else a table makes of it."""
    return [mutant for file in seen.files for mutant in _in_file(file, seen, table)]


def changed(mutant: Mutant) -> bytes:
    """Return the source of a file with the mistake in it."""
    source = Path(mutant.file).read_bytes()
    return source[: mutant.start] + mutant.text + source[mutant.end :]


def _in_file(file: str, seen: Watch, table: Table) -> Iterator[Mutant]:
    """Return the mutants of a file; those that come to the same are one."""
    source = Source.of(file)
    tree = ast.parse(source.text)
    programs = {ast.dump(tree)}
    for scope in scopes(file, tree, seen):
        for mutant in sorted((m for made in in_scope(scope, source, table) for m in made), key=lambda m: m.first):
            try:
                program = ast.dump(ast.parse(source.text[: mutant.start] + mutant.text + source.text[mutant.end :]))
            except SyntaxError:
                continue
            if program not in programs:
                programs.add(program)
                yield mutant


class Source(NamedTuple):
    """The bytes of a file, and where each line starts."""

    text: bytes
    starts: list[int]

    @classmethod
    def of(cls, file: str) -> Source:
        """Read a file."""
        text = Path(file).read_bytes()
        return cls(text, [0, *accumulate(len(line) for line in text.splitlines(keepends=True))])


def in_scope(
    scope: Scope, source: Source, table: Table, lines: Collection[int] | None = None
) -> Iterator[Iterator[Mutant]]:
    """Return what each operator of a table makes of a function, in their order; of some lines alone, if given any."""
    nodes = _nodes(scope.parts)
    everything = _nodes([scope.function]) if scope.place and scope.cached else []
    if lines is not None:
        nodes, everything = ([node for node in part if _is_on(node, lines, scope)] for part in (nodes, everything))
    for operators, where in ((table.backward, nodes), (table.keeping, everything)):
        counting = {node for node in where if scope.is_of_sizes(node)}
        for operator in operators:
            wanted = [node for node in where if operator.sizes or node not in counting]
            yield _made(operator, wanted, scope, source)


def _made(operator: Operator, nodes: Iterable[ast.expr | ast.stmt], scope: Scope, source: Source) -> Iterator[Mutant]:
    return (_mutant(operator, node, text, scope, source) for node in nodes for text in operator.of(node, scope))


def _nodes(parts: Iterable[ast.AST]) -> list[ast.expr | ast.stmt]:
    return [node for part in parts for node in ast.walk(part) if isinstance(node, (ast.expr, ast.stmt))]


def _is_on(node: ast.expr | ast.stmt, lines: Collection[int], scope: Scope) -> bool:
    statement = _statement(node, scope)
    return any(statement.lineno <= line <= (statement.end_lineno or statement.lineno) for line in lines)


def _mutant(operator: Operator, node: ast.expr | ast.stmt, text: str, scope: Scope, source: Source) -> Mutant:
    starts, content = source.starts, source.text
    start = starts[node.lineno - 1] + node.col_offset
    end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
    statement = _statement(node, scope)
    enclosed = content[start - 1 : start] == b"(" and content[end : end + 1] == b")"
    new = _fitted(node, text, scope, enclosed).encode()
    first, last = starts[node.lineno - 1], starts[node.end_lineno or node.lineno]
    after = content[first:start] + new + content[end:last]
    return Mutant(
        file=scope.place.file,
        where=as_place(scope.place.file, node.lineno),
        function=scope.function.name,
        kind=operator.kind,
        operator=operator.name,
        sees=operator.sees,
        before=_excerpt(content[first:last]),
        after=_excerpt(after),
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
    loose = loose and not (_is_of(above, _SUMS) and _is_of(ast.parse(text).body[0], _PRODUCTS))
    return f"({text}{lines})" if not enclosed and (loose or lines) else f"{text}{lines}"


def _is_of(node: ast.AST, operators: tuple[type[ast.operator], ...]) -> bool:
    """Tell whether an expression, or one that is a statement, is a computation by some operators."""
    node = node.value if isinstance(node, ast.Expr) else node
    return isinstance(node, ast.BinOp) and isinstance(node.op, operators)


def _is_atom(text: str) -> bool:
    body = ast.parse(text).body
    return len(body) == 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, _ATOMS)


def _excerpt(lines: bytes) -> str:
    return " ".join(lines.decode("utf-8", "replace").split())
