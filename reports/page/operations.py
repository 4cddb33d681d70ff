"""The operations of a layer, one below the other, with a line from each to those that use it; what is wrong is red.

A line goes down in a lane of its own until its last use, and no operation stands in its way. Above the first operation
of a line of code stands that line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reports.cells import short
from reports.page.layout import SMALL, wide
from reports.page.markup import Markup, joined, tag, text
from verify.model.result import Operations, Step

_ROW, _HEADER, _LANE, _RADIUS = 22.0, 17.0, 13.0, 4.5
_LEFT, _TOP = 10.0, 8.0
_LONGEST = 40  # signs of a line of code: a drawing of few lanes fits on a telephone
_NAMED = {"out": "output"}
CAPTION = "From top to bottom, for {}: the operations of forward, then those of backward. "
PARTED = "first differs here"
_RED = "Red operations lead only to wrong gradients"
_RINGED = "; the ring marks the first of them"


class _Place(NamedTuple):
    """Where a step stands: its lane, its height, and the line of code above it, if that begins with it."""

    lane: int
    y: float
    code: str


def operations_graph(operations: Operations, name: str) -> Markup:
    """Return the drawing of a layer, with a line that says how to read it."""
    steps = operations.steps
    places = _places(steps)
    beside = _LEFT + _LANE * (1 + max(place.lane for place in places))
    width = beside + max(
        wide(line, SMALL) for step, place in zip(steps, places, strict=True) for line in (place.code, _words(step))
    )
    height = places[-1].y + _ROW
    title = f"operations of {name}"
    drawn = tag(
        "svg",
        tag("title", text(title)),
        tag("desc", text(_described(steps))),
        *_lines(steps, places),
        *[part for step, place in zip(steps, places, strict=True) for part in _step(step, place, beside)],
        viewBox=f"0 0 {width + 8:.0f} {height:.0f}",
        width=round(width + 8),
        height=round(height),
        class_="graph huge operations",
        role="img",
        aria_label=title,
    )
    begins = _RINGED if any(step.parted for step in steps) else ""
    caption = f"{CAPTION.format(str(operations.variant) or 'the sample')}{_RED}{begins}."
    return joined(drawn, tag("figcaption", text(caption), class_="quiet"))


def _places(steps: Sequence[Step]) -> list[_Place]:
    """Return where steps stand: each in the first lane that is free."""
    last = {argument: number for number, step in enumerate(steps) for argument in step.args}
    held: dict[int, int] = {}  # by lanes, until which step
    places: list[_Place] = []
    y = _TOP
    for number, step in enumerate(steps):
        code = _code(step, steps[number - 1] if number else None)
        y += (_HEADER if code else 0.0) + (_HEADER / 2 if step.kind == "upstream" else 0.0)
        lane = next(lane for lane in range(len(steps)) if held.get(lane, -1) <= number)
        held[lane] = last.get(number, number)
        places.append(_Place(lane, y + _ROW / 2, code))
        y += _ROW
    return places


def _code(step: Step, before: Step | None) -> str:
    """Return the line of code that begins with a step."""
    if not step.code or (before is not None and before.where == step.where and before.kind == step.kind):
        return ""
    return f"{step.where.line}: {short(step.code, _LONGEST)}"


def _described(steps: Sequence[Step]) -> str:
    """Say where what is wrong begins, and which gradients are."""
    begun = ", ".join(f"{step.label} at {step.where}" for step in steps if step.parted)
    names = ", ".join(step.label for step in steps if step.kind == "gradient" and step.wrong)
    return f"{names} wrong{f', from {begun} on' if begun else ''}"


def _lines(steps: Sequence[Step], places: Sequence[_Place]) -> Iterator[Markup]:
    """Yield the lines to what each step uses, wrong ones last, over the others."""
    wires = []
    for number, step in enumerate(steps):
        alone = step.wrong and not any(steps[argument].wrong for argument in step.args) and step.kind == "gradient"
        for argument in step.args:
            wrong = step.wrong and (steps[argument].wrong or alone)
            wires.append((wrong, _path(places, argument, number)))
    for wrong, path in sorted(wires):
        yield tag("path", d=path, class_="wire wrong" if wrong else "wire")


def _path(places: Sequence[_Place], start: int, end: int) -> str:
    """Return a line down the lane of a step, to the lane of another one in the last gap between two steps."""
    (lane, y, _), (other, below, _) = places[start], places[end]
    turn = max(y, below - _ROW)
    return f"M{_x(lane):g} {y:g}V{turn:g}L{_x(other):g} {below:g}"


def _x(lane: int) -> float:
    return _LEFT + _LANE * lane


def _step(step: Step, place: _Place, beside: float) -> Iterator[Markup]:
    """Yield a step: its line of code, its dot, its sign."""
    x, y = _x(place.lane), place.y
    tone = "wrong" if step.wrong else ""
    if place.code:
        yield tag("text", tag("title", text(step.code)), text(place.code), x=beside, y=y - _ROW / 2 - 1, class_="code")
    if step.parted:
        yield tag("circle", cx=x, cy=y, r=_RADIUS + 3, class_="ring")
    yield tag("circle", cx=x, cy=y, r=_RADIUS, class_=f"dot {step.kind} {tone}".rstrip())
    yield tag("text", text(_words(step)), x=beside, y=y + 4, class_=f"word {step.kind} {tone}".rstrip())


def _words(step: Step) -> str:
    """Write a step: a name, or a sign with its entries."""
    if step.kind == "operation":
        return f"{step.label}{f'  ✗ {PARTED}' if step.parted else ''}"
    return f"{_NAMED.get(step.label, step.label)}{' ✗' if step.wrong else ''}"
