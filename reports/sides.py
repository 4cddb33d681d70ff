"""Both sides of a wrong array at its counterexample, as a short table: the entries that matter, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.cells import short
from verify.model.result import Arrays, Comparison, Rest

_DIGITS = 10  # signs of a number that goes on: its digits are certain, so that fewer of them are too
_LONGEST = 24  # signs of any other
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
