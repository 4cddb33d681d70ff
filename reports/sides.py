"""Short tables of a counterexample: both sides of a wrong array, or what is returned on an edge and beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports import words
from reports.cells import short
from verify.model.result import Arrays, Comparison, Rest

_DIGITS = 10  # signs of a number that goes on: its digits are certain, so that fewer of them are too
_LONGEST = 24  # signs of any other
_MOST_SIDES = 4  # of an edge, each a column
_RESTS = {Rest.ZERO: "0 on both sides", Rest.EQUAL: "equal on both sides"}


class Table(NamedTuple):
    """Rows of an index, what the code returns and what is exact, which of them differ, and a sentence on the rest."""

    rows: Sequence[tuple[str, str, str]]
    differ: Sequence[bool]
    rest: str


def table(comparison: Comparison) -> Table | None:
    """Return the table of a wrong array, without rows where it would say of the one entry what is said already."""
    if comparison.arrays is None:
        return None
    arrays = comparison.arrays
    rest = _rest(arrays, comparison.entries)
    if [entry.index for entry in arrays.entries] == [comparison.index]:
        return Table([], [], rest) if arrays.rest in _RESTS else None
    rows = [(str([*entry.index]), _number(entry.actual), _number(entry.expected)) for entry in arrays.entries]
    rest = f"all other entries are {rest}" if arrays.rest in _RESTS and rest else rest
    return Table(rows, [entry.differs for entry in arrays.entries], rest) if rows else None


class Beside(NamedTuple):
    """Columns of an edge, for each entry what the code returns there and the derivative on each side, and the rest."""

    headers: Sequence[str]
    rows: Sequence[Sequence[str]]
    rest: str


def beside(comparison: Comparison) -> Beside | None:
    """Return the table of a gradient that is wrong on an edge: the one-sided derivatives, and what is returned."""
    edge = comparison.one_sided
    if edge is None:
        return None
    sides = edge.sides[:_MOST_SIDES]
    columns = [edge.returned, *(side.derivatives for side in sides)]
    rows = [[entry, *cells] for entry, *cells in zip(edge.entries, *columns, strict=True)]
    more = len(edge.sides) - len(sides)
    rest = "" if edge.complete else "there may be other sides"
    rest = f"and {more} more {'sides' if more > 1 else 'side'}" if more else rest
    return Beside(["entry", words.computed(comparison), *(side.where for side in sides)], rows, rest)


def _rest(arrays: Arrays, entries: int) -> str:
    if len(arrays.entries) == entries:
        return ""
    others = arrays.differing - sum(entry.differs for entry in arrays.entries)
    more = f"{others:,} more entries differ" if others > 1 else "1 more entry differs" if others else ""
    return _RESTS.get(arrays.rest, more)


def _number(text: str) -> str:
    """Return a number with fewer of its digits, where it is a decimal that goes on."""
    point = text.find(".")
    if "e" not in text and -1 < point < _DIGITS - 1 and text[-1:] == "…":
        return f"{text[:_DIGITS]}…"
    return short(text, _LONGEST)
