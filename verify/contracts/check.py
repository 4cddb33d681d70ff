"""Run a layer on real arrays as its users do, and find the contracts that it breaks."""

from __future__ import annotations

from collections.abc import Sequence

from verify.gradients.claims import Exact
from verify.result import Finding
from verify.subjects.cases import TracedCase


def contracts(case: TracedCase, runs: Sequence[Exact], seed: int) -> list[Finding]:
    """Return the contracts that a layer breaks."""
    return []
