"""For people at a terminal: a table for each case, failures first; the last line says what decided the exit status."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

from reports import anchors, cells, layout, rows, words
from verify.model.result import CaseResult, Comparison, Run, Verdict, exit_status, summary

_COLORS = {
    Verdict.PROVED: "32",
    Verdict.AGREES: "32",
    Verdict.SAMPLED: "33",
    Verdict.UNDECIDED: "33",
    Verdict.REFUTED: "31",
    Verdict.ERROR: "31",
}
_SEVERITIES = {"FAILS": "1;31", "hazard": "33", "allowed": "2", "known": "33"}
_STATUS_COLORS = {0: "1;32", 1: "1;31", 2: "1;33"}


def render(run: Run, *, color: bool = False, verbosity: int = 0, page: str = "", places: Collection[str] = ()) -> str:
    """Render a result; below verbosity 0 only what is not good, from 1 on the forward values and the evidence too.

    `page` is the file of the page that is written in the same run, and `places` are the anchors of its rows: what is
    explained tells where it stands there.
    """
    links = _links(run, page, places) if page else {}
    chosen = [case for case in rows.cases(run) if verbosity >= 0 or not case.passes]
    blocks = [block(case, color=color, verbosity=verbosity, links=links) for case in chosen]
    blocks += ["\n".join([words.STALE, *[f"  {entry}" for entry in run.stale]]) + "\n"] if run.stale else []
    last = _paint(summary(run) + ".", _STATUS_COLORS[exit_status(run)], color)
    return "\n".join([*blocks, last]) + "\n"


def _links(run: Run, page: str, places: Collection[str]) -> dict[int, str]:
    """Return the address of each case and row on the page, by its identity; a row left out there has its case's."""
    cases = anchors.of_cases(run)
    own_anchors = {id(case): cases[id(case)] for case in run.cases}
    for case in run.cases:
        own = anchors.of_rows(case, cases[id(case)])
        own_anchors |= {key: anchor if anchor in places else cases[id(case)] for key, anchor in own.items()}
    return {key: f"{page}#{anchor}" for key, anchor in own_anchors.items()}


def block(
    case: CaseResult, *, color: bool = False, verbosity: int = 0, links: Mapping[int, str] = MappingProxyType({})
) -> str:
    """Render one case; `links` has addresses on the page by the identity of rows and cases."""
    everything = verbosity > 0
    table = cells.table(case, everything=everything, failures_only=verbosity < 0)
    lines = ["    ".join([_paint(case.name, "1", color), *words.titles(case)])]
    lines += [f"  {line}" for line in _table(table, color)] if table.rows else []
    for row in table.rows:
        if row.explained:
            lines += _explained(row.comparison, color, everything)
            lines += [f"    report    {link}"] if (link := links.get(id(row.comparison))) else []
    lines += _findings(case, color, failures_only=verbosity < 0)
    listed = [finding for _, finding, _ in words.findings(case, failures_only=verbosity < 0)]
    if meaning := words.meaning((row.comparison for row in table.rows if row.explained), listed):
        lines.append(f"  what that means: {meaning}")
    if verbosity >= 0:
        for remark in words.remarks(case, everything=everything):
            lines += _remark(remark)
    if case.unclaimed:
        lines.append(f"  not claimed, and so not checked: {', '.join(case.unclaimed)}")
    if not case.good:
        lines += [f"  run this case alone: {case.again}"] if case.reproduce else []
        lines += [f"  look for the change that makes it right: {case.fix}"] if case.fix else []
        lines += [f"  report: {link}"] if (link := links.get(id(case))) else []
    return "\n".join(lines) + "\n"


def _table(table: cells.Table, color: bool) -> list[str]:
    body = [
        [*texts, _paint(verdict, _color(row.comparison), color)]
        for row, (*texts, verdict) in zip(table.rows, table.cells, strict=True)
    ]
    return layout.plain(table.headers, table.align, body)


def _color(comparison: Comparison) -> str:
    if comparison.good:
        return _COLORS[comparison.verdict]
    return "33" if comparison.known else "1;31"


def _explained(comparison: Comparison, color: bool, everything: bool) -> list[str]:
    lines = [f"  {_paint(cells.name(comparison), '1', color)}: {words.sentence(comparison)}"]
    return lines + [
        f"    {line.label:<8}  {line.text}" for line in words.explanation(comparison, everything=everything)
    ]


def _findings(case: CaseResult, color: bool, *, failures_only: bool) -> list[str]:
    lines, explained = [], set[str]()
    for severity, finding, sentence in words.findings(case, failures_only=failures_only):
        lines.append(f"  {_paint(severity, _SEVERITIES[severity], color)} {finding.code}: {sentence}")
        if finding.bad and finding.code not in explained:
            lines += [f"    {label:<8}  {text}" for label, text in words.cure(finding)]
            explained.add(finding.code)
    return lines


def _remark(remark: words.Remark) -> list[str]:
    if len(remark.items) == 1:
        return [f"  {remark.label}: {remark.items[0]}"]
    return [f"  {remark.label}:", *[f"    {item}" for item in remark.items]]


def _paint(text: str, code: str, color: bool) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if color else text
