"""What became of planted errors, as text: a row for each case, then what survived and why; or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from reports import layout
from verify.model.elision import cut_end
from verify.model.identity import Place
from verify.mutation.result import SCHEMA_VERSION, Judged, Outcome, Survey, exit_status, score, survivors, total

_HEADERS = ("case", "mutants", "caught", "equivalent", "survived", "score")
_ALIGN = ("left", "right", "right", "right", "right", "right")
_LONGEST = 160  # signs of a line of source
_MOST_SHOWN = 3  # mutants of one line and with one reason
_COLORS = {0: "1;32", 1: "1;31", 2: "1;33"}


def render(surveys: Sequence[Survey], *, color: bool = False, verbosity: int = 0) -> str:
    """Render surveys for a terminal: below verbosity 0 only what survived, from 1 on every mutant."""
    answered = [survey for survey in surveys if not survey.problem]
    blocks = [_table(answered)] if answered and verbosity >= 0 else []
    for survey in surveys:
        listed = survey.judged if verbosity > 0 else survivors(survey, surveys)
        if listed or survey.problem or survey.worthless:
            blocks.append("\n".join(_case(survey, listed, color)))
    last = _paint(summary(surveys) + ".", _COLORS[exit_status(surveys)], color)
    return "\n\n".join([*blocks, last]) + "\n"


def summary(surveys: Sequence[Survey]) -> str:
    """Say in one line what was planted and what became of it."""
    count = total(surveys)
    counts = f"{_plural(len(surveys), 'case')}, {_plural(count.total(), 'mutant')}"
    if not count.total():
        return f"{counts}: no mistake could be planted"
    outcomes = ", ".join(f"{count[outcome]:,} {outcome.name.lower()}" for outcome in Outcome)
    caught = score(count)
    return f"{counts}: {outcomes}" + (f"; {caught} of the mistakes are caught" if caught else "; none is a mistake")


def document(surveys: Sequence[Survey], version: str) -> str:
    """Render surveys as JSON; `mutants.schema.json` says what is in it."""
    count = total(surveys)
    content = {
        "schema_version": SCHEMA_VERSION,
        "generator": f"gradproof {version}",
        "exit_status": exit_status(surveys),
        "score": score(count),
        "outcomes": _outcomes(count),
        "cases": [
            {
                "name": survey.name,
                "where": survey.where._asdict(),
                "problem": survey.problem,
                "worthless": survey.worthless,
                "score": score(survey.count),
                "outcomes": _outcomes(survey.count),
                "mutants": [_mutant(judged) for judged in survey.judged],
            }
            for survey in surveys
        ],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _outcomes(count: Any) -> dict[str, int]:
    return {outcome.name.lower(): count[outcome] for outcome in Outcome}


def _mutant(judged: Judged) -> dict[str, Any]:
    mutant = judged.mutant
    return {
        "where": mutant.where._asdict(),
        "function": mutant.function,
        "class": mutant.kind,
        "operator": mutant.operator,
        "before": mutant.before,
        "after": mutant.after,
        "outcome": judged.outcome.name.lower(),
        "why": judged.why,
    }


def _table(surveys: Sequence[Survey]) -> str:
    body = [
        [survey.name, *(f"{n:,}" for n in (len(survey.judged), *_outcomes(survey.count).values())), score(survey.count)]
        for survey in surveys
    ]
    return "\n".join(layout.plain(_HEADERS, _ALIGN, body))


def _case(survey: Survey, listed: Sequence[Judged], color: bool) -> list[str]:
    title = f"{_paint(survey.name, '1', color)}    {survey.where}"
    if survey.problem:
        return [title, f"  {survey.problem}"]
    lines = [title]
    if survey.worthless:
        lines.append(f"  {_paint('worthless', '1;31', color)}: no planted mistake makes this case fail")
    groups: dict[tuple[Place, str, Outcome], list[Judged]] = {}
    for judged in listed:
        groups.setdefault((judged.mutant.where, judged.why, judged.outcome), []).append(judged)
    return lines + [line for group in groups.values() for line in _outcome_lines(group, color)]


def _outcome_lines(group: Sequence[Judged], color: bool) -> list[str]:
    """Tell of the mutants of one line that have the same outcome for the same reason."""
    mutant, survived = group[0].mutant, group[0].outcome is Outcome.SURVIVED
    outcome = _paint("SURVIVED", "1;31", color) if survived else group[0].outcome.name.lower()
    return [
        f"  {outcome}  {_plural(len(group), 'mistake')} at {mutant.where} in {mutant.function}",
        f"    before  {_short(mutant.before)}",
        *[
            f"    after   {_short(judged.mutant.after)}  [{judged.mutant.kind}: {judged.mutant.operator}]"
            for judged in group[:_MOST_SHOWN]
        ],
        *([f"            and {len(group) - _MOST_SHOWN} more"] if len(group) > _MOST_SHOWN else []),
        f"    because {group[0].why}",
    ]


def _short(text: str) -> str:
    return cut_end(text, _LONGEST)


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
