"""Gaps: entries whose gradient on floats, at a point where `backward` is not defined, is no derivative of `forward`.

Why the exact value is exact. The run on symbols at the point itself decides its branches there. Without a tie its
formula holds around the point, and where every operation in it is differentiable at its argument the chain rule gives
the derivative. Else (a norm at 0) the output is expanded along the one entry, to both sides (`series`): equal slopes
are the partial derivative by its definition, for the expansion starts with the output's value at the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.claims.claims import Exact
from verify.checks.regions.divisors import claimed
from verify.checks.regions.values import Number, Unknown, digits, numbers
from verify.graph.graph import Graph
from verify.proof.logarithmic import along
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation
from verify.tracing.region import Point

_ROUNDED = Fraction(1, 2**150)  # of a slope: as two are the same elsewhere (`hull`)


@dataclass(frozen=True, slots=True)
class Gap:
    """An entry whose gradient is no derivative at a point: what came, and the slopes of the output to both sides."""

    name: str
    place: int
    actual: float
    below: Fraction
    above: Fraction

    @property
    def smooth(self) -> bool:
        """Tell whether there is a derivative; irrational slopes come rounded, from below otherwise than from above."""
        return abs(self.above - self.below) <= _ROUNDED * abs(self.above)


def gaps(case: TracedCase, there: Observation, floats: FloatRun) -> list[Gap]:
    """Return the gaps of a run at a point on no tie; none where `forward` is not defined there by its formula."""
    try:
        exact = Exact(case, there)
    except SubjectError:
        return []
    regular = is_regular(there)
    entries = [(name, i) for name in claimed(floats.seen) for i in range(len(there.inputs[name].nodes))]
    candidates = [_gap(exact, floats, name, place, regular=regular) for name, place in entries]
    return [gap for gap in candidates if gap is not None]


def finite_output(floats: FloatRun) -> bool:
    """Tell whether the output is finite on floats; Python gives complex numbers for roots of negative ones."""
    outputs = floats.output if floats.seen.several else [floats.output]
    if any(np.iscomplexobj(output) for output in outputs):
        return False
    return all(np.isfinite(np.asarray(output, dtype=float)).all() for output in outputs)


def finite_gradients(floats: FloatRun) -> bool:
    """Tell whether all gradients are finite on floats."""
    sizes = {name: len(floats.seen.inputs[name].nodes) for name in claimed(floats.seen)}
    values = [floats.entry(name, place) for name, size in sizes.items() for place in range(size)]
    return all(value is None or np.isfinite(value) for value in values)


def _gap(exact: Exact, floats: FloatRun, name: str, place: int, *, regular: bool) -> Gap | None:
    """Return the gap of an entry: a number that is not finite, or one that neither side's formula gives."""
    actual, there = floats.entry(name, place), exact.seen
    if actual is None or (np.isfinite(actual) and not _undefined(there, name, place)):
        return None
    node = exact.gradient(name)[place]
    value = numbers(there.trace, [node], there.trace.sample)[0]
    if regular and isinstance(value, Fraction):
        return None if floats.gives(name, place, node) else Gap(name, place, actual, value, value)
    if np.isfinite(actual):  # it may be a subgradient
        return None
    below, above = _slopes(there, there.trace.payloads[there.inputs[name].nodes[place]])
    if isinstance(below, Fraction) and isinstance(above, Fraction):
        return Gap(name, place, actual, below, above)
    return None


def _undefined(there: Observation, name: str, place: int) -> bool:
    """Tell whether a gradient has no value by its formula, so that a number on floats has another source."""
    returned = there.gradients.get(name)
    if returned is None or name in there.malformed:
        return False
    return numbers(there.trace, [returned.nodes[place]], there.trace.sample)[0] is Unknown.INFINITE


def is_regular(there: Observation) -> bool:
    """Tell whether every operation of the output is differentiable at its argument: a root of 0 is not."""
    graph = there.trace
    reached = graph.reach(n for output in there.outputs for n in output.nodes)
    radicands = [graph.args[n][0] for n in reached if graph.ops[n] == "power" and graph.payloads[n].denominator != 1]
    return all(isinstance(value, Fraction) and value != 0 for value in numbers(graph, radicands, graph.sample))


def _slopes(there: Observation, name: str) -> tuple[Number, Number]:
    """Return the slopes of the output, times its upstream, along an entry of an input: from below and from above."""
    graph = there.trace
    pairs = [
        pair
        for output, upstream in zip(there.outputs, there.upstreams, strict=True)
        for pair in zip(output.nodes, upstream.nodes, strict=True)
    ]
    total = graph.total(graph.product(*pair) for pair in pairs)
    below, above = (_slope(graph, total, graph.sample, name, step) for step in (-1, 1))
    return (-below if isinstance(below, Fraction) else below), above


def _slope(graph: Graph, node: int, point: Point, name: str, step: int) -> Number:
    series = along(graph, [node], point, {name: step})[node]
    value = series.term(1) if series is not None and series.order >= 0 else None
    if value is None or (series is not None and 0 < series.order < 1):
        return Unknown.OPEN
    return value if isinstance(value, Fraction) else digits(value)
