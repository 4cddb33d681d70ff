"""A line for each failure (`file:line  case  gradient  verdict  likely mistake or reason`), then the summary."""

from __future__ import annotations

from collections.abc import Iterator

from reports import cells, problems, rows, words
from verify.model.result import CaseResult, Run, summary

_MOST_NAMES = 3  # of gradients that may only inherit an error
_INHERITED = "may only inherit the error"


def render(run: Run) -> str:
    """Render what fails the gate, in the order of the other reports, and the line that sums up the run."""
    return "".join(f"{line}\n" for line in [*failures(run), f"{summary(run)}."])


def failures(run: Run) -> list[str]:
    """Return what fails the gate, in the order of the other reports; what may only inherit an error is one of them."""
    listed = [columns for case in rows.cases(run) for columns in _of_case(case)]
    listed += [(f"{entry.case.file or 'expr'}:1", "STALE", entry.change) for entry in problems.failing_entries(run)]
    return ["  ".join(" ".join(text.splitlines()) for text in columns) for columns in listed]


def _of_case(case: CaseResult) -> Iterator[tuple[str, ...]]:
    failing = [c for c in problems.worst_comparisons(case).values() if not c.passes]
    inherited = [c for c in rows.inheriting(case) if c in failing]
    for c in failing:
        if c not in inherited:
            place = problems.nearest_place(c.place, case)
            yield str(place), case.name, cells.name(c), cells.verdict(c), c.diagnosis or words.reason(c)
    if inherited:
        names = words.enumeration([cells.name(c) for c in inherited], ", ", _MOST_NAMES)
        yield str(problems.nearest_place(case.where, case)), case.name, names, cells.verdict(inherited[0]), _INHERITED
    for _, finding, sentence in words.findings(case, failures_only=True):
        place = problems.nearest_place(finding.where, case)
        yield str(place), case.name, *filter(None, [finding.name]), finding.code, sentence
