"""Samples at which `backward` is not defined, and wherever the same branches lead: a ReLU that divides by its output.

Code that divides by what is 0 by its formula cannot be followed on symbols to its end; code that takes the logarithm of
a negative number can, and returns NaN on floats. That says nothing of `forward`, which has come to its own, so that
there is a derivative; what the code returns on floats is compared with it, as at any hole (`holes`). What is found
refutes the gradient; the others stay open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.regions.divisors import divisors, is_beyond
from verify.checks.regions.gaps import finite_output, gaps
from verify.checks.regions.hole import Hole, cause, row_of
from verify.model.comparison import DIVIDES
from verify.model.errors import DivisionError
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Comparison, Evidence
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, Variant, observe, variants
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace

# Why nothing was decided where `backward` is not defined at the sample, though it could be followed.
_REASONS = (Reason.FLOATS_DIFFER, Reason.TOO_FEW_DIGITS)


def refuted_where_undefined(case: TracedCase, result: CaseResult, seed: int) -> CaseResult:
    """Return a result with the gradients that are no derivatives where `backward` is not defined at the sample."""
    open_variants = {row.variant for row in result.comparisons if row.evidence and _may_be_undefined(row.evidence)}
    if not open_variants:
        return result
    rows = [
        row for variant in variants(case) if variant.written in open_variants for row in _refuted(case, variant, seed)
    ]
    return replace(result, comparisons=(*rows, *result.comparisons))


def _may_be_undefined(evidence: Evidence) -> bool:
    return evidence.kind == DIVIDES or evidence.reason in _REASONS


def _refuted(case: TracedCase, variant: Variant, seed: int) -> Iterator[Comparison]:
    """Yield a row for each gradient that is no derivative at the sample of a variant, where that lies on no tie."""
    hole = _undefined(case, variant, seed)
    if hole is None or not hole.there.upstreams or pinned(hole.there.conditions):
        return
    try:
        floats = _on_floats(case, hole.there, seed)
        smooth = [gap for gap in gaps(case, hole.there, floats) if gap.smooth] if finite_output(floats) else []
    except SubjectError:
        return
    where = case.backward or floats.backward or case.where
    for name in dict.fromkeys(gap.name for gap in smooth):
        first, *others = [gap for gap in smooth if gap.name == name]
        yield row_of(hole, first, case, seed, failing=1 + len(others), where=where)


def _undefined(case: TracedCase, variant: Variant, seed: int) -> Hole | None:
    """Return the sample of a variant as a hole, where `backward` divides by 0 or leaves the domain of a function."""
    seen = Observation(variant, Trace())
    try:
        observe(case, variant, seed, seen=seen)
    except SubjectError as problem:
        seen.conditions = list(seen.trace.conditions.values())
        nodes = [condition.node for condition in seen.conditions]
        divides = isinstance(problem.__cause__, DivisionError)
        return Hole(seen, nodes, f"backward raises {problem}") if divides else None
    beyond = next((divisor for divisor in divisors(seen) if is_beyond(seen, divisor)), None)
    return None if beyond is None else Hole(seen, [beyond.node], cause(seen, beyond))


def _on_floats(case: TracedCase, seen: Observation, seed: int) -> FloatRun:
    """Run the code on floats, which comes to its end there; its gradients are those that have the shape of an input."""
    floats = FloatRun(case, seen, seed, noticing=not case.backward)
    shaped = {n: q for n, q in seen.inputs.items() if n in case.real and _is_array(floats.gradients.get(n), q.shape)}
    floats.seen = replace(seen, gradients={name: Quantity(q.shape, q.nodes) for name, q in shaped.items()})
    return floats


def _is_array(value: Any, shape: tuple[int, ...]) -> bool:
    if value is None:  # no claim, which NumPy reads as NaN
        return False
    try:
        return np.asarray(value, dtype=float).shape == shape
    except (TypeError, ValueError):
        return False
