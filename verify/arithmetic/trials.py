"""The user's real code in each format, at each point, beside the exact gradient and what rounding may do to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from verify.arithmetic.formats import DOUBLE, Format
from verify.arithmetic.judge import Judgement, judged
from verify.arithmetic.places import Place, place_of
from verify.arithmetic.points import SAMPLE, Point, Tried
from verify.expressions.runs import SubjectError
from verify.gradients.claims import Exact
from verify.subjects.cases import TracedCase
from verify.tracing.floats import FloatRun

_LARGEST = 100_000  # nodes of a run that is looked at in more than its sample
Scales = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Trial:
    """A point in a format, and what the gradients are worth there; `column` is its place among the enclosures."""

    name: str
    numbers: Format
    point: Point
    place: Place
    column: int
    floats: FloatRun
    judgements: Mapping[str, Judgement]

    @property
    def declared(self) -> str:
        """Return the type of the output where it is a shorter one than that of the inputs: the layer's own choice."""
        outputs = self.floats.output if self.floats.seen.several else [self.floats.output]
        dtype = np.result_type(*(np.asarray(output).dtype for output in outputs))
        return dtype.name if dtype.kind == "f" and dtype.itemsize < self.numbers.dtype.itemsize else ""

    @property
    def explained(self) -> bool:
        """Tell whether all floats are what rounding may make of them, by the operations that are known."""
        return not any(
            (one.strayed | (one.overflown & np.isfinite(one.bound))).any() for one in self.judgements.values()
        )


def trials(
    case: TracedCase, run: Exact, known: Sequence[Exact], tried: Iterable[Tried], seed: int
) -> tuple[list[Trial], list[Exact], dict[str, Tried]]:
    """Return what came of a run of the code at points, each in a format, where it runs.

    `known` are runs in other regions. Left out are points where rounding may decide a branch, points in a region where
    the code cannot be followed, and gradients whose formula is wrong there. New runs in regions with such are returned
    second; third, by file and line, what rounding decides in double precision.
    """
    places = [Place(case, run, seed)]
    planned = [
        (one, place, place.take(one.numbers, one.point))
        for one in tried
        if (one.name == SAMPLE or len(run.seen.trace) <= _LARGEST)
        and (place := place_of(one.point, places, known)) is not None
    ]
    scales: Scales = {}
    found = _told([trial for one in planned if (trial := _trial(*one, scales)) is not None], scales)
    met = [place.run for place in places[1:] if place.wrong and place.run not in known]
    open_ = {_open(one, place, column): one for one, place, column in reversed(planned)}
    return found, met, {where: one for where, one in open_.items() if where}


def _open(tried: Tried, place: Place, column: int) -> str:
    """Return what branch rounding decides in double precision, or nothing; the shorter formats do so more often."""
    return place.doubtful(column) if tried.numbers is DOUBLE and not place.certain[column] else ""


def _trial(tried: Tried, place: Place, column: int, scales: Scales) -> Trial | None:
    """Run the code in a format and judge its gradients; None where it does not run, or rounding decides a branch."""
    if not place.certain[column]:
        return None
    try:
        floats = FloatRun(place.case, place.run.seen, place.seed, tried.point, tried.numbers.dtype)
    except SubjectError:
        return None
    found = _judgements(place, column, floats, scales)
    for name, judgement in found.items() if tried.name == SAMPLE else ():
        scales[tried.numbers.name, name] = judgement.scale
    return Trial(*tried, place, column, floats, found)


def _told(found: Sequence[Trial], scales: Scales) -> list[Trial]:
    """Judge anew what rounding does not explain in a shorter format: code may ask for the type of its numbers.

    Where that code cannot be followed nothing is said. A gradient whose formula is wrong then, for this type of numbers
    alone, is as it was: not explained.
    """
    doubted = [trial for trial in found if trial.numbers is not DOUBLE and not trial.explained]
    places = {id(trial): trial.place.told(trial.numbers, trial.point) for trial in doubted}
    columns = {id(t): place.take(t.numbers, t.point) for t in doubted if (place := places[id(t)]) is not None}
    again = {id(trial): _again(trial, places[id(trial)], columns.get(id(trial), 0), scales) for trial in doubted}
    return [trial for one in found if (trial := again.get(id(one), one)) is not None]


def _again(trial: Trial, place: Place | None, column: int, scales: Scales) -> Trial | None:
    if place is None or not place.certain[column]:
        return None
    found = _judgements(place, column, trial.floats, scales)
    return replace(trial, place=place, column=column, judgements={**trial.judgements, **found})


def _judgements(place: Place, column: int, floats: FloatRun, scales: Scales) -> dict[str, Judgement]:
    """Judge each gradient that comes in the shape of its input."""
    recorded, numbers = place.seen.gradients, place.columns[column].format
    came = {name: array for name in recorded if (array := _numbers(floats.gradients.get(name))) is not None}
    found = {}
    for name in came:
        if name in place.run.seen.malformed or recorded[name].shape != came[name].shape:
            continue
        exact = [place.exact[node][column] for node in place.run.gradient(name)]
        middle, radius = place.enclosures.of(recorded[name].nodes)
        enclosed, scale = (middle[:, column], radius[:, column]), scales.get((numbers.name, name), 0.0)
        if all(value.is_finite() for value in exact):
            found[name] = judged(numbers, came[name].ravel(), exact, enclosed, scale)
            place.wrong = place.wrong or found[name] is None
    return {name: judgement for name, judgement in found.items() if judgement is not None}


def _numbers(value: Any) -> Any:
    try:
        return np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
