"""For people at a terminal: failures first; each case has a table, or one line if it is code on arrays that passes.

What fails is listed once more at the end, where the eye is; the last line says what decided the exit status.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from reports import anchors, cells, concise, layout, passing, rows, sides, words
from verify.model.result import CaseResult, Comparison, Finding, Run, Verdict, exit_status, summary

_COLORS = {
    Verdict.PROVED: "32",
    Verdict.AGREES: "32",
    Verdict.SAMPLED: "33",
    Verdict.UNDECIDED: "33",
    Verdict.REFUTED: "31",
    Verdict.ERROR: "31",
}
_SEVERITIES = {"FAILS": "1;31", "hazard": "33", "allowed": "2", "known": "33"}
_MOST_ALIKE = 8  # cases with one hazard that are named
_LABELLED = 14  # columns before a fact with a label
_STATUS_COLORS = {0: "1;32", 1: "1;31", 2: "1;33"}


class Look(NamedTuple):
    """How a report looks: its colours, how much it says, and the columns that its sentences and its tables may take.

    Below a verbosity of 0 it has only what is not good, from 1 on the forward values and the evidence too. 0 columns
    are as many as are needed. What cases have in `common` is said once for all of them.
    """

    color: bool = False
    verbosity: int = 0
    width: int = 80
    table_width: int = 0
    common: tuple[words.Common, ...] = ()

    @property
    def everything(self) -> bool:
        """Tell whether everything is asked for."""
        return self.verbosity > 0

    @property
    def failures_only(self) -> bool:
        """Tell whether only what fails is asked for."""
        return self.verbosity < 0

    def paint(self, text: str, code: str) -> str:
        """Return a text in a colour."""
        return f"\x1b[{code}m{text}\x1b[0m" if self.color else text

    def lines(self, text: str, indent: str = "") -> list[str]:
        """Return a text, folded, with the lines after the first further in."""
        return layout.fold(text, self.width, indent, f"{indent}    ")

    def labelled(self, label: str, text: str) -> list[str]:
        """Return a fact with its label, folded beside it."""
        return layout.fold(text, self.width, f"    {label:<8}  ", " " * _LABELLED)


_PLAIN = Look()


def render(run: Run, look: Look = _PLAIN, *, page: str = "", places: Collection[str] = ()) -> str:
    """Render a result: cases, what fails once more in a line each, and the summary.

    `page` is the file of the page that is written in the same run, and `places` are the anchors of its rows: what is
    explained tells where it stands there.
    """
    links = _links(run, page, places) if page else {}
    chosen = [case for case in rows.cases(run) if not look.failures_only or not case.passes]
    look = look._replace(common=() if look.verbosity else tuple(words.common(chosen)))
    blocks = []
    for short, group in itertools.groupby(chosen, lambda case: look.verbosity == 0 and passing.brief(case)):
        members = list(group)
        blocks += [_passing(members, look)] if short else [block(case, look, links) for case in members]
    blocks += ["\n".join([words.STALE, *[f"  {entry}" for entry in run.stale]]) + "\n"] if run.stale else []
    last = [look.paint(line, _STATUS_COLORS[exit_status(run)]) for line in look.lines(f"{summary(run)}.")]
    return "\n".join([*blocks, *_common(look), *_failed(run, look), *last]) + "\n"


def _common(look: Look) -> list[str]:
    """Return what many cases have alike, a line for each hazard, as one block."""
    hazard = look.paint("hazard", _SEVERITIES["hazard"])
    lines = [
        line
        for item in look.common
        for line in look.lines(
            f"{hazard} {item.code}: {item.title}: {len(item.places)} cases: "
            f"{words.enumeration(item.places, ', ', _MOST_ALIKE)} (gradproof explain {item.code})"
        )
    ]
    return ["\n".join(lines) + "\n"] if lines else []


def _passing(cases: Sequence[CaseResult], look: Look) -> str:
    """Render cases that pass in a line each, and what was found in them."""
    width = max(look.width - 2, 0)
    table = passing.lines(cases, width, lambda comparison, text: look.paint(text, _color(comparison)))
    lines = [f"  {line}".rstrip() for line in table]
    for case in cases:
        lines += _findings(case, look, subject=f"{case.name}: " if len(cases) > 1 else "")
    comparisons = [c for case in cases for c in case.comparisons]
    if meaning := words.meaning(comparisons, [finding for case in cases for _, finding, _ in _own(case, look)]):
        lines.append(f"  what that means: {meaning}")
    return "\n".join(lines) + "\n"


def _failed(run: Run, look: Look) -> list[str]:
    """Return what fails, a line each, as one block, and the commands to type next where several cases were checked."""
    lines = [folded for line in concise.failures(run) for folded in look.lines(line)]
    cases = run.cases if len(run.cases) > 1 else ()  # a case alone has them in its block
    next_steps = {
        "look for the changes that correct them": words.fix_command(cases),
        "write the cases that were not set up, and fill in what stands as ... in them": words.init_command(cases),
    }
    blocks = ["\n".join(["failures:", *lines]) + "\n"] if lines else []
    return [*blocks, *(f"{step}: {command}\n" for step, command in next_steps.items() if command)]


def _links(run: Run, page: str, places: Collection[str]) -> dict[int, str]:
    """Return the address of each case and row on the page, by its identity; a row left out there has its case's."""
    cases = anchors.of_cases(run)
    own_anchors = {id(case): cases[id(case)] for case in run.cases}
    for case in run.cases:
        own = anchors.of_rows(case, cases[id(case)])
        own_anchors |= {key: anchor if anchor in places else cases[id(case)] for key, anchor in own.items()}
    return {key: f"{page}#{anchor}" for key, anchor in own_anchors.items()}


