"""What is drawn: vertices, and edges with what is said along them; what came back, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal, Inexact, localcontext
from typing import NamedTuple

from reports.cells import readable, short

LEGEND = "in parentheses: the exact value, where the code returns none"

LONGEST = 24  # signs of a number or name in a drawing
MARKS = {"wrong": " ✗", "unknown": " ?"}


class Caption(NamedTuple):
    """A line of a label, and its tone: `plain`, or what a vertex is; an exact value may be `bracketed`."""

    text: str
    tone: str = "plain"
    bracketed: bool = False


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
    power: str = ""

    @property
    def operation(self) -> str:
        """Return the sign with its exponent."""
        return f"{self.sign}^{self.power}" if self.power else self.sign


class Edge(NamedTuple):
    """The edge from a vertex to one that uses it, as its argument at a place, or out of the drawing (`user` is None).

    What is said `above` and `below` it, and its tone, are for every format: none draws anything else.
    """

    source: int
    user: int | None
    place: int
    above: Sequence[Caption]
    below: Sequence[Caption]
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
    remark: Caption | None = None


def reached(drawn: Drawing) -> Sequence[int]:
    """Return the vertices that the output is computed from, itself among them: exponents stand in a sign already."""
    indices = {drawn.output}
    for index in range(drawn.output, -1, -1):
        if index in indices:
            indices.update(drawn.vertices[index].args)
    return sorted(indices)


def edges(drawn: Drawing) -> Iterator[Edge]:
    """Yield every edge with its labels, the one out of the drawing last."""
    for user in reached(drawn):
        vertex = drawn.vertices[user]
        for place, argument in enumerate(vertex.args):
            shares = vertex.shares or ("",) * len(vertex.args)
            yield _edge(drawn.vertices[argument], argument, user, place, shares[place])
    yield _edge(drawn.vertices[drawn.output], drawn.output, None, 0, "")


def beside(vertex: Vertex) -> Sequence[Caption]:
    """Return what is said beside a node itself: of a shared one, what came back by all its edges."""
    return _returned(vertex) if vertex.shared else []


def legend(drawn: Drawing) -> str:
    """Return the line that explains parentheses, where there are any."""
    lines = [caption for edge in edges(drawn) for caption in (*edge.above, *edge.below)]
    lines += [caption for index in reached(drawn) for caption in beside(drawn.vertices[index])]
    return LEGEND if any(caption.bracketed for caption in lines) else ""


def _edge(vertex: Vertex, source: int, user: int | None, place: int, share: str) -> Edge:
    """Return an edge; of a shared node nobody knows which of its edges is wrong if the sum is, so they are dashed."""
    shared = vertex.shared and user is not None
    exact = [_bracketed(share)] if share else []
    tone = vertex.forward if vertex.status not in MARKS and vertex.forward in MARKS else vertex.status
    dashed = vertex.inherits or (shared and vertex.status == "wrong")
    return Edge(source, user, place, _forward(vertex), exact if shared else _returned(vertex), tone, dashed)


def _bracketed(value: str) -> Caption:
    """Return an exact value where the code returns none."""
    return Caption(f"({value})", "silent", bracketed=True)


def _forward(vertex: Vertex) -> list[Caption]:
    """Return the forward value, and where that is not known to be right the exact one."""
    tone = "plain" if vertex.forward in ("good", "given") else vertex.forward
    value = Caption(f"{vertex.value}{MARKS.get(vertex.forward, '')}", tone)
    first = [_bracketed(vertex.value) if vertex.forward == "silent" else value] if vertex.value else []
    return first + ([Caption(f"exact {vertex.off}", tone)] if vertex.off else [])


def _returned(vertex: Vertex) -> list[Caption]:
    """Return what came back, and where that is not known to be right what should have."""
    mark = MARKS.get(vertex.status, "")
    tone = "plain" if vertex.status == "given" else vertex.status
    value = Caption(f"← {vertex.back}".rstrip() + mark, tone)
    first = [_bracketed(vertex.back) if vertex.status == "silent" else value] if vertex.back or mark else []
    exact = f"exact {vertex.exact}" if vertex.exact else ""
    return first + [Caption(line, tone) for line in (exact, vertex.extent) if line]


def plain(number: str) -> str:
    """Write a number as people do: 220.0 as 220, 11/5 as 2.2, and 1/3 as it is."""
    if "/" in number:
        above, _, below = number.partition("/")
        with localcontext(prec=17) as context:
            decimal = Decimal(above) / Decimal(below)
            exact = not context.flags[Inexact]
        number = f"{decimal.normalize():f}" if exact and -8 < decimal.adjusted() < 17 else readable(number)
    return short(number.removesuffix(".0"), LONGEST)
