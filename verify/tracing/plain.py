"""Code that wants a plain number of a symbol: refused by the call that wants it, with the page that tells what helps.

Most of it is a function that NumPy does not hand over, `statistics.mean(x)` say: what asks is compiled code, which has
no name here, but the line of the user's that calls it has.
"""

from __future__ import annotations

import ast
import linecache
from contextlib import suppress
from itertools import islice
from types import FrameType
from typing import NoReturn

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.identity import Place
from verify.model.where import asked_at, asking_frame, printable

REFUSALS: list[Place] = []  # where numbers were wanted, since the list was last cleared
_LONGEST = 60  # signs of a call that are shown


def refuse_number() -> NoReturn:
    """Raise the TraceError of a symbol that should be a number."""
    REFUSALS.append(asked_at())
    frame = asking_frame()
    call = "" if frame is None else _call(frame)
    raise TraceError(f"a symbol was turned into a plain number{f' by {call}' if call else ''}", asked_at(), HOW)


def _call(frame: FrameType) -> str:
    """Return the call that a frame is at, as it is written there, or nothing where no call is."""
    start, end, first, last = next(islice(frame.f_code.co_positions(), frame.f_lasti // 2, None), (None,) * 4)
    if start is None or start != end or first is None or last is None:
        return ""
    line = linecache.getline(frame.f_code.co_filename, start).encode()[first:last]  # columns count bytes
    with suppress(SyntaxError, ValueError):
        parsed = ast.parse(line.decode(errors="replace").strip(), mode="eval").body
        if isinstance(parsed, ast.Call):
            text = printable(ast.unparse(parsed))
            return text if len(text) <= _LONGEST else f"{printable(ast.unparse(parsed.func))}(…)"
    return ""