def block(case: CaseResult, look: Look = _PLAIN, links: Mapping[int, str] = MappingProxyType({})) -> str:
    """Render one case; `links` has addresses on the page by the identity of rows and cases."""
    table = cells.table(case, everything=look.everything, failures_only=look.failures_only)
    lines = _title(case, look)
    lines += [f"  {line}".rstrip() for line in _table(table, look)] if table.rows else []
    repeats = [] if look.everything else rows.repeating(table.rows)
    for row in table.rows:
        if row.explained and row not in repeats:
            lines += _explained(row.comparison, look)
            lines += [f"    report    {link}"] if (link := links.get(id(row.comparison))) else []
    lines += _inherited(table.rows, look)
    lines += _listed("the same line and likely mistake", repeats, look)
    lines += _findings(case, look)
    listed = [finding for _, finding, _ in _own(case, look)]
    if meaning := words.meaning((row.comparison for row in table.rows if row.explained), listed):
        lines.append(f"  what that means: {meaning}")
    if not look.failures_only:
        for remark in words.remarks(case, everything=look.everything):
            lines += _remark(remark, look)
    if case.unclaimed:
        lines += look.lines(f"not claimed, and so not checked: {', '.join(case.unclaimed)}", "  ")
    if not case.good:
        lines += [f"  run this case alone: {case.again}"] if case.reproduce else []
        lines += [f"  look for the change that makes it right: {case.fix}"] if case.fix else []
        lines += _begun(case)
        lines += [f"  report: {link}"] if (link := links.get(id(case))) else []
    return "\n".join(lines) + "\n"


def _begun(case: CaseResult) -> list[str]:
    """Return the command that writes a case for code that scan could not set up, and what stands there as it is."""
    text = [f"    {line}" for line in case.begun.splitlines()]
    return [f"  write this case, and fill in what stands as ... in it: {case.init}", *text] if case.begun else []


def _title(case: CaseResult, look: Look) -> list[str]:
    return look.lines("    ".join([look.paint(case.name, "1"), *words.titles(case)]))


def _table(table: cells.Table, look: Look) -> list[str]:
    body = [
        [*texts, look.paint(verdict, _color(row.comparison))]
        for row, (*texts, verdict) in zip(table.rows, table.cells, strict=True)
    ]
    return layout.plain(table.headers, table.align, body, max(look.table_width - 2, 0))


def _color(comparison: Comparison) -> str:
    if comparison.good:
        return _COLORS[comparison.verdict]
    return "33" if comparison.known else "1;31"


def _explained(comparison: Comparison, look: Look) -> list[str]:
    name = look.paint(cells.name(comparison), "1")
    lines = look.lines(f"{name}: {words.sentence(comparison)}", "  ")
    for line in words.explanation(comparison, everything=look.everything):
        lines += look.labelled(line.label, line.text)
    return lines + _beside(comparison, look) + _sides(comparison, look)


def _beside(comparison: Comparison, look: Look) -> list[str]:
    """Return what is returned on an edge and the derivatives on its sides as a table."""
    table = sides.beside(comparison)
    if table is None:
        return []
    room = max(look.width - _LABELLED, 0)
    rows = layout.plain(table.headers, ("left",) * len(table.headers), table.rows, room)
    return _listing("sides", [*rows, *filter(None, [table.rest])], look)


def _sides(comparison: Comparison, look: Look) -> list[str]:
    """Return both sides of a wrong array as a table, and what its other entries are."""
    table = sides.table(comparison)
    if table is None:
        return []
    headers = ("entry", words.computed(comparison), "exact")
    rows = layout.plain(headers, ("left",) * 3, table.rows) if table.rows else []
    rest = [table.rest] if table.rest else []
    return _listing("arrays" if rows else "others", [*rows, *rest], look)


def _listing(label: str, lines: Sequence[str], look: Look) -> list[str]:
    """Return lines under each other, the first of them beside a label."""
    labels = [label, *[""] * len(lines)]
    return [line.rstrip() for pair in zip(labels, lines, strict=False) for line in look.labelled(*pair)]


def _inherited(listed: Sequence[rows.Row], look: Look) -> list[str]:
    """Say which wrong gradients may only inherit an error, unless each is explained."""
    return _listed("may only inherit the error", [row for row in listed if row.inherits and not row.explained], look)


def _listed(label: str, listed: Sequence[rows.Row], look: Look) -> list[str]:
    names = ", ".join(cells.name(row.comparison) for row in listed)
    return look.lines(f"{label}: {names} (-v explains each)", "  ") if listed else []


def _own(case: CaseResult, look: Look) -> list[tuple[str, Finding, str]]:
    """Return what was found in a case, without the hazards that many have."""
    common = {item.code for item in look.common}
    listed = words.findings(case, failures_only=look.failures_only)
    return [item for item in listed if item[0] != "hazard" or item[1].code not in common]


def _findings(case: CaseResult, look: Look, subject: str = "") -> list[str]:
    lines, explained = [], set[str]()
    listed = _own(case, look)
    for severity, finding, sentence in listed if look.everything else words.folded(listed):
        lines += look.lines(f"{look.paint(severity, _SEVERITIES[severity])} {finding.code}: {subject}{sentence}", "  ")
        if finding.bad and finding.code not in explained:
            for label, text in words.cure(finding):
                lines += look.labelled(label, text)
            explained.add(finding.code)
    return lines


def _remark(remark: words.Remark, look: Look) -> list[str]:
    if len(remark.items) == 1:
        return look.lines(f"{remark.label}: {remark.items[0]}", "  ")
    return [f"  {remark.label}:", *[line for item in remark.items for line in look.lines(item, "    ")]]
