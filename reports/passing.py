"""A line for each case of arrays that passes: its gradients, their verdict, and how many regions were checked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from reports import cells, layout, rows
from verify.model.result import CaseResult, Comparison, Verdict, numbers


class _Column(NamedTuple):
    header: str
    align: str
    text: Callable[[CaseResult], str]


def brief(case: CaseResult) -> bool:
    """Tell whether a line is enough for a case: code on arrays that is right.

    The table of a graph is its product, and of what scan has set up the guessed inputs must be seen.
    """
    return case.good and rows.traced(case) and case.reproduce[:2] != ("gradproof", "scan")


def lines(cases: Sequence[CaseResult], width: int, paint: Callable[[Comparison, str], str]) -> list[str]:
    """Return the lines of a table of cases; without the names of the gradients where these do not fit the width."""
    full = _table(cases, _COLUMNS, paint)
    if not width or max(map(layout.columns_of, full)) <= width:
        return full
    return _table(cases, [column for column in _COLUMNS if column is not _GRADIENTS], paint, width)


def _table(
    cases: Sequence[CaseResult], columns: Sequence[_Column], paint: Callable[[Comparison, str], str], width: int = 0
) -> list[str]:
    chosen = [column for column in columns if any(map(column.text, cases))]
    body = [[_cell(case, column, paint) for column in chosen] for case in cases]
    return layout.plain([column.header for column in chosen], [column.align for column in chosen], body, width)


def _cell(case: CaseResult, column: _Column, paint: Callable[[Comparison, str], str]) -> str:
    text = column.text(case)
    return paint(_weakest(case), text) if column is _VERDICT else text


def _gradients(case: CaseResult) -> str:
    return ", ".join(dict.fromkeys(cells.name(c) for c in _compared(case)))


def _compared(case: CaseResult) -> list[Comparison]:
    return [c for c in case.comparisons if c.quantity == "gradient"] or list(case.comparisons)


def _weakest(case: CaseResult) -> Comparison:
    return max(_compared(case), key=rows.weakness)


def _verdict(case: CaseResult) -> str:
    """Return the weakest verdict, for how many gradients where others are proved, what is not claimed, and for what."""
    weakest, names = _weakest(case), {c.name for c in _compared(case)}
    weak = {c.name for c in _compared(case) if c.verdict is weakest.verdict}
    mixed = weakest.verdict is not Verdict.PROVED and len(weak) < len(names)
    share = f"{len(weak)} of {len(names)} " if mixed else ""
    silent = f"; not claimed: {', '.join(case.unclaimed)}" if case.unclaimed else ""
    fixed = ", ".join(f"{name}={size}" for name, size in case.sizes.fixed)
    only = f"; for {fixed} only" if fixed else ""
    stated = f"; as if {case.as_if.name}" if case.as_if else ""
    return f"{share}{cells.verdict(weakest)}{silent}{only}{stated}"


def _regions(case: CaseResult) -> str:
    """Return in how many regions the claims were checked, where there is more than one or may be."""
    if case.cover is None:
        return "1" if case.region else ""
    if case.cover.complete:
        return f"all {case.cover.regions}" if case.cover.regions > 1 else ""
    return f"{case.cover.regions:,}"


_VERDICT = _Column("verdict", "left", _verdict)
_GRADIENTS = _Column("gradients", "left", _gradients)
_COLUMNS = (
    _Column("case", "left", lambda case: cells.short(case.name)),
    _GRADIENTS,
    _Column("entries", "right", lambda case: f"{numbers(_compared(case)):,}"),
    _VERDICT,
    _Column("regions", "right", _regions),
)
