"""A drawing as SVG: for the page, or with the styles of its own as a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from reports import rows
from reports.page.diagram import drawing
from reports.page.drawing import Caption, Drawing, Edge, Vertex, beside, legend
from reports.page.layout import BLAMED, RADIUS, Layout, Point, bold, box, layout, operation_name, wide
from reports.page.markup import Markup, joined, tag, text
from verify.model.result import CaseResult, Run

_LINE = 14
_SIZES = {1400: "huge", 768: "wide", 512: "middle", 0: "narrow"}  # by width: none is shrunk to less, nor enlarged
_HEADING = 34
_WIDEST = 6  # signs of an operation that fit into its circle: a power of 0.25
_NOTHING = "nothing to draw: no case is an expression or a layer"


def render(run: Run) -> str:
    """Render the graphs of all cases, one below the other, failures first."""
    y, width, parts = 0.0, 320.0, []
    for case in rows.cases(run):
        if (drawn := drawing(case)) is None:
            continue
        placed = layout(drawn)
        heading, explanation = f"{drawn.sign} {case.name}", legend(drawn)
        body = tag("g", *_content(drawn, placed), transform=f"translate(0 {_HEADING})")
        below = (
            [tag("text", text(explanation), x=12, y=_HEADING + placed.height + 8, class_="legend")]
            if explanation
            else []
        )
        head = tag("text", text(heading), x=12, y=24, class_="heading")
        parts.append(tag("g", head, body, *below, transform=f"translate(0 {y:.1f})"))
        y += _HEADING + placed.height + (_LINE if explanation else 0)
        width = max(width, placed.width, wide(heading, 15) + 24, wide(explanation, 12) + 24)
    if not parts:
        parts, y = [tag("text", text(_NOTHING), x=12, y=24)], 40.0
    style = tag("style", Markup(files(__package__).joinpath("templates/graph.css").read_text("utf-8")))
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
    graph = tag(
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
    explanation = legend(drawn)
    return joined(graph, tag("figcaption", text(explanation), class_="quiet")) if explanation else graph


def _content(drawn: Drawing, placed: Layout) -> Iterator[Markup]:
    """Yield everything that is drawn, wires first."""
    for start, end, edge in placed.forks:
        yield _line(_kind(edge), [start, end])
        yield tag("circle", cx=start[0], cy=start[1], r=3, class_=f"fork {edge.tone}")
    for wire in placed.wires:
        yield from _wire(wire.edge, wire.points, wire.label)
    for index, point in placed.at.items():
        yield _vertex(drawn, index, point)
    x, y = placed.wires[-1].points[-1]
    yield tag("text", text(drawn.name), x=x + 8, y=y + 4, class_="name out")
    if drawn.remark:
        yield tag("text", text(drawn.remark.text), x=x + 8, y=y + 4 + _LINE, class_=f"remark {drawn.remark.tone}")


def _wire(edge: Edge, points: Sequence[Point], label: Point) -> Iterator[Markup]:
    x, y = label
    yield _line(_kind(edge), points)
    yield _arrow(points[-1], edge.tone)
    yield from _lines(edge.above, x, y - 7 - _LINE * len(edge.above), "value")
    yield from _lines(edge.below, x, y + 2, "back")


def _kind(edge: Edge) -> str:
    return f"wire {edge.tone}{' dashed' if edge.dashed else ''}"


def _lines(lines: Sequence[Caption], x: float, y: float, kind: str) -> Iterator[Markup]:
    """Yield lines of a label, from below y on."""
    for number, caption in enumerate(lines, 1):
        yield tag("text", text(caption.text), x=x, y=y + _LINE * number, class_=f"{kind} {caption.tone}")


def _vertex(drawn: Drawing, index: int, point: Point) -> Markup:
    vertex, (x, y), blamed = drawn.vertices[index], point, index == drawn.blamed
    hint = tag("title", text(vertex.label))
    if vertex.kind == "box":
        return tag("g", hint, *_box(vertex, x, y, blamed))
    if not vertex.args:
        return tag("g", *_leaf(vertex, x, y, blamed))
    parts = [tag("circle", cx=x, cy=y, r=RADIUS, class_="node"), _sign(vertex, x, y)]
    if blamed:
        parts.append(tag("circle", cx=x, cy=y, r=RADIUS + 5, class_="ring"))
        parts.append(tag("text", text(BLAMED), x=x, y=y + RADIUS + 19, class_="blame"))
    if index != drawn.output and (name := operation_name(vertex)):
        parts.append(tag("text", text(name), x=x, y=y - RADIUS - (11 if blamed else 6), class_="step"))
    parts += _lines(beside(vertex), x, y + RADIUS + (20 if blamed else 2), "back")
    return tag("g", hint, *parts)


def _sign(vertex: Vertex, x: float, y: float) -> Markup:
    """Return the sign of an operation; one that is no single character has to fit into the circle too."""
    width = len(vertex.operation)
    raised = [tag("tspan", text(vertex.power), dy=-6, class_="power")] if vertex.power else []
    tight = {"textLength": 2 * RADIUS - 10, "lengthAdjust": "spacingAndGlyphs"} if width > _WIDEST else {}
    kind = "sign" if width < 3 else "sign long"
    return tag("text", text(vertex.sign), *raised, x=x, y=y + 6, class_=kind, **tight)


def _leaf(vertex: Vertex, x: float, y: float, blamed: bool) -> Iterator[Markup]:
    lines = beside(vertex)
    yield tag("text", text(vertex.label), x=x, y=y + 4, class_=f"name {vertex.kind}")
    yield from _lines(lines, x, y + 4, "back end")
    if blamed:
        width = max(bold(vertex.label), *(wide(line.text) for line in lines), 0) + 4
        height = _LINE * (1 + len(lines)) + 10
        yield tag("rect", x=x - width, y=y - 12, width=width + 5, height=height, rx=6, class_="ring")
        yield tag("text", text(BLAMED), x=x, y=y - 18, class_="blame end")


def _box(vertex: Vertex, x: float, y: float, blamed: bool) -> Iterator[Markup]:
    width, height = box(vertex)
    left, top = x - width / 2, y - height / 2
    if blamed:
        yield tag("rect", x=left - 5, y=top - 5, width=width + 10, height=height + 10, rx=11, class_="ring")
    yield tag("rect", x=left, y=top, width=width, height=height, rx=7, class_="node")
    yield tag("text", text(vertex.label), x=x, y=y + 4, class_="name box")


def _line(kind: str, points: Sequence[Point]) -> Markup:
    return tag("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points), class_=kind)


def _arrow(tip: Point, kind: str) -> Markup:
    x, y = tip
    return tag("path", d=f"M{x:.1f} {y:.1f}l-8 -4v8z", class_=f"arrow {kind}")
