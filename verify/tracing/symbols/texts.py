"""Texts of symbols: they have no digits, so that what code does with one may be another thing on floats.

A message says "symbol" for a number. Where it is printed, logged or raised, nobody computes with it. Anywhere else it
may be a key, or be compared, and no branch is recorded for that: the report says at which line a text was made.
"""

from __future__ import annotations

import ast
import linecache
import sys
from contextlib import suppress
from functools import lru_cache

from verify.model.identity import Place
from verify.model.where import as_place, asking, is_own
from verify.tracing.symbols.shown import shows

_MOST = 3  # lines that are named
_made: dict[Place, tuple[str, int]] = {}


def text(value: str) -> str:
    """Return a text that stands for a symbol, and note the line of the user's that asked for it."""
    if not is_own(sys._getframe(2).f_code.co_filename):  # noqa: SLF001 - a message of our own is no text of the user's
        file, line = asking()
        if file and not any(first <= line <= last for first, last in _messages(file)):
            _made[as_place(file, line)] = file, line
    return value


@lru_cache(maxsize=256)
def _messages(file: str) -> list[tuple[int, int]]:
    """Return the first and the last line of each statement of a file that raises, asserts or shows something."""
    with suppress(SyntaxError, ValueError):
        tree = ast.parse("".join(linecache.getlines(file)))
        return [
            (node.lineno, node.end_lineno or node.lineno)
            for node in ast.walk(tree)
            if isinstance(node, (ast.Raise, ast.Assert))
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and shows(node.value))
        ]
    return []


def forget() -> None:
    """Start anew, for another case."""
    _made.clear()


def lines() -> dict[Place, tuple[str, int]]:
    """Return the lines at which texts were made since, each with its file and number."""
    return dict(_made)


def notes() -> list[str]:
    """Return a sentence about the lines at which texts were made since."""
    places = [*_made]
    more = f" and {len(places) - _MOST} more lines" if len(places) > _MOST else ""
    where = ", ".join(map(str, places[:_MOST]))
    return (
        [f"the code converts a number to text, at {where}{more}: how it uses the text is not traced"] if where else []
    )
