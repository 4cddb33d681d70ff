"""The lines at which wrong gradients part from the exact ones, from numbers at a sample: the order of a search.

No verdict rests on them, and so what is wrong is not decided here, but seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import flint

from verify.cases.case import TracedCase
from verify.graph import balls
from verify.model.identity import Place
from verify.model.result import Evidence, Verdict
from verify.proof.decision import Decision

if TYPE_CHECKING:
    from verify.checks.claims.claims import Claim, Exact

_BITS = 64
_SEEN = {wrong: Decision(Verdict.REFUTED if wrong else Verdict.AGREES, Evidence("at the sample")) for wrong in (0, 1)}


def likely_lines(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Place]:
    """Return the lines at which the gradients of the first run that is wrong at its sample part from the exact ones."""
    from verify.checks.gradients.parting import parting

    for run in runs:
        claims = _claims(run)
        if any(_SEEN[True] in claim.decisions for claim in claims.values()):
            return [place for place in parting(case, run, claims, seed).values() if place]
    return []


def _claims(run: Exact) -> dict[str, Claim]:
    """Return the gradients of a run that have the shape of their input, each entry wrong where it is at the sample."""
    from verify.checks.claims.claims import Claim

    seen = run.seen
    wanted = {name: actual for name, actual in seen.gradients.items() if name not in seen.malformed}
    sides = {name: list(zip(run.gradient(name), actual.nodes, strict=True)) for name, actual in wanted.items()}
    with flint.ctx.workprec(_BITS):
        at = balls.at(
            seen.trace, [node for pairs in sides.values() for pair in pairs for node in pair], run.region.sample
        )
        return {
            name: Claim(name, run, wanted[name], [_SEEN[not at[a].overlaps(at[b])] for a, b in pairs])
            for name, pairs in sides.items()
        }
