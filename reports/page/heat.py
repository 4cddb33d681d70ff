"""The entries of a wrong gradient as a map: a square for each that is wrong, larger where it is further off.

Signs tell the kinds apart, and not colours alone: a square is wrong, a ring undecided, a dot right.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reports.page.layout import SMALL, wide
from reports.page.markup import Markup, tag, text
from verify.model.result import Comparison

_RIGHT, _OPEN = ".", "?"
_LARGEST, _SMALLEST = 18.0, 5.0  # of a cell
_WIDTH = 640.0  # of the cells of a drawing, at most
_HIGHEST = 90  # rows of cells, beyond which nothing is drawn
_LEFT, _TOP, _GAP = 26.0, 18.0, 8.0
_FLAT = 2  # axes that a block has
CAPTION = "a square is a wrong entry, larger where it is further off relative to its size; a dot is a right one"
OPEN_CAPTION = "; a ring is undecided"
_LISTED = 8  # wrong entries that the description names
_SIZES = {**{str(tenths): 0.36 + 0.06 * tenths for tenths in range(10)}, "x": 0.9}  # parts of a cell


class _Grid(NamedTuple):
    """Blocks of rows and columns, of which so many stand side by side; a cell has a size."""

    rows: int
    columns: int
    blocks: int
    across: int
    cell: float

    def place(self, number: int) -> tuple[float, float]:
        """Return where the middle of an entry is, by its number in the order of the array."""
        block, within = divmod(number, self.rows * self.columns)
        row, column = divmod(within, self.columns)
        down, right = divmod(block, self.across)
        x = _LEFT + right * (self.columns * self.cell + _GAP) + (column + 0.5) * self.cell
        y = _TOP + down * (self.rows * self.cell + _GAP) + (row + 0.5) * self.cell
        return x, y

    @property
    def size(self) -> tuple[float, float]:
        """Return the width and height of the drawing."""
        down = math.ceil(self.blocks / self.across)
        width = self.across * (self.columns * self.cell + _GAP) - _GAP
        beyond = (wide(str(self.columns - 1), SMALL) - self.cell) / 2  # of the number over the last column
        return _LEFT + width + max(4.0, beyond + 1), _TOP + down * (self.rows * self.cell + _GAP) - _GAP + 4


def heat_map(comparison: Comparison) -> Markup | None:
    """Return the map of a wrong gradient; None where there is none, or it is too large."""
    marks = comparison.marks
    if not marks or len(marks) != math.prod(comparison.shape) or (grid := _grid(comparison.shape)) is None:
        return None
    title = f"entries of the gradient of {comparison.name}: {_counts(marks)}"
    width, height = grid.size
    return tag(
        "svg",
        tag("title", text(title)),
        tag("desc", text(_described(comparison))),
        *_frames(grid),
        *_axes(grid),
        *_signs(grid, marks),
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=round(width),
        height=round(height),
        class_="graph heat",
        role="img",
        aria_label=title,
    )


def caption(comparison: Comparison) -> str:
    """Return what the signs of the map mean, and which entries its rows and columns are."""
    axes = "; by rows and columns, a block for each index before these" if len(comparison.shape) > _FLAT else ""
    return f"{CAPTION}{OPEN_CAPTION if _OPEN in comparison.marks else ''}{axes}"


def _grid(shape: Sequence[int]) -> _Grid | None:
    columns, rows = shape[-1], shape[-2] if len(shape) > 1 else 1
    blocks = math.prod(shape[:-2])
    cell = min(_LARGEST, _WIDTH / columns)
    across = max(1, min(blocks, int((_WIDTH + _GAP) / (columns * cell + _GAP))))
    fits = cell >= _SMALLEST and math.ceil(blocks / across) * rows <= _HIGHEST
    return _Grid(rows, columns, blocks, across, cell) if fits else None


def _counts(marks: str) -> str:
    right, open_ = marks.count(_RIGHT), marks.count(_OPEN)
    counts = {"wrong": len(marks) - right - open_, "undecided": open_, "right": right}
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items() if number)


def _described(comparison: Comparison) -> str:
    """Name the first entries that are wrong."""
    wrong = [number for number, mark in enumerate(comparison.marks) if mark not in (_RIGHT, _OPEN)]
    names = [str([*_index(number, comparison.shape)]) for number in wrong[:_LISTED]]
    return f"wrong: {', '.join(names)}{', …' if len(wrong) > _LISTED else ''}"


def _index(number: int, shape: Sequence[int]) -> Iterator[int]:
    for axis in range(len(shape)):
        yield number // math.prod(shape[axis + 1 :]) % shape[axis]


def _frames(grid: _Grid) -> Iterator[Markup]:
    for block in range(grid.blocks):
        x, y = grid.place(block * grid.rows * grid.columns)
        half = grid.cell / 2
        yield tag(
            "rect",
            x=x - half,
            y=y - half,
            width=grid.columns * grid.cell,
            height=grid.rows * grid.cell,
            class_="frame",
        )


def _axes(grid: _Grid) -> Iterator[Markup]:
    """Yield the numbers of the first and the last row and column of the first block."""
    for column in dict.fromkeys((0, grid.columns - 1)):
        yield tag("text", text(column), x=grid.place(column)[0], y=_TOP - 5, class_="tick")
    for row in dict.fromkeys((0, grid.rows - 1)) if grid.rows > 1 else ():
        yield tag("text", text(row), x=_LEFT - 5, y=grid.place(row * grid.columns)[1] + 4, class_="tick end")


def _signs(grid: _Grid, marks: str) -> Iterator[Markup]:
    """Yield the signs of each kind, as one path."""
    paths: Mapping[str, list[str]] = {"right": [], "open": [], "wrong": []}
    for number, mark in enumerate(marks):
        x, y = grid.place(number)
        kind = "right" if mark == _RIGHT else "open" if mark == _OPEN else "wrong"
        paths[kind].append(_ring(x, y, grid.cell) if mark == _OPEN else _square(x, y, grid.cell * _SIZES.get(mark, 0)))
    for kind, parts in paths.items():
        if parts:
            yield tag("path", d="".join(parts), class_=kind)


def _square(x: float, y: float, size: float) -> str:
    """Return a square, or a dot where it has no size."""
    size = size or 2
    left, top, side = (round(number, 1) for number in (x - size / 2, y - size / 2, size))
    return f"M{left:g} {top:g}h{side:g}v{side:g}h-{side:g}z"


def _ring(x: float, y: float, cell: float) -> str:
    radius = 0.3 * cell
    arc = f"a{radius:.1f} {radius:.1f} 0 1 0"
    return f"M{x - radius:.1f} {y:.1f}{arc} {2 * radius:.1f} 0{arc} -{2 * radius:.1f} 0z"
