"""For people at a terminal: a table for each case, failures first; the last line says what decided the exit status."""

from __future__ import annotations

from tabulate import tabulate

from reports import rows
from verify.result import CaseResult, Comparison, Run, Verdict, exit_status, summary

_COLORS = {
    Verdict.PROVED: "32",
    Verdict.AGREES: "32",
    Verdict.UNDECIDED: "33",
    Verdict.REFUTED: "31",
    Verdict.ERROR: "31",
}
_STATUS_COLORS = {0: "1;32", 1: "1;31", 2: "1;33"}


def render(run: Run, *, color: bool = False, verbosity: int = 0) -> str:
    """Render a result; below verbosity 0 only what is not good, from 1 on the forward values and the evidence too."""
    shown = [case for case in rows.cases(run) if verbosity >= 0 or not case.good]
    blocks = [_case(case, color, verbosity) for case in shown]
    last = _paint(summary(run) + ".", _STATUS_COLORS[exit_status(run)], color)
    return "\n".join([*blocks, last]) + "\n"


def _case(case: CaseResult, color: bool, verbosity: int) -> str:
    comparisons = rows.shown(case, everything=verbosity > 0)
    if verbosity < 0:
        comparisons = [c for c in comparisons if not c.good]
    lines = [f"{_paint(case.name, '1', color)}    {rows.title(case)}"]
    lines += [f"  {line}" for line in _table(comparisons, color)]
    for comparison in comparisons:
        lines += _explained(comparison, color, verbosity)
    if case.unclaimed:
        lines.append(f"  not claimed, and so not checked: {', '.join(case.unclaimed)}")
    if not case.good:
        lines.append(f"  run this case alone: {case.reproduce}")
    return "\n".join(lines) + "\n"


def _table(comparisons: list[Comparison], color: bool) -> list[str]:
    body = []
    for comparison in comparisons:
        *cells, verdict = rows.cells(comparison)
        body.append([*cells, _paint(verdict, _COLORS[comparison.verdict] if comparison.good else "1;31", color)])
    table: str = tabulate(body, rows.HEADERS, tablefmt="plain", colalign=rows.ALIGN, disable_numparse=True)
    return table.splitlines()


def _explained(comparison: Comparison, color: bool, verbosity: int) -> list[str]:
    if not rows.needs_words(comparison) and verbosity < 1:
        return []
    lines = [f"  {_paint(rows.name(comparison), '1', color)}: {rows.sentence(comparison)}"]
    return lines + [f"    {label:<8}  {text}" for label, text in rows.explanation(comparison)]


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
