"""A hint at NumPy's `dW[idx] += dout`, which adds once for an index that is repeated.

It is given where uses of an input, or terms of the upstream, are not counted, and the line at fault is such a
statement.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import cast

from verify.checks.claims.diagnoses import lacks_terms
from verify.checks.claims.suspect import Suspect
from verify.model.excerpts import source_of
from verify.model.result import Comparison

_AT = {ast.Add: "np.add.at", ast.Sub: "np.subtract.at"}
_LONGEST = 80  # signs of a statement that is quoted


def with_hint(row: Comparison, suspect: Suspect) -> Comparison:
    """Return the row of a wrong gradient, with the hint where its line is such a statement and terms are missing."""
    statement = _statements(row.parting.file).get(row.parting.line) if row.parting else None
    if statement is None or len(text := ast.unparse(statement)) > _LONGEST or not lacks_terms(suspect):
        return row
    hint = f"{text} adds once for an index that is repeated; write {_adding_each(statement)}"
    return replace(row, diagnosis=f"terms of the gradient are missing: {hint}")


def _adding_each(statement: ast.AugAssign) -> str:
    """Write the call of NumPy's that adds for each of the indices."""
    target = cast("ast.Subscript", statement.target)
    array, index, value = map(ast.unparse, (target.value, target.slice, statement.value))
    if isinstance(target.slice, ast.Tuple):
        parts = ", ".join(map(ast.unparse, target.slice.elts))
        index = f"np.s_[{parts}]" if any(isinstance(part, ast.Slice) for part in target.slice.elts) else f"({parts})"
    return f"{_AT[type(statement.op)]}({array}, {index}, {value})"


@lru_cache(maxsize=4)
def _statements(file: str) -> dict[int, ast.AugAssign]:
    """Return the lines of a file that add to entries of an array, whose index may be an array too."""
    try:
        tree = ast.parse(source_of(file))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return {statement.lineno: statement for statement in _adding(tree, frozenset())}


def _adding(node: ast.AST, counters: frozenset[str]) -> Iterator[ast.AugAssign]:
    """Yield the statements; an index made of the `counters` of loops alone is a number."""
    if isinstance(node, ast.For):
        counters |= {name.id for name in ast.walk(node.target) if isinstance(name, ast.Name)}
    if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Subscript) and type(node.op) in _AT:
        names = {name.id for name in ast.walk(node.target.slice) if isinstance(name, ast.Name)}
        if names - counters:
            yield node
    for child in ast.iter_child_nodes(node):
        yield from _adding(child, counters)
