"""What CI systems list: every quantity that is not good and every finding, each with its level, place and identity.

And what else fails the gate: entries of a baseline that no longer apply, where it is strict.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePath
from typing import NamedTuple

from reports import cells, rows, words
from verify.model.elision import cut_at_word
from verify.model.identity import Place, Quantity
from verify.model.result import CaseResult, Comparison, Finding, Run, Stale

_SUBJECTS = {"gradient": "gradient of {}", "value": "forward value of {}", "stated": "stated {}", "case": "{}"}
_ACCEPTED = "a known failure: the baseline lists it"
_LONGEST_TITLE = 90  # signs: GitHub shows a title on one line, above the message, which has all of it
REMOVED = "a stale baseline entry fails with --strict; --baseline-update removes it"


class Problem(NamedTuple):
    """Something to look at. The `level` is `error` where the gate fails for it, `warning` for a hazard, else `note`.

    `rule` is the state (`REFUTED`), the code of a finding, or `STALE`; `title` one line, `lines` say more. `lets` says
    why the gate lets a failure pass, if it does; `inside` tells that the code itself says so. `brief` is the
    title, cut at a word to one line. `file` is `expr` for an
    expression of the command line. The `fingerprint` is of file, case and quantity, not of lines, values or shapes.
    """

    rule: str
    level: str
    title: str
    lines: tuple[str, ...]
    file: str
    line: int
    fingerprint: str
    lets: str = ""
    inside: bool = False
    brief: str = ""


def problems(run: Run) -> list[Problem]:
    """Return all problems, failures first; of several variants of a quantity, the worst."""
    seen: Counter[str] = Counter()
    listed = []
    for case in rows.cases(run):
        for key, problem in _of_case(case):
            identity = "\n".join([case.where.file, case.name, str(key)])
            seen[identity] += 1  # a case may show one finding at several places
            digest = hashlib.sha256(f"{identity}\n{seen[identity]}".encode(errors="backslashreplace"))
            listed.append(problem._replace(fingerprint=digest.hexdigest()[:32]))
    listed += [_stale(entry) for entry in failing_entries(run)]
    return sorted(listed, key=lambda problem: ("error", "warning", "note").index(problem.level))


def failing_entries(run: Run) -> tuple[Stale, ...]:
    """Return the entries of the baseline that fail the gate, for no longer applying."""
    return run.stale if run.strict else ()


def _stale(entry: Stale) -> Problem:
    title = f"the baseline is stale: {entry.change}"
    digest = hashlib.sha256(f"stale\n{entry}".encode(errors="backslashreplace")).hexdigest()[:32]
    return Problem("STALE", "error", title, (REMOVED,), entry.case.file or "expr", 1, digest)


def worst_comparisons(case: CaseResult) -> dict[Quantity, Comparison]:
    """Return what is not good of a case; of several variants of a quantity, the worst."""
    worst: dict[Quantity, Comparison] = {}
    for c in case.comparisons:
        if not c.good and (c.key not in worst or _badness(c) > _badness(worst[c.key])):
            worst[c.key] = c
    return worst


def _of_case(case: CaseResult) -> Iterator[tuple[Quantity, Problem]]:
    for key, c in worst_comparisons(case).items():
        yield key, _of_comparison(case, c)
    for severity, finding, sentence in words.findings(case):
        yield finding.key, _of_finding(case, severity, finding, sentence)


def _badness(comparison: Comparison) -> tuple[bool, int]:
    return not comparison.passes, comparison.verdict.rank


def _of_comparison(case: CaseResult, c: Comparison) -> Problem:
    variant = f" for {c.variant}" if c.variant else ""
    about = f"{_SUBJECTS[c.quantity].format(c.name)} {cells.verdict(c)}{variant}"
    title, brief = _titles(f"{about}: {words.reason(c)}", case)
    explanation = [f"{line.label}: {line.text}" for line in words.explanation(c, everything=False)]
    lines = (
        f"{cells.name(c)}: {words.sentence(c)}",
        *explanation,
        f"again: {case.again}",
        f"meaning: {words.meaning([c])}",
    )
    rule = "WEAKER" if c.weaker else c.state.replace(" ", "-")
    level, lets = ("note", _ACCEPTED) if c.known else ("error", "")
    return Problem(rule, level, title, lines, *nearest_place(c.place, case), "", lets, brief=brief)


def _titles(text: str, case: CaseResult) -> tuple[str, str]:
    """Return a title that ends with the case, as a whole and cut to a line."""
    ending = f" ({words.called(case)})"
    return text + ending, cut_at_word(text, max(_LONGEST_TITLE - len(ending), _LONGEST_TITLE // 2)) + ending


def _of_finding(case: CaseResult, severity: str, finding: Finding, sentence: str) -> Problem:
    about = f" {finding.name}" if finding.name else ""
    title, brief = _titles(f"{finding.code}{about}: {finding.detail}", case)
    variant = [f"for: {finding.variant}"] if finding.variant else []
    lines = (f"{severity}: {sentence}", *variant, f"again: {case.again}", f"meaning: {words.meaning([], [finding])}")
    level = "error" if finding.bad else "warning" if severity == "hazard" else "note"
    lets = finding.allowed or (_ACCEPTED if finding.known else "")
    return Problem(
        *(finding.code, level, title, lines, *nearest_place(finding.where, case)),
        *("", lets, bool(finding.allowed), brief),
    )


def nearest_place(where: Place, case: CaseResult) -> Place:
    """Return the place of the code at fault, or else of the case."""
    for place in (where, case.where):
        if place.line and not PurePath(place.file).is_absolute():  # not what is installed
            return place
    return Place(case.where.file or "expr", 1)
