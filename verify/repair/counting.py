"""How many entries of the gradients are wrong at the sample of a run: first on floats, which is a hundred times faster.

Floats only say which edits are worth a second look. Where they find nothing wrong, the code is run on symbols, on the
graph of the original: there the outputs have to be the same nodes.

A gradient that constants of the code, each rounded, keep from being exact is right here. That is so only where the code
as it is is further off, or each edit that does nothing would have to be checked whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import flint
import numpy as np

from verify.cases.case import TracedCase
from verify.graph import balls
from verify.model.errors import GradproofError
from verify.tracing.following import SubjectError

if TYPE_CHECKING:
    from verify.checks.claims.claims import Exact

_BITS = 64
_CLOSE = 1e-8  # of 1, or of the largest entry: more than what rounding makes of a sum in any order
_ROUNDED = 2.0**-44  # of the largest entry: more than what the roundings of a few constants make of it
_REFUSED = (SubjectError, GradproofError, TypeError, ValueError)


class Counter:
    """One run of a case, with what is exact at its sample."""

    def __init__(self, case: TracedCase, exact: Exact) -> None:
        seen = exact.seen
        self.exact = exact
        self._allowed = 0.0  # of the largest entry, that another is off and counts as right
        self._outputs = [floats(exact, output.nodes, output.shape) for output in seen.outputs]
        self._gradients = {
            name: floats(exact, exact.gradient(name), seen.inputs[name].shape)
            for name in case.real
            if name not in seen.unclaimed
        }

    def start(self, case: TracedCase, seed: int) -> int | None:
        """Return how many entries are wrong of the case as it is."""
        self._allowed = _ROUNDED if self._on_floats(case, seed) else 0
        return self.wrong(case, seed)

    def wrong(self, case: TracedCase, seed: int) -> int | None:
        """Return how many entries are wrong, or None where outputs are, and where code raises."""
        count = self._on_floats(case, seed)
        return self._on_symbols(case, seed) if count == 0 else count

    def returned(self, case: TracedCase, seed: int) -> bytes | None:
        """Return the floats that a case computes, as bytes, or None where it raises."""
        try:
            return b"".join(np.asarray(value, float).tobytes() for _, value in self._pairs(case, seed))
        except _REFUSED:
            return None

    def _on_floats(self, case: TracedCase, seed: int) -> int | None:
        try:
            off = [_off(expected, actual) for expected, actual in self._pairs(case, seed)]
        except _REFUSED:
            return None
        return None if any(off[: len(self._outputs)]) else sum(off[len(self._outputs) :])

    def _pairs(self, case: TracedCase, seed: int) -> list[tuple[Any, Any]]:
        """Return the outputs and gradients that are exact, each with what a run on floats has."""
        from verify.tracing.floats import FloatRun

        run = FloatRun(case, self.exact.seen, seed)
        outputs = run.output if self.exact.seen.several else [run.output]
        pairs = [*zip(self._outputs, outputs, strict=True)]
        return pairs + [(gradient, run.gradients.get(name)) for name, gradient in self._gradients.items()]

    def _on_symbols(self, case: TracedCase, seed: int) -> int | None:
        from verify.tracing.observe import observe
        from verify.tracing.symbols.trace import Trace

        exact = self.exact
        try:
            seen = observe(case, exact.seen.variant, seed, seen=exact.seen.again(Trace(exact.seen.trace)))
        except (SubjectError, GradproofError):
            return None
        claimed = set(case.real) - set(exact.seen.unclaimed)
        if seen.malformed or seen.outputs != exact.seen.outputs or not claimed <= set(seen.gradients):
            return None
        pairs = [
            pair
            for name, actual in seen.gradients.items()
            for pair in zip(exact.gradient(name), actual.nodes, strict=True)
            if pair[0] != pair[1]
        ]
        with flint.ctx.workprec(_BITS):
            values = balls.at(seen.trace, [node for pair in pairs for node in pair], exact.region.sample)
            largest = max((abs(values[a]) for a, _ in pairs), key=float, default=flint.arb(0))
            return sum(not _may_be_equal(values[a], values[b], self._allowed * largest) for a, b in pairs)


def floats(run: Exact, nodes: Sequence[int], shape: tuple[int, ...]) -> Any:
    """Return what nodes have at the sample of a run, as an array."""
    with flint.ctx.workprec(_BITS):
        values = balls.at(run.seen.trace, list(nodes), run.region.sample)
    return np.array([float(values[node]) for node in nodes]).reshape(shape)


def _off(expected: Any, actual: Any) -> int:
    """Count the entries of an array that are off: all, and one more, where there is no array of that shape.

    So an edit that corrects one gradient helps where another has a wrong shape.
    """
    numbers = None if actual is None else np.asarray(actual, float)
    if numbers is None or numbers.shape != expected.shape:
        return int(expected.size) + 1
    close = abs(numbers - expected) <= _CLOSE * abs(expected).max(initial=1)
    return int(np.count_nonzero(~close))


def _may_be_equal(a: flint.arb, b: flint.arb, allowed: flint.arb) -> bool:
    return bool(a.is_finite() and b.is_finite() and (a.overlaps(b) or abs(a - b) <= allowed))
