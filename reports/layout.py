"""Columns that line up, and lines that fit: tabulate's tables, and sentences folded at a width.

tabulate, which takes a fifth of the time that the command takes to start, is imported where there is a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_COLOR = re.compile("\x1b\\[[0-9;]*m")
_BETWEEN = 2  # columns between two cells of a plain table
_LEAST = 20  # columns that a folded text has, however far it is indented
_BREAKS = re.compile(r"(?<=[^*]\*)(?!\*)|(?<=\()(?!\))")  # where a formula without spaces may be folded


def plain(headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]], width: int = 0) -> list[str]:
    """Return the lines of a table for a terminal, its headers first.

    A table wider than `width` is printed as several, one below the other, each with the first column: as pandas does.
    """
    if not width:
        return _table("plain", headers, align, body)
    lines: list[str] = []
    for chosen in _parts(_widths(headers, body), width):
        part = [[row[i] for i in chosen] for row in [headers, align, *body]]
        lines += [*([""] if lines else []), *_table("plain", part[0], part[1], part[2:])]
    return lines


def pipe(headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return _table("pipe", headers, align, body)


def fold(text: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """Return a text as lines of at most `width` columns, where words allow: 0 is no limit.

    The first line begins with `indent`, and the others with `hanging`.
    """
    if not width or columns_of(indent + text) <= width:
        return [indent + text]
    first, *others = _filled(text, max(width - max(len(indent), len(hanging)), _LEAST))
    return [indent + first, *[hanging + line for line in others]]


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes: colours take none, Korean letters two each."""
    plain_text = _COLOR.sub("", text)
    if plain_text.isascii() and plain_text.isprintable():
        return len(plain_text)
    from wcwidth import wcswidth  # which tabulate[widechars] brings

    width: int = wcswidth(plain_text)
    return width if width >= 0 else len(plain_text)


def _filled(text: str, room: int) -> list[str]:
    lines = [""]
    for space, word in _words(text, room):
        if lines[-1] and columns_of(lines[-1] + space + word) > room:
            lines.append(word)
        else:
            lines[-1] += (space if lines[-1] else "") + word
    return lines


def _words(text: str, room: int) -> Iterator[tuple[str, str]]:
    """Yield each word with what stands before it; one that fits on no line, in pieces."""
    for space, word in re.findall(r"(\s*)(\S+)", text):
        first, *others = [word] if columns_of(word) <= room else _BREAKS.split(word)
        yield space, first
        yield from (("", piece) for piece in others)


def _widths(headers: Sequence[str], body: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column of a plain table, in which tabulate has room around headers."""
    columns = zip(*body, strict=True) if body else [()] * len(headers)
    return [
        max(columns_of(header) + _BETWEEN, *map(columns_of, column), 0)
        for header, column in zip(headers, columns, strict=True)
    ]


def _parts(columns: Sequence[int], width: int) -> list[list[int]]:
    """Divide the columns of a table, by their widths, into those that stand beside each other."""
    parts, used = [[0]], columns[0]
    for index, wide in enumerate(columns[1:], 1):
        used += _BETWEEN + wide
        if width and used > width and len(parts[-1]) > 1:
            parts.append([0])
            used = columns[0] + _BETWEEN + wide
        parts[-1].append(index)
    return parts


def _table(kind: str, headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    from tabulate import tabulate

    # Left to itself, tabulate reads texts as numbers and writes them in another way.
    table: str = tabulate(body, headers, tablefmt=kind, colalign=align[: len(headers)], disable_numparse=True)
    return table.splitlines()
