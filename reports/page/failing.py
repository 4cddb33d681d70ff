"""What fails, for the top of the page: a line for each wrong gradient, then for what is found, then the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reports import anchors, concise, rows
from reports.page import table
from reports.page.markup import Markup, breakable
from verify.model.elision import cut_end
from verify.model.result import CaseResult, Run, Verdict

_MOST = 40  # lines; the others are counted
_LONGEST = 160  # signs of a reason
_RANKS = {Verdict.REFUTED: 0, Verdict.ERROR: 1, Verdict.UNDECIDED: 3}
_OF_FINDINGS = 2  # as findings rank


class Line(NamedTuple):
    """A failure, with the place on the page that tells all of it, and that of the case that it is `of`."""

    anchor: str
    of: str
    case: str
    name: str
    tone: str
    verdict: str
    why: str
    where: Markup


class Failing(NamedTuple):
    """The lines, and how many more there are."""

    lines: Sequence[Line]
    more: int


def order(case: CaseResult) -> tuple[bool, bool, int]:
    """Return what orders cases: what fails the gate first, of that what is refuted, and what is undecided last."""
    return case.passes, case.good, min((_rank(failure) for failure in concise.of_case(case)), default=0)


def failing(run: Run, case_anchors: Mapping[int, str], placed: frozenset[str]) -> Failing:
    """Return what fails the gate: refuted before findings; `placed` has the rows and cases that are on the page."""
    listed = [(case, failure) for case in rows.cases(run) for failure in concise.of_case(case)]
    listed.sort(key=lambda pair: _rank(pair[1]))
    lines = [_line(case, failure, case_anchors[id(case)], placed) for case, failure in listed[:_MOST]]
    return Failing(lines, len(listed) - len(lines))


def _rank(failure: concise.Failure) -> int:
    return _OF_FINDINGS if failure.comparison is None else _RANKS.get(failure.comparison.verdict, _OF_FINDINGS)


def _line(case: CaseResult, failure: concise.Failure, anchor: str, placed: frozenset[str]) -> Line:
    comparison = failure.comparison
    row = anchors.of_rows(case, anchor)[id(comparison)] if comparison else anchor
    tone = table.tone(comparison) if comparison else "bad"
    why = cut_end(failure.why, _LONGEST)
    return Line(
        row if row in placed else anchor,
        anchor,
        case.name,
        failure.name,
        tone,
        failure.verdict,
        why,
        breakable(str(failure.where)),
    )
