"""What was found, what of it was checked, and what was not and why: a line for each case, by file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from reports import rows
from reports.page import view
from verify.model.elision import cut_end
from verify.model.result import CaseResult, Run, Verdict

_LONGEST = 160
_NOUNS = {"gradient": "gradient", "value": "forward value", "stated": "stated value"}


class Item(NamedTuple):
    """A case: its anchor, how it went, what was checked, and what was not."""

    anchor: str
    name: str
    tone: str
    sign: str
    line: int | str
    checked: str
    missing: Sequence[str]
    placed: bool


class File(NamedTuple):
    """The cases of a file."""

    name: str
    items: Sequence[Item]


def inventory(run: Run, anchors: Mapping[int, str], placed: frozenset[str]) -> list[File]:
    """Return all cases by file, in the order in which they were found; `placed` are those with a place of their own."""
    listed = []
    for file, group in groupby(run.cases, key=lambda case: case.where.file):
        items = [_item(case, anchors[id(case)], placed) for case in group]
        listed.append(File(file or "the command line", items))
    return listed


def _item(case: CaseResult, anchor: str, placed: frozenset[str]) -> Item:
    tone, line = view.tone(case), case.where.line or ""
    return Item(anchor, case.name, tone, view.SIGNS[tone], line, _checked(case), list(_missing(case)), anchor in placed)


def _checked(case: CaseResult) -> str:
    names = {(c.quantity, c.name) for c in case.comparisons if c.quantity in _NOUNS}
    number = Counter(quantity for quantity, _ in names)
    counts = [f"{number[q]} {noun}{'' if number[q] == 1 else 's'}" for q, noun in _NOUNS.items() if number[q]]
    sizes = len(rows.variants(case))
    return ", ".join(counts) + (f" in {sizes} variants" if sizes > 1 else "")


def _missing(case: CaseResult) -> Iterator[str]:
    """Yield what was not checked, each with the reason."""
    if case.unclaimed:
        yield f"not claimed by the code: {', '.join(case.unclaimed)}"
    whole = [c for c in case.comparisons if c.quantity == "case"]
    unknown = [c for c in case.comparisons if c.verdict in (Verdict.UNDECIDED, Verdict.ERROR)]
    for reason in dict.fromkeys(c.evidence.detail for c in whole or unknown):
        yield cut_end(reason, _LONGEST)
    if case.cover is not None and case.cover.unvisited:
        yield f"{len(case.cover.unvisited)} sides of branches were never reached"
    elif case.cover is not None and not case.cover.complete:
        yield f"regions beyond the {case.cover.regions} checked: there may be others"
    elif case.cover is None and case.region:
        yield "inputs that take other branches"
