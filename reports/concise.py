"""A line for each failure (`file:line  case  gradient  verdict  likely mistake or reason`), then the summary."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from reports import cells, problems, rows, words
from verify.model.identity import Place
from verify.model.result import CaseResult, Comparison, Run, summary

_MOST_NAMES = 3  # of gradients that may only inherit an error
_INHERITED = "may only inherit the error"


def render(run: Run) -> str:
    """Render what fails the gate, in the order of the other reports, and the line that sums up the run."""
    return "".join(f"{line}\n" for line in [*failures(run), f"{summary(run)}."])


class Failure(NamedTuple):
    """What fails the gate of a case: where to look, what it is about, and why, with the row that it is about, if any.

    What inherits is one failure of several gradients.
    """

    where: Place
    name: str
    verdict: str
    why: str
    comparison: Comparison | None = None


def failures(run: Run) -> list[str]:
    """Return what fails the gate, in the order of the other reports; what may only inherit an error is one of them."""
    listed = [
        (str(failure.where), words.called(case), *filter(None, [failure.name]), failure.verdict, failure.why)
        for case in rows.cases(run)
        for failure in of_case(case)
    ]
    listed += [(f"{entry.case.file or 'expr'}:1", "STALE", entry.change) for entry in problems.failing_entries(run)]
    return ["  ".join(" ".join(text.splitlines()) for text in columns) for columns in listed]


def of_case(case: CaseResult) -> Iterator[Failure]:
    """Yield what fails the gate of a case: rows before findings."""
    failing = [c for c in problems.worst_comparisons(case).values() if not c.passes]
    inherited = [c for c in rows.inheriting(case) if c in failing]
    yield from _grouped([c for c in failing if c not in inherited], case)
    if inherited:
        names = words.enumeration([cells.name(c) for c in inherited], ", ", _MOST_NAMES)
        place = problems.nearest_place(case.where, case)
        yield Failure(place, names, cells.verdict(inherited[0]), _INHERITED, inherited[0])
    for _, finding, sentence in words.findings(case, failures_only=True):
        place = problems.nearest_place(finding.where, case)
        why = finding.detail if place == finding.where else sentence  # which names the place
        yield Failure(place, finding.name, finding.code, why)


def _grouped(failing: Sequence[Comparison], case: CaseResult) -> Iterator[Failure]:
    """Yield what fails, as one failure where the line, the verdict and the likely mistake of several are the same."""
    groups: dict[tuple[Place, str, str, str], list[Comparison]] = {}
    for c in failing:
        place = problems.nearest_place(c.place, case)
        alone = "" if c.parting and c.diagnosis else cells.name(c)
        groups.setdefault((place, cells.verdict(c), c.diagnosis or words.reason(c), alone), []).append(c)
    for (place, verdict, why, _), group in groups.items():
        names = words.enumeration([cells.name(c) for c in group], ", ", _MOST_NAMES)
        yield Failure(place, names, verdict, why, group[0])
