"""What a branch asks of: a formula, or the norm of several inputs, and the interval in which its region lies.

Conditions have the form a p + b, where p is an input or any formula of inputs, a power of one, or the norm of some
inputs, squared or not. Where more is known of p than that, it is left out, which makes the interval no smaller: what is
proved over it holds in the region.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import flint

from verify.checks.approximation.frames import Pivot
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.exact import simplest_rational
from verify.tracing.region import Point, Region
from verify.tracing.symbols.trace import Condition

_ORDERED = ("<", "<=", ">", ">=")
_SPARE = Fraction(1, 2**60)  # relative: how much larger a root is taken that is not rational
_TWO = Fraction(2)
_HIGHEST = 64  # powers whose roots are taken of a threshold; those beyond are pivots themselves
_BITS = 256
_CLEAR = Fraction(1, 2**100)  # relative: an end that is closer to where the pivot is may lie on its other side


@dataclass(frozen=True, slots=True)
class Threshold:
    """A condition that asks whether the pivot, or its size, lies beyond some number."""

    condition: Condition
    pivot: Pivot
    at: Fraction
    sized: bool  # whether it asks for the size of an input that may be negative
    rounded: bool = False  # whether the number is a little larger than where the condition changes

    @property
    def line(self) -> tuple[object, ...]:
        """Return what the code asks, where, and the answer: the same for all entries, of either sign."""
        condition = self.condition
        return condition.where, condition.relation, condition.holds, abs(self.at), self.sized


def thresholds(graph: Graph, conditions: Sequence[Condition]) -> list[Threshold]:
    """Return the conditions that are understood."""
    candidates = [_threshold(graph, condition) for condition in conditions if condition.relation in _ORDERED]
    return [threshold for threshold in candidates if threshold is not None]


def _threshold(graph: Graph, condition: Condition) -> Threshold | None:
    factor, node, offset = affine(graph, condition.node)
    if not factor:
        return None
    at, exponent = -offset / factor, Fraction(1)
    if graph.ops[node] == "power" and _is_of_size(graph, node):
        node, exponent = graph.args[node][0], graph.payloads[node]
    if variables := _squares(graph, node):
        pivot, sized, exponent = Pivot(tuple(variables), node), False, exponent * 2
    elif graph.args[node] or graph.ops[node] == "variable":
        pivot, sized = Pivot((node,)), exponent != 1
    else:
        return None
    root = at if exponent == 1 else _root(at, exponent)
    if root is None:
        return None
    return Threshold(condition, pivot, root, sized, rounded=root**exponent.numerator != at**exponent.denominator)


def powers(graph: Graph, thresholds: Sequence[Threshold]) -> list[Threshold]:
    """Return what thresholds of a power of an input ask of the power itself: x**2 < 0.1, beside x < 0.316."""
    of_powers = []
    for threshold in thresholds:
        factor, node, offset = affine(graph, threshold.condition.node)
        if graph.ops[node] == "power" and threshold.pivot != Pivot((node,)):
            of_powers.append(Threshold(threshold.condition, Pivot((node,)), -offset / factor, sized=False))
    return of_powers


def _is_of_size(graph: Graph, node: int) -> bool:
    """Tell whether a power says how large an input is, or a sum of squares of inputs: an odd one has a sign as well."""
    base, exponent = graph.args[node][0], graph.payloads[node]
    if exponent <= 0 or max(exponent.as_integer_ratio()) > _HIGHEST:
        return False
    signed = exponent.numerator > 1 and exponent.numerator % 2 == 1
    return bool((graph.ops[base] == "variable" and not signed) or _squares(graph, base))


def affine(graph: Graph, node: int) -> tuple[Fraction, int, Fraction]:
    """Write a node as factor * node + offset, where the other node is no such sum or product any more."""
    factor, offset = Fraction(1), Fraction(0)
    while graph.ops[node] in ("sum", "product"):
        left, right = graph.args[node]
        value, other = _number(graph, left), right
        if value is None:
            value, other = _number(graph, right), left
        if value is None:
            break
        if graph.ops[node] == "sum":
            offset += factor * value
        else:
            factor *= value
        node = other
    return factor, node, offset


def _number(graph: Graph, node: int) -> Fraction | None:
    """Return the value of a constant, or of a float times one."""
    if graph.ops[node] == "typed":
        return simplest_rational(graph.payloads[node])
    if graph.ops[node] == "product":
        parts = [_number(graph, argument) for argument in graph.args[node]]
        return None if parts[0] is None or parts[1] is None else parts[0] * parts[1]
    return graph.value(node)


def _squares(graph: Graph, node: int) -> list[int]:
    """Return the variables whose squares a node is the sum of, or nothing."""
    terms, todo = [], [node]
    while todo:
        number = todo.pop()
        if graph.ops[number] == "sum":
            todo += graph.args[number]
        else:
            terms.append(number)
    squares = all(graph.ops[n] == "power" and graph.payloads[n] == _TWO for n in terms)
    variables = [graph.args[n][0] for n in terms] if squares else []
    return variables if all(graph.ops[n] == "variable" for n in variables) else []


def _root(value: Fraction, exponent: Fraction) -> Fraction | None:
    """Return value ** (1 / exponent), or a number a little larger where that is not rational."""
    if value <= 0:
        return None
    powered = value**exponent.denominator
    if exponent.numerator == 1:
        return powered
    shift = 128 + max(0, powered.denominator.bit_length() - powered.numerator.bit_length())
    degree = exponent.numerator
    floor = Fraction(int(flint.fmpz(int(powered * 2 ** (degree * shift))).root(degree)), 2**shift)
    return floor if floor**degree == powered else floor * (1 + _SPARE)


def interval(region: Region, pivot: Pivot, thresholds: Sequence[Threshold]) -> tuple[Fraction | None, Fraction | None]:
    """Return the numbers between which the pivot lies in a region, None where there is no end."""
    graph, sample = region.trace, region.sample
    mine = [threshold for threshold in thresholds if threshold.pivot == pivot]
    if pivot.square is not None:
        squared_norm = sum((sample[graph.payloads[node]] ** 2 for node in pivot.variables), Fraction(0))
        inner = [_below(t) for t in mine if squared_norm > t.at**2]
        return max(inner, default=Fraction(0)), min((t.at for t in mine if squared_norm < t.at**2), default=None)
    place = place_at(graph, pivot, sample)
    ends = list(region.bounds.get(graph.payloads[pivot.variables[0]], (None, None)))
    for threshold in mine:
        if not threshold.sized:
            ends.append(threshold.at if place < threshold.at else _below(threshold))
        elif abs(place) < threshold.at:  # beyond, the region has two parts, and no end here
            ends += [threshold.at, -threshold.at]
    if _is_even(graph, pivot.variables[0]):
        ends.append(Fraction(0))
    lows = [end for end in ends if end is not None and end < place - _CLEAR * abs(place)]
    highs = [end for end in ends if end is not None and end > place + _CLEAR * abs(place)]
    return max(lows, default=None), min(highs, default=None)


def nearest(ends: tuple[Fraction | None, Fraction | None], threshold: Threshold) -> Fraction:
    """Return the end of an interval that is the threshold."""
    finite = [end for end in ends if end is not None]
    return min(finite, key=lambda end: abs(abs(end) - abs(threshold.at)), default=threshold.at)


def is_around_zero(ends: tuple[Fraction | None, Fraction | None], threshold: Threshold) -> bool:
    """Tell whether an interval leads from a threshold to 0, as that of a series does; that of a limit leads away."""
    (low, high), last = ends, abs(nearest(ends, threshold))
    return low is not None and high is not None and -last <= low <= 0 <= high <= last


def place_at(graph: Graph, pivot: Pivot, point: Point) -> Fraction:
    """Return where a pivot is at a point, unless it is an input within a relative error that is less than _CLEAR."""
    node = pivot.variables[0] if pivot.square is None else pivot.square
    if graph.ops[node] == "variable":
        return point[graph.payloads[node]]
    with flint.ctx.workprec(_BITS):
        value = balls.at(graph, [node], point)[node]
        mantissa, exponent = (value if pivot.square is None else value.sqrt()).mid().man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)


def _is_even(graph: Graph, node: int) -> bool:
    """Tell whether a node is an even power, which is never below 0."""
    return graph.ops[node] == "power" and graph.payloads[node].numerator % 2 == 0


def _below(threshold: Threshold) -> Fraction:
    """Return a number that is not above where the condition changes."""
    return threshold.at * (1 - 2 * _SPARE) if threshold.rounded else threshold.at
