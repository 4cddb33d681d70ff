"""From a case to its drawing: the graph of its expression, or its layer as a box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from reports.cells import short
from reports.page.drawing import LONGEST, MARKS, Caption, Drawing, Vertex, plain
from reports.rows import traced
from verify.model.identity import Argument
from verify.model.result import CaseResult, Comparison, Graph, Node, Verdict

_MOST = 60  # nodes that are drawn
_LONGEST_PATH = 20  # operations from the wrong node on, in a larger graph


def drawing(case: CaseResult) -> Drawing | None:
    """Return what is drawn of a case, or None where there is nothing to draw."""
    drawn = _layer(case) if traced(case) else _expression(case, case.graph) if case.graph else None
    return drawn._replace(sign=_sign(case), remark=_remark(case)) if drawn else None


def _sign(case: CaseResult) -> str:
    """Return the verdict on a case: right, wrong, or undecided at worst."""
    if case.good:
        return "✓"
    return "✗" if any(_status(c) == "wrong" for c in case.comparisons) or any(f.bad for f in case.findings) else "?"


def _remark(case: CaseResult) -> Caption | None:
    """Say that a case, or a variant of it, could not be compared at all."""
    statuses = {_status(c) for c in case.comparisons if c.quantity == "case"}
    if "wrong" in statuses:
        return Caption("error", "wrong")
    return Caption("undecided", "unknown") if "unknown" in statuses else None


def _expression(case: CaseResult, graph: Graph) -> Drawing | None:
    comparisons: dict[str, dict[str, Comparison]] = {"gradient": {}, "value": {}}
    for c in case.comparisons:
        comparisons.get(c.quantity, {}).setdefault(c.name, c)
    output = graph.nodes[graph.output].label
    for by_name in comparisons.values():  # the output goes by its name too, and by the text that it is
        if case.output in by_name:
            by_name.setdefault(output, by_name[case.output])
    uses = Counter(argument for node in graph.nodes for argument in node.args)
    vertices = [_vertex(node, comparisons, uses[i] > 1) for i, node in enumerate(graph.nodes)]
    users = _users(vertices)
    vertices = [_inheriting(v, [vertices[u] for u in users.get(i, [])]) for i, v in enumerate(vertices)]
    if vertices[graph.output].status == "silent":  # it is the upstream
        vertices[graph.output] = vertices[graph.output]._replace(status="given")
    drawn = Drawing(vertices, graph.output, case.output, graph.blamed)
    return drawn if len(vertices) <= _MOST else _path(drawn, users)


def _vertex(node: Node, comparisons: Mapping[str, Mapping[str, Comparison]], used_again: bool) -> Vertex:
    back, value = comparisons["gradient"].get(node.label), comparisons["value"].get(node.label)
    status = "silent" if back is None else _status(back)
    forward = _status(value) if value else "silent" if node.sign else "given"
    return Vertex(
        label=node.label,
        kind="op" if node.sign else "input" if node.exact else "number",
        sign=node.sign,
        power=node.power,
        args=node.args,
        value=plain(value.actual if value and value.actual else node.value),
        forward=forward,
        off=plain(node.value) if forward in MARKS else "",
        back=plain(back.actual) if back else plain(node.exact) if node.exact else "",
        exact=plain(node.exact) if status in MARKS else "",
        status=status,
        shared=used_again and bool(node.exact),
        shares=tuple(map(plain, node.shares)),
    )


def _status(comparison: Comparison) -> str:
    if comparison.good:
        return "good"
    return "unknown" if comparison.verdict is Verdict.UNDECIDED else "wrong"


def _users(vertices: Sequence[Vertex]) -> dict[int, list[int]]:
    users: dict[int, list[int]] = {}
    for index, vertex in enumerate(vertices):
        for argument in dict.fromkeys(vertex.args):
            users.setdefault(argument, []).append(index)
    return users


def _inheriting(vertex: Vertex, users: Sequence[Vertex]) -> Vertex:
    return vertex._replace(inherits=vertex.status == "wrong" and any(user.status == "wrong" for user in users))


def _path(whole: Drawing, users: Mapping[int, Sequence[int]]) -> Drawing | None:
    """Return the way from the wrong node to the output, and what it needs as inputs; None where nothing is wrong."""
    wrong = [i for i, vertex in enumerate(whole.vertices) if vertex.status == "wrong"]
    start = whole.blamed if whole.blamed is not None else max(wrong, default=None)
    if start is None:
        return None
    path = [start] if whole.vertices[start].args else []
    while len(path) < _LONGEST_PATH and (behind := users.get(path[-1] if path else start)):
        path.append(behind[0])
    indices = sorted({*path, *(i for operation in path for i in whole.vertices[operation].args)})
    numbers = {old: new for new, old in enumerate(indices)}
    vertices = []
    for old in indices:
        vertex = whole.vertices[old]
        args = tuple(numbers[i] for i in vertex.args) if old in path else ()
        kind = vertex.kind if old in path else "number" if vertex.kind == "number" else "input"
        vertices.append(
            vertex._replace(args=args, kind=kind, sign=vertex.sign if args else "", power=vertex.power if args else "")
        )
    end = path[-1]
    name = whole.name if end == whole.output else f"{whole.vertices[end].label} …"
    blamed = numbers.get(whole.blamed) if whole.blamed is not None else None
    return Drawing(vertices, numbers[end], name, blamed, len(whole.vertices) - len(indices))


def _layer(case: CaseResult) -> Drawing | None:
    """Return a layer as a box between its inputs and its output."""
    worst: dict[str, Comparison] = {}
    for c in case.comparisons:
        if c.quantity == "gradient" and (c.name not in worst or _weight(c) > _weight(worst[c.name])):
            worst[c.name] = c
    arguments = {argument.name: argument for argument in case.signature}
    names = list(dict.fromkeys([*arguments, *worst]))
    if not names:
        return None
    inputs = [_array(name, arguments.get(name), worst.get(name), name in case.unclaimed) for name in names]
    box = Vertex(
        short(case.name, 2 * LONGEST), "box", args=tuple(range(len(inputs))), back=case.upstream[0], status="given"
    )
    blamed = len(inputs) if _sign(case) == "✗" else None
    return Drawing([*inputs, box], len(inputs), "out", blamed)


def _weight(comparison: Comparison) -> tuple[bool, int]:
    return not comparison.good, comparison.verdict.rank


def _array(name: str, argument: Argument | None, comparison: Comparison | None, unclaimed: bool) -> Vertex:
    value = _shape(argument) if argument else ""
    if comparison is None:
        return Vertex(name, "input", value=value, extent="not claimed" if unclaimed else "", status="silent")
    status = _status(comparison)
    return Vertex(name, "input", value=value, back=f"d{name}", extent=_extent(comparison), status=status)


def _shape(argument: Argument) -> str:
    if argument.kind == "given":
        return "given"
    shape = short(" × ".join(argument.shape) or "scalar", LONGEST)
    return f"{shape} whole" if argument.kind == "whole" else shape


def _extent(comparison: Comparison) -> str:
    """Say in how much of an array something is the matter."""
    if comparison.good:
        return ""
    state = "undecided" if comparison.verdict is Verdict.UNDECIDED else "wrong"
    if comparison.entries > 1 and comparison.failing:
        return f"{state} in {comparison.failing:,} of {comparison.entries:,}"
    return state
