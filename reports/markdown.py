"""For pull requests and wikis: GitHub's Markdown, failures first, each with what shows it."""

from __future__ import annotations

import html
import re

from tabulate import tabulate

from reports import rows
from verify.result import CaseResult, Comparison, Run, exit_status, summary

_SIGNS = {0: "✅", 1: "❌", 2: "⚠️"}
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def render(run: Run) -> str:
    """Render a result."""
    lines = [f"# {_SIGNS[exit_status(run)]} {_text(summary(run))}", ""]
    for case in rows.cases(run):
        lines += _case(case)
    return "\n".join(lines)


def _case(case: CaseResult) -> list[str]:
    comparisons = rows.shown(case)
    table = tabulate(
        [_cells(c) for c in comparisons], rows.HEADERS, tablefmt="pipe", colalign=rows.ALIGN, disable_numparse=True
    )
    heading = [f"## {_text(case.name)}", "", _code(rows.title(case)), ""]
    explained = [line for c in comparisons if rows.needs_words(c) for line in _explained(c)]
    again = [] if case.good else ["To run this case alone:", "", _block(case.reproduce), ""]
    unclaimed = (
        [f"Not claimed, and so not checked: {', '.join(map(_code, case.unclaimed))}", ""] if case.unclaimed else []
    )
    return [*heading, table, "", *explained, *unclaimed, *again]


def _cells(comparison: Comparison) -> list[str]:
    name, *numbers, verdict = rows.cells(comparison)
    word = _text(verdict) if comparison.good else f"**{_text(verdict)}**"
    return [_code(name), *[_code(cell) if cell else "" for cell in numbers], word]


def _explained(comparison: Comparison) -> list[str]:
    lines = [f"- {_text(label)}: {_code(text)}" for label, text in rows.explanation(comparison)]
    return [f"**{_text(rows.name(comparison))}**: {_text(rows.sentence(comparison))}", "", *lines, ""]


def _text(text: str) -> str:
    """Escape what Markdown or HTML would take for markup."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _code(text: str) -> str:
    """Return a code span: its fence is longer than any run of backticks inside, and a table's bar is escaped."""
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}".replace("|", "\\|")


def _block(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
