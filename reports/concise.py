"""A line for each failure (`file:line  case  gradient  verdict  likely mistake or reason`), then the summary."""

from __future__ import annotations

from collections.abc import Iterator

from reports import cells, problems, rows, words
from verify.model.result import CaseResult, Run, summary


def render(run: Run) -> str:
    """Render what fails the gate, in the order of the other reports, and the line that sums up the run."""
    failures = [line for case in rows.cases(run) for line in _of_case(case)]
    stale = [f"{entry.case.file or 'expr'}:1  STALE  {entry.change}" for entry in problems.failing_entries(run)]
    return "".join(f"{' '.join(text.splitlines())}\n" for text in [*failures, *stale, f"{summary(run)}."])


def _of_case(case: CaseResult) -> Iterator[str]:
    for c in problems.worst_comparisons(case).values():
        if not c.passes:
            place = problems.nearest_place(c.place, case)
            yield "  ".join([str(place), case.name, cells.name(c), cells.verdict(c), c.diagnosis or words.reason(c)])
    for _, finding, sentence in words.findings(case, failures_only=True):
        place = problems.nearest_place(finding.where, case)
        yield "  ".join([str(place), case.name, *filter(None, [finding.name]), finding.code, sentence])
