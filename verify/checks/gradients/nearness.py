"""How near a float of compiled code is to the exact value: near enough, apart for certain, or neither.

Nothing bounds the rounding of code that nobody sees: (x + 1e16) - 1e16 is x by its formula, and 0 on floats. So both
answers but UNDECIDED rest on something that is said where they are given.

- SAMPLED says what was seen, in so many digits. It wants half of those of the format in which the code returns each
  entry, and a difference that as many operations as `forward` and the exact derivative have may make: each rounds the
  largest number once, and that may be multiplied by one as large. More may be a wrong formula, or rounding.
- REFUTED wants a difference that rounding explains only if the code computes a thousand billion times as badly as its
  format: 2^-11, the rounding of half precision, of the largest number that occurs in `forward`, in the exact
  derivative or on the way to either, where double precision rounds by 2^-53 of it. The measure is that number, and not
  the entry: y (1 - y) in place of exp(-x) y^2 loses all digits far out, and is right. The code has to return the same
  number twice, so that nothing kept from another run is the cause. That assumption stands in the report.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.graph import balls
from verify.proof import rationals
from verify.proof.rationals import Real
from verify.tracing.floats import FloatRun
from verify.tracing.observe import Observation

_HALF = Fraction(1, 2**11)  # half precision: what it rounds by
_DOUBLE = 53  # bits of double precision
_DIGITS_A_BIT = math.log10(2)


@dataclass(frozen=True, slots=True)
class PointRun:
    """The code at one point: its run on floats, and what is exact there.

    `exact` has the entries of each gradient, `outputs` those of each output. No number of the computation is larger
    than `scale`, which is at least 1: any code may compute with that. `operations` is how many there are.
    """

    floats: FloatRun
    exact: Mapping[str, Sequence[Real]]
    outputs: Sequence[Sequence[Real]]
    scale: flint.arb
    operations: int

    @property
    def seen(self) -> Observation:
        """Return the run on symbols, which went as far as the compiled code."""
        return self.floats.seen


@dataclass(frozen=True, slots=True)
class Nearness:
    """A float that the code returned, in so many `bits`, beside the exact value.

    `distance` is a ball around how far they are apart, None where either is no number. `against` is what that is
    measured by: the exact value, or where that is 0 the largest beside it. No number of the computation is larger than
    `scale`; `operations` is how many there are.
    """

    actual: float
    bits: int
    expected: Real
    distance: flint.arb | None
    against: flint.arb
    scale: flint.arb
    operations: int

    @property
    def digits(self) -> int:
        """Return in how many digits both sides agree."""
        if self.distance is None:
            return 0
        most, distance = math.floor(self.bits * _DIGITS_A_BIT), self.distance.upper()
        if distance == 0:
            return most
        relative = min(1.0, float(distance / self.against)) if self.against > 0 else 1.0
        return min(most, math.floor(-math.log10(relative))) if relative else most

    @property
    def agrees(self) -> bool:
        """Tell whether half of the digits agree, and rounding of as many operations may account for the others."""
        half = 2 * self.digits >= math.floor(self.bits * _DIGITS_A_BIT)
        return half and self._is_within(self.scale * self.scale * self.operations)

    @property
    def is_lost(self) -> bool:
        """Tell whether the difference is less than one rounding of the largest number, and too few digits agree."""
        return not self.agrees and self._is_within(self.scale)

    @property
    def is_apart(self) -> bool:
        """Tell whether the difference is more than half precision would make of the largest number."""
        if self.bits < _DOUBLE or self.distance is None:
            return False
        return bool(self.distance.lower() > self.scale * balls.ball(_HALF))

    def _is_within(self, size: flint.arb) -> bool:
        """Tell whether the difference is no more than one rounding of numbers of a size."""
        return self.distance is not None and bool(self.distance.upper() <= size * flint.arb(2) ** -self.bits)


@dataclass(frozen=True, slots=True)
class Entry(Nearness):
    """An entry of an array at a point, by its place."""

    run: PointRun
    place: int


def nearness(actual: float, expected: Real, largest: flint.arb, computation: tuple[flint.arb, int]) -> Nearness:
    """Return how near a float of double precision is to an exact value, in a computation of a scale and a length."""
    return Nearness(actual, _DOUBLE, expected, *_distance(actual, expected, largest), *computation)


def _distance(actual: float, expected: Real, largest: flint.arb) -> tuple[flint.arb | None, flint.arb]:
    """Return how far a float is from an exact value, and what that is measured by."""
    is_known = math.isfinite(actual) and expected.ball.is_finite()
    against = largest if expected.ball.contains(0) else abs(expected.ball).lower()
    return abs(flint.arb(actual) - expected.ball) if is_known else None, against


def scale_of(values: Iterable[flint.arb]) -> flint.arb:
    """Return a number that no value exceeds, at least 1: any code may compute with that."""
    return max((abs(ball).upper() for ball in values), default=flint.arb(1)).max(flint.arb(1))


def at_point(case: TracedCase, exact: Exact, floats: FloatRun) -> PointRun:
    """Return the code at a point, with the exact values there."""
    trace, outputs = exact.seen.trace, exact.seen.outputs
    nodes = [*exact.derivatives.values(), *(node for output in outputs for node in output.nodes)]
    values = balls.at(trace, nodes, trace.sample)
    real = rationals.real(trace, nodes, trace.sample)
    gradients = {name: [real[node] for node in exact.gradient(name)] for name in case.real}
    values_of_outputs = [[real[node] for node in output.nodes] for output in outputs]
    return PointRun(floats, gradients, values_of_outputs, scale_of(values.values()), len(values))


def entries_of(run: PointRun, name: str) -> list[Entry] | None:
    """Return the entries of a gradient at a point; None where it is no array of the shape of its input."""
    return _compared(run, run.floats.gradients.get(name), run.exact[name], run.seen.inputs[name].shape)


def is_forward_near(run: PointRun) -> bool:
    """Tell whether all outputs agree at a point, or are lost."""
    outputs = run.floats.output if run.seen.several else [run.floats.output]
    for output, exact, quantity in zip(outputs, run.outputs, run.seen.outputs, strict=True):
        entries = _compared(run, output, exact, quantity.shape)
        if entries is None or not all(entry.agrees or entry.is_lost for entry in entries):
            return False
    return True


def _compared(run: PointRun, value: Any, expected: Sequence[Real], shape: tuple[int, ...]) -> list[Entry] | None:
    """Return the entries of an array; None where it is none of a shape."""
    if value is None:
        return None
    try:
        actual = np.asarray(value)
        bits = min(_DOUBLE, np.finfo(actual.dtype if actual.dtype.kind == "f" else float).nmant + 1)
        numbers = actual.astype(float)
    except (TypeError, ValueError):
        return None
    if actual.shape != shape:
        return None
    largest = max((abs(real.ball).upper() for real in expected), default=flint.arb(0))
    return [
        Entry(number, bits, real, *_distance(number, real, largest), run.scale, run.operations, run, place)
        for place, (number, real) in enumerate(zip(numbers.ravel().tolist(), expected, strict=True))
    ]
