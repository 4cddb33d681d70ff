"""The user's line that recorded an equation, which is made the one that asks while the equation is computed.

JAX calls user code once, to record equations; they are computed after that, when no line of the user's runs any more.
Whoever asks for the line that asked (`model.where`) looks for frames of the user's files: a call through a function
with the file name and the line of the equation is such a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any, TypeVar

from verify.model.where import is_users

_T = TypeVar("_T")
_Line = tuple[str, int, str]  # file, line, and the name of the function


def at_line(equation: Any, compute: Callable[[], _T]) -> _T:
    """Return what a function computes, called from the innermost line of the user's that recorded an equation."""
    line = _line(equation)
    return compute() if line is None else _caller(*line)(compute)


def within(code: CodeType | None, compute: Callable[[], _T]) -> _T:
    """Return what a function computes, called from the first line of some code: what JAX raises there is its own."""
    return compute() if code is None else _caller(code.co_filename, code.co_firstlineno, code.co_name)(compute)


def _line(equation: Any) -> _Line | None:
    """Return where an equation was recorded; JAX knows frames from the innermost to the outermost."""
    traceback = equation.source_info.traceback
    frames = () if traceback is None else traceback.frames
    return next(((f.file_name, f.line_num, f.function_name) for f in frames if is_users(f.file_name)), None)


@lru_cache(maxsize=4096)
def _caller(file: str, line: int, name: str) -> Callable[[Callable[[], Any]], Any]:
    code = _call.__code__.replace(co_filename=file, co_firstlineno=line - 1, co_name=name.rpartition(".")[2])
    return FunctionType(code, {})


def _call(compute: Callable[[], Any]) -> Any:
    return compute()  # one line below `def`, as `_caller` counts
