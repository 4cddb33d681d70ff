"""A hole as it is reported: the point, what `backward` does there, and the row of a gradient that is no derivative."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.regions.divisors import Divisor
from verify.checks.regions.gaps import Gap
from verify.checks.regions.gated import with_gates
from verify.checks.regions.hull import brief
from verify.model.exact import decimal_text, nearest_double
from verify.model.identity import Place
from verify.model.result import Comparison, Counterexample, Evidence, Verdict
from verify.tracing.observe import Observation
from verify.tracing.region import written

KINK = "GP211"  # the finding of what is no number at a kink
UNDEFINED = "undefined at some inputs where the derivative exists"
_MOST_SHOWN = 8  # inputs of a counterexample


class Hole:
    """A point in a hole, the nodes on which it depends that `backward` is not defined there, and why it is not."""

    def __init__(self, there: Observation, nodes: Sequence[int], cause: str) -> None:
        self.there, self.graph, self.cause = there, there.trace, cause
        self.names = [self.graph.payloads[n] for n in self.graph.reach(nodes) if self.graph.ops[n] == "variable"]

    @property
    def point(self) -> str:
        """Write the inputs that the nodes depend on."""
        return self._written(decimal_text)

    @property
    def floats(self) -> str:
        """Write them as the floats that they are, which may have 50 digits as exact numbers."""
        return self._written(lambda value: repr(nearest_double(value)))

    def _written(self, text: Callable[[Fraction], str]) -> str:
        inputs = ", ".join(f"{name} = {text(self.graph.sample[name])}" for name in self.names[:_MOST_SHOWN])
        return (inputs or "the sample") if len(self.names) <= _MOST_SHOWN else f"{inputs}, ..."

    def inputs(self, gap: Gap, case: TracedCase, seed: int) -> tuple[tuple[str, str], ...]:
        """Return the inputs that the nodes depend on, the entry, and those by which branches are taken."""
        sample, place = self.graph.sample, (gap.name, gap.place)
        entry = self.graph.payloads[self.there.inputs[gap.name].nodes[gap.place]]
        names = list(dict.fromkeys([*self.names, entry]))
        point, gates = with_gates(case, self.there, seed, place, sample, names)
        return tuple((name, decimal_text(point[name])) for name in (*names[:_MOST_SHOWN], *gates))


def rounds_to_0(there: Observation, divisor: Divisor) -> bool:
    """Tell whether a divisor is not 0 at a point, though it may be on floats, nor beyond what a root is taken of."""
    value = there.trace.at_sample(divisor.node)
    return bool(value > 0) or (bool(value < 0) and not divisor.below)


def rounding(there: Observation, divisor: Divisor) -> str:
    """Say what `backward` does where a divisor is 0 on floats alone."""
    return f"{written(there.trace, divisor.node)}, by which backward divides, rounds to 0 there"


def cause(there: Observation, divisor: Divisor) -> str:
    """Say what `backward` does in a hole."""
    graph = there.trace
    if divisor.function:
        return f"backward takes {divisor.function} of {written(graph, divisor.argument)}, where it has no value"
    zero = not graph.at_sample(divisor.node) < 0
    verb = "divides by, or takes the logarithm of," if zero else "takes the root or logarithm of"
    return f"backward {verb} {written(graph, divisor.node)}, which is {'0' if zero else 'negative'} there"


def kink_text(returned: str, low: Fraction, high: Fraction) -> str:
    """Say what is returned at a kink, and between which slopes a subgradient lies there: on its sides, of this run."""
    usual = "0" if low <= 0 <= high else brief(low)
    return (
        f"{returned}; forward has a kink there, and any number from {brief(low)} to {brief(high)} would be a"
        f" subgradient, such as {usual}; with the upstream of this run, these are the derivatives on its two sides"
    )


def row_of(place: Hole, gap: Gap, case: TracedCase, seed: int, *, failing: int, where: Place) -> Comparison:
    """Write the row of a gradient of a case that is not the derivative in a hole."""
    quantity, expected = place.there.inputs[gap.name], brief(gap.below)
    name = place.graph.payloads[quantity.nodes[gap.place]]
    detail = f"at {place.point} the gradient of {name} is {gap.actual}, but the derivative is {expected}: {place.cause}"
    return Comparison(
        "gradient",
        gap.name,
        Verdict.REFUTED,
        role="input",
        evidence=Evidence("hole", detail),
        counterexample=Counterexample(place.inputs(gap, case, seed), expected, str(gap.actual)),
        shape=quantity.shape,
        entries=len(quantity.nodes),
        failing=failing,
        index=tuple(map(int, np.unravel_index(gap.place, quantity.shape))),
        variant=place.there.variant.written,
        diagnosis=UNDEFINED,
        where=where,
    )
