"""The exact and the returned derivative of a layer of one input, over that input, and where the code branches.

The returned one is dashed, and each has its name where it ends: colours alone tell nothing apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from reports.page.layout import SMALL, wide
from reports.page.markup import Markup, tag, text
from reports.page.spot import Mark
from reports.page.ticks import label, ticks
from verify.model.result import Curve

_WIDTH, _HEIGHT = 420.0, 190.0
_LEFT, _TOP, _RIGHT, _BOTTOM = 52.0, 12.0, 74.0, 38.0
_LINE = 14.0  # between two names
_FARTHEST = 4  # times the middle half of all numbers, beyond which a line leaves the drawing
_MARK = 4.0  # the length of a mark on an axis
_KINDS = ("exact", "backprop")  # in the order of the points
_Scale = tuple[float, float]
_Point = tuple[float, float | None]


def curve_plot(curve: Curve, marks: Sequence[Mark] = ()) -> Markup:
    """Return the drawing, with `marks` where backward is wrong at a point alone."""
    places = [float(x) for x, *_ in curve.points]
    columns = [
        [float(value) if value else None for value in column] for column in list(zip(*curve.points, strict=True))[1:]
    ]
    across, kinks = (places[0], places[-1]), [float(kink) for kink in curve.kinks]
    marks = [mark for mark in marks if across[0] <= mark.at <= across[1]]
    values = [*(mark.value for mark in marks), *(value for column in columns for value in column)]
    down = _range([value for value in values if value is not None])
    title = f"the derivative with respect to {curve.name}, exact and returned"
    left = min(0.0, _LEFT - 8 - max((wide(label(number), SMALL) for number in ticks(*down)), default=0))
    return tag(
        "svg",
        tag("title", text(title)),
        tag("desc", text("; ".join([_described(curve), *(mark.words for mark in marks)]))),
        *_axes(curve.name, across, down),
        *_kinks(curve, across),
        *[
            part
            for kind, column in zip(_KINDS, columns, strict=True)
            for part in _line(kind, places, column, across, down, kinks)
        ],
        *_names(columns, down),
        *[part for mark in marks for part in _mark(mark, across, down)],
        viewBox=f"{left:.0f} 0 {_LEFT + _WIDTH + _RIGHT - left:.0f} {_TOP + _HEIGHT + _BOTTOM:.0f}",
        width=round(_LEFT + _WIDTH + _RIGHT - left),
        height=round(_TOP + _HEIGHT + _BOTTOM),
        class_="graph curve middle",
        role="img",
        aria_label=title,
    )


def _described(curve: Curve) -> str:
    differing = [x for x, expected, actual in curve.points if expected != actual]
    apart = f"they differ from {differing[0]} to {differing[-1]}" if differing else "they look the same"
    return f"{apart}; the code branches at {', '.join(curve.kinks)}" if curve.kinks else apart


def _range(values: Sequence[float]) -> _Scale:
    """Return the ends of the vertical axis: all numbers, but for those that are far from most."""
    ordered = sorted(values)
    low, high = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    room = _FARTHEST * ((high - low) or max(abs(low), abs(high)) or 1.0)
    inside = [value for value in ordered if low - room <= value <= high + room]
    margin = (inside[-1] - inside[0]) / 10 or abs(inside[0]) / 2 or 1.0
    return inside[0] - margin, inside[-1] + margin


def _x(value: float, across: _Scale) -> float:
    return _LEFT + _WIDTH * (value - across[0]) / (across[1] - across[0])


def _y(value: float, down: _Scale) -> float:
    return _TOP + _HEIGHT * (down[1] - value) / (down[1] - down[0])


def _axes(name: str, across: _Scale, down: _Scale) -> Iterator[Markup]:
    yield tag("rect", x=_LEFT, y=_TOP, width=_WIDTH, height=_HEIGHT, class_="frame")
    for number in ticks(*across):
        x = _x(float(number), across)
        yield tag("path", d=f"M{x:.1f} {_TOP + _HEIGHT:.1f}v{_MARK}", class_="mark")
        yield tag("text", text(label(number)), x=x, y=_TOP + _HEIGHT + 16, class_="tick")
    for number in ticks(*down):
        y = _y(float(number), down)
        yield tag("path", d=f"M{_LEFT:.1f} {y:.1f}h{-_MARK}", class_="mark")
        yield tag("text", text(label(number)), x=_LEFT - 6, y=y + 4, class_="tick end")
    yield tag("text", text(name), x=_LEFT + _WIDTH / 2, y=_TOP + _HEIGHT + 32, class_="tick")


def _kinks(curve: Curve, across: _Scale) -> Iterator[Markup]:
    """Yield a line where the code branches, with a sign at its foot."""
    for kink in curve.kinks:
        x = _x(float(kink), across)
        yield tag("path", d=f"M{x:.1f} {_TOP:.1f}v{_HEIGHT:.1f}", class_="kink")
        yield tag("path", d=f"M{x:.1f} {_TOP + _HEIGHT:.1f}l-4 6h8z", class_="foot")


def _mark(mark: Mark, across: _Scale, down: _Scale) -> Iterator[Markup]:
    """Yield a ring at what backward returns at a point, or a cross at the upper end where that is no number."""
    x = _x(mark.at, across)
    if mark.value is None:
        y = _TOP + 10
        yield tag("path", d=f"M{x - 5:.1f} {y - 5:.1f}l10 10m0 -10l-10 10", class_="wrong")
    else:
        y = min(max(_y(mark.value, down), _TOP + 5), _TOP + _HEIGHT - 5)
        yield tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=5, class_="wrong")
    beside, end = (-10, "end") if x > _LEFT + _WIDTH / 2 else (10, "start")
    yield tag("text", text(mark.words), x=x + beside, y=y + 4, class_=f"tick {end} backprop")


def _line(
    kind: str,
    places: Sequence[float],
    column: Sequence[float | None],
    across: _Scale,
    down: _Scale,
    kinks: Sequence[float],
) -> Iterator[Markup]:
    """Yield the pieces of a line between kinks, and points at which it is not known, or outside."""

    def piece(point: _Point) -> tuple[int, bool]:
        x, y = point
        return sum(kink < x for kink in kinks), y is not None and down[0] <= y <= down[1]

    for (_, is_shown), group in groupby(zip(places, column, strict=True), key=piece):
        if is_shown:
            points = " ".join(f"{_x(x, across):.1f},{_y(y, down):.1f}" for x, y in group if y is not None)
            yield tag("polyline", points=points, class_=kind)


def _names(columns: Sequence[Sequence[float | None]], down: _Scale) -> Iterator[Markup]:
    """Yield the name of each line where it ends, none on another."""
    ends = [next((value for value in reversed(column) if value is not None), down[0]) for column in columns]
    heights = [min(max(_y(end, down), _TOP + 8), _TOP + _HEIGHT - 4) for end in ends]
    if abs(heights[0] - heights[1]) < _LINE:
        upper = 0 if heights[0] <= heights[1] else 1
        middle = min(max(sum(heights) / 2, _TOP + _LINE), _TOP + _HEIGHT - _LINE)
        heights[upper], heights[1 - upper] = middle - _LINE / 2, middle + _LINE / 2
    for kind, height in zip(_KINDS, heights, strict=True):
        yield tag("text", text(kind), x=_LEFT + _WIDTH + 6, y=height + 4, class_=f"tick start {kind}")
