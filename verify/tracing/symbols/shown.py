"""Numbers that are wanted for people to read: `print("%.4f" % loss)`, and messages that are logged.

`%` asks a symbol for its number (f-strings and `format` ask for a text, and get one without digits). Here it may have
one that is none, NaN: but only where the text goes nowhere else. It is the argument of a statement that prints, logs or
warns, so that no code computes or branches with what it says; the left side of `%` has to be a text. Anything else is
refused (`plain`).
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from logging import LogRecord
from types import FrameType

_MESSAGES = ("debug", "info", "warning", "error", "critical", "exception", "log", "warn")
_STREAMS = ("stdout", "stderr")


def is_shown() -> bool:
    """Tell whether the number that a symbol is asked for right now is for people to read."""
    frame = sys._getframe(2)  # noqa: SLF001 - of who asks: compiled code has no frame
    if frame.f_code is LogRecord.getMessage.__code__:
        return True
    names = _formats(frame.f_code.co_filename).get(_position(frame))
    return names is not None and all(_is_text(name, frame) for name in names) and sys.stdout is sys.stderr


def _position(frame: FrameType) -> tuple[int | None, ...]:
    """Return the first line and column of the expression that a frame is at, and the last."""
    line, last, start, end = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    return line, start, last, end


def _is_text(name: str, frame: FrameType) -> bool:
    return type(frame.f_locals.get(name, frame.f_globals.get(name))) is str


@lru_cache(maxsize=256)
def _formats(file: str) -> dict[tuple[int | None, ...], list[str]]:
    """Return where a file formats what it shows, each with the names that have to be those of texts."""
    with suppress(SyntaxError, ValueError):
        tree = ast.parse("".join(linecache.getlines(file)))
        return {
            (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset): names
            for statement in ast.walk(tree)
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call) and shows(statement.value)
            for node in _texts(statement.value)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod) and (names := _names(node.left)) is not None
        }
    return {}


def shows(call: ast.Call) -> bool:
    """Tell whether a call shows its arguments and keeps none of them."""
    function = call.func
    if isinstance(function, ast.Name):
        return function.id == "print" and all(keyword.arg in ("end", "sep", "flush") for keyword in call.keywords)
    if not isinstance(function, ast.Attribute):
        return False
    streams = isinstance(function.value, ast.Attribute) and function.value.attr in _STREAMS
    return function.attr in _MESSAGES or (function.attr == "write" and streams)


def _texts(call: ast.Call) -> Iterator[ast.expr]:
    """Yield the arguments of a call, and what is joined to them by `+`: no argument of another call."""
    todo = [*call.args]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            todo += [node.left, node.right]


def _names(left: ast.expr) -> list[str] | None:
    """Return the names that have to be of texts for the left side of `%` to be one, None where it may be anything."""
    if isinstance(left, ast.Name):
        return [left.id]
    is_text = isinstance(left, ast.JoinedStr) or (isinstance(left, ast.Constant) and type(left.value) is str)
    return [] if is_text else None
