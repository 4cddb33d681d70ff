"""Gradients with an accuracy that the case states: relative errors are enclosed over all of a region, and compared."""

from __future__ import annotations

from fractions import Fraction

import flint
import numpy as np

from verify.checks.approximation.enclosure import Largest, largest_error
from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.models import BeyondError
from verify.checks.approximation.pivots import interval, thresholds
from verify.checks.approximation.telling import described_interval, place_of
from verify.checks.approximation.univariate import beyond
from verify.checks.claims.claims import Claim, Exact
from verify.checks.rounding.judge import upward
from verify.graph.balls import ball
from verify.model.comparison import APPROXIMATION
from verify.model.exact import decimal_text
from verify.model.reasons import Reason
from verify.model.result import Evidence, Verdict
from verify.proof.decision import Decision, Point

_SEVERAL = "an accuracy can be proved only for a gradient of one input beside the upstream; this one depends on {}"


def _open(detail: str, point: Point | None) -> Decision:
    return Decision(Verdict.UNDECIDED, Evidence(APPROXIMATION, detail, reason=Reason.ACCURACY), point)


def within(exact: Exact, claim: Claim, entry: int, accuracy: Fraction) -> Decision:
    """Decide whether a refuted entry is within a relative accuracy for all inputs of the region of a run."""
    graph, region = exact.seen.trace, exact.region
    pair = claim.actual.nodes[entry], exact.gradient(claim.name)[entry]
    inputs = {node for quantity in exact.seen.inputs.values() for node in quantity.nodes}
    variables = [node for node in graph.reach(pair) if node in inputs]
    point = claim.decisions[entry].point
    if len(variables) != 1:
        return _open(_SEVERAL.format(len(variables)), point)
    pivot = Pivot(tuple(variables))
    low_high = interval(region, pivot, thresholds(graph, exact.seen.conditions))
    try:
        error = largest_error(graph, pair, pivot, low_high)
    except BeyondError as problem:
        for end in (end for end in low_high if end is not None):  # where most approximations are worst
            if worse := beyond(graph, pair, pivot, end, ball(accuracy)):
                return _refuted(worse, place_of(graph, pivot, end), accuracy, point)
        detail = f"the stated accuracy could not be proved over all of the region: {problem}"
        return _open(detail, point)
    size, place, stated = _text(error.error), place_of(graph, pivot, error.place), decimal_text(accuracy)
    ends = described_interval(graph, pivot, low_high)
    if error.error <= ball(accuracy):
        detail = (
            f"an approximation within the relative accuracy stated in the case: proved to stay within {size} of the "
            f"exact derivative for all {ends}, worst at {place}; stated: {stated}"
        )
        return Decision(Verdict.AGREES, Evidence(APPROXIMATION, detail, limit=stated, at=place, error=size), point)
    if error.reached > ball(accuracy):
        return _refuted(error, place, accuracy, point)
    detail = f"the stated accuracy of {stated} could not be proved: the best bound is {size} for all {ends}"
    return _open(detail, point)


def _refuted(error: Largest, place: str, accuracy: Fraction, point: Point | None) -> Decision:
    size, stated = _text(error.reached), decimal_text(accuracy)
    detail = f"an approximation with relative error {size} at {place}; the case states an accuracy of {stated}"
    return Decision(Verdict.REFUTED, Evidence(APPROXIMATION, detail, limit=stated, at=place, error=size), point)


def _text(error: flint.arb) -> str:
    return upward(np.longdouble(float(error.abs_upper())))
