"""The user's real code in each format, at each point, beside the exact gradient and what rounding may do to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import flint
import numpy as np

from verify.arithmetic.enclosures import Column, Enclosures
from verify.arithmetic.formats import Format
from verify.arithmetic.judge import Judgement, judged
from verify.arithmetic.points import SAMPLE, TRIED, points
from verify.arithmetic.recorder import Recorder
from verify.expressions.runs import SubjectError
from verify.gradients.claims import Exact
from verify.proof import balls
from verify.subjects.cases import TracedCase
from verify.tracing.floats import FloatRun
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point, pinned

_BITS = 320  # of the exact values
_LARGEST_ELSEWHERE = 5_000  # nodes of a run that is done once more in the region of a point
_LARGEST = 100_000  # nodes of a run that is looked at in more than its sample


class Place:
    """A region that points lie in: a run on symbols there, the operations of the code there, and their enclosures."""

    def __init__(self, case: TracedCase, run: Exact, seed: int) -> None:
        self.run = run
        self.columns: list[Column] = []
        sample, seen = run.seen.trace.sample, Observation(run.seen.variant, Recorder())
        self.seen = observe(case, run.seen.variant, seed, seen=seen, at=sample)

    @property
    def recorder(self) -> Recorder:
        """Return the operations of the code."""
        assert isinstance(self.seen.trace, Recorder)
        return self.seen.trace

    @cached_property
    def enclosures(self) -> Enclosures:
        """Return what rounding may do in all columns."""
        nodes = [node for quantity in self.seen.gradients.values() for node in quantity.nodes]
        return Enclosures(self.recorder, [*nodes, *self.recorder.asked], self.columns)


@dataclass(frozen=True, slots=True)
class Trial:
    """A point in a format, and what the gradients are worth there; `column` is its place among the enclosures."""

    name: str
    numbers: Format
    point: Point
    place: Place
    column: int
    judgements: Mapping[str, Judgement]


def trials(case: TracedCase, run: Exact, known: Sequence[Exact], seed: int) -> Iterator[Trial]:
    """Yield what came of a run of the code in each format at each point where it runs.

    `known` are runs in other regions. Left out are points where rounding may decide a branch, or that lie in a region
    where the code cannot be followed, and gradients whose formula is wrong there.
    """
    places = [Place(case, run, seed)]
    planned = []
    for numbers in TRIED:
        for name, point in points(case, run.seen, numbers):
            if name != SAMPLE and len(run.seen.trace) > _LARGEST:
                continue
            if (place := _place(case, run, known, places, point, seed)) is not None:
                planned.append((name, numbers, point, place, len(place.columns)))
                place.columns.append(Column(numbers, point))
    certain = {id(place): place.enclosures.certain(place.recorder.asked) for place in places if place.columns}
    scales: dict[tuple[str, str], float] = {}
    for name, numbers, point, place, column in planned:
        if certain[id(place)][column]:
            found = _judgements(case, place, numbers, point, column, scales, seed)
            for key, judgement in found.items() if name == SAMPLE else ():
                scales[numbers.name, key] = judgement.scale
            yield Trial(name, numbers, point, place, column, found)


def _place(
    case: TracedCase, run: Exact, known: Sequence[Exact], places: list[Place], point: Point, seed: int
) -> Place | None:
    """Return the place of a point; a run on symbols is done there if none is known, and it is a small one."""
    for place in places:
        if place.run.region.holds(point):
            return place
    try:
        there = next(
            (
                other
                for other in known
                if other.seen.variant.text == run.seen.variant.text and other.region.holds(point)
            ),
            None,
        )
        if there is None and len(run.seen.trace) <= _LARGEST_ELSEWHERE:
            there = Exact(case, observe(case, run.seen.variant, seed, at=point))
        if there is None or pinned(there.seen.conditions) or not there.region.holds(point):
            return None
        places.append(Place(case, there, seed))
    except SubjectError:
        return None
    return places[-1]


def _judgements(
    case: TracedCase,
    place: Place,
    numbers: Format,
    point: Point,
    column: int,
    scales: Mapping[tuple[str, str], float],
    seed: int,
) -> dict[str, Judgement]:
    """Run the code in a format and judge each gradient that comes in the shape of its input."""
    run, recorded = place.run, place.seen.gradients
    try:
        gradients = FloatRun(case, run.seen, seed, point, numbers.dtype).gradients
    except SubjectError:
        return {}
    came = {name: array for name in recorded if (array := _numbers(gradients.get(name))) is not None}
    wanted = [name for name in came if name not in run.seen.malformed and recorded[name].shape == came[name].shape]
    nodes = [node for name in wanted for node in run.gradient(name)]
    with flint.ctx.workprec(_BITS):
        values = balls.at(run.seen.trace, nodes, point)
        found = {}
        for name in wanted:
            middle, radius = place.enclosures.of(recorded[name].nodes)
            exact = [values[node] for node in run.gradient(name)]
            enclosed = middle[:, column], radius[:, column]
            scale = scales.get((numbers.name, name), 0.0)
            if all(value.is_finite() for value in exact):
                found[name] = judged(numbers, came[name].ravel(), exact, enclosed, scale)
    return {name: judgement for name, judgement in found.items() if judgement is not None}


def _numbers(value: Any) -> Any:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
