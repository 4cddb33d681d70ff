"""Beyond the formula at the sample: every region, the contract of the layer, its floats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from verify.cases.case import TracedCase
from verify.checks.added import added_findings
from verify.checks.approximation.ignored import findings_of
from verify.checks.claims.claims import Exact
from verify.checks.contracts.check import contracts, is_complete
from verify.checks.contracts.state import State
from verify.checks.doubts import settled
from verify.checks.gradients import deciding
from verify.checks.gradients.draws import Draws, other_draws
from verify.checks.gradients.orientations import orientations_left
from verify.checks.gradients.sizes import Sizing, check_sizes
from verify.checks.gradients.traced import dead
from verify.checks.regions.check import Elsewhere, regions
from verify.checks.regions.constant import of_a_constant
from verify.checks.regions.edges import EDGE
from verify.checks.regions.glances import Glances
from verify.checks.rounding.check import Floats, arithmetic
from verify.checks.unvaried.paths import strayed
from verify.checks.unvaried.signs import signs_left
from verify.checks.unvaried.unvaried import unvaried
from verify.checks.vanishing import without_vanishing
from verify.model.findings import Subject, allowed, finding, judged
from verify.model.identity import NOWHERE
from verify.model.reasons import Reason
from verify.model.result import CaseResult, Comparison, Cover, Finding, Keep, Verdict


def beyond(
    case: TracedCase,
    result: CaseResult,
    runs: Sequence[Exact],
    seed: int,
    keep: Keep = lambda *_: None,
    state: State | None = None,
) -> CaseResult:
    """Return a result with what else was found out about its layer; it is given to `keep` after each part.

    `state` has what the code held outside of runs before the first one.

    `runs` are those on symbols that were followed, one for each variant; all of what is asked starts from them.
    """
    followed = [run for run in runs if run.followed]  # the others are proved, without branches, and beside these
    elsewhere = regions(case, followed, seed)
    more = elsewhere.runs
    if dead([*runs, *more]):
        more += [run for run in elsewhere.extras if not run.constant][:1]  # floats are judged where the output varies
    parts = _Parts(case, result, runs, elsewhere)
    if dead([*runs, *more]):
        return of_a_constant(case, parts.decisions(seed), [*runs, *more], seed)
    return parts.looked_at([*followed, *more], seed, keep, state)


class _Parts:
    """What is known of a layer, part by part."""

    def __init__(self, case: TracedCase, result: CaseResult, runs: Sequence[Exact], elsewhere: Elsewhere) -> None:
        self.case, self.sample, self.runs = case, result, runs
        self.rows, self.cover = elsewhere.rows, elsewhere.cover  # those of other inputs
        self.explored, self.further = elsewhere.explored, [*elsewhere.runs, *elsewhere.extras]
        self.deciding = deciding.notes([*runs, *self.further])
        self.gaps = [*_unreached(elsewhere.cover), *elsewhere.findings]
        self.sizing, self.draws, self.broken, self.floats = Sizing(), Draws(), list[Finding](), Floats()

    def decisions(self, seed: int) -> CaseResult:
        """Return the result of a layer whose output is constant: there are neither contracts nor floats to look at."""
        self._check_sizes(seed)
        added = [*unvaried(self.case, self.runs, seed), *added_findings(self.case, self.runs, seed)]
        return replace(
            self.sample,
            comparisons=(*self.sample.comparisons, *self.sizing.rows, *self.rows),
            sizes=self.sizing.summary(self.case, self.runs),
            cover=self.cover,
            findings=judged([*self.gaps, *added], self.case.allow, self.case.where),
        )

    def looked_at(self, runs: Sequence[Exact], seed: int, keep: Keep, state: State | None) -> CaseResult:
        """Return the result after all parts; floats are those of some `runs` at samples and elsewhere."""
        keep(self._result(), "other sizes, contracts and float errors")
        self._check_sizes(seed)
        keep(self._result(), "contracts and float errors")
        self.broken = [] if dead(self.runs) else contracts(self.case, self.sample, self.runs, seed, state)
        keep(self._result(), "float errors")
        self.floats = arithmetic(self.case, runs, seed)
        self._refute_at_points(seed)
        result = self._result()
        findings = [
            *findings_of(result.comparisons),
            *self.broken,
            *self.gaps,
            *_of_right_formulas(self.floats.findings, result.comparisons),
            *unvaried(self.case, runs, seed),
            *signs_left(self.runs),
            *orientations_left(self.runs),
            *strayed(self.case, runs, seed),
            *added_findings(self.case, self.runs, seed),
        ]
        unchecked = _unchecked(result, self.runs, self.broken)
        # What was allowed in vain is known at the end.
        findings = _where_made(findings, result.comparisons)
        return replace(result, findings=judged(findings, self.case.allow, self.case.where, unchecked))

    def _result(self) -> CaseResult:
        """Return the result as far as it is known; of other inputs, one row for each gradient that is right so far."""
        wrong = {row.name for row in self.sample.comparisons if not row.verdict.good}
        first = {row.name: row for row in reversed(self.rows) if row.name not in wrong}
        rows = (*self.sample.comparisons, *self.sizing.rows, *self.draws.rows, *reversed(first.values()))
        result = replace(
            self.sample,
            comparisons=rows,
            sizes=self.sizing.summary(self.case, self.runs),
            cover=self.cover,
            findings=allowed((*findings_of(rows), *self.broken, *self.gaps), self.case.allow),
            accuracy=tuple(self.floats.accuracy),
            notes=(*self.sample.notes, *self.deciding, *self.draws.notes, *self.floats.notes),
        )
        return without_vanishing(result, [*self.runs, *self.further])

    def _check_sizes(self, seed: int) -> None:
        rows, glances = [*self.sample.comparisons, *self.rows], Glances(self.case, seed, self.explored)
        others = [run for run in self.runs if run.followed]
        self.sizing = check_sizes(self.case, rows, self.runs, seed, glances.at, others)
        self.draws = other_draws(self.case, [*rows, *self.sizing.rows], self.runs, seed)
        lines = {gap.where for gap in self.gaps if gap.code == EDGE}
        self.gaps += [finding for where, finding in glances.open.items() if where not in lines]
        undefined = {finding.key: finding for finding in reversed([*self.gaps, *glances.findings])}
        self.gaps += [finding for finding in glances.findings if undefined[finding.key] is finding]

    def _refute_at_points(self, seed: int) -> None:
        """Add the rows of formulas that floats cast doubt on; what is wrong goes before what is right."""
        bad = (Verdict.REFUTED, Verdict.ERROR)
        refuted = {row.name for row in [*self.sample.comparisons, *self.rows] if row.verdict in bad}
        open_ = [wrong for wrong in self.floats.wrong if wrong.name not in refuted]
        doubts = settled(self.case, open_, seed)
        self.floats.notes.extend(doubts.notes)
        self.rows = sorted([*self.rows, *doubts.rows], key=lambda row: row.verdict.good)


def _unreached(cover: Cover) -> list[Finding]:
    """Return a finding for each line that asks what every run answered in the same way."""
    first = {branch.where: branch for branch in reversed(cover.unvisited)}
    return [
        finding("GP002", f"no run reached {branch.condition}", where=branch.where, variant=branch.variant)
        for branch in reversed(first.values())
    ]


def _unchecked(result: CaseResult, runs: Sequence[Exact], broken: Sequence[Finding]) -> list[Subject]:
    """Return the subjects whose checks were not run everywhere.

    Floats are judged where the formula is right, and neither they nor contracts where the code could not be followed.
    """
    followed = not any(row.quantity == "case" for row in result.comparisons)
    contracts_checked = followed and not dead(runs) and is_complete(broken)
    floats_checked = followed and all(row.verdict.good for row in result.comparisons)
    return [*([] if contracts_checked else [Subject.CONTRACT]), *([] if floats_checked else [Subject.FLOATS])]


def _where_made(findings: Sequence[Finding], rows: Sequence[Comparison]) -> list[Finding]:
    """Return findings, those on shapes at the line where the row of the gradient has it made."""
    made = {row.name: row.evidence.place for row in reversed(rows) if row.evidence.reason is Reason.WRONG_SHAPE}
    places = {finding: made.get(finding.name, NOWHERE) for finding in findings if finding.code == "GP113"}
    return [replace(each, where=places[each]) if places.get(each) else each for each in findings]


def _of_right_formulas(findings: Sequence[Finding], rows: Sequence[Comparison]) -> list[Finding]:
    """Return the findings on floats, without those on gradients whose formula is not right, as far as it is known."""
    open_names = {row.name for row in rows if not row.verdict.good}
    return [finding for finding in findings if finding.name not in open_names]
