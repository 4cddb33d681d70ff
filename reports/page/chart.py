"""How many bits a layer loses against the size of its input, as a small drawing: a line for each precision."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from reports.page.markup import Markup, tag, text
from verify.model.result import Accuracy

_BITS = {"float64": 53, "float32": 24, "float16": 11}
_DOTS = {"float64": 4.2, "float32": 3.0, "float16": 1.8}  # radii: one in another is seen
_ORDER = ("1e-8", "1e-3", "sample", "30", "1e3", "1e8", "1e6 + sample")
_NAMES = {"1e6 + sample": "1e6 + …"}
_TELLING = 8  # bits between the best and the worst size of input: else there is nothing to show
_LEFT, _TOP, _STEP, _HEIGHT, _RIGHT = 34, 18, 62, 120, 70


class Point(NamedTuple):
    """The worst gradient at one size of the inputs: the bits that rounding may take, and those that it did."""

    magnitude: str
    lost: float
    seen: float | None
    name: str


def chart(accuracy: Sequence[Accuracy], name: str, number: str) -> Markup | None:
    """Return the drawing of a layer, or None where it loses about as much everywhere."""
    series = {precision: _points(accuracy, precision) for precision in _BITS}
    if not any(_tells(points) for points in series.values()):
        return None
    magnitudes = [m for m in _sizes(accuracy) if any(p.magnitude == m for ps in series.values() for p in ps)]
    top = max(10.0, max(p.lost for points in series.values() for p in points))
    width, height = _LEFT + _STEP * len(magnitudes) + _RIGHT, _TOP + _HEIGHT + 34
    title = tag("title", text(f"bits lost by {name} against the size of its inputs"), id=f"a{number}")
    parts = [title, *_axes(magnitudes, top)]
    for precision, points in series.items():
        parts += _series(precision, points, magnitudes, top)
    ends = {p: points[-1] for p, points in series.items() if len(points) > 1}
    for magnitude in magnitudes:
        ends_at_magnitude = {p: _y(end.lost, top) for p, end in ends.items() if end.magnitude == magnitude}
        parts += _names(ends_at_magnitude, _x(magnitudes.index(magnitude)) + 8, below=magnitude != magnitudes[-1])
    return tag(
        "svg",
        *parts,
        viewBox=f"0 0 {width} {height}",
        width=width,
        height=height,
        class_="graph chart narrow",
        role="img",
        aria_labelledby=f"a{number}",
    )


def worst(accuracy: Sequence[Accuracy]) -> str:
    """Say where most bits are lost."""
    losses = [(p, precision) for precision in _BITS for p in _points(accuracy, precision) if p.lost]
    if not losses:
        return ""
    point, precision = max(losses, key=lambda pair: (pair[0].lost / _BITS[pair[1]], _BITS[pair[1]]))
    at = "at the sample" if point.magnitude == "sample" else f"at inputs of {point.magnitude}"
    lost = "all" if point.lost >= _BITS[precision] else f"{point.lost:.0f} of {_BITS[precision]}"
    return f"Rounding may take {lost} bits of d{point.name} in {precision} {at}"


def _sizes(accuracy: Sequence[Accuracy]) -> list[str]:
    magnitudes = {a.magnitude for a in accuracy}
    return [magnitude for magnitude in _ORDER if magnitude in magnitudes]


def _points(accuracy: Sequence[Accuracy], precision: str) -> list[Point]:
    bits = _BITS[precision]
    worst_points: dict[str, Point] = {}
    for a in accuracy:
        if a.precision == precision and a.bits_lost and a.magnitude in _ORDER:
            point = Point(a.magnitude, min(bits, max(0.0, float(a.bits_lost))), _bits(a.error, bits), a.name)
            worst_points[a.magnitude] = max(point, worst_points.get(a.magnitude, point), key=lambda p: p.lost)
    return sorted(worst_points.values(), key=lambda point: _ORDER.index(point.magnitude))


def _bits(ulps: str, most: int) -> float | None:
    try:
        return min(float(most), math.log2(max(1.0, float(ulps))))
    except (ValueError, OverflowError):
        return None


def _tells(points: Sequence[Point]) -> bool:
    lost = [point.lost for point in points]
    return bool(lost) and max(lost) - min(lost) >= _TELLING


def _axes(magnitudes: Sequence[str], top: float) -> Iterator[Markup]:
    for bits in range(0, int(top) + 1, 10 if top > 25 else 5):
        y = _y(bits, top)
        yield tag("path", d=f"M{_LEFT} {y:.1f}h{_STEP * len(magnitudes)}", class_="rule")
        yield tag("text", text(bits), x=_LEFT - 6, y=y + 4, class_="tick end")
    for place, magnitude in enumerate(magnitudes):
        yield tag("text", text(_NAMES.get(magnitude, magnitude)), x=_x(place), y=_TOP + _HEIGHT + 18, class_="tick")
    middle = _LEFT + _STEP * len(magnitudes) / 2
    yield tag("text", text("size of the inputs"), x=middle, y=_TOP + _HEIGHT + 32, class_="tick")


def _series(precision: str, points: Sequence[Point], magnitudes: Sequence[str], top: float) -> Iterator[Markup]:
    by_magnitude = {point.magnitude: point for point in points}
    placed = [(place, by_magnitude[m]) for place, m in enumerate(magnitudes) if m in by_magnitude]
    if len(placed) < 2:
        return
    line = " ".join(f"{_x(place):.1f},{_y(point.lost, top):.1f}" for place, point in placed)
    yield tag("polyline", points=line, class_=f"series {precision}")
    for place, point in placed:
        if point.seen is not None:
            hint = tag(
                "title", text(f"{precision}, {point.magnitude}: {point.lost:.1f} bits at most, {point.seen:.1f} seen")
            )
            where = {"cx": _x(place), "cy": _y(point.seen, top), "r": _DOTS[precision]}
            yield tag("circle", hint, **where, class_=f"seen {precision}")


def _names(ends: Mapping[str, float], x: float, *, below: bool) -> Iterator[Markup]:
    """Yield the names of the lines that end in one place beside their ends, or `below` where others go on."""
    free = 0.0
    for precision, end in sorted(ends.items(), key=lambda item: item[1]):
        y = max(end + (12 if below else 4), free)
        free = y + 13  # none is over another
        yield tag("text", text(precision), x=x, y=min(y, _TOP + _HEIGHT - 2), class_=f"tick start {precision}")


def _x(place: int) -> float:
    return _LEFT + _STEP * (place + 0.5)


def _y(bits: float, top: float) -> float:
    return _TOP + _HEIGHT * (1 - bits / top)
