"""What forward and backward compute on their way: the arrays that are assigned, and parts of longer expressions.

The case runs once more for it, on a recorder, in which what two expressions compute alike is not one node, and it is
noted which expressions of the user's make each. No verdict rests on it: names for people are found here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from verify.cases.case import TracedCase
from verify.checks.claims.suspect import Backward, Forward, Intermediate
from verify.checks.rounding.recorder import Recorder
from verify.graph.graph import Graph
from verify.model.excerpts import source_of
from verify.model.identity import Place
from verify.model.where import as_place, asking_calls
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, observe

_LARGEST = 5_000  # nodes of a run that is looked at
_LONGEST = 60  # signs of an expression
_Call = tuple[Any, ...]  # an expression: its file, its lines and its columns
_Group = tuple[Any, ...]  # the calls that lead to it, and a statement or an expression


class _Assignment(NamedTuple):
    """An assignment: its first line, what it assigns to, and the lines and columns of the value."""

    line: int
    target: str
    value: tuple[int | None, ...]


class _Noting(Recorder):
    """A recorder that notes which calls of the user's make its nodes."""

    def __init__(self) -> None:
        self.calls: list[tuple[_Call, ...]] = []
        super().__init__()

    def _new(self, op: str, args: tuple[int, ...] = (), payload: Any = None) -> int:
        self.calls.append(asking_calls() if args else ())
        return super()._new(op, args, payload)

    def _new_variables(self, names: Sequence[str]) -> list[int]:
        self.calls += [()] * len(names)
        return super()._new_variables(names)


def read_forward(case: TracedCase, seen: Observation) -> Forward | None:
    """Return what forward computes in a run, unless that is too large or cannot be made again.

    Outputs are no intermediate arrays.
    """
    run = _noted(case, seen, seen.outputs)
    if run is None:
        return None
    roots = _nodes(run.outputs)
    inputs = {name: quantity.nodes for name, quantity in run.inputs.items()}
    return Forward(run.trace, list(zip(roots, _nodes(run.upstreams), strict=True)), inputs, _arrays(run.trace, roots))


def read_backward(case: TracedCase, seen: Observation) -> Backward | None:
    """Return what backward computes in a run, unless that is too large or cannot be made again.

    Gradients are no intermediate arrays, nor is what forward computes.
    """
    run = _noted(case, seen, [*seen.gradients.values()])
    if run is None:
        return None
    gradients = {name: quantity.nodes for name, quantity in run.gradients.items()}
    arrays = _arrays(run.trace, [node for nodes in gradients.values() for node in nodes])
    return Backward(run.trace, gradients, [array for array in arrays if min(array.nodes) >= run.answered])


def _noted(case: TracedCase, seen: Observation, roots: Sequence[Quantity]) -> Observation | None:
    """Return a run again in which it is noted what makes each node, if what `roots` are computed from is not large."""
    if len(seen.trace.reach(_nodes(roots))) > _LARGEST:
        return None
    try:
        return observe(case, seen.variant, 0, seen=seen.again(_Noting()), at=seen.at)
    except SubjectError:
        return None


def _arrays(trace: Graph, roots: Sequence[int]) -> list[Intermediate]:
    """Return the arrays on the way to some nodes, in the order of `_rank`."""
    arrays: dict[frozenset[int], Intermediate] = {}
    for group, nodes in _results(cast("_Noting", trace), roots).items():
        named = _named(group)
        if named is not None and nodes.isdisjoint(roots):
            name, place, assigned = named
            arrays.setdefault(frozenset(nodes), Intermediate(name, place, frozenset(nodes), len(group[0]), assigned))
    return sorted(arrays.values(), key=_rank)


def _rank(array: Intermediate) -> tuple[int, int, bool, int]:
    return len(array.nodes), array.depth, not array.assigned, min(array.nodes)


def _nodes(quantities: Sequence[Quantity]) -> list[int]:
    return [node for quantity in quantities for node in quantity.nodes]


def _results(trace: _Noting, roots: Sequence[int]) -> dict[_Group, set[int]]:
    """Return the nodes of each group that others than its own are computed from, statements before expressions."""
    made = trace.calls
    order = sorted(trace.varying(trace.reach(roots)))
    groups = {node: set(_groups(made[node])) if trace.args[node] else set() for node in order}
    used: dict[int, set[_Group]] = {node: set(groups[node]) for node in order}  # the groups in which all uses are
    for node in order:
        for argument in used.keys() & trace.args[node]:
            used[argument] &= groups[node]
    results: dict[_Group, set[int]] = {}
    for node in order:
        for group in _groups(made[node]) if trace.args[node] else ():
            if node not in trace.inner and (group not in used[node] or node in roots):
                results.setdefault(group, set()).add(node)
    return dict(sorted(results.items(), key=lambda item: item[0][1]))


def _groups(calls: tuple[_Call, ...]) -> Iterator[_Group]:
    """Yield the statements and the expressions that a node is made by, the outermost first."""
    for depth, call in enumerate(calls):
        statement = _statement(*call[:2])
        if statement is not None:
            yield calls[:depth], 0, (call[0], statement.line, statement.target)
        yield calls[:depth], 1, call


def _named(group: _Group) -> tuple[str, Place, bool] | None:
    """Return the name of what a statement assigns, or an expression, with its place, and whether it is a name."""
    _, is_expression, (file, line, *where) = group
    if not is_expression:
        return where[0], as_place(file, line), True
    statement = _statement(file, line)
    is_assigned = statement is not None and statement.value == (line, *where)
    name = statement.target if statement is not None and is_assigned else _text(file, line, *where)
    return (name, as_place(file, line), is_assigned) if name else None


def _statement(file: str, line: int | None) -> _Assignment | None:
    """Return the assignment that a line belongs to."""
    return _assignments(file).get(line or 0)


@lru_cache(maxsize=8)
def _assignments(file: str) -> dict[int, _Assignment]:
    """Return the assignments of a file by each of their lines."""
    try:
        tree = ast.parse(_source(file))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    assignments: dict[int, _Assignment] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            value = node.value.lineno, node.value.end_lineno, node.value.col_offset, node.value.end_col_offset
            assignment = _Assignment(node.lineno, ast.unparse(target), value)
            assignments.update(dict.fromkeys(range(node.lineno, (node.end_lineno or node.lineno) + 1), assignment))
    return assignments


@lru_cache(maxsize=8)
def _source(file: str) -> str:
    try:
        return source_of(file)
    except (OSError, SyntaxError, ValueError):
        return ""


def _text(file: str, first: int | None, last: int | None, start: int | None, end: int | None) -> str:
    """Return a short expression of one line as it is written, or nothing."""
    lines = _source(file).splitlines()
    if first is None or first != last or start is None or end is None or first > len(lines):
        return ""
    text = lines[first - 1].encode()[start:end].decode(errors="replace")
    return text if len(text) <= _LONGEST else ""
