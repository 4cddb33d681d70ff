"""Beyond the formula at the sample: every region, the contract of the layer, its floats."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from verify.cases.case import TracedCase
from verify.checks.added import added_findings
from verify.checks.approximation.ignored import findings_of
from verify.checks.claims.claims import Exact
from verify.checks.contracts.check import contracts, is_complete
from verify.checks.gradients.sizes import Sizing, check_sizes
from verify.checks.gradients.traced import dead, decided
from verify.checks.regions.check import apart, regions
from verify.checks.regions.constant import of_a_constant
from verify.checks.rounding.check import Floats, arithmetic
from verify.checks.rounding.trials import Wrong
from verify.checks.rounding.truth import exactly
from verify.model.findings import allowed, finding, judged
from verify.model.result import CaseResult, Comparison, Cover, Finding, Keep, Verdict
from verify.tracing.following import SubjectError
from verify.tracing.observe import observe


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
    elsewhere, cover, more, gaps, extras = regions(case, runs, seed)
    gaps = [*_unreached(cover), *gaps]
    if dead([*runs, *more]):
        more += [run for run in extras if not run.constant][:1]  # floats are judged where the output varies
    if dead([*runs, *more]):
        sizing = check_sizes(case, [*result.comparisons, *elsewhere], runs, seed)
        decisions = replace(
            result,
            comparisons=(*result.comparisons, *sizing.rows, *elsewhere),
            sizes=sizing.summary(case, runs),
            cover=cover,
            findings=judged([*gaps, *added_findings(case, runs, seed)], case.allow, case.where),
        )
        return of_a_constant(case, decisions, [*runs, *more], seed)
    wrong = {comparison.name for comparison in result.comparisons if not comparison.verdict.good}

    def whole(sizing: Sizing, findings: Sequence[Finding], floats: Floats) -> CaseResult:
        first = {row.name: row for row in reversed(elsewhere) if row.name not in wrong}
        rows = (*result.comparisons, *sizing.rows, *reversed(first.values()))
        told = (*findings_of(rows), *findings, *gaps)
        return replace(
            result,
            comparisons=rows,
            sizes=sizing.summary(case, runs),
            cover=cover,
            findings=allowed(told, case.allow),
            accuracy=tuple(floats.accuracy),
            notes=(*result.notes, *floats.notes),
        )

    keep(whole(Sizing(), [], Floats()), "other sizes, contracts, floats")
    sizing = check_sizes(case, [*result.comparisons, *elsewhere], runs, seed)
    keep(whole(sizing, [], Floats()), "contracts, floats")
    broken = [] if dead(runs) else contracts(case, result, runs, seed)
    keep(whole(sizing, broken, Floats()), "floats")
    floats = arithmetic(case, [*runs, *more], seed)
    refuted = {row.name for row in [*result.comparisons, *elsewhere] if row.verdict in (Verdict.REFUTED, Verdict.ERROR)}
    elsewhere += _wrong_at_points(case, [wrong for wrong in floats.wrong if wrong.name not in refuted], seed)
    elsewhere.sort(key=lambda row: row.verdict.good)
    complete = whole(sizing, [], floats)
    findings = [
        *findings_of(complete.comparisons),
        *broken,
        *gaps,
        *_of_right_formulas(floats.findings, complete.comparisons),
        *added_findings(case, runs, seed),
    ]
    unchecked = _unchecked(complete, runs, broken)
    # What was allowed in vain is known at the end.
    return replace(complete, findings=judged(findings, case.allow, case.where, unchecked))


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


def _of_right_formulas(findings: Sequence[Finding], rows: Sequence[Comparison]) -> list[Finding]:
    """Return the findings on floats, without those on gradients whose formula is not right, as far as it is known."""
    open_names = {row.name for row in rows if not row.verdict.good}
    return [finding for finding in findings if finding.name not in open_names]


def _wrong_at_points(case: TracedCase, wrong: Sequence[Wrong], seed: int) -> list[Comparison]:
    """Return the rows of formulas that floats showed to be wrong at points of their own regions.

    There the enclosure of what the code computes, with all rounding, does not hold the exact value. That is a doubt,
    and not yet a verdict: the case is run on symbols at the point, and refuted if its formula is another one there.
    """
    rows: dict[str, Comparison] = {}
    for name, run, point in wrong:
        if name in rows:
            continue
        with suppress(SubjectError):
            seen = observe(case, run.seen.variant, seed, at=exactly(point))
            found = [apart(row) for row in decided(case, seen, seed)[0] if row.verdict is Verdict.REFUTED]
            rows.update({row.name: row for row in found if row.name not in rows})
    return list(rows.values())
