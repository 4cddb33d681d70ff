"""Gradients that no float shows in all of the domain: what the code returns agrees with them even with the wrong sign.

Terms that underflow may be left out beside others (`proof.negligible`). Where nothing else is left of a gradient, in no
region and at no size, 0 = 0 checks nothing. Outside of the domain, or between two floats, the formulas may well differ:
so that is no agreement, and for want of a point that shows it, no refutation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.checks.claims.claims import Exact
from verify.model.comparison import VANISHING
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Evidence, Verdict

_UNSEEN = Evidence(
    "no example",
    "the formulas differ, and in all of the domain the gradient underflows to 0 on floats, so 0 = 0 checks nothing: "
    "choose a domain in which it does not underflow",
    reason=Reason.HIDDEN_TERM,
)


def without_vanishing(result: CaseResult, runs: Sequence[Exact]) -> CaseResult:
    """Return a result in which gradients are left open that vanish in each of its runs."""
    seen = {name for run in runs for name in run.seen.inputs if name not in run.vanishing}
    rows = [
        replace(row, verdict=Verdict.UNDECIDED, evidence=_UNSEEN, failing=row.entries)
        if row.evidence and row.evidence.kind == VANISHING and row.name not in seen
        else row
        for row in result.comparisons
    ]
    return replace(result, comparisons=tuple(rows))
