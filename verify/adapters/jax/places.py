"""The user's line that recorded an equation, which is made the one that asks while the equation is computed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile
from types import CodeType
from typing import Any, TypeVar

from jax.extend.core import Literal

from verify.model.lines import Line, called_from
from verify.model.where import is_users

_HOLDING = ("jax/_src/lax/lax.py", "jax/_src/tree_util.py")  # stop_gradient itself, over the leaves of a tree
# Functions of JAX's that hold a part of what they compute, whose derivatives are those of their numbers all the same.
_OF_JAXS = tuple(
    f"jax/_src/{file}"
    for file in (
        "ops/special.py",  # logsumexp
        "nn/functions.py",  # softmax, log_softmax
        "numpy/reductions.py",  # logaddexp.reduce
        "lax/linalg.py",  # solve: a factor, beside a derivative of its own
        "scipy/linalg.py",  # the same of Cholesky's
        "random/core.py",  # uniform: the bounds of what is drawn
        "lax/control_flow/conditionals.py",  # cond of a batch: the side that is not taken
    )
)
_T = TypeVar("_T")


def at_line(equation: Any, compute: Callable[[], _T]) -> _T:
    """Return what a function computes, called from the innermost line of the user's that recorded an equation."""
    return called_from(_line(equation), compute)


def within(code: CodeType | None, compute: Callable[[], _T]) -> _T:
    """Return what a function computes, called from the first line of some code: what JAX raises there is its own."""
    return called_from(None if code is None else (code.co_filename, code.co_firstlineno, code.co_name), compute)


def holds_of_users(equation: Any) -> bool:
    """Tell whether a `stop_gradient` is written outside of the functions of JAX's that use it, of no constant."""
    if all(isinstance(variable, Literal) for variable in equation.invars):
        return False
    traceback = equation.source_info.traceback
    files = [frame.file_name.replace("\\", "/") for frame in (() if traceback is None else traceback.frames)]
    callers = dropwhile(
        lambda file: file.endswith(_HOLDING), dropwhile(lambda file: not file.endswith(_HOLDING), files)
    )
    return not next(callers, "").endswith(_OF_JAXS)


def _line(equation: Any) -> Line | None:
    """Return where an equation was recorded; JAX knows frames from the innermost to the outermost."""
    traceback = equation.source_info.traceback
    frames = () if traceback is None else traceback.frames
    return next(((f.file_name, f.line_num, f.function_name) for f in frames if is_users(f.file_name)), None)
