"""Code that wants a plain number of a symbol: refused by the call that wants it, with the page that tells what helps.

Most of it is a function that NumPy does not hand over, `statistics.mean(x)` say: what asks is compiled code, which has
no name here, but the line of the user's that calls it has.
"""

from __future__ import annotations

from typing import NoReturn

from verify.model.additions import HOW
from verify.model.errors import UnheldError
from verify.model.where import asked_at, asking_frame
from verify.tracing.symbols.calls import call_at, short_text


def refuse_number() -> NoReturn:
    """Raise the UnheldError of a symbol that should be a number."""
    frame = asking_frame()
    call = None if frame is None else call_at(frame.f_code, frame.f_lasti)
    by = "" if call is None else f" by {short_text(call)}"
    raise UnheldError(f"a symbol was turned into a plain number{by}", asked_at(), HOW)
