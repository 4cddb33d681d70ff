"""The same edit in several places of a function as one: a factor that was forgotten wherever a quantity is used."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, takewhile
from pathlib import Path

from verify.mutation.result import Mutant
from verify.repair.limits import MOST_ALIKE
from verify.repair.result import Edits

_MOST_PLACES = 8  # of an edit: any two of these are tried, and all
_Change = tuple[str, str, str, str, str]


def alike(edits: Sequence[Mutant]) -> list[Edits]:
    """Return for each edit that there is in several places those of all places, and of any two."""
    sources = {file: Path(file).read_bytes() for file in {edit.file for edit in edits}}
    groups: dict[_Change, list[Mutant]] = defaultdict(list)
    for edit in edits:
        groups[_change(edit, sources[edit.file][edit.start : edit.end].decode())].append(edit)
    return [together for group in groups.values() for together in _together(group)][:MOST_ALIKE]


def _change(edit: Mutant, before: str) -> _Change:
    """Return what tells edits apart wherever they are: the operator, and what is taken away and put in."""
    before, after = _plain(before), _plain(edit.text.decode())
    after = after.replace(f"({before})", before)
    start = _alike_from_start(before, after)
    before, after = before[start:], after[start:]
    end = _alike_from_start(before[::-1], after[::-1])
    return edit.file, edit.function, edit.operator, before[: len(before) - end], after[: len(after) - end]


def _plain(text: str) -> str:
    """Return source as Python writes it; as it stands where it is no whole expression, as a slice or a keyword."""
    try:
        return ast.unparse(ast.parse(text))
    except SyntaxError:
        return text


def _alike_from_start(text: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(text, other, strict=False)))


def _together(group: Sequence[Mutant]) -> Iterator[Edits]:
    """Return the edits of a group that lie apart, of parts before wholes, and any two that do."""
    apart: list[Mutant] = []
    for edit in sorted(group, key=lambda edit: edit.end - edit.start):
        if not any(_overlap(edit, other) for other in apart):
            apart.append(edit)
    if len(apart) > 2:
        yield tuple(apart)
    if len(apart) <= _MOST_PLACES:
        yield from (pair for pair in combinations(group, 2) if not _overlap(*pair))


def _overlap(edit: Mutant, other: Mutant) -> bool:
    return edit.start < other.end and other.start < edit.end
