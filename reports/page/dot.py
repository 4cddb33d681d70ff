"""The graphs of all cases in the language of Graphviz: `dot -Tpdf` makes a file of them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from reports import rows
from reports.page.diagram import drawing
from reports.page.drawing import Caption, Drawing, Edge, Vertex, beside, edges, legend, reached
from verify.model.result import Run

_COLORS = {"good": "darkgreen", "wrong": "red", "unknown": "darkorange3", "silent": "gray40"}


def render(run: Run) -> str:
    """Render the graphs of all cases, a cluster for each."""
    lines = [
        "digraph gradproof {",
        "  rankdir=LR;",
        '  fontname="sans-serif";',
        '  node [shape=circle, fontname="sans-serif"];',
    ]
    lines += ['  edge [fontname="monospace", fontsize=11];']
    for number, case in enumerate(rows.cases(run)):
        if drawn := drawing(case):
            title = _joined(f"{drawn.sign} {case.name}", legend(drawn))
            lines += [f"  subgraph cluster_{number} {{", f"    label={_quoted(title)};"]
            lines += [f"    {line}" for line in _lines(drawn, f"n{number}_")]
            lines += ["  }"]
    return "\n".join([*lines, "}"]) + "\n"


def _lines(drawn: Drawing, prefix: str) -> Iterator[str]:
    for index in reached(drawn):
        vertex = drawn.vertices[index]
        yield f"{prefix}{index} [{_node(vertex, blamed=index == drawn.blamed)}];"
    remark = [drawn.remark] if drawn.remark else []
    yield f"{prefix}out [{_labelled(drawn.name, remark)}, shape=plaintext];"
    for edge in edges(drawn):
        end = "out" if edge.user is None else edge.user
        yield f"{prefix}{edge.source} -> {prefix}{end} [{_edge(edge)}];"


def _node(vertex: Vertex, *, blamed: bool) -> str:
    shape = {"op": "circle", "box": "box"}.get(vertex.kind, "box" if blamed else "plaintext")
    ring = f", color={_COLORS['wrong']}, penwidth=3" if blamed else ""
    return f"{_labelled(vertex.operation or vertex.label, beside(vertex))}, shape={shape}{ring}"


def _edge(edge: Edge) -> str:
    color = f", color={_COLORS[edge.tone]}" if edge.tone in ("wrong", "unknown") else ""
    style = ", style=dashed" if edge.dashed else ", penwidth=2" if edge.tone == "wrong" else ""
    return f"{_labelled('', [*edge.above, *edge.below])}{color}{style}"


def _labelled(name: str, lines: Sequence[Caption]) -> str:
    """Return a name with lines below it, each in its colour."""
    if not any(caption.tone in _COLORS for caption in lines):
        return f"label={_quoted(_joined(name, *(caption.text for caption in lines)))}"
    parts = [html.escape(_printable(name))] if name else []
    return f"label=<{'<BR/>'.join([*parts, *map(_coloured, lines)])}>"


def _coloured(caption: Caption) -> str:
    escaped = html.escape(_printable(caption.text))
    return f'<FONT COLOR="{_COLORS[caption.tone]}">{escaped}</FONT>' if caption.tone in _COLORS else escaped


def _joined(*lines: str) -> str:
    return "\n".join(filter(None, lines))


def _quoted(text: str) -> str:
    r"""Write a text as a string of the language, in which only a quote ends it; a line's end is `\n`."""
    return '"' + re.sub(r'(["\\])', r"\\\1", _printable(text)).replace("\n", "\\n") + '"'


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)
