"""Where the floats of a layer are looked at: its sample, and inputs of other magnitudes in its domain."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction

from verify.arithmetic.formats import DOUBLE, HALF, SINGLE, Format
from verify.subjects.cases import TracedCase
from verify.subjects.shapes import Real
from verify.tracing.observe import Observation

Point = Mapping[str, Fraction]
SAMPLE = "sample"
_FAR = Fraction(10**6)
# How far from the middle of the domain, or from its end, inputs lie, as a multiple of how far the sample does.
_SCALES = {
    "1e-8": Fraction(1, 10**8),
    "1e-3": Fraction(1, 10**3),
    "30": Fraction(30),
    "1e3": Fraction(10**3),
    "1e8": Fraction(10**8),
}
_OFFSET = "1e6 + sample"  # inputs of one sign that differ little from each other, as rows to be normalised may
# At which of these each format is tried: half precision has no room for more.
TRIED: Mapping[Format, tuple[str, ...]] = {
    DOUBLE: (SAMPLE, *_SCALES, _OFFSET),
    SINGLE: (SAMPLE, "1e-3", "1e3", "1e8"),
    HALF: (SAMPLE,),
}


def points(case: TracedCase, seen: Observation, numbers: Format) -> Iterator[tuple[str, Point]]:
    """Return the points of a case that a format can hold, each with its name; the upstream stays as it was."""
    for name in TRIED[numbers]:
        moved = _moved(case, seen, name)
        if (rounded := numbers.nearest(list(moved.values()))) is not None:
            yield name, dict(zip(moved, rounded, strict=True))


def _moved(case: TracedCase, seen: Observation, name: str) -> dict[str, Fraction]:
    sample, names, real = seen.trace.sample, seen.trace.payloads, case.real
    moved = dict(sample)
    for key, quantity in seen.inputs.items():
        move = _move(real[key], name)
        moved.update({names[node]: move(sample[names[node]]) for node in quantity.nodes})
    return moved


def _move(given: Real, name: str) -> Callable[[Fraction], Fraction]:
    """Return what takes the sample to inputs of a magnitude; a domain between two bounds has no large ones."""
    low, high = given.low, given.high
    if name == SAMPLE or (low is not None and high is not None and _SCALES.get(name, _FAR) > 1):
        return lambda value: value
    if name == _OFFSET:
        return (lambda value: value + _FAR) if high is None else (lambda value: value - _FAR)
    end, factor = high if low is None else low, _SCALES[name]
    return lambda value: (end or 0) + (value - (end or 0)) * factor
