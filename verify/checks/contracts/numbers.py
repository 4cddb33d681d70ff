"""The numbers that a case is run on: those of its sample, others of the same shapes, the same in single precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.cases.inputs import Integer, Real
from verify.cases.shapes import concrete
from verify.tracing.observe import Observation, Quantity

_ZERO = Fraction(0)


@dataclass(slots=True)
class Numbers:
    """What a case is given: its inputs by name, and the upstream of each output."""

    inputs: dict[str, Any]
    upstreams: list[Any]

    def each(self, change: Callable[[Any], Any], *, inputs: bool = True) -> Numbers:
        """Return numbers of which each real array is changed, or each upstream only."""
        changed = {name: change(value) if inputs else value for name, value in self.inputs.items()}
        return Numbers(changed, [change(value) for value in self.upstreams])


def sample(case: TracedCase, seen: Observation) -> Numbers:
    """Return the numbers that a case was observed at."""
    inputs = {name: _floats(seen, quantity) for name, quantity in seen.inputs.items()}
    everything = {name: inputs[name] if name in inputs else seen.concrete[name] for name in case.inputs}
    return Numbers(everything, [_floats(seen, quantity) for quantity in seen.upstreams])


def _floats(seen: Observation, quantity: Quantity) -> Any:
    trace = seen.trace
    values = [trace.sample.get(trace.payloads[node], trace.constants.get(node, _ZERO)) for node in quantity.nodes]
    floats = [top / bottom for top, bottom in map(Fraction.as_integer_ratio, values)]  # rounded once
    return np.array(floats).reshape(quantity.shape)[()]


def opposite(case: TracedCase, seen: Observation, numbers: Numbers) -> Numbers:
    """Return numbers of a run on the other side: of 0, or of the middle of a domain, in the opposite order.

    What a layer asks of a number is answered the other way at each entry, so that a mask, a choice or a slope that
    belongs to earlier numbers is another one even where there is a single entry. They are no mere negatives, of which
    squares and norms are the same.
    """
    return _moved(case, seen, numbers, lambda value: value, -1)


def shifted(case: TracedCase, seen: Observation, numbers: Numbers) -> Numbers:
    """Return larger numbers, each moved to the next entry: of opposite numbers the one in the middle is the same."""
    return _moved(case, seen, numbers, lambda value: np.roll(value, 1) if np.ndim(value) else value, 1)


def _moved(case: TracedCase, seen: Observation, numbers: Numbers, move: Callable[[Any], Any], sign: int) -> Numbers:
    inputs = {name: _other(case.inputs[name], value, seen, move, sign) for name, value in numbers.inputs.items()}
    if case.upstream is not None:
        return Numbers(inputs, numbers.upstreams)
    return Numbers(inputs, [_stretched(move(value), sign) for value in numbers.upstreams])


def _other(described: Any, value: Any, seen: Observation, move: Callable[[Any], Any], sign: int) -> Any:
    if isinstance(described, Integer):
        return (value + 1) % concrete(described.below, seen.variant.sizes)[0]
    return _placed(described, move(value), sign) if isinstance(described, Real) else value


def _placed(described: Real, value: Any, sign: int) -> Any:
    """Return other numbers of a domain, in the same order or the opposite one."""
    low, high = described.low, described.high
    if low is None and high is None:
        return _stretched(value, sign)
    if low is not None and high is not None:
        middle, half = float(low + high) / 2, float(high - low) / 2
        place = (value - middle) / half
        return middle + half * sign * np.sign(place) * np.sqrt(np.abs(place))
    bound = float(high if low is None else low)  # type: ignore[arg-type]  # one of the two is a number
    return bound + (1.25 * (value - bound) if sign > 0 else 1.25 / (value - bound))


def _stretched(value: Any, sign: int) -> Any:
    """Return numbers that are larger, by a factor of their own each, in the same order or the opposite one."""
    return sign * value * (1.25 + np.abs(value) / (2 + 2 * np.abs(value)))


def single(value: Any) -> Any:
    """Return an array in single precision, if it is of floats; a Python number takes on any precision by itself."""
    kind = getattr(getattr(value, "dtype", None), "kind", "")
    return value.astype(np.float32) if kind == "f" else value
