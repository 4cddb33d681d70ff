"""Beyond the formula at the sample: every region, the contract of the layer, its floats."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from verify.arithmetic.check import arithmetic
from verify.contracts.check import contracts
from verify.expressions.runs import SubjectError
from verify.findings import judged
from verify.gradients.claims import Exact
from verify.gradients.sizes import check_sizes
from verify.gradients.traced import dead, decided, of_nothing
from verify.regions.check import apart, regions
from verify.result import CaseResult, Comparison, Verdict
from verify.subjects.cases import TracedCase


def beyond(case: TracedCase, result: CaseResult, runs: Sequence[Exact], seed: int) -> CaseResult:
    """Return a result with what else was found out about its layer.

    `runs` are those on symbols that were followed, one for each variant; all of what is asked starts from them.
    """
    elsewhere, cover, more, gaps = regions(case, runs, seed)
    if dead([*runs, *more]):
        return of_nothing(case, result)
    wrong = {comparison.name for comparison in result.comparisons if not comparison.verdict.good}
    found, accuracy, met = arithmetic(case, [*runs, *more], seed)
    elsewhere += _came_upon(case, met, seed)
    first = {row.name: row for row in reversed(elsewhere) if row.name not in wrong}
    sizing = check_sizes(case, [*result.comparisons, *first.values()], runs, seed)
    broken = [] if dead(runs) else contracts(case, result, runs, seed)
    return replace(
        result,
        comparisons=(*result.comparisons, *sizing.rows, *reversed(first.values())),
        sizes=sizing.summary(case, runs),
        cover=cover,
        findings=judged([*broken, *gaps, *found], case.allow, case.where),
        accuracy=tuple(accuracy),
    )


def _came_upon(case: TracedCase, met: Sequence[Exact], seed: int) -> list[Comparison]:
    """Return the rows of wrong formulas that the floats of other magnitudes came upon."""
    rows = []
    for run in met:
        with suppress(SubjectError):
            rows += [apart(row) for row in decided(case, run.seen, seed)[0] if row.verdict is Verdict.REFUTED]
    return rows
