"""Columns that line up: tabulate's tables, as `reports` want them."""

from __future__ import annotations

from collections.abc import Sequence

from tabulate import tabulate


def plain(headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table for a terminal, its headers first."""
    return _table("plain", headers, align, body)


def pipe(headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table."""
    return _table("pipe", headers, align, body)


def _table(kind: str, headers: Sequence[str], align: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    # Left to itself, tabulate reads texts as numbers and writes them in another way.
    table: str = tabulate(body, headers, tablefmt=kind, colalign=align[: len(headers)], disable_numparse=True)
    return table.splitlines()
