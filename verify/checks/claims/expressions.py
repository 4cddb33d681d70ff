"""An expression that is off by a factor, is used in place of its transpose, or is missing, as it stands in the code.

Backward is read again from operations in which nothing is folded, with something else in place of what one expression
computes. If the gradient is then proved to be the exact one, and no right one becomes wrong, that is what is wrong.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

import flint

from verify.checks.claims.coefficients import fault
from verify.checks.claims.explain import alike
from verify.checks.claims.held import read_forward
from verify.checks.claims.suspect import Backward, Intermediate, Suspect
from verify.graph import balls
from verify.graph.substitution import Rewritten

_BITS = 128
_MOST_ARRAYS, _MOST_ENTRIES = 60, 256
_CLOSE = 1e-9  # relative
_RIGHT = Fraction(1)
_DENOMINATOR = 64
_USUAL = (Fraction(-1), Fraction(2), Fraction(1, 2))
_POWERS = {1: "a factor is missing: {} ({})", -1: "a division is missing: by {} ({})"}
_OTHER = {"sum": "mean", "mean": "sum"}


class _Amended(NamedTuple):
    """An expression, and by what it has to be multiplied."""

    array: Intermediate
    factor: Fraction


def scaled_expression(s: Suspect) -> str:
    """Find the expression of backward that is off by a factor: of several that explain it, the outermost of a line."""
    backward = _read(s)
    if backward is None:
        return ""
    fitting = [
        _Amended(array, factor) for array in _looked_at(backward) if (factor := _factor(s, backward, array)) is not None
    ]
    return next((_written(change) for change in sorted(fitting, key=_rank) if _is_exact(s, backward, change)), "")


def transposed_expression(s: Suspect) -> str:
    """Find a square array of backward whose transpose makes the gradient exact."""
    backward = _read(s)
    if backward is None:
        return ""
    for array in _looked_at(backward):
        nodes = sorted(array.nodes)
        side = math.isqrt(len(nodes))
        if side * side != len(nodes) or side == 1 or not _are_apart(backward, nodes):
            continue
        turned = [nodes[column * side + row] for row in range(side) for column in range(side)]
        values = backward.trace.read(nodes, Rewritten(s.graph))
        partners = {node: values[other] for node, other in zip(nodes, turned, strict=True)}
        if alike(s.graph, _gradient(s, backward, s.name, partners), s.expected):
            return f"{array.name} is used in place of its transpose"
    return ""


def _read(s: Suspect) -> Backward | None:
    """Return what backward computes, where it is read as it was."""
    backward = s.backward() if s.small and s.name else None
    if backward is None or len(backward.gradients.get(s.name, ())) != len(s.actual.nodes):
        return None
    return backward if alike(s.graph, _gradient(s, backward, s.name, {}), s.actual.nodes) else None


def _looked_at(backward: Backward) -> Sequence[Intermediate]:
    return [array for array in backward.intermediates if len(array.nodes) <= _MOST_ENTRIES][:_MOST_ARRAYS]


def _factor(s: Suspect, backward: Backward, array: Intermediate) -> Fraction | None:
    """Return by what an array has to be multiplied on floats, where that is simple.

    What one step of a loop passes on to the next is multiplied in each: usual factors are tried.
    """
    with flint.ctx.workprec(_BITS):
        wanted = [balls.at(s.graph, s.expected, s.region.sample)[node] for node in s.expected]
        if _are_apart(backward, sorted(array.nodes)):
            factor = _linear(wanted, [_values(s, backward, array, Fraction(times)) for times in range(3)])
        else:
            fits = (f for f in _USUAL if all(map(_overlap, wanted, _values(s, backward, array, f))))
            factor = next(fits, None)
    is_all = factor == 0 and all(s.graph.value(node) == 0 for node in s.expected)  # without it nothing is left
    return None if factor == _RIGHT or is_all else factor


def _linear(wanted: Sequence[flint.arb], values: Sequence[Sequence[flint.arb]]) -> Fraction | None:
    """Return how many times what is there is wanted, given values with it 0, 1 and 2 times, if they lie on a line."""
    ratios = set()
    for expected, at_none, at_one, at_two in zip(wanted, *values, strict=True):
        part = at_one - at_none
        if not (at_two - at_one).overlaps(part):
            return None
        if not part.contains(0):
            ratios.add(_simple((expected - at_none) / part))
        elif not expected.overlaps(at_one):
            return None
    return ratios.pop() if len(ratios) == 1 else None


def _overlap(left: flint.arb, right: flint.arb) -> bool:
    return bool(left.overlaps(right))


def _values(s: Suspect, backward: Backward, array: Intermediate, times: Fraction) -> list[flint.arb]:
    """Return the entries of the gradient at the sample with an array times a number."""
    reading, values = balls.Balls(s.region.sample), dict[int, flint.arb]()
    for node in sorted(array.nodes):  # one may be computed from another one, in a loop
        backward.trace.read([node], reading, values)
        values[node] *= flint.fmpq(*times.as_integer_ratio())
    nodes = backward.gradients[s.name]
    backward.trace.read(nodes, reading, values)
    return [values[node] for node in nodes]


def _simple(ball: flint.arb) -> Fraction | None:
    number = float(ball.mid())
    if not math.isfinite(number):
        return None
    near = Fraction(number).limit_denominator(_DENOMINATOR)
    return near if abs(float(near) - number) <= _CLOSE * max(1, abs(number)) else None


def _is_exact(s: Suspect, backward: Backward, amended: _Amended) -> bool:
    """Tell whether it is proved that the gradient becomes exact, and that no other one that is so ceases to be."""
    values = dict[int, int]()
    constant = s.graph.constant(amended.factor)
    for node in sorted(amended.array.nodes):
        backward.trace.read([node], Rewritten(s.graph), values)
        values[node] = s.graph.product(constant, values[node])
    if not alike(s.graph, _gradient(s, backward, s.name, values), s.expected):
        return False
    return all(alike(s.graph, _gradient(s, backward, name, values), exact) for name, exact in _right(s, backward))


def _right(s: Suspect, backward: Backward) -> Iterator[tuple[str, Sequence[int]]]:
    """Return the other gradients that are exact."""
    for name, (_, exact) in s.others.items():
        returned = s.returned.get(name, ())
        if name in backward.gradients and len(returned) == len(exact) and alike(s.graph, returned, exact):
            yield name, exact


def _gradient(s: Suspect, backward: Backward, name: str, values: Mapping[int, int]) -> list[int]:
    """Return a gradient of backward as nodes of the formulas, with others in the places of some."""
    nodes = backward.gradients[name]
    read = backward.trace.read(nodes, Rewritten(s.graph), dict(values))
    return [read[node] for node in nodes]


def _are_apart(backward: Backward, nodes: Sequence[int]) -> bool:
    """Tell whether no node is computed from another one of them."""
    below = {reached for node in nodes for reached in backward.trace.reach(backward.trace.args[node])}
    return below.isdisjoint(nodes)


def _rank(amended: _Amended) -> tuple[bool, int]:
    return not _meant(amended), -max(amended.array.nodes)


def _written(amended: _Amended) -> str:
    name, place, factor = amended.array.name, amended.array.place, amended.factor
    if factor == 0:
        return f"{name} is one term too many ({place})"
    meant = _meant(amended)
    return f"{name} {fault(1 / factor, 'is')} ({place})" + (f": is a {meant} meant?" if meant else "")


def _meant(amended: _Amended) -> str:
    """Return what a sum or a mean is likely to have been meant as, if it is off by a whole number of entries."""
    called = _called(amended.array.name)
    size = 1 / amended.factor if called == "sum" and amended.factor else amended.factor
    return _OTHER.get(called, "") if size.denominator == 1 and size > 1 else ""


def _called(text: str) -> str:
    """Return the function or method that an expression is a call of."""
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""


def missing_factor(s: Suspect) -> str:
    """Find the array of forward that the gradient has to be multiplied or divided by, entry by entry, row or column."""
    forward = s.forward() if s.small and s.name else None
    if forward is None:
        return ""
    fitting = [array for array in forward.intermediates if not len(s.expected) % len(array.nodes)]
    read = [(array, read_forward(s, forward, sorted(array.nodes))) for array in fitting]
    with flint.ctx.workprec(_BITS):
        wanted = [*s.expected, *s.actual.nodes, *(node for _, values in read for node in values)]
        at = balls.at(s.graph, dict.fromkeys(wanted), s.region.sample)
        near = [
            (array, factors, power)
            for array, values in read
            for factors in _spread(values, len(s.expected))
            for power in _POWERS
            if all(_fits(at, *entry, power) for entry in zip(s.expected, s.actual.nodes, factors, strict=True))
        ]
    for array, factors, power in sorted(near, key=lambda fit: fit[-1] < 0):  # what is missing, rather than a divisor
        if _completes(s, factors, power):
            return _POWERS[power].format(array.name, array.place)
    return ""


def _fits(at: Mapping[int, flint.arb], expected: int, actual: int, factor: int, power: int) -> bool:
    """Tell whether the balls of an entry times a factor, or over it, and of the exact one overlap."""
    return _overlap(at[actual] * at[factor] ** power, at[expected])


def _spread(values: list[int], entries: int) -> list[list[int]]:
    """Return values for all entries: of arrays of the same shape, of one for each row, and of one for each column."""
    times = entries // len(values)
    rows = [value for value in values for _ in range(times)]
    return [values] if times == 1 else [rows, values * times]


def _completes(s: Suspect, factors: Sequence[int], power: int) -> bool:
    if power < 0 and any(s.graph.value(factor) == 0 for factor in factors):
        return False
    powers = [s.graph.power(factor, Fraction(power)) for factor in factors]
    return alike(s.graph, list(map(s.graph.product, s.actual.nodes, powers)), s.expected)
