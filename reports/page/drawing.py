"""What is drawn of a case: the graph of its expression, or its layer as a box; what came back, and what is wrong."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import NamedTuple

from reports.cells import readable, short
from reports.rows import traced
from verify.result import CaseResult, Comparison, Graph, Node, Verdict

LEGEND = "in parentheses: the exact value, where the code returns none"

_MOST = 60  # nodes that are drawn
_LONGEST_PATH = 20  # operations from the wrong node on, in a larger graph
_LONGEST = 24  # signs of a number or name in a drawing
_SHAPED = re.compile(r"(?:^|, )([^\s:,]+): ((?:[^,:]|,(?! [^\s:,]+:))*)")
_DOMAIN = re.compile(r" of | ?[<>,]")  # what comes after a shape in a signature
_MARKS = {"wrong": " ✗", "unknown": " ?"}


class Said(NamedTuple):
    """A line of a label, and its tone: `plain`, or what a vertex is."""

    text: str
    tone: str = "plain"


class Vertex(NamedTuple):
    """A node as it is drawn: an `input`, a `number`, an operation (`op`), or a layer (`box`).

    `value` is its forward value, with the exact one in `off` where that may be another; `back` is what came back, with
    the `exact` value, or the `extent` of what is the matter. `forward` and `status` tell whether they are `good`,
    `wrong`, `unknown`, `given` by the caller, or `silent`: the code returns nothing, and the number is exact. A wrong
    one `inherits` the error if what came to the operation behind it was wrong already. Of a node that is `shared`, used
    more than once, the code returns the sum only; its users know the exact `shares`.
    """

    label: str
    kind: str
    sign: str = ""
    args: tuple[int, ...] = ()
    value: str = ""
    forward: str = "given"
    off: str = ""
    back: str = ""
    exact: str = ""
    extent: str = ""
    status: str = "good"
    inherits: bool = False
    shared: bool = False
    shares: tuple[str, ...] = ()


class Edge(NamedTuple):
    """The edge from a vertex to one that uses it, as its argument at a place, or out of the drawing (`user` is None).

    What is said `above` and `below` it, and its tone, are for every format: none draws anything else.
    """

    source: int
    user: int | None
    place: int
    above: Sequence[Said]
    below: Sequence[Said]
    tone: str
    dashed: bool = False


class Drawing(NamedTuple):
    """Vertices, the output among them, and the one that is to blame; `left_out` counts what is not drawn.

    `sign` is the verdict on the case, `remark` what became of it where it could not be compared.
    """

    vertices: Sequence[Vertex]
    output: int
    name: str
    blamed: int | None = None
    left_out: int = 0
    sign: str = "✓"
    remark: Said | None = None


def drawing(case: CaseResult) -> Drawing | None:
    """Return what is drawn of a case, or None where there is nothing to draw."""
    found = _layer(case) if traced(case) else _expression(case, case.graph) if case.graph else None
    return found._replace(sign=_sign(case), remark=_remark(case)) if found else None


def reached(drawn: Drawing) -> Sequence[int]:
    """Return the vertices that the output is computed from, itself among them: exponents stand in a sign already."""
    found = {drawn.output}
    for index in range(drawn.output, -1, -1):
        if index in found:
            found.update(drawn.vertices[index].args)
    return sorted(found)


def edges(drawn: Drawing) -> Iterator[Edge]:
    """Yield every edge with its labels, the one out of the drawing last."""
    for user in reached(drawn):
        vertex = drawn.vertices[user]
        for place, argument in enumerate(vertex.args):
            shares = vertex.shares or ("",) * len(vertex.args)
            yield _edge(drawn.vertices[argument], argument, user, place, shares[place])
    yield _edge(drawn.vertices[drawn.output], drawn.output, None, 0, "")


def beside(vertex: Vertex) -> Sequence[Said]:
    """Return what is said beside a node itself: of a shared one, what came back by all its edges."""
    return _returned(vertex) if vertex.shared else []


def legend(drawn: Drawing) -> str:
    """Return the line that explains parentheses, where there are any."""
    lines = [said for edge in edges(drawn) for said in (*edge.above, *edge.below)]
    lines += [said for index in reached(drawn) for said in beside(drawn.vertices[index])]
    return LEGEND if any(said.tone == "silent" and said.text.startswith("(") for said in lines) else ""


def _edge(vertex: Vertex, source: int, user: int | None, place: int, share: str) -> Edge:
    """Return an edge; of a shared node nobody knows which of its edges is wrong if the sum is, so they are dashed."""
    shared = vertex.shared and user is not None
    exact = [Said(f"({share})", "silent")] if share else []
    tone = vertex.forward if vertex.status not in _MARKS and vertex.forward in _MARKS else vertex.status
    dashed = vertex.inherits or (shared and vertex.status == "wrong")
    return Edge(source, user, place, _forward(vertex), exact if shared else _returned(vertex), tone, dashed)


def _forward(vertex: Vertex) -> list[Said]:
    """Return the forward value, and where that is not known to be right the exact one."""
    exact = f"exact {vertex.off}" if vertex.off else ""
    shown = f"({vertex.value})" if vertex.forward == "silent" else f"{vertex.value}{_MARKS.get(vertex.forward, '')}"
    tone = "plain" if vertex.forward in ("good", "given") else vertex.forward
    return [Said(line, tone) for line in (shown if vertex.value else "", exact) if line]


def _returned(vertex: Vertex) -> list[Said]:
    """Return what came back, and where that is not known to be right what should have."""
    mark = _MARKS.get(vertex.status, "")
    exact = f"exact {vertex.exact}" if vertex.exact else ""
    came = f"({vertex.back})" if vertex.status == "silent" else f"← {vertex.back}".rstrip() + mark
    tone = "plain" if vertex.status == "given" else vertex.status
    return [Said(line, tone) for line in (came if vertex.back or mark else "", exact, vertex.extent) if line]


def plain(number: str) -> str:
    """Write a number as people do: 220.0 as 220, 11/5 as 2.2, and 1/3 as it is."""
    if "/" in number:
        above, _, below = number.partition("/")
        with localcontext(prec=17) as context:
            decimal = Decimal(above) / Decimal(below)
            exact = not context.flags[Inexact]
        number = f"{decimal.normalize():f}" if exact and -8 < decimal.adjusted() < 17 else readable(number)
    return short(number.removesuffix(".0"), _LONGEST)


def _sign(case: CaseResult) -> str:
    """Return the verdict on a case: right, wrong, or undecided at worst."""
    if case.good:
        return "✓"
    return "✗" if any(_status(c) == "wrong" for c in case.comparisons) or any(f.bad for f in case.findings) else "?"


def _remark(case: CaseResult) -> Said | None:
    """Say that a case, or a variant of it, could not be compared at all."""
    found = {_status(c) for c in case.comparisons if c.quantity == "case"}
    if "wrong" in found:
        return Said("error", "wrong")
    return Said("undecided", "unknown") if "unknown" in found else None


def _expression(case: CaseResult, graph: Graph) -> Drawing | None:
    came: dict[str, dict[str, Comparison]] = {"gradient": {}, "value": {}}
    for c in case.comparisons:
        came.get(c.quantity, {}).setdefault(c.name, c)
    output = graph.nodes[graph.output].label
    for known in came.values():  # the output goes by its name too, and by the text that it is
        if case.output in known:
            known.setdefault(output, known[case.output])
    uses = Counter(argument for node in graph.nodes for argument in node.args)
    vertices = [_vertex(node, came, uses[i] > 1) for i, node in enumerate(graph.nodes)]
    users = _users(vertices)
    vertices = [_inheriting(v, [vertices[u] for u in users.get(i, [])]) for i, v in enumerate(vertices)]
    if vertices[graph.output].status == "silent":  # it is the upstream
        vertices[graph.output] = vertices[graph.output]._replace(status="given")
    found = Drawing(vertices, graph.output, case.output, graph.blamed)
    return found if len(vertices) <= _MOST else _path(found, users)


def _vertex(node: Node, came: Mapping[str, Mapping[str, Comparison]], used_again: bool) -> Vertex:
    back, value = came["gradient"].get(node.label), came["value"].get(node.label)
    status = "silent" if back is None else _status(back)
    forward = _status(value) if value else "silent" if node.sign else "given"
    return Vertex(
        label=node.label,
        kind="op" if node.sign else "input" if node.exact else "number",
        sign=node.sign,
        args=node.args,
        value=plain(value.actual if value and value.actual else node.value),
        forward=forward,
        off=plain(node.value) if forward in _MARKS else "",
        back=plain(back.actual) if back else plain(node.exact) if node.exact else "",
        exact=plain(node.exact) if status in _MARKS else "",
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
    box = Vertex(
        short(case.name, 2 * _LONGEST), "box", args=tuple(range(len(inputs))), back=case.upstream[0], status="given"
    )
    blamed = len(inputs) if _sign(case) == "✗" else None
    return Drawing([*inputs, box], len(inputs), "out", blamed)


def _weight(comparison: Comparison) -> tuple[bool, int]:
    return not comparison.good, comparison.verdict.rank


def _array(name: str, described: str, comparison: Comparison | None, unclaimed: bool) -> Vertex:
    shape = _DOMAIN.split(described)[0].split()
    value = short(" × ".join(shape), _LONGEST) + (" whole" if " of " in described else "")
    if comparison is None:
        return Vertex(name, "input", value=value, extent="not claimed" if unclaimed else "", status="silent")
    status = _status(comparison)
    return Vertex(name, "input", value=value, back=f"d{name}", extent=_extent(comparison), status=status)


def _extent(comparison: Comparison) -> str:
    """Say in how much of an array something is the matter."""
    if comparison.good:
        return ""
    state = "undecided" if comparison.verdict is Verdict.UNDECIDED else "wrong"
    if comparison.entries > 1 and comparison.failing:
        return f"{state} in {comparison.failing:,} of {comparison.entries:,}"
    return state
