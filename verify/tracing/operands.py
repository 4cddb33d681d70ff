"""The arrays that a line which raised worked on, with their shapes: NumPy's message seldom names them."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from types import FrameType, TracebackType

import numpy as np

from verify.model.where import is_passed, may_be_users

_MOST = 5  # arrays that are named
_NUMERICAL = ("numpy", "scipy")  # what raises there was called by the line that is looked for
_BY_SHAPE = (ValueError, IndexError)  # what NumPy raises where shapes do not fit


def raising_frame(problem: BaseException) -> TracebackType | None:
    """Return the innermost step of a traceback in the user's code, or of what is installed where there is none.

    What a framework's engine raises beside the user's code has none.
    """
    files = [(step, step.tb_frame.f_code.co_filename) for step in _steps(problem.__traceback__)]
    steps = [step for step, file in files if may_be_users(file) and not is_passed(file)]
    own = [step for step in steps if not _is_numerical(step.tb_frame)] or steps
    return own[-1] if own else None


def shapes_at(problem: BaseException, step: TracebackType) -> str:
    """Write the shapes of the arrays in the expression that raised: `x of shape (3, 4) and self.W of shape (5, 4)`.

    Returns "" where the exception is not about values, or was raised by a statement of the user's, and of symbols,
    whose shapes are seldom at fault. No code is run: an attribute is looked up in the object's own dictionary.
    """
    expression = _expression_at(step) if isinstance(problem, _BY_SHAPE) else None
    if expression is None:
        return ""
    arrays = dict(_arrays(expression, {**step.tb_frame.f_globals, **step.tb_frame.f_locals}))
    if any(value.dtype.hasobject for value in arrays.values()):
        return ""
    shapes = [f"{name} of shape {np.ndarray.shape.__get__(value)}" for name, value in islice(arrays.items(), _MOST)]
    return " and ".join(filter(None, [", ".join(shapes[:-1]), *shapes[-1:]]))


def real_index(problem: BaseException | None) -> str:
    """Return the name of an array of real numbers by which the expression that raised takes entries, or nothing."""
    step = raising_frame(problem) if isinstance(problem, IndexError) else None
    expression = None if step is None else _expression_at(step)
    if step is None or expression is None:
        return ""
    keys = [node.slice for node in ast.walk(expression) if isinstance(node, ast.Subscript)]
    several = [part for key in keys for part in (key.elts if isinstance(key, ast.Tuple) else [key])]
    names = [part.id for part in several if isinstance(part, ast.Name)]
    return next((name for name in names if _is_real(step.tb_frame.f_locals.get(name))), "")


def _is_real(value: object) -> bool:
    """Tell whether a value is an array or a tensor of real numbers, by its type, which frameworks have of their own."""
    return any(kind in str(getattr(value, "dtype", "")) for kind in ("float", "object"))


def _steps(step: TracebackType | None) -> Iterator[TracebackType]:
    while step is not None:
        yield step
        step = step.tb_next


def _is_numerical(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__")).partition(".")[0] in _NUMERICAL


def _expression_at(step: TracebackType) -> ast.AST | None:
    """Return the smallest piece of the source that the instruction covers; of an assignment, the whole of it."""
    code = step.tb_frame.f_code
    first, last, start, end = next(islice(code.co_positions(), step.tb_lasti // 2, None), (None,) * 4)
    if first is None or last is None or start is None or end is None:
        return None
    return _smallest("".join(linecache.getlines(code.co_filename)), (first, start), (last, end))


@lru_cache(maxsize=64)  # code that refuses an input does so in many runs, and a file may be long
def _smallest(source: str, start: tuple[int, int], end: tuple[int, int]) -> ast.AST | None:
    with suppress(SyntaxError, ValueError):
        covering = [node for node in ast.walk(ast.parse(source)) if _covers(node, start, end)]
        while covering and isinstance(getattr(covering[-1], "ctx", None), ast.Store):
            covering.pop()  # what is assigned to: the value stands beside it
        return None if not covering or isinstance(covering[-1], ast.Raise) else covering[-1]
    return None


def _covers(node: ast.AST, start: tuple[int, int], end: tuple[int, int]) -> bool:
    """Tell whether a node has a position, and the piece of source lies within it; both count columns in bytes."""
    if not isinstance(node, ast.expr | ast.stmt) or node.end_lineno is None or node.end_col_offset is None:
        return False
    return (node.lineno, node.col_offset) <= start and end <= (node.end_lineno, node.end_col_offset)


def _arrays(expression: ast.AST, names: dict[str, object]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays that an expression names, in its order; of `self.x.T` the name that is an array, `self.x`."""
    value = _value(expression, names)
    if isinstance(value, np.ndarray):
        yield ast.unparse(expression), value
    else:
        for part in ast.iter_child_nodes(expression):
            yield from _arrays(part, names)


def _value(expression: ast.AST, names: dict[str, object]) -> object:
    """Return what a name or an attribute stands for, or None where only running code would tell."""
    if isinstance(expression, ast.Name):
        return names.get(expression.id)
    if isinstance(expression, ast.Attribute):
        with suppress(TypeError):
            return vars(_value(expression.value, names)).get(expression.attr)
    return None
