"""A drawing as SVG: for the page, or with the styles of its own as a file."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from reports import rows
from reports.page.drawing import Drawing, Vertex, drawing
from reports.page.layout import BLAMED, RADIUS, Layout, Point, Wire, box, layout, shown, wide
from reports.page.markup import Markup, tag, text
from verify.result import CaseResult, Run

_LINE = 14
_SIZES = {1400: "huge", 760: "wide", 420: "middle", 0: "narrow"}  # by width: the wider, the less it may be shrunk
_HEADING = 34
_NOTHING = "nothing to draw: no case is an expression or a layer"


def render(run: Run) -> str:
    """Render the graphs of all cases, one below the other, failures first."""
    y, width, parts = 0.0, 320.0, []
    for case in rows.cases(run):
        if (drawn := drawing(case)) is None:
            continue
        placed = layout(drawn)
        heading = tag("text", text(f"{'✓' if case.good else '✗'} {case.name}"), x=12, y=24, class_="heading")
        body = tag("g", *_content(drawn, placed), transform=f"translate(0 {_HEADING})")
        parts.append(tag("g", heading, body, transform=f"translate(0 {y:.1f})"))
        y, width = y + placed.height + _HEADING, max(width, placed.width)
    if not parts:
        parts, y = [tag("text", text(_NOTHING), x=12, y=24)], 40.0
    style = tag("style", Markup(files("reports.page").joinpath("templates/graph.css").read_text("utf-8")))
    size = f"0 0 {width:.0f} {y:.0f}"
    back = tag("rect", width="100%", height="100%", class_="sheet")
    return (
        tag(
            "svg",
            style,
            back,
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=size,
            width=round(width),
            height=round(y),
            class_="graph",
        )
        + "\n"
    )


def inline(case: CaseResult, drawn: Drawing, number: str) -> Markup:
    """Return the graph of a case for the page; `number` makes its identifiers unlike those of others."""
    placed = layout(drawn)
    title = tag("title", text(f"computational graph of {case.name}"), id=f"t{number}")
    size = next(name for width, name in _SIZES.items() if placed.width > width)
    return tag(
        "svg",
        title,
        *_content(drawn, placed),
        viewBox=f"0 0 {placed.width:.0f} {placed.height:.0f}",
        width=round(placed.width),
        height=round(placed.height),
        class_=f"graph {size}",
        role="img",
        aria_labelledby=f"t{number}",
    )


def _content(drawn: Drawing, placed: Layout) -> Iterator[Markup]:
    """Yield everything that is drawn, wires first."""
    for start, end in placed.forks:
        yield _line("wire", [start, end])
        yield tag("circle", cx=start[0], cy=start[1], r=3, class_="fork")
    for wire in placed.wires:
        yield from _wire(drawn, wire)
    forked = {drawn.vertices[u.user].args[u.place] for u in placed.wires if u.user is not None and _shared(drawn, u)}
    for index, point in placed.at.items():
        yield _vertex(drawn, index, point, sums=index in forked)
    x, y = placed.wires[-1].points[-1]
    yield tag("text", text(drawn.name), x=x + 8, y=y + 4, class_="name out")


def _shared(drawn: Drawing, wire: Wire) -> bool:
    return wire.user is not None and bool(_share(drawn, wire))


def _share(drawn: Drawing, wire: Wire) -> str:
    """Return what flows back along one of several edges out of a node, and nothing for the only edge."""
    if wire.user is None:
        return ""
    uses = sum(list(vertex.args).count(wire.source) for vertex in drawn.vertices)
    shares = drawn.vertices[wire.user].shares
    return shares[wire.place] if uses > 1 and shares else ""


def _wire(drawn: Drawing, wire: Wire) -> Iterator[Markup]:
    vertex, share = drawn.vertices[wire.source], _share(drawn, wire)
    x, y = wire.label
    kind = f"wire {_state(vertex)}" if not share else "wire"
    yield _line(kind, wire.points)
    yield _arrow(wire.points[-1], kind)
    off = vertex.off and wire.user is None
    yield tag(
        "text", text(f"{vertex.value}{' ✗' if off else ''}"), x=x, y=y - 7, class_=f"value {'bad' if off else ''}"
    )
    below = [(f"← {share}", "back share")] if share else list(_back(vertex))
    below += [(f"exact {vertex.off}", "back wrong")] if off else []
    for number, (said, kind) in enumerate(below, 1):
        yield tag("text", text(said), x=x, y=y + 2 + _LINE * number, class_=kind)


def _state(vertex: Vertex) -> str:
    return f"{vertex.status}{' inherits' if vertex.inherits else ''}"


def _back(vertex: Vertex) -> Iterator[tuple[str, str]]:
    """Yield what is told below a wire: what came back, and where that is wrong the exact value."""
    signs = {"wrong": " ✗", "unknown": " ?"}
    if vertex.back and vertex.status == "silent":
        yield f"({vertex.back})", "back silent"
    elif vertex.back:
        yield f"← {vertex.back}{signs.get(vertex.status, '')}", f"back {vertex.status}"
    if vertex.exact:
        yield (
            vertex.exact if vertex.exact.startswith(("wrong", "undecided")) else f"exact {vertex.exact}",
            (f"back {vertex.status}"),
        )


def _vertex(drawn: Drawing, index: int, point: Point, *, sums: bool) -> Markup:
    vertex, (x, y), blamed = drawn.vertices[index], point, index == drawn.blamed
    hint = tag("title", text(vertex.label))
    if vertex.kind == "box":
        return tag("g", hint, *_box(vertex, x, y, blamed))
    if not vertex.args:
        return tag("g", *_leaf(vertex, x, y, blamed, sums))
    parts = [tag("circle", cx=x, cy=y, r=RADIUS, class_="node")]
    if blamed:
        parts.append(tag("circle", cx=x, cy=y, r=RADIUS + 5, class_="ring"))
        parts.append(tag("text", text(BLAMED), x=x, y=y + RADIUS + 19, class_="blame"))
    parts.append(tag("text", text(vertex.sign), x=x, y=y + 6, class_="sign" if len(vertex.sign) < 3 else "sign long"))
    if index != drawn.output and (said := shown(vertex)):
        parts.append(tag("text", text(said), x=x, y=y - RADIUS - (11 if blamed else 6), class_="step"))
    if sums:
        parts += _sum(vertex, x, y + RADIUS + (20 if blamed else 2), "middle")
    return tag("g", hint, *parts)


def _leaf(vertex: Vertex, x: float, y: float, blamed: bool, sums: bool) -> Iterator[Markup]:
    yield tag("text", text(vertex.label), x=x, y=y + 4, class_=f"name {vertex.kind}")
    if sums and vertex.back:
        yield from _sum(vertex, x, y + 4, "end")
    if blamed:
        lines = [vertex.label, *([said.replace("←", "Σ") for said, _ in _back(vertex)] if sums else [])]
        width, height = max(map(wide, lines)) + 4, _LINE * len(lines) + 10
        yield tag("rect", x=x - width, y=y - 12, width=width + 5, height=height, rx=6, class_="ring")
        yield tag("text", text(BLAMED), x=x, y=y - 18, class_="blame end")


def _sum(vertex: Vertex, x: float, y: float, side: str) -> Iterator[Markup]:
    """Yield the sum of what flows back along several edges."""
    for number, (said, kind) in enumerate(_back(vertex), 1):
        yield tag("text", text(said.replace("←", "Σ")), x=x, y=y + _LINE * number, class_=f"{kind} {side}")


def _box(vertex: Vertex, x: float, y: float, blamed: bool) -> Iterator[Markup]:
    width, height = box(vertex)
    left, top = x - width / 2, y - height / 2
    if blamed:
        yield tag("rect", x=left - 5, y=top - 5, width=width + 10, height=height + 10, rx=11, class_="ring")
    yield tag("rect", x=left, y=top, width=width, height=height, rx=7, class_="node")
    yield tag("text", text(vertex.label), x=x, y=y + 4, class_="name box")


def _line(kind: str, points: object) -> Markup:
    assert isinstance(points, list)
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=kind)


def _arrow(tip: Point, kind: str) -> Markup:
    x, y = tip
    return tag("path", d=f"M{x:.1f} {y:.1f}l-8 -4v8z", class_=f"arrow {kind}")
