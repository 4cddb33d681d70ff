"""Where everything stands: operations in columns by their longest path from an input, wires in rows that never meet.

Each use of a node has a row of its own. An operation stands in the middle of its rows, so that no wire runs behind a
node, and the labels of a wire stand on its level part right after the node that it comes from. A node that is used
again branches off: up or down in the gutter after it, then along a row.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from reports.page.drawing import Drawing, Edge, Vertex, beside, edges

RADIUS, SIZE, SMALL = 19, 13, 11
_PITCH, _SLANT, _PAD, _TRACK, _GUTTER, _PORT, _MARGIN = 68, 44, 9, 12, 10, 8, 8
_ABOVE, _BELOW = 40, 46
BLAMED = "first wrong node"
_WIDEST = dict.fromkeys("mwMW%@", 1.12)  # of the size, where a sign is wider than others in some font

Point = tuple[float, float]


class Wire(NamedTuple):
    """An edge: its points, and where its labels stand."""

    points: Sequence[Point]
    label: Point
    edge: Edge


class Layout(NamedTuple):
    """The size of a drawing, the middle of each vertex, wires, and the places where a wire branches off."""

    width: float
    height: float
    at: dict[int, Point]
    wires: Sequence[Wire]
    forks: Sequence[tuple[Point, Point, Edge]]


@lru_cache(maxsize=4096)
def wide(text: str, size: float = SIZE) -> float:
    """Return an upper bound of the width of a text, in whatever font it is shown."""
    return size * sum(1.05 if unicodedata.east_asian_width(c) in "WF" else 0.63 for c in text)


def bold(text: str) -> float:
    """Return an upper bound of the width of a name, which is written in bold letters."""
    return max(wide(text), SIZE * sum(_WIDEST.get(c, 0.85 if c.isupper() else 0.72) for c in text))


def layout(drawn: Drawing) -> Layout:
    """Place everything."""
    return _Layout(drawn).layout()


class _Layout:
    def __init__(self, drawn: Drawing) -> None:
        self.drawn, self.vertices = drawn, drawn.vertices
        self.edges = {(edge.user, edge.place): edge for edge in edges(drawn)}
        self.columns: dict[int, int] = {}
        self.rows: dict[int, float] = {}
        self.lanes: dict[tuple[int, int], float] = {}
        self.taps: dict[tuple[int, int], int] = {}  # uses of a node after the first, with their track in the gutter
        self._fresh = count()
        self._visit(drawn.output)
        self.deepest = self.columns[drawn.output]
        self._measure()

    def _visit(self, index: int) -> None:
        """Give each use its row, from the top, in the order of the arguments."""
        args = self.vertices[index].args
        for place, argument in enumerate(args):
            if argument in self.rows:
                self.lanes[index, place] = next(self._fresh)
                self.taps[index, place] = 0
            else:
                self._visit(argument)
                self.lanes[index, place] = self.rows[argument]
        self.columns[index] = 1 + max(self.columns[i] for i in args) if args else 0
        own = [self.lanes[index, place] for place in range(len(args))]
        self.rows[index] = (min(own) + max(own)) / 2 if own else next(self._fresh)

    def _measure(self) -> None:
        """Find the left end of each column, and of the gutter and the labels in it."""
        tracks: dict[int, dict[int, int]] = {}
        for user, place in self.taps:
            argument = self.vertices[user].args[place]
            of_column = tracks.setdefault(self.columns[argument], {})
            self.taps[user, place] = of_column.setdefault(argument, len(of_column))
        self.left: list[float] = []
        self.gutters: list[float] = []
        self.labels: list[tuple[float, float]] = []
        x: float = _MARGIN
        for column in range(self.deepest + 1):
            members = [i for i, c in self.columns.items() if c == column]
            self.left.append(x)
            x += max(self._zone(i) for i in members)
            self.gutters.append(x)
            x += _GUTTER + _TRACK * len(tracks.get(column, ()))
            width = max(self._label(i) for i in members) + 2 * _PAD
            self.labels.append((x, width))
            x += width + (_SLANT if column < self.deepest else 0)
        self.end = x

    def _label(self, index: int) -> float:
        lines = [
            caption for edge in self.edges.values() if edge.source == index for caption in (*edge.above, *edge.below)
        ]
        return max((wide(caption.text) for caption in lines), default=0)

    def _zone(self, index: int) -> float:
        """Return the width that a node takes, with what is written above and below it."""
        vertex = self.vertices[index]
        widths = [wide(caption.text) for caption in beside(vertex)]
        widths += [wide(BLAMED, SMALL)] if index == self.drawn.blamed and vertex.kind != "box" else []
        if vertex.kind == "box":
            return max(box(vertex)[0], *widths, 0) + 8
        if not vertex.args:
            return max(bold(vertex.label), *widths, 0)
        return max(2 * RADIUS, 0 if index == self.drawn.output else wide(operation_name(vertex), SMALL), *widths) + 8

    def layout(self) -> Layout:
        at = {index: (self._x(index), self._y(row)) for index, row in self.rows.items()}
        wires = [self._wire(user, place) for user, place in self.lanes]
        output, end = self.drawn.output, self.end + 6
        y = at[output][1]
        label = self.labels[self.deepest]
        start = self._leave(output)
        wires.append(Wire([(start, y), (end, y)], (label[0] + label[1] / 2, y), self.edges[None, 0]))
        forks = [self._fork(*tap) for tap in self.taps]
        height = self._y(max([*self.rows.values(), *self.lanes.values()])) + _BELOW
        remark = wide(self.drawn.remark.text) if self.drawn.remark else 0
        return Layout(end + 8 + max(bold(self.drawn.name), remark) + _MARGIN, height, at, wires, forks)

    def _y(self, row: float) -> float:
        return _ABOVE + _PITCH * row

    def _x(self, index: int) -> float:
        column = self.columns[index]
        right = self.gutters[column]
        return right if not self.vertices[index].args else (self.left[column] + right) / 2

    def _leave(self, index: int) -> float:
        vertex = self.vertices[index]
        if vertex.kind == "box":
            return self._x(index) + box(vertex)[0] / 2
        return self._x(index) + (RADIUS if vertex.args else 3)

    def _wire(self, user: int, place: int) -> Wire:
        vertex = self.vertices[user]
        argument = vertex.args[place]
        y, (x_user, y_user) = self._y(self.lanes[user, place]), (self._x(user), self._y(self.rows[user]))
        column, target = self.columns[argument], self.left[self.columns[user]]
        start = self._track(user, place) if (user, place) in self.taps else self._leave(argument)
        port = y_user + _PORT * (2 * place - len(vertex.args) + 1)
        half = (
            box(vertex)[0] / 2
            if vertex.kind == "box"
            else (RADIUS**2 - min(RADIUS - 1, abs(port - y_user)) ** 2) ** 0.5
        )
        points = [(start, y), (target - _SLANT, y), (target, port), (x_user - half, port)]
        left, width = self.labels[column]
        return Wire(points, (left + width / 2, y), self.edges[user, place])

    def _track(self, user: int, place: int) -> float:
        return self.gutters[self.columns[self.vertices[user].args[place]]] + _GUTTER + _TRACK * self.taps[user, place]

    def _fork(self, user: int, place: int) -> tuple[Point, Point, Edge]:
        """Return where a further use leaves the wire of a node, and where its own row starts."""
        x = self._track(user, place)
        edge = self.edges[user, place]
        return (x, self._y(self.rows[edge.source])), (x, self._y(self.lanes[user, place])), edge


def box(vertex: Vertex) -> Point:
    """Return the width and the height of a layer."""
    return bold(vertex.label) + 24, max(44.0, 2 * _PORT * len(vertex.args) + 16)


def operation_name(vertex: Vertex) -> str:
    """Return the name above an operation: one that somebody gave."""
    return vertex.label if vertex.kind == "op" and vertex.label.isidentifier() else ""
