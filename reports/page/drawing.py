"""What is drawn of a case: the graph of its expression, or its layer as a box; what came back, and what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import NamedTuple

from reports.cells import readable, short
from reports.rows import traced
from verify.result import CaseResult, Comparison, Graph, Node, Verdict

_MOST = 60  # nodes that are drawn
_LONGEST_PATH = 20  # operations from the wrong node on, in a larger graph
_LONGEST = 24  # signs of a number or name in a drawing
_SHAPED = re.compile(r"(?:^|, )([^\s:,]+): ((?:[^,:]|,(?! [^\s:,]+:))*)")


class Vertex(NamedTuple):
    """A node as it is drawn: an `input`, a `number`, an operation (`op`), or a layer (`box`).

    `value` is written above the edges out of it and `back` below them, `status` tells whether that is right: `good`,
    `wrong`, `unknown`, or `silent` where the code claims nothing. A wrong one has the `exact` value; it `inherits` the
    error if what came to the operation behind it was wrong already. `off` is the exact forward value of a wrong one.
    """

    label: str
    kind: str
    sign: str = ""
    args: tuple[int, ...] = ()
    value: str = ""
    back: str = ""
    exact: str = ""
    status: str = "good"
    inherits: bool = False
    off: str = ""
    shares: tuple[str, ...] = ()


class Drawing(NamedTuple):
    """Vertices, the output among them, and the one that is to blame; `left_out` counts what is not drawn."""

    vertices: Sequence[Vertex]
    output: int
    name: str
    blamed: int | None = None
    left_out: int = 0


def drawing(case: CaseResult) -> Drawing | None:
    """Return what is drawn of a case, or None where there is nothing to draw."""
    if traced(case):
        return _layer(case)
    return _expression(case, case.graph) if case.graph else None


def plain(number: str) -> str:
    """Write a number as people do: 220.0 as 220, 11/5 as 2.2, and 1/3 as it is."""
    if "/" in number:
        above, _, below = number.partition("/")
        with localcontext(prec=17) as context:
            decimal = Decimal(above) / Decimal(below)
            exact = not context.flags[Inexact]
        number = f"{decimal.normalize():f}" if exact and -8 < decimal.adjusted() < 17 else readable(number)
    return short(number.removesuffix(".0"), _LONGEST)


def _expression(case: CaseResult, graph: Graph) -> Drawing | None:
    came: dict[str, dict[str, Comparison]] = {"gradient": {}, "value": {}}
    for c in case.comparisons:
        came.get(c.quantity, {}).setdefault(c.name, c)
    output = graph.nodes[graph.output].label
    for known in came.values():  # the output goes by its name too, and by the text that it is
        if case.output in known:
            known.setdefault(output, known[case.output])
    vertices = [_vertex(node, came) for node in graph.nodes]
    users = _users(vertices)
    vertices = [_inheriting(v, [vertices[u] for u in users.get(i, [])]) for i, v in enumerate(vertices)]
    if vertices[graph.output].status == "silent":  # it is the upstream, which was given
        vertices[graph.output] = vertices[graph.output]._replace(status="good")
    found = Drawing(vertices, graph.output, case.output, graph.blamed)
    return found if len(vertices) <= _MOST else _path(found, users)


def _vertex(node: Node, came: Mapping[str, Mapping[str, Comparison]]) -> Vertex:
    back, value = came["gradient"].get(node.label), came["value"].get(node.label)
    status = "silent" if back is None else _status(back)
    wrong_value = value is not None and _status(value) == "wrong"
    return Vertex(
        label=node.label,
        kind="op" if node.sign else "input" if node.exact else "number",
        sign=node.sign,
        args=node.args,
        value=plain(value.actual if value and value.actual else node.value),
        back=plain(back.actual) if back else plain(node.exact) if node.exact else "",
        exact=plain(node.exact) if status in ("wrong", "unknown") else "",
        status=status,
        off=plain(node.value) if wrong_value else "",
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
    wrong = [i for i, vertex in enumerate(whole.vertices) if vertex.status != "good" and vertex.back]
    start = whole.blamed if whole.blamed is not None else max(wrong, default=None)
    if start is None or not (whole.blamed is not None or any(whole.vertices[i].status == "wrong" for i in wrong)):
        return None
    path = [start] if whole.vertices[start].args else []
    while len(path) < _LONGEST_PATH and (behind := users.get(path[-1] if path else start)):
        path.append(behind[0])
    kept = sorted({*path, *(i for operation in path for i in whole.vertices[operation].args)})
    numbers = {old: new for new, old in enumerate(kept)}
    found = []
    for old in kept:
        vertex = whole.vertices[old]
        args = tuple(numbers[i] for i in vertex.args) if old in path else ()
        kind = vertex.kind if old in path else "number" if vertex.kind == "number" else "input"
        found.append(vertex._replace(args=args, kind=kind, sign=vertex.sign if args else ""))
    end = path[-1]
    name = whole.name if end == whole.output else f"{whole.vertices[end].label} …"
    blamed = numbers.get(whole.blamed) if whole.blamed is not None else None
    return Drawing(found, numbers[end], name, blamed, len(whole.vertices) - len(kept))


def _layer(case: CaseResult) -> Drawing | None:
    """Return a layer as a box between its inputs and its output."""
    worst: dict[str, Comparison] = {}
    for c in case.comparisons:
        if c.quantity == "gradient" and (c.name not in worst or _weight(c) > _weight(worst[c.name])):
            worst[c.name] = c
    shapes = dict(_SHAPED.findall(case.signature))
    names = list(dict.fromkeys([*shapes, *worst]))
    if not names:
        return None
    inputs = [_array(name, shapes.get(name, ""), worst.get(name), name in case.unclaimed) for name in names]
    box = Vertex(short(case.name, 2 * _LONGEST), "box", args=tuple(range(len(inputs))), back=case.upstream[0])
    faulty = any(v.status == "wrong" for v in inputs) or any(finding.bad for finding in case.findings)
    return Drawing([*inputs, box], len(inputs), "out", len(inputs) if faulty else None)


def _weight(comparison: Comparison) -> tuple[bool, int]:
    return not comparison.good, comparison.verdict.rank


def _array(name: str, shape: str, comparison: Comparison | None, unclaimed: bool) -> Vertex:
    sizes, _, rest = shape.partition(" of ")
    value = short(" × ".join(sizes.partition(",")[0].split()), _LONGEST) + (" whole" if rest else "")
    if comparison is None:
        return Vertex(name, "input", value=value, back="not claimed" if unclaimed else "", status="silent")
    status = _status(comparison)
    return Vertex(name, "input", value=value, back=f"d{name}", exact=_extent(comparison), status=status)


def _extent(comparison: Comparison) -> str:
    """Say in how much of an array something is the matter."""
    if comparison.good:
        return ""
    state = "undecided" if comparison.verdict is Verdict.UNDECIDED else "wrong"
    if comparison.entries > 1 and comparison.failing:
        return f"{state} in {comparison.failing:,} of {comparison.entries:,}"
    return state
