"""How good the formula on the other side of a threshold is, at the threshold, in the format of the code.

The operations of the code are recorded there, and enclosed as rounding may leave them: what the formula there is good
to is what an approximation on this side has to be. No formula is good to less than half of the digits of its format,
which is where one counts as unstable (GP202): an approximation is not excused by noise. Of a formula for whose rounding
no bound is known (SciPy's functions) it is not known how good it is, between that and half an ulp: what is as good as
that is an approximation, and what is worse than half of the digits is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from typing import Any

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.approximation.enclosure import BITS
from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.terms import Terms
from verify.checks.rounding.enclosures import Column, Enclosures, ball
from verify.checks.rounding.formats import DOUBLE, HALF, SINGLE, Format
from verify.checks.rounding.recorder import Recorder
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.errors import UnboundedError
from verify.model.exact import nearest_double
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.region import Point

_SLIGHTLY = 16  # times as inaccurate as the formula
_ALIKE = flint.arb(2) ** -200  # relative: formulas that differ by less at a point of doubles are one formula


def computed_in(floats: FloatRun, name: str) -> Format:
    """Return the format that code computes a gradient in, given doubles: the shortest of its results."""
    outputs = floats.output if floats.seen.several else [floats.output]
    kinds = [np.asarray(value).dtype for value in (*outputs, floats.gradients.get(name)) if value is not None]
    if any(floats.seen.trace.passed_on):  # a type with fewer bits than any of these
        return HALF
    formats = [f for f in (HALF, SINGLE) if any(kind == f.dtype for kind in kinds)]
    return formats[0] if formats else DOUBLE


class Yardstick:
    """The operations of the code at a point just beyond a threshold, and what rounding may make of them.

    They are recorded when the first formula is asked for. `seen` is a run in the region of the point.
    """

    def __init__(self, case: TracedCase, seen: Observation, point: Point, seed: int, numbers: Format) -> None:
        self.case, self.seed, self.numbers, self.seen = case, seed, numbers, seen
        self._at = point
        rounded = numbers.nearest([nearest_double(value) for value in point.values()])
        self.usable = rounded is not None
        if rounded is not None:
            self.point = dict(zip(point, map(Fraction, rounded.tolist()), strict=True))
        self._values: dict[int, flint.arb] = {}

    @cached_property
    def _recorded(self) -> Observation:
        recorded = self.seen.again(Recorder())
        observe(self.case, recorded.variant, self.seed, seen=recorded, at=self._at)
        return recorded

    @cached_property
    def bounded(self) -> bool:
        """Tell whether a bound is known for what the operations there round."""
        try:
            return bool(self._recorded)
        except SubjectError as problem:
            if isinstance(problem.__cause__, UnboundedError):
                return False
            raise

    def excused(self, limit: flint.arb) -> flint.arb:
        """Return from where on an error is no approximation's, where a formula is good to a limit if that is known."""
        return limit if self.bounded else flint.arb(self.numbers.unit).sqrt()

    def is_short(self, reached: flint.arb, limit: flint.arb) -> bool:
        """Tell whether a series of `forward` is off by far more than its formula, which is good to a limit.

        A threshold that is ten times too far out makes a hundred times of the error of two terms, and more of others;
        what is a little beyond the limit is told, and the gradient is judged as the derivative of the formula.
        """
        return bool(reached > _SLIGHTLY * self.excused(limit))

    @cached_property
    def _outputs(self) -> list[int]:
        return [node for output in self._recorded.outputs for node in output.nodes]

    @cached_property
    def _enclosures(self) -> Enclosures:
        recorded = self._recorded
        gradients = [node for quantity in recorded.gradients.values() for node in quantity.nodes]
        assert isinstance(recorded.trace, Recorder)
        point = {name: float(value) for name, value in self.point.items()}
        return Enclosures(recorded.trace, [*self._outputs, *gradients], [Column(self.numbers, point)])

    def of_gradient(self, name: str, entry: int, exact: int, size: flint.arb) -> flint.arb:
        """Return what a gradient is good to, relative to the sum of the magnitudes of its terms."""
        if not self.bounded:
            return flint.arb(self.numbers.unit)
        return self._good_to(self._recorded.gradients[name].nodes[entry], exact, size)

    def of_output(self, entry: int, exact: int, size: flint.arb) -> flint.arb:
        """Return what an output is good to, relative to the sum of the magnitudes of its terms."""
        return self._good_to(self._outputs[entry], exact, size) if self.bounded else flint.arb(self.numbers.unit)

    def of_formula(self, exact: int) -> flint.arb:
        """Return what the first operation that computes a formula is good to, relative to its value.

        That is one with the value of the formula to 200 bits at the point. Where the code has none, the formula has to
        be met to half an ulp: nothing is excused by a computation that was not made.
        """
        with flint.ctx.workprec(BITS):
            true = balls.at(self.seen.trace, [exact], self.point)[exact]
            if not self.bounded or not true.is_finite() or true.contains(0):
                return flint.arb(self.numbers.unit)
            if not self._values:
                balls.at(self._recorded.trace, sorted(self._enclosures.row), self.point, self._values)
            near = abs(true) * _ALIKE
            for node in sorted(self._enclosures.row):
                if abs(self._values[node] - true) < near:
                    return self._good_to(node, exact, abs(true))
        return flint.arb(self.numbers.unit)

    def _good_to(self, node: int, exact: int, size: flint.arb) -> flint.arb:
        unit = flint.arb(self.numbers.unit)
        useless = unit.sqrt()
        (middle,), (radius,) = self._enclosures.of([node])
        if not np.isfinite(radius[0]):
            return useless
        with flint.ctx.workprec(BITS):
            true = balls.at(self.seen.trace, [exact], self.point)[exact]
            distance = abs(ball(middle[0], radius[0]) - true).abs_upper()
            return (distance / size).max(unit).min(useless)


def magnitude(graph: Graph, terms: Terms[Any], pivot: Pivot, point: Mapping[str, Fraction]) -> flint.arb:
    """Return the sum of the magnitudes of terms at a point, whose functions of the pivot were taken there."""
    total = flint.arb(0)
    norm = flint.arb(1)
    if pivot.square is not None:
        norm = balls.at(graph, [pivot.square], point)[pivot.square].sqrt()
    for monomial, value in terms.terms.items():
        size = abs(value.middle[0])
        for letter, power in monomial:
            at = balls.at(graph, [letter], point)[letter]
            size *= abs(at / norm if pivot.square is not None and letter in pivot.variables else at) ** power
        total += size
    return total
