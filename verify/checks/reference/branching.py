"""The subject of an expression on symbols that can be branched on, for code that a plain symbol cannot answer."""

from __future__ import annotations

from verify.cases.conversation import Outcome
from verify.checks.reference import runs
from verify.checks.reference.theory import Theory
from verify.model.reasons import Reason
from verify.tracing import patches
from verify.tracing.arrays import arrays
from verify.tracing.following import SubjectError
from verify.tracing.originals import refuse_replaced
from verify.tracing.region import Region, one_sided, pinned
from verify.tracing.symbols.trace import Trace

_ON_UPSTREAM = "the code branches on the upstream, at {}: a derivative is linear in it"
_TIE = "the sample lies on a tie, at {}: a branch on equality says nothing about derivatives"


def run(theory: Theory, seed: int) -> tuple[Outcome, Region]:
    """Run a case on a `branching` theory; returns what it computed, and the region that this is said of.

    Raises SubjectError where it cannot be followed, or where a branch leaves nothing to say.
    """
    trace = theory.graph
    assert isinstance(trace, Trace)
    refuse_replaced()
    with arrays.running(trace), patches.in_force(seed):
        outcome = runs.on_symbols(theory)
    conditions = list(trace.conditions.values())
    if place := one_sided([(trace, conditions, [theory.upstream])]):
        raise SubjectError(_ON_UPSTREAM.format(place), reason=Reason.UPSTREAM_BRANCH)
    if place := pinned(conditions):
        raise SubjectError(_TIE.format(place), reason=Reason.TIE)
    return outcome, Region(trace, conditions, [theory.upstream_name])
