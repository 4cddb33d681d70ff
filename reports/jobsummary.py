"""For the summary of a job of GitHub Actions: Markdown, cut at a whole case before GitHub would refuse all of it."""

from __future__ import annotations

from itertools import accumulate

from reports import markdown, rows
from verify.model.result import CaseResult, Run

LIMIT = 1024 * 1024  # bytes, of all that a step writes
_SPARE = 1024  # for the note, and for the tags around the cases that pass


def render(run: Run, taken: int = 0) -> str:
    """Render a result into what a step that has written `taken` bytes may still write; cases that pass are folded."""
    head, cases = markdown.head(run), rows.cases(run)
    sections = [markdown.section(case) for case in cases]
    room = LIMIT - taken - _SPARE - _size(head)
    if room < 0:
        return ""
    fitting = sum(size <= room for size in accumulate(_size(section) for section in sections))
    failing = [text for case, text in zip(cases[:fitting], sections, strict=False) if not case.passes]
    passing = sections[len(failing) : fitting]
    accepted = sum(case.passes and not case.good for case in cases[:fitting])
    return "\n".join([head, *failing, *_folded(passing, accepted), *_left_out(cases[fitting:])]) + "\n"


def _folded(passing: list[str], accepted: int) -> list[str]:
    heading = "1 case passes" if len(passing) == 1 else f"{len(passing):,} cases pass"
    heading += f", {accepted:,} with known failures" if accepted else ""
    return [f"<details><summary>{heading}</summary>", "", *passing, "</details>", ""] if passing else []


def _left_out(cases: list[CaseResult]) -> list[str]:
    counts = f"{len(cases):,} case{'s' if len(cases) > 1 else ''}, {sum(not case.passes for case in cases):,} failing"
    return [f"Left out, since GitHub takes 1 MiB: {counts}.", ""] if cases else []


def _size(text: str) -> int:
    return len(text.encode(errors="backslashreplace")) + 1
