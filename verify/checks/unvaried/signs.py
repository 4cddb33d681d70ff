"""Combinations of signs of the upstream that no run had, where code compares entries of it.

A derivative is linear in its upstream, and right code seldom asks for signs. Of few entries all combinations are tried;
of more, some, so that code which is wrong for another one passes. Signs that only `np.abs` or `np.maximum` ask for, for
a measurement say, are noted: code sees them in numbers alone.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from verify.checks.claims.claims import Exact
from verify.checks.unvaried.dataflow import statement_at
from verify.model.findings import finding
from verify.model.identity import Place
from verify.model.result import Finding
from verify.model.where import working_folder

_SIGNS = "the code compares entries of the upstream: not all combinations of their signs were tried"
_EQUALITIES = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_ASKING = frozenset(
    {"sign", "signbit", "greater", "greater_equal", "less", "less_equal", "argmax", "argmin", "argsort"}
)


def signs_left(runs: Sequence[Exact]) -> list[Finding]:
    """Find the lines that compare entries of an upstream of which not all signs were tried."""
    places = dict.fromkeys(place for run in runs if not run.all_signs for place in _asking(run))
    return [finding("GP002", _SIGNS, where=place) for place in places]


def _asking(run: Exact) -> Iterator[Place]:
    seen, upstream = run.seen, set(run.seen.upstream_nodes)
    for place in dict.fromkeys(c.where for c in seen.conditions if not upstream.isdisjoint(seen.trace.reach([c.node]))):
        statement = statement_at(str(working_folder() / place.file), place.line) if place.file else None
        if statement is None or any(map(_compares, ast.walk(statement))):
            yield place


def _compares(node: ast.AST) -> bool:
    """Tell whether an expression asks for an order or a sign, and gives the answer to the code."""
    if isinstance(node, ast.Compare):
        return not all(isinstance(operator, _EQUALITIES) for operator in node.ops)
    return isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _ASKING
