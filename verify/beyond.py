"""Beyond the formula at the sample: every region, the contract of the layer, its floats."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from verify.arithmetic.check import arithmetic
from verify.contracts.check import contracts, is_complete
from verify.expressions.runs import SubjectError
from verify.findings import finding, judged
from verify.gradients.claims import Exact
from verify.gradients.sizes import Sizing, check_sizes
from verify.gradients.traced import dead, decided
from verify.regions.check import apart, regions
from verify.regions.constant import of_a_constant
from verify.result import Accuracy, CaseResult, Comparison, Cover, Finding, Keep, Verdict
from verify.subjects.cases import TracedCase


def beyond(
    case: TracedCase,
    result: CaseResult,
    runs: Sequence[Exact],
    seed: int,
    keep: Keep = lambda *_: None,
) -> CaseResult:
    """Return a result with what else was found out about its layer; it is given to `keep` after each part.

    `runs` are those on symbols that were followed, one for each variant; all of what is asked starts from them.
    """
    elsewhere, cover, more, gaps = regions(case, runs, seed)
    gaps = [*_unreached(cover), *gaps]
    if dead([*runs, *more]):
        sizing = check_sizes(case, [*result.comparisons, *elsewhere], runs, seed)
        decisions = replace(
            result,
            comparisons=(*result.comparisons, *sizing.rows, *elsewhere),
            sizes=sizing.summary(case, runs),
            cover=cover,
            findings=judged(gaps, case.allow, case.where),
        )
        return of_a_constant(case, decisions, [*runs, *more], seed)
    wrong = {comparison.name for comparison in result.comparisons if not comparison.verdict.good}

    def whole(sizing: Sizing, findings: Sequence[Finding], accuracy: Sequence[Accuracy]) -> CaseResult:
        first = {row.name: row for row in reversed(elsewhere) if row.name not in wrong}
        return replace(
            result,
            comparisons=(*result.comparisons, *sizing.rows, *reversed(first.values())),
            sizes=sizing.summary(case, runs),
            cover=cover,
            findings=tuple(replace(one, allowed=case.allow.get(one.code, "")) for one in (*findings, *gaps)),
            accuracy=tuple(accuracy),
        )

    keep(whole(Sizing(), [], []), "other sizes, contracts, floats")
    sizing = check_sizes(case, [*result.comparisons, *elsewhere], runs, seed)
    keep(whole(sizing, [], []), "contracts, floats")
    broken = [] if dead(runs) else contracts(case, result, runs, seed)
    keep(whole(sizing, broken, []), "floats")
    found, accuracy, met = arithmetic(case, [*runs, *more], seed)
    elsewhere += _came_upon(case, met, seed)
    unchecked = _unchecked(result, runs, broken)
    findings = judged([*broken, *gaps, *found], case.allow, case.where, unchecked)  # with what was allowed in vain
    return replace(whole(sizing, [], accuracy), findings=findings)


def _unreached(cover: Cover) -> list[Finding]:
    """Return a finding for each line that asks what every run answered in the same way."""
    first = {branch.where: branch for branch in reversed(cover.unvisited)}
    return [
        finding("GP002", f"no run reached {branch.condition}", where=branch.where, variant=branch.variant)
        for branch in reversed(first.values())
    ]


def _unchecked(result: CaseResult, runs: Sequence[Exact], broken: Sequence[Finding]) -> list[str]:
    """Return how the codes start whose checks were not run everywhere.

    Floats are judged where the formula is right, and neither they nor contracts where the code could not be followed.
    """
    followed = not any(row.quantity == "case" for row in result.comparisons)
    contracts_checked = followed and not dead(runs) and is_complete(broken)
    floats_checked = followed and all(row.verdict.good for row in result.comparisons)
    return [*([] if contracts_checked else ["GP1"]), *([] if floats_checked else ["GP2"])]


def _came_upon(case: TracedCase, met: Sequence[Exact], seed: int) -> list[Comparison]:
    """Return the rows of wrong formulas that the floats of other magnitudes came upon."""
    rows = []
    for run in met:
        with suppress(SubjectError):
            rows += [apart(row) for row in decided(case, run.seen, seed)[0] if row.verdict is Verdict.REFUTED]
    return rows
