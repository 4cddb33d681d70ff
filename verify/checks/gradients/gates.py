"""The inputs by which code on whole arrays takes its branches, beside those in the formulas of a counterexample.

As on scalars (`claims.needed`), the code is run again where as many inputs as possible are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.needed import MOST_NAMED, Bounds, Runs, is_alike, near, with_needed
from verify.checks.gradients.apart import OTHERS, Pair
from verify.model.errors import ProtocolError
from verify.model.exact import decimal_text
from verify.model.result import Counterexample
from verify.tape import balls
from verify.tape.balls import Point
from verify.tape.tape import Elements, Tape
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.taped import TapedTrace

_WORK = 6_000_000  # elements of the tapes of all runs: each takes about half a microsecond
_BITS = 128
Sides = Callable[[Observation], tuple[Elements, Elements] | None]  # exact gradients, and those of the code


class Gates(Runs):
    """Runs of a case at other inputs, for one entry of its gradients: `entry` counts those of all."""

    def __init__(self, case: TracedCase, seen: Observation, seed: int, entry: int, sides: Sides) -> None:
        self.case, self.seen, self.seed, self.entry, self.sides = case, seen, seed, entry, sides
        self.trace = _taped(seen)
        self.values: list[flint.arb] = []
        super().__init__(_WORK, self.trace.tape.size)

    def completed(
        self, first: Counterexample, point: Point, pair: Pair, bounds: Mapping[int, Bounds], index: Sequence[int]
    ) -> tuple[Counterexample, Point]:
        """Return a counterexample with what the code needs to come to its two values, and its whole point.

        That all other entries are 0 is said where they are. The point is the given one where no other is needed.
        """
        listed, variables = dict(first.inputs), self._variables()
        start = {name: point.get(element, self.trace.sample_of(element)) for name, element in variables.items()}
        others = {name: bounds.get(e, (None, None)) for name, e in variables.items() if name not in listed}
        self.values = _values(self.trace.tape, pair, point)
        at, needed = with_needed(start, others, near(others, index), self)
        if len(needed) > MOST_NAMED:
            at, needed = start, []
        inputs = [(name, value) for name, value in first.inputs if name != OTHERS]
        inputs += [(name, decimal_text(at[name])) for name in needed]
        is_zero = not any(at[name] for name in others if name not in needed)
        rest = [(OTHERS, "0")] if is_zero and len(inputs) < len(variables) else []
        moved = point if at is start else {variables[name]: value for name, value in at.items()}
        return replace(first, inputs=(*inputs, *rest)), moved

    def same(self, point: Mapping[str, Fraction]) -> bool:
        """Tell whether both sides of the entry are what they were."""
        seen = Observation(self.seen.variant, TapedTrace())
        try:
            observe(self.case, seen.variant, self.seed, seen=seen, at=point)
            sides = self.sides(seen) if is_alike(seen, self.seen) else None
        except (SubjectError, ProtocolError):
            return False
        if sides is None:
            return False
        pair = int(sides[0][self.entry]), int(sides[1][self.entry])
        values = _values(_taped(seen).tape, pair, {})
        return all(left.overlaps(right) for left, right in zip(values, self.values, strict=True))

    def _variables(self) -> dict[str, int]:
        """Return the variables of the run by name; what memory held before nobody can give, and it has none."""
        blocks = (block for block in self.trace.tape.blocks if block.op == "variable")
        elements = set(chain.from_iterable(range(block.start, block.stop) for block in blocks))
        elements.difference_update(*(buffer.tolist() for buffer in self.trace.buffers))
        return {name: element for element, name in self.trace.named(sorted(elements)).items()}


def _values(tape: Tape, pair: Pair, point: Point) -> list[flint.arb]:
    with flint.ctx.workprec(_BITS):
        return list(balls.at(tape, np.array(pair), point, _BITS))


def _taped(seen: Observation) -> TapedTrace:
    assert isinstance(seen.trace, TapedTrace)
    return seen.trace
