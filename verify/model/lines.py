"""A call from a line of the user's, for what a framework computes when no line of the user's runs any more.

JAX and PyTensor call user code once, to record what it does; that is computed later. Whoever asks for the line that
asked (`model.where`) looks for frames of the user's files: a call through a function with the file name and the line
where something was recorded is such a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import FunctionType
from typing import Any, TypeVar

_T = TypeVar("_T")
Line = tuple[str, int, str]  # file, line, and the name of the function


def called_from(line: Line | None, compute: Callable[[], _T]) -> _T:
    """Return what a function computes, called from a line, if there is one."""
    return compute() if line is None else _caller(*line)(compute)


@lru_cache(maxsize=4096)
def _caller(file: str, line: int, name: str) -> Callable[[Callable[[], Any]], Any]:
    code = _call.__code__.replace(co_filename=file, co_firstlineno=line - 1, co_name=name.rpartition(".")[2])
    return FunctionType(code, {})


def _call(compute: Callable[[], Any]) -> Any:
    return compute()  # one line below `def`, as `_caller` counts
