"""For pull requests and wikis: GitHub's Markdown, failures first, each with what shows it."""

from __future__ import annotations

import html
import re
from functools import lru_cache

from reports import cells, layout, rows, words
from verify.model.result import CaseResult, Comparison, Run, exit_status, summary

_SIGNS = {0: "✅", 1: "❌", 2: "⚠️"}
_ACCEPTED = "⚠️"  # as the page has it: what passes for being known is not good
_SIMPLE = re.compile(r"[^`|\s]+(?: [^`|\s]+)*")  # what most cells are: nothing to fence off or to escape
_SPECIAL = re.compile(r"([\\`*_\[\]|~])")


def render(run: Run) -> str:
    """Render a result."""
    return "\n".join([head(run), *map(section, rows.cases(run))])


def head(run: Run) -> str:
    """Render what is said of the whole run."""
    stale = [words.STALE.capitalize(), "", *[f"- {_code(str(entry))}" for entry in run.stale], ""] if run.stale else []
    status = exit_status(run)
    sign = _ACCEPTED if status == 0 and run.known else _SIGNS[status]
    return "\n".join([f"# {sign} {_text(summary(run))}", "", *stale])


def section(case: CaseResult) -> str:
    """Render one case."""
    return "\n".join(_case(case))


def _case(case: CaseResult) -> list[str]:
    table = cells.table(case)
    lines = layout.pipe(table.headers, table.align, _body(table))
    heading = [f"## {_text(case.name)}", "", ", ".join(map(_code, words.titles(case))), ""]
    explained = [line for row in table.rows if row.explained for line in _explained(row.comparison)]
    remarks = [line for remark in words.remarks(case) for line in _remark(remark)]
    again = [] if case.good else ["To run this case alone:", "", _block(case.again), ""]
    again += ["To look for the change that makes it right:", "", _block(case.fix), ""] if case.fix else []
    again += ["To write this case:", "", _block(case.init), "", _block(case.begun), ""] if case.begun else []
    unclaimed = (
        [f"Not claimed, and so not checked: {', '.join(map(_code, case.unclaimed))}", ""] if case.unclaimed else []
    )
    meaning = words.meaning((row.comparison for row in table.rows if row.explained), case.findings)
    means = [f"What that means: {_code(meaning)}", ""] if meaning else []
    return [*heading, *lines, "", *explained, *_findings(case), *means, *remarks, *unclaimed, *again]


def _body(table: cells.Table) -> list[list[str]]:
    return [
        [*[_code(text) if text else "" for text in texts], _text(verdict) if row.comparison.good else _bold(verdict)]
        for row, (*texts, verdict) in zip(table.rows, table.cells, strict=True)
    ]


def _explained(comparison: Comparison) -> list[str]:
    lines = [
        f"- {_text(line.label)}: {_text(line.text) if line.tells in words.PROSE else _code(line.text)}"
        for line in words.explanation(comparison)
    ]
    return [f"**{_text(cells.name(comparison))}**: {_text(words.sentence(comparison))}", "", *lines, ""]


def _findings(case: CaseResult) -> list[str]:
    lines = [
        f"- {_bold(severity) if finding.bad else severity} {_code(finding.code)}: {_text(sentence)}"
        for severity, finding, sentence in words.folded(words.findings(case))
    ]
    return [*lines, ""] if lines else []


def _remark(remark: words.Remark) -> list[str]:
    label = f"{remark.label[0].upper()}{remark.label[1:]}"
    items = [_text(item) if remark.prose else _code(item) for item in remark.items]
    return [f"{label}: {items[0]}", ""] if len(items) == 1 else [f"{label}:", "", *[f"- {i}" for i in items], ""]


def _bold(text: str) -> str:
    return f"**{_text(text)}**"


@lru_cache(maxsize=1000)
def _text(text: str) -> str:
    """Escape what Markdown or HTML would take for markup."""
    return _SPECIAL.sub(r"\\\1", html.escape(" ".join(text.split()), quote=False))


def _code(text: str) -> str:
    """Return a code span: its fence is longer than any run of backticks inside, and a table's bar is escaped."""
    if _SIMPLE.fullmatch(text):
        return f"`{text}`"
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    space = " " if "`" in text else ""
    return f"{fence}{space}{' '.join(text.split())}{space}{fence}".replace("|", "\\|")


def _block(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())
