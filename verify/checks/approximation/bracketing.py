"""The float closest to a threshold, on the way from inputs on one side of it to an input on the other."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import flint
import numpy as np

from verify.graph import balls
from verify.graph.graph import Graph
from verify.tracing.region import Point
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.trace import Condition

_BITS = 256
_SECANTS = 8  # before halving: each doubles the digits, near a threshold
_HALVINGS = 80  # more than doubles have bits and the way has magnitudes


def closest_beyond(graph: Graph, condition: Condition, point: Point, name: str, beyond: Fraction, kind: Any) -> Any:
    """Return the float of a kind that is the first beyond a threshold, on the way of an input to a number beyond it.

    Where the condition is nearly linear, secants lead there in a few steps, and two values show that they did: the
    condition is answered otherwise at the float, and not at the one before it. Elsewhere the way is halved.
    """
    inside, outside = kind(float(point[name])), kind(float(beyond))
    while outside == inside:  # the threshold is closer than the format tells
        outside = np.nextafter(outside, kind(np.inf if beyond > point[name] else -np.inf))
    along = _Along(graph, condition, point, name)
    number = _by_secants(along, inside, outside)
    return _by_halving(along, inside, outside) if number is None else number


def _by_secants(along: _Along, inside: Any, outside: Any) -> Any | None:
    ends = inside, outside
    for _ in range(_SECANTS):
        step = along.secant(*ends)
        if step is None or not min(inside, outside) <= step <= max(inside, outside):
            return None
        for number in (step, np.nextafter(step, outside)):
            if along.is_crossed(number) and not along.is_crossed(np.nextafter(number, inside)):
                return number
        ends = ends[1], step
    return None


def _by_halving(along: _Along, inside: Any, outside: Any) -> Any:
    for _ in range(_HALVINGS):
        middle = inside + (outside - inside) / type(inside)(2)
        if middle in (inside, outside):
            break
        if along.is_crossed(middle):
            outside = middle
        else:
            inside = middle
    return outside


def answers_otherwise(condition: Condition, value: flint.arb) -> bool:
    """Tell whether a condition surely has another answer where it has a value."""
    if not value.is_finite() or value.contains(0):
        return False
    return RELATIONS[condition.relation](1 if value > 0 else -1) is not condition.holds


class _Along:
    """The value of a condition along one input; what does not depend on that is computed once."""

    def __init__(self, graph: Graph, condition: Condition, point: Point, name: str) -> None:
        self.graph, self.condition, self.name = graph, condition, name
        moving, order = {graph.variable(name)}, graph.reach([condition.node])
        for node in order:
            if not moving.isdisjoint(graph.args[node]):
                moving.add(node)
        with flint.ctx.workprec(_BITS):
            values = balls.at(graph, [node for node in order if node not in moving], point)
        self._fixed, self._order = values, [node for node in order if node in moving]
        self._values: dict[Any, flint.arb] = {}

    def value(self, number: Any) -> flint.arb:
        """Return the value at a float."""
        if number not in self._values:
            values = dict(self._fixed)
            with flint.ctx.workprec(_BITS):
                self.graph.read_each(self._order, balls.Balls({self.name: Fraction(float(number))}), values)
            self._values[number] = values[self.condition.node]
        return self._values[number]

    def is_crossed(self, number: Any) -> bool:
        """Tell whether the condition surely has another answer at a float."""
        return answers_otherwise(self.condition, self.value(number))

    def secant(self, left: Any, right: Any) -> Any | None:
        """Return the float at which the line through the values at two others is 0, or None where there is none."""
        p, q = self.value(left), self.value(right)
        with flint.ctx.workprec(_BITS):
            step = float(flint.arb(float(left)) + (flint.arb(float(right)) - flint.arb(float(left))) * p / (p - q))
        return type(left)(step) if np.isfinite(step) else None
