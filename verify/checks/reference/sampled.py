"""Compiled code beside an expression: what its floats tell, at points, where symbols cannot enter it.

The expression is the formula of `forward`, whatever computes that. So forward values are judged as gradients are, by
how near they lie to the exact ones at several points (`checks/gradients/nearness`), and are SAMPLED or UNDECIDED. What
is wrong for certain is left to the code as a layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import flint

from verify.checks.gradients.nearness import Nearness, nearness, scale_of
from verify.checks.reference import runs
from verify.checks.reference.points import points
from verify.checks.reference.theory import Key, Theory
from verify.graph import balls
from verify.model.comparison import POINTS
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof import rationals
from verify.proof.decision import Decision, Point
from verify.tracing.following import SubjectError

_POINTS = 12
_AGREES = "equal to the exact value at {points} points, to {digits} digits or more; {problem}"


def sampled(exact: Theory, keys: Sequence[Key], problem: SubjectError, seed: int) -> Mapping[Key, Decision]:
    """Return decisions on the quantities that are right at all points, where the code ends in compiled code."""
    try:
        at_points = [_at(exact, keys, point) for point in points(exact, seed)[:_POINTS]]
    except SubjectError:  # the code raises there
        return {}
    decisions = {}
    for number, key in enumerate(keys):
        counting = [near[number] for near in at_points if not near[number].is_lost]
        if 2 * len(counting) >= len(at_points) and all(near.agrees for near in counting):
            digits = min(near.digits for near in counting)
            detail = _AGREES.format(points=len(counting), digits=digits, problem=problem)
            evidence = Evidence(POINTS, detail, digits=digits, points=len(counting), place=problem.place)
            decisions[key] = Decision(Verdict.SAMPLED, evidence)
    return decisions


def _at(exact: Theory, keys: Sequence[Key], around: Point) -> list[Nearness]:
    """Return how near the code's floats are to the exact values at the floats beside a point; raises SubjectError."""
    point = {name: Fraction(float(value)) for name, value in around.items()}
    inputs = {name: point[name] for name in exact.case.inputs}
    floats = runs.on_floats(replace(exact.case, inputs=inputs, upstream=point[exact.upstream_name]))
    computed = {"value": floats.values, "gradient": floats.gradients}
    nodes = [exact.expected(key) for key in keys]
    values = balls.at(exact.graph, nodes, point)
    real, computation = rationals.real(exact.graph, nodes, point), (scale_of(values.values()), len(values))
    try:
        pairs = [(computed[quantity][index], real[node]) for (quantity, index), node in zip(keys, nodes, strict=True)]
    except KeyError:
        text = "the code returns other quantities at another point"
        raise SubjectError(text, reason=Reason.MISSING_OUTPUT) from None
    return [nearness(actual, expected, flint.arb(0), computation) for actual, expected in pairs]
