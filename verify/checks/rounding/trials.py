"""The user's real code in each format, at each point, beside the exact values and what rounding may do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.rounding.formats import DOUBLE, Format
from verify.checks.rounding.judge import Judgement, is_contradicted, judged
from verify.checks.rounding.places import Doubt, Judged, Place, place_of
from verify.checks.rounding.points import SAMPLE, Point, Tried
from verify.model import identity
from verify.model.identity import NOWHERE
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation

_is_certain = attrgetter("is_certain")
_LARGEST = 100_000  # nodes of a run that is looked at in more than its sample
_BITS = {"bfloat16": 8, "float16": 11, "float32": 24}  # of types that are shorter than some inputs have
Scales = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Trial:
    """A point in a format, and what gradients and outputs are worth there; `column` is its place among the enclosures.

    `unknown` are those whose exact values are not known to enough digits.
    """

    name: str
    numbers: Format
    point: Point
    place: Place
    column: int
    floats: FloatRun
    judgements: Mapping[str, Judgement]
    unknown: tuple[str, ...] = ()

    def declared(self, name: str) -> str:
        """Return the type that an output has where it is a shorter one than that of the inputs: the layer's own choice.

        To a gradient, each upstream comes in the type of its output: it has the shortest of those that it depends on.
        """
        quantity = self.place.quantities[name]
        outputs = [quantity.output] if quantity.is_output else _behind(self.place.seen, name)
        types = filter(None, (self._short_type(number) for number in outputs))
        return min(types, key=_BITS.__getitem__, default="")

    def _short_type(self, output: int) -> str:
        passed_on = self.place.seen.trace.passed_on
        if output < len(passed_on) and passed_on[output]:
            return passed_on[output]
        dtype = np.asarray(_outputs(self.floats)[output]).dtype
        return dtype.name if dtype.name in _BITS and dtype.itemsize < self.numbers.dtype.itemsize else ""

    @property
    def explained(self) -> bool:
        """Tell whether all floats are what rounding may make of them, by the operations that are known."""
        return not any(
            (judgement.strayed | (judgement.overflown & np.isfinite(judgement.bound))).any()
            for judgement in self.judgements.values()
        )


class Wrong(NamedTuple):
    """A gradient whose formula is wrong at a point of its region, or may be as nothing `certain` is known there."""

    name: str
    run: Exact
    point: Point
    is_certain: bool = True


@dataclass(frozen=True, slots=True)
class Trials:
    """What comes of a run of the code at points, each in a format.

    `wrong` are formulas that are wrong there, `branches` what rounding decides in double precision, by place, and
    `unfollowed` the types for whose numbers the code computes something that cannot be followed.
    """

    trials: list[Trial] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    branches: dict[identity.Place, Tried] = field(default_factory=dict)
    unfollowed: tuple[str, ...] = ()


def trials(
    case: TracedCase,
    run: Exact,
    others: Sequence[Exact],
    tried: Sequence[Tried],
    seed: int,
    scales: Mapping[tuple[str, str], float] = MappingProxyType({}),
) -> Trials:
    """Run the code at points, each in a format, where it runs.

    `others` are runs in other regions, `scales` the largest entries at the sample where that is none of the points.
    Left out are points where rounding may decide a branch, points in a region where the code cannot be followed, and
    gradients whose formula is wrong there.
    """
    if not tried:
        return Trials()
    places = [Place(case, run, seed)]
    planned = [
        (candidate, place, place.take(candidate.numbers, candidate.point))
        for candidate in tried
        if (candidate.name == SAMPLE or len(run.seen.trace) <= _LARGEST)
        and (place := place_of(candidate.point, places, others)) is not None
    ]
    sizes: Scales = dict(scales)
    made = [trial for candidate in planned if (trial := _trial(*candidate, sizes)) is not None]
    outcomes, unfollowed = _judge_anew(made, sizes)
    wrong = [
        Wrong(name, place.run, place.columns[doubt.column].point, doubt.is_certain)
        for place in places
        for name, doubt in place.wrong.items()
    ]
    branches = {_branch(candidate, place, column): candidate for candidate, place, column in reversed(planned)}
    return Trials(outcomes, wrong, {where: tried for where, tried in branches.items() if where}, unfollowed)


def _branch(tried: Tried, place: Place, column: int) -> identity.Place:
    """Return what branch rounding decides in double precision, or none; the shorter formats do so more often."""
    return place.doubtful(column) if tried.numbers is DOUBLE and not place.certain[column] else NOWHERE


def _trial(tried: Tried, place: Place, column: int, scales: Scales) -> Trial | None:
    """Run the code in a format and judge it; None where it does not run, or rounding decides a branch."""
    if not place.certain[column]:
        return None
    try:
        floats = FloatRun(place.case, place.run.seen, place.seed, tried.point, tried.numbers.dtype)
    except SubjectError:
        return None
    judgements, unknown = _judgements(place, column, floats, scales)
    for name, judgement in judgements.items() if tried.name == SAMPLE else ():
        scales[tried.numbers.name, name] = judgement.scale
    return Trial(tried.name, tried.numbers, tried.point, place, column, floats, judgements, unknown)


def _judge_anew(attempts: Sequence[Trial], scales: Scales) -> tuple[list[Trial], tuple[str, ...]]:
    """Judge anew what rounding does not explain in a shorter format: code may ask for the type of its numbers.

    Where that code cannot be followed, the type is returned. Where a gradient is right in double precision, and its
    formula wrong for this type of numbers, it is as it was; and so is all else, if that would explain everything.
    """
    doubted = [trial for trial in attempts if trial.numbers is not DOUBLE and not trial.explained]
    places = {id(trial): trial.place.of_type(trial.numbers, trial.point) for trial in doubted}
    columns = {id(t): place.take(t.numbers, t.point) for t in doubted if (place := places[id(t)]) is not None}
    again = {id(trial): _again(trial, places[id(trial)], columns.get(id(trial), 0), scales) for trial in doubted}
    unfollowed = dict.fromkeys(trial.numbers.name for trial in doubted if places[id(trial)] is None)
    return [trial for attempt in attempts if (trial := again.get(id(attempt), attempt)) is not None], tuple(unfollowed)


def _again(trial: Trial, place: Place | None, column: int, scales: Scales) -> Trial | None:
    if place is None or not place.certain[column]:
        return None
    updates, unknown = _judgements(place, column, trial.floats, scales)
    judgements = {**trial.judgements, **updates}
    if place.wrong.keys() - trial.place.wrong.keys():
        updated = replace(trial, judgements=judgements)
        return trial if updated.explained else updated
    return replace(trial, place=place, column=column, judgements=judgements, unknown=unknown)


def _judgements(
    place: Place, column: int, floats: FloatRun, scales: Scales
) -> tuple[dict[str, Judgement], tuple[str, ...]]:
    """Judge each gradient and output that comes in its shape; return the names of those that cannot be, too."""
    numbers, judgements, unknown = place.columns[column].format, {}, []
    for name, quantity in place.quantities.items():
        actual, scale = _actual(floats, name, quantity), scales.get((numbers.name, name), 0.0)
        if actual is None:
            continue
        exact = place.exact(name, column, scale)
        if exact is None:
            unknown.append(name)
        elif all(value.is_finite() for value in exact):
            middle, radius = place.enclosures.of(quantity.recorded)
            enclosed = middle[:, column], radius[:, column]
            judgement = judged(numbers, actual.ravel(), exact, enclosed, scale)
            if judgement is not None:
                judgements[name] = judgement
            elif not quantity.is_output:
                doubt = Doubt(column, is_contradicted(exact, enclosed))
                place.wrong[name] = max(place.wrong.get(name, doubt), doubt, key=_is_certain)
    return judgements, tuple(unknown)


def _actual(floats: FloatRun, name: str, quantity: Judged) -> Any:
    """Return the floats of a gradient or output, or None where they are no numbers, or in another shape."""
    value = _outputs(floats)[quantity.output] if quantity.is_output else floats.gradients.get(name)
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        return None
    return array if array.shape == quantity.shape else None


def _behind(seen: Observation, name: str) -> list[int]:
    """Return the numbers of the outputs whose upstream a gradient depends on; all where no upstream is a variable."""
    if seen.trace.on_tape or not seen.upstream_nodes:
        return [*range(len(seen.outputs))]
    reached = set(seen.trace.reach(seen.gradients[name].nodes))
    return [number for number, upstream in enumerate(seen.upstreams) if not reached.isdisjoint(upstream.nodes)]


def _outputs(floats: FloatRun) -> Sequence[Any]:
    outputs: Sequence[Any] = floats.output if floats.seen.several else [floats.output]
    return outputs
