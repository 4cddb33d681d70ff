"""Samples at which `backward` divides by 0, and wherever the same branches lead: a ReLU that divides by its output.

Code that divides by what is 0 by its formula cannot be followed on symbols to its end. That says nothing of `forward`,
which has come to its own, so that there is a derivative; what the code returns on floats is compared with it, as at any
hole (`holes`). What is found refutes the gradient; the others stay open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from verify.cases.case import TracedCase
from verify.checks.regions.gaps import finite_output, gaps
from verify.checks.regions.holes import Hole, row_of
from verify.model.comparison import DIVIDES
from verify.model.errors import DivisionError
from verify.model.result import CaseResult, Comparison
from verify.tracing.floats import FloatRun
from verify.tracing.following import SubjectError
from verify.tracing.observe import Observation, Quantity, Variant, observe, variants
from verify.tracing.region import pinned
from verify.tracing.symbols.trace import Trace


def refuted_where_undefined(case: TracedCase, result: CaseResult, seed: int) -> CaseResult:
    """Return a result with the gradients that are no derivatives where `backward` divides by 0 at the sample."""
    open_variants = {row.variant for row in result.comparisons if row.evidence and row.evidence.kind == DIVIDES}
    if not open_variants:
        return result
    rows = [
        row for variant in variants(case) if variant.written in open_variants for row in _refuted(case, variant, seed)
    ]
    return replace(result, comparisons=(*rows, *result.comparisons))


def _refuted(case: TracedCase, variant: Variant, seed: int) -> Iterator[Comparison]:
    """Yield a row for each gradient that is no derivative at the sample of a variant, where that lies on no tie."""
    seen = Observation(variant, Trace())
    try:
        observe(case, variant, seed, seen=seen)
    except SubjectError as problem:
        divides, cause = isinstance(problem.__cause__, DivisionError), f"backward fails with {problem}"
    else:
        return
    if not divides or not seen.upstreams:
        return
    seen.conditions = list(seen.trace.conditions.values())
    if pinned(seen.conditions):
        return
    try:
        floats = _on_floats(case, seen, seed)
        smooth = [gap for gap in gaps(case, seen, floats) if gap.smooth] if finite_output(floats) else []
    except SubjectError:
        return
    hole = Hole(seen, [condition.node for condition in seen.conditions], cause)
    where = case.backward or floats.backward or case.where
    for name in dict.fromkeys(gap.name for gap in smooth):
        first, *others = [gap for gap in smooth if gap.name == name]
        entry = str(seen.trace.payloads[seen.inputs[name].nodes[first.place]])
        yield row_of(hole, first, entry, failing=1 + len(others), variant=variant.written, where=where)


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
