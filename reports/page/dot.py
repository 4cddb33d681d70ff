"""The graphs of all cases in the language of Graphviz: `dot -Tpdf` makes a file of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reports import rows
from reports.page.drawing import Drawing, Vertex, drawing
from verify.result import Run

_COLORS = {"good": "darkgreen", "wrong": "red", "unknown": "orange", "silent": "gray"}


def render(run: Run) -> str:
    """Render the graphs of all cases, a cluster for each."""
    lines = ["digraph gradproof {", "  rankdir=LR;", '  node [shape=circle, fontname="sans-serif"];']
    lines += ['  edge [fontname="monospace", fontsize=11];']
    for number, case in enumerate(rows.cases(run)):
        if drawn := drawing(case):
            lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(case.name)};"]
            lines += [f"    {line}" for line in _lines(drawn, f"n{number}_")]
            lines += ["  }"]
    return "\n".join([*lines, "}"]) + "\n"


def _lines(drawn: Drawing, prefix: str) -> Iterator[str]:
    for index, vertex in enumerate(drawn.vertices):
        shape = {"op": "circle", "box": "box"}.get(vertex.kind, "plaintext")
        color = ", color=red, penwidth=3" if index == drawn.blamed else ""
        yield f"{prefix}{index} [label={_quoted(vertex.sign or vertex.label)}, shape={shape}{color}];"
    yield f"{prefix}out [label={_quoted(drawn.name)}, shape=plaintext];"
    for user, vertex in enumerate(drawn.vertices):
        for place, argument in enumerate(vertex.args):
            share = vertex.shares[place] if vertex.shares else ""
            yield _edge(f"{prefix}{argument}", f"{prefix}{user}", drawn.vertices[argument], share)
    yield _edge(f"{prefix}{drawn.output}", f"{prefix}out", drawn.vertices[drawn.output], "")


def _edge(start: str, end: str, vertex: Vertex, share: str) -> str:
    back = f"← {share or vertex.back}" if vertex.back else ""
    exact = f"exact {vertex.exact}" if vertex.exact and not share else ""
    label = "\n".join(filter(None, [vertex.value, back, exact]))
    style = ", style=dashed" if vertex.inherits else ", penwidth=2" if vertex.status == "wrong" else ""
    return f"{start} -> {end} [label={_quoted(label)}, fontcolor={_COLORS[vertex.status]}{_stroke(vertex)}{style}];"


def _stroke(vertex: Vertex) -> str:
    return f", color={_COLORS[vertex.status]}" if vertex.status in ("wrong", "unknown") else ""


def _quoted(text: str) -> str:
    r"""Write a text as a string of the language, in which only a quote ends it; a line's end is `\n`."""
    plain = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
    return '"' + re.sub(r'(["\\])', r"\\\1", plain).replace("\n", "\\n") + '"'
