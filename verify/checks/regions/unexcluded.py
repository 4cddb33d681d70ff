"""Zeros of divisors that were neither found nor excluded: proofs that there are none, and the sentence if all fail.

A divisor of `backward` is never 0, or the argument of a root never negative, if the ranges of its operations over the
domain say so (exp, sums of squares and a positive number), else bounds over boxes (`boxes`), else the facts that z3
gets, with the conditions of the run (`solver`). All zeros of a rational function of one input are known. Any other
divisor may have a hole that the search missed, and that is GP214.

It is a hazard, not a failure: nothing wrong is known, and often the divisor is never 0 for a reason that its author
knows. It is no mere note: the claim of a proof is for inputs at which both sides are defined, and here it is unknown
which inputs these are. With --strict nothing may be left open.
"""

from __future__ import annotations

from collections.abc import Collection

from verify.checks.regions.boxes import excludes
from verify.checks.regions.divisors import Divisor
from verify.checks.regions.solver import Wanted, solve
from verify.model.exact import nearest_double
from verify.proof.ranges import Domain, signs
from verify.tracing.observe import Observation
from verify.tracing.region import Point, written
from verify.tracing.symbols.scalar import RELATIONS

_MOST_INPUTS = 4  # inputs of a point
_LONGEST = 160  # signs of a formula
_SIGNS = (-1, 0, 1)


def is_excluded(seen: Observation, node: int, unwanted: Collection[int], bounds: Domain) -> bool:
    """Tell whether a node is proved to have none of some signs in the domain, wherever a run's branches lead."""
    graph = seen.trace
    if signs(graph, node, bounds).isdisjoint(unwanted) or excludes(graph, node, unwanted, bounds):
        return True
    wanted = node, frozenset(unwanted)
    return solve(graph, [wanted], bounds) is False or solve(graph, [wanted, *_conditions(seen)], bounds) is False


def _conditions(seen: Observation) -> list[Wanted]:
    """Return the signs that the nodes of a run's conditions have wherever these lead."""
    return [
        (c.node, frozenset(sign for sign in _SIGNS if RELATIONS[c.relation](sign) == c.holds))
        for c in seen.conditions
        if not c.tie
    ]


def zero_sentence(seen: Observation, divisor: Divisor, factor: int, tried: int, near: Point | None) -> str:
    """Say of a divisor, of which a factor may be 0, what the search for zeros of it has found."""
    quantity = f"backward divides by, or takes the logarithm of, {_quantity(seen, divisor.node)}"
    quantity += f", where {_quantity(seen, factor)}" if factor != divisor.node else ", which"
    if near:
        place = _place(near)
        return f"{quantity} is 0 near {place}; gradients were finite at the floats tried there, but not all are known"
    return f"{quantity} may be 0 at some inputs: none was found at the {tried} points tried, and no proof excludes it"


def negative_sentence(seen: Observation, divisor: Divisor) -> str:
    """Say of the argument of a root or logarithm that it may be negative."""
    root = f"backward takes the root or logarithm of {_quantity(seen, divisor.node)}"
    return f"{root}, which may be negative at some inputs: none was found, and no proof excludes it"


def _quantity(seen: Observation, node: int) -> str:
    text = written(seen.trace, node)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _place(point: Point) -> str:
    inputs = [f"{name} = {nearest_double(value)!r}" for name, value in point.items()]
    return ", ".join(inputs[:_MOST_INPUTS]) + (", ..." if len(inputs) > _MOST_INPUTS else "")
