"""What stands in a table: its columns, and the text of each cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal, Inexact, localcontext
from functools import cache
from typing import NamedTuple

from reports.rows import Row, rows, traced
from verify.model.elision import cut_middle
from verify.model.result import CaseResult, Comparison, Evidence, Rounding, Verdict

_LONGEST_QUOTIENT = 24
_MOST_SHAPES = 2  # in one cell
_RATIONAL = re.compile(r"-?\d+(/\d+)?")
_LONGEST = 60  # signs of a formula or name in a table; values are never shortened

_NAMES = {"gradient": "{}", "value": "{} (forward)", "stated": "{} (stated)", "case": "{}"}


class Column(NamedTuple):
    """A column: its header, its side, and what it shows of a row."""

    header: str
    align: str
    text: Callable[[Row], str]


class Table(NamedTuple):
    """A table of a case: the cells of each row, the verdict last."""

    rows: Sequence[Row]
    headers: Sequence[str]
    align: Sequence[str]
    cells: Sequence[Sequence[str]]


def table(case: CaseResult, *, everything: bool = False, failures_only: bool = False) -> Table:
    """Return the table of a case; of a traced one without the columns that would be empty."""
    chosen = [row for row in rows(case, everything=everything) if not (failures_only and row.comparison.passes)]
    if not traced(case):
        columns: Sequence[Column] = (_NAME, *_NUMBERS, _VERDICT)
    else:
        columns = [c for c in (_NAME, *_ARRAYS, *_NUMBERS, _VERDICT) if any(map(c.text, chosen))] or [_NAME, _VERDICT]
    headers, align, texts = zip(*columns, strict=True)
    return Table(chosen, headers, align, [[text(row) for text in texts] for row in chosen])


def name(comparison: Comparison) -> str:
    """Return what a row is about."""
    return _NAMES[comparison.quantity].format(comparison.name)


def verdict(comparison: Comparison) -> str:
    """Return the verdict in a word, in capitals where it is bad, with how it is known."""
    written = word(comparison)
    return f"{written} ({evidence(comparison.evidence)})" if comparison.good else written


def evidence(of: Evidence) -> str:
    """Return how a verdict is known, in a word or two."""
    if of.points:
        return f"{of.digits} digits at {of.points} point{'s' if of.points > 1 else ''}"
    if of.bits:
        return f"{of.kind}, 2^-{of.bits}"
    return f"{of.digits} {of.kind}" if of.digits else of.kind


def word(comparison: Comparison) -> str:
    """Return the verdict in a word, with what a baseline says of it."""
    if comparison.good:
        return _LOWER[comparison.verdict]
    remark = ", a known failure" if comparison.known else ", was PROVED" if comparison.weaker else ""
    return f"{comparison.state}{remark}"


_LOWER = {verdict: verdict.name.lower() for verdict in Verdict}


def array_verdict(row: Row) -> str:
    """Return the verdict of a row; of an array, with how many of its entries it is about where they are not all."""
    plain = verdict(row.comparison)
    return f"{plain} ({scope})" if (scope := failures(row.comparison, row.failing, row.entries)) else plain


def failures(comparison: Comparison, failing: int, entries: int) -> str:
    """Say in how many of its entries an array fails (`fails in 5 of 12 entries`), or nothing."""
    number = extent(comparison, failing, entries)
    return f"fails {number}" if number and comparison.verdict is not Verdict.UNDECIDED else number


def extent(comparison: Comparison, failing: int, entries: int) -> str:
    """Say in how many of its entries an array is not good (`in 5 of 12 entries`), or nothing."""
    if comparison.good or not failing or entries == 1:
        return ""
    return f"in {f'all {entries:,}' if failing == entries else f'{failing:,} of {entries:,}'} entries"


def shapes(row: Row, between: str = " ") -> str:
    """Write the shapes of the arrays that a row stands for, the first few of them."""
    texts = [between.join(map(str, shape)) for shape in row.shapes[:_MOST_SHAPES]]
    return "; ".join([*texts, *(["…"] if len(row.shapes) > _MOST_SHAPES else [])])


def readable(exact: str) -> str:
    """Write an exact value; long whole numbers and quotients as decimals, with an ellipsis where they go on."""
    if len(exact) <= _LONGEST_QUOTIENT or not _RATIONAL.fullmatch(exact):
        return exact
    above, _, below = exact.partition("/")
    with localcontext(prec=17, rounding=ROUND_DOWN) as context:
        context.clear_flags()
        value = Decimal(above) / Decimal(below or 1)
        return f"{value}…".lower() if context.flags[Inexact] else str(value.normalize()).lower()


def short(text: str, longest: int = _LONGEST) -> str:
    """Shorten a long name or formula in its middle."""
    return cut_middle(text, longest)


def _of_number(text: Callable[[Comparison], str]) -> Callable[[Row], str]:
    """Return what shows a number, and of an array nothing: one entry's number would be taken for all of it."""
    return lambda row: "" if row.shapes or row.entries > 1 else text(row.comparison)


@cache
def _distance(rounding: Rounding | None) -> tuple[str, str]:
    if rounding is None:
        return "", ""
    unit = " ulp" if rounding.unit == "ulp" else ""
    error = rounding.error if rounding.error == "0" else rounding.error + unit
    bound = rounding.bound if rounding.bound == "0" else rounding.bound + unit
    return error, bound if rounding.bound else "unknown"


_NAME = Column("with respect to", "left", lambda row: short(name(row.comparison)))
_ARRAYS = (
    Column("for", "left", lambda row: row.variant),
    Column("shape", "left", shapes),
    Column("entries", "right", lambda row: f"{row.entries:,}" if row.entries else ""),
)
_NUMBERS = (
    Column("value", "right", _of_number(lambda c: readable(c.value))),
    Column("backprop", "right", _of_number(lambda c: c.actual)),
    Column("exact", "right", _of_number(lambda c: readable(c.expected))),
    Column("formula", "left", _of_number(lambda c: short(c.expected_formula))),
    Column("off by", "right", _of_number(lambda c: _distance(c.rounding)[0])),
    Column("bound", "right", _of_number(lambda c: _distance(c.rounding)[1])),
)
_VERDICT = Column("verdict", "left", array_verdict)
