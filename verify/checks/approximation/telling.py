"""The words for approximations: intervals, places, and what is proved at a threshold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import flint
import numpy as np

from verify.checks.approximation.enclosure import Ends, Largest
from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.pivots import Threshold
from verify.checks.rounding.formats import Format
from verify.checks.rounding.judge import upward
from verify.graph.graph import Graph
from verify.model.comparison import APPROXIMATION
from verify.model.exact import decimal_text
from verify.model.identity import Place
from verify.model.result import Evidence, Verdict
from verify.proof.decision import Decision
from verify.tracing.region import written

OF_OUTPUT = " of the output"
Judged = tuple[Largest, flint.arb]  # an error, and what the formula on the other side is good to
_OTHER_SIDE = "the formula on the other side of the threshold"
_SHORT_FORWARD = (
    "the output is the inaccurate one, not the gradient: the approximation in forward has too few terms, or its "
    "threshold is too far out"
)
_WRONG_COEFFICIENT = "the output is the inaccurate one: a coefficient of the approximation in forward is wrong"
_LEAST = np.longdouble(0.01)  # ulps: what is less is told as so many
_LONGEST = 12  # signs of a number


def described_interval(graph: Graph, pivot: Pivot, ends: Ends) -> str:
    """Write the interval of a pivot: `0 < x[0] < 0.0001`."""
    low, high = ends
    left = "" if low is None else f"{_short(low)} < "
    return f"{left}{_name(graph, pivot)}{'' if high is None else f' < {_short(high)}'}"


def place_of(graph: Graph, pivot: Pivot, place: Fraction) -> str:
    """Write a place of a pivot: `x[0] = 0.0001`."""
    return f"{_name(graph, pivot)} = {_short(place)}"


def _name(graph: Graph, pivot: Pivot) -> str:
    names = [written(graph, node) for node in sorted(pivot.variables)]
    return names[0] if pivot.square is None else f"|({', '.join(names)})|"


def _short(value: Fraction) -> str:
    text = decimal_text(value)
    return text if len(text) <= _LONGEST else f"{float(value):.6g}"


@dataclass(frozen=True, slots=True)
class Telling:
    """What is said of an approximation at one threshold, where the formula beyond is good to `limit`."""

    graph: Graph
    threshold: Threshold
    numbers: Format
    ends: Ends
    limit: flint.arb
    bounded: bool = True  # whether a bound is known for what that formula rounds

    def agrees(self, error: Largest, forward: Sequence[Largest]) -> Decision:
        """Say that a gradient is an approximation, proved to be as good as the formula that it stands for.

        What it is measured by is the derivative of that formula, and not of what `forward` computes on this side: where
        that is the approximation (a softplus that is x from 20 on), these are two functions.
        """
        ends = described_interval(self.graph, self.threshold.pivot, self.ends)
        detail = (
            f"an approximation, chosen at {self._where()}: proved to stay within {self._ulps(error.error)} ulps of "
            f"{self.numbers.name} of the derivative of the formula on the other side of the threshold"
            f"{_measured(error)} for all {ends}, worst at {self._at(error)}; {self._good_to('that formula')}"
        )
        if forward:
            detail += f"; the output is {self._off(_worst(forward))}, which single precision does not tell"
        return self._decision(Verdict.AGREES, detail, error)

    def composed(self, error: Largest, forward: Sequence[Largest]) -> Decision:
        """Say that a gradient is the exact one, with approximations that are as good as the formulas they stand for.

        The error is that of the worst of them.
        """
        ends = described_interval(self.graph, self.threshold.pivot, self.ends)
        detail = (
            f"the exact derivative with approximations, chosen at {self._where()}: each is proved to stay within "
            f"{self._ulps(error.error)} ulps of {self.numbers.name} of the formula that it replaces"
            f"{_measured(error)}, the worst for all {ends}, at {self._at(error)}; {self._good_to()}"
        )
        if forward:
            detail += f"; the output is {self._off(_worst(forward))}, which single precision does not tell"
        return self._decision(Verdict.AGREES, detail, error)

    def refuted(self, error: Largest) -> Decision:
        """Say that an approximation is worse than the formula that it stands for."""
        detail = (
            f"an approximation, chosen at {self._where()}, is {self._off(error)}; {self._good_to()}: too few terms, "
            "or a threshold too far out"
        )
        return self._decision(Verdict.REFUTED, detail, error)

    def misprinted(self, error: Largest, text: str, of: str = "") -> Decision:
        """Say that one coefficient of a series is wrong: of the gradient's, or of another one."""
        detail = f"an approximation{of}, chosen at {self._where()}, is {self._off(error)}: {text}; {self._good_to()}"
        decision = self._decision(Verdict.REFUTED, detail, error)
        return decision._replace(diagnosis=_WRONG_COEFFICIENT) if of == OF_OUTPUT else decision

    def of_forward(self, gradient: Judged, outputs: Sequence[Judged]) -> Decision:
        """Say that the gradient is right for the other side, and an output is no approximation of that.

        Each error is beside what its formula on the other side is good to.
        """
        (error, limit), (worst, good) = gradient, max(outputs, key=lambda output: float(output[0].error))
        detail = (
            f"an approximation{OF_OUTPUT}, chosen at {self._where()}, is {self._off(worst)}; "
            f"{self._accurate(_OTHER_SIDE, good)}; the gradient stays within {self._ulps(error.error)} ulps of its own "
            f"formula there, and {self._accurate('that', limit)}"
        )
        decision = replace(self, limit=good).refuted(worst)
        return decision._replace(evidence=replace(decision.evidence, detail=detail), diagnosis=_SHORT_FORWARD)

    def _good_to(self, formula: str = _OTHER_SIDE) -> str:
        return self._accurate(formula, self.limit)

    def _accurate(self, formula: str, limit: flint.arb) -> str:
        if not self.bounded:
            return f"{formula} has no known rounding bound there"
        return f"{formula} is accurate to {self._ulps(limit)} ulps there"

    def _off(self, error: Largest) -> str:
        return f"off by {self._ulps(error.reached)} ulps of {self.numbers.name}, at {self._at(error)}"

    def _decision(self, verdict: Verdict, detail: str, error: Largest) -> Decision:
        ulps = self._ulps(error.error if verdict is Verdict.AGREES else error.reached)
        limit = self._ulps(self.limit)
        return Decision(verdict, Evidence(APPROXIMATION, detail, ulps=ulps, limit=limit, at=self._at(error)))

    def _ulps(self, error: flint.arb) -> str:
        return upward(max(np.longdouble(float(error.abs_upper())) / self.numbers.unit, _LEAST))

    def _at(self, error: Largest) -> str:
        return place_of(self.graph, self.threshold.pivot, error.place)

    def _where(self) -> Place:
        return self.threshold.condition.where


def _measured(error: Largest) -> str:
    return "" if error.terms <= 1 else " (of the sum of the magnitudes of its terms)"


def _worst(errors: Sequence[Largest]) -> Largest:
    return max(errors, key=lambda largest: float(largest.error))
