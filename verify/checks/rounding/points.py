"""Where the floats of a layer are looked at: its sample, and inputs of other magnitudes in its domain."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.inputs import Real
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE, Format
from verify.model.exact import nearest_double
from verify.tracing.observe import Observation

Array = Any
Point = Mapping[str, Any]  # floats, each an exact number
SAMPLE = "sample"
REGION = "another region"
_FAR = 1e6
# How far from the middle of the domain, or from its end, inputs lie, as a multiple of how far the sample does.
_SCALES = {"1e-8": 1e-8, "1e-3": 1e-3, "30": 30.0, "1e3": 1e3, "1e8": 1e8}
_OFFSET = "1e6 + sample"  # inputs of one sign that differ little from each other, as rows to be normalised may
_NAMES = (SAMPLE, *_SCALES, _OFFSET)
_FORMATS = (DOUBLE, SINGLE, HALF)  # each is tried at all of these points that are normal numbers of it


@dataclass(frozen=True, eq=False)  # without slots: the point is kept
class Tried:
    """A point whose numbers are of a format, and what it is called: variables in order, and a float for each."""

    name: str
    numbers: Format
    variables: Sequence[str]
    floats: Array

    @cached_property
    def point(self) -> Point:
        """Return the floats by variable, which nobody asks for who reads whole arrays."""
        return dict(zip(self.variables, self.floats.tolist(), strict=True))


def points(case: TracedCase, seen: Observation) -> Iterator[Tried]:
    """Yield the points of a case, the sample first, in each format that can hold them; the upstream stays as it was."""
    sample, variables, places = _sample(seen), list(seen.trace.sample), _places(seen)
    for name in _NAMES:
        moved = _moved(case, places, name, sample)
        if name == SAMPLE or (moved != sample).any():
            yield from _in_formats(name, variables, moved, _FORMATS)


def regional(case: TracedCase, seen: Observation) -> Iterator[Tried]:
    """Yield the sample of a run that is in another region than the case's own: where its floats are to run at all."""
    yield from _in_formats(REGION, list(seen.trace.sample), _sample(seen), (DOUBLE, SINGLE))


def _in_formats(name: str, variables: Sequence[str], moved: Array, formats: Sequence[Format]) -> Iterator[Tried]:
    for numbers in formats:
        if (rounded := numbers.nearest(moved)) is not None:
            yield Tried(name, numbers, variables, rounded)


def _sample(seen: Observation) -> Array:
    return np.array([nearest_double(value) for value in seen.trace.sample.values()])


def _places(seen: Observation) -> dict[str, Array]:
    """Return where in the sample the entries of each input stand."""
    place = {variable: number for number, variable in enumerate(seen.trace.sample)}
    return {
        key: np.array([place[seen.trace.payloads[node]] for node in quantity.nodes], int)
        for key, quantity in seen.inputs.items()
    }


def _moved(case: TracedCase, places: Mapping[str, Array], name: str, sample: Array) -> Array:
    """Return the sample with its inputs, which stand at places of it, moved to a magnitude."""
    moved = sample.copy()
    for key, of_input in places.items():
        moved[of_input] = _at_magnitude(case.symbolic[key], name, sample[of_input])
    return moved


def _at_magnitude(domain: Real, name: str, values: Array) -> Array:
    """Return inputs of a magnitude; a domain between two bounds has no large ones."""
    low, high = domain.low, domain.high
    if name == SAMPLE or (low is not None and high is not None and _SCALES.get(name, _FAR) > 1):
        return values
    if name == _OFFSET:
        return values + (_FAR if high is None else -_FAR)
    end = nearest_double((high if low is None else low) or Fraction(0))
    return end + (values - end) * _SCALES[name]
