"""The call that a line of code was at, read from the source by the position of the instruction."""

from __future__ import annotations

import ast
import linecache
from contextlib import suppress
from itertools import islice
from types import CodeType

from verify.model.where import printable

_LONGEST = 60  # signs of a call that are shown


def call_at(code: CodeType, instruction: int) -> ast.Call | None:
    """Return the call that an instruction makes, or None where it is no call, or there is no source."""
    first, last, start, end = next(islice(code.co_positions(), instruction // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None:
        return None
    lines = [line.encode() for line in linecache.getlines(code.co_filename)[first - 1 : last]]  # columns count bytes
    if len(lines) != last - first + 1:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    with suppress(SyntaxError, ValueError):
        parsed = ast.parse(b"(" + b"".join(lines) + b")", mode="eval").body
        return parsed if isinstance(parsed, ast.Call) else None
    return None


def short_text(call: ast.Call) -> str:
    """Return a call as it is written, a long one without its arguments."""
    text = printable(ast.unparse(call))
    return text if len(text) <= _LONGEST else f"{short_name(call.func)}(…)"


def short_name(expression: ast.expr) -> str:
    """Return what is called, as it is written."""
    return printable(ast.unparse(expression))
