"""What NumPy itself answers to a call: the shape and the type of the result, and its errors.

A call on symbols is done once more on arrays of ones of the same shapes and types. So all that is said of arguments
(axes, masks, places for a result, types) is NumPy's own, and what computes the formulas is held to it: a result of
another shape or kind is refused, never passed on.
"""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import TraceError, UnheldError
from verify.model.reasons import Reason
from verify.model.unfollowed import unfollowed
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import SymbolArray, active, boxed, in_order_of, layout, scalar, shape_of
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.symbols.concolic import Concolic

_empty_like = np.empty_like  # the original, whatever patches are in force
_DOUBLE = np.dtype(np.float64)
_Key = tuple[Any, ...]
_VIEWS = ("einsum", "real", "nan_to_num")  # whose results may be views of their arguments
_MOST = 10_000  # answers that are remembered
# What NumPy and SciPy say of symbols, which are objects to them: it is not about the user's arrays.
_OF_OBJECTS = re.compile(
    r"dtype\('O'\)|not supported for the input types|object arrays?|dtype=object|dtype object|element with a sequence"
)
_answers: dict[_Key, Any] = {}


def refusal(name: str, detail: str = "") -> TraceError:
    """Return the error that says which function cannot be followed, and with what."""
    scipys = not hasattr(np, name) and hasattr(sys.modules.get("scipy.special"), name)
    package = "scipy.special" if scipys else "numpy"
    return unfollowed(f"{package}.{name}", f" with {detail}" if detail else "")


def unlike(name: str, quality: str) -> TraceError:
    """Return the error that says that the result of a function on symbols lacks a quality that it has on floats."""
    problem = refusal(name)
    return unfollowed(
        problem.function, because=f" (on symbols its result is not {quality}, as it is on an array of ones)"
    )


def unknown(name: str, reason: str) -> TraceError:
    """Return the error that says that a function cannot be followed, and why."""
    because = "" if _OF_OBJECTS.search(reason) else f" ({reason.rstrip('.')})"
    message = f"{name} cannot be traced{because}"
    return UnheldError(message, asked_at(), HOW, reason=Reason.UNKNOWN_FUNCTION, function=name)


def expected(function: Callable[..., Any], args: Sequence[Any], options: dict[str, Any]) -> Any:
    """Return what NumPy gives of ones in place of the symbols; raises whatever NumPy raises of such arguments.

    Shapes and types decide the answer, so that it is remembered by them.
    """
    key = _key(function, args, options)
    answer = None if key is None else _answers.get(key)
    if answer is None:
        answer = _shadow_answer(function, args, options)
        if key is not None and len(_answers) < _MOST:
            _answers[key] = answer
    return answer


def _shadow_answer(function: Callable[..., Any], args: Sequence[Any], options: dict[str, Any]) -> Any:
    values = [*args, *options.values()]
    number = 1.0 if any(map(_is_short, values)) else np.float64(1)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shadows = [_shadow(value, number) for value in values]
        try:
            return function(*shadows[: len(args)], **dict(zip(options, shadows[len(args) :], strict=True)))
        except np.linalg.LinAlgError as problem:  # of the ones: of the symbols it says nothing
            raise unknown(
                f"{function.__module__}.{function.__name__}", "the type of its result is not known"
            ) from problem


def _is_short(value: Any) -> bool:
    """Tell whether a value has floats of few digits: a symbol alone goes with their type, as a Python float does."""
    return isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.dtype.itemsize < _DOUBLE.itemsize


def _shadow(value: Any, number: Any) -> Any:
    """Return ones for symbols."""
    if isinstance(value, SymbolArray):
        ones = _empty_like(layout(value), value.claimed)  # in the same memory order
        ones.fill(1)
        return ones
    if isinstance(value, Concolic):
        return number
    if type(value) is ComplexArray:
        return (_shadow(value.re, number) + 0j).astype(value.dtype) if value.ndim else value.dtype.type(1)
    if isinstance(value, np.ndarray):
        return value.copy()  # it may be written to
    return type(value)(_shadow(item, number) for item in value) if type(value) in (tuple, list) else value


def _key(function: Any, args: Sequence[Any], options: dict[str, Any]) -> _Key | None:
    """Return what an answer depends on, or nothing where that is more than shapes, types and plain options."""
    try:
        parts = (*map(_described, args), *((name, _described(value)) for name, value in options.items()))
        key = (getattr(function, "__self__", None), function.__name__, id(function) * (not _is_method(function)), parts)
        hash(key)
    except (TypeError, AttributeError):
        return None
    return key


def _is_method(function: Any) -> bool:
    """Tell whether a function is made anew whenever it is looked up (`np.add.reduce`)."""
    return isinstance(getattr(function, "__self__", None), np.ufunc)


def _described(value: Any) -> Any:
    if isinstance(value, SymbolArray):
        return value.shape, layout(value).strides, value.claimed.num
    if isinstance(value, Concolic):
        return "symbol"
    if type(value) is ComplexArray:
        return "complex", _described(value.re)
    if isinstance(value, np.ndarray):
        raise TypeError  # its numbers may be places
    if type(value) in (tuple, list):
        return type(value), tuple(map(_described, value))
    return type(value), value


def held_to(name: str, answer: Any, result: Any, out: Any = None) -> Any:
    """Return a result as the kind of thing that NumPy gives, written to its place; raises TraceError if it is none."""
    if isinstance(answer, tuple):
        if not isinstance(result, tuple) or len(result) != len(answer):
            raise refusal(name, "several results")
        places = out if isinstance(out, tuple) else [None] * len(answer)
        return tuple(held_to(name, a, r, place) for a, r, place in zip(answer, result, places, strict=True))
    if out is not None:
        return _written(name, answer, result, out)
    return _typed(name, answer, result)


def _typed(name: str, answer: Any, result: Any) -> Any:
    symbolic = isinstance(result, (SymbolArray, Concolic))
    kind = "f" if symbolic else np.asarray(result).dtype.kind
    wanted = getattr(answer, "dtype", np.asarray(answer).dtype)
    if shape_of(result) != shape_of(answer):
        raise unlike(name, f"of shape {shape_of(answer)}")
    if kind != wanted.kind:
        raise unlike(name, f"of type {wanted}")
    if isinstance(answer, np.ndarray) and not isinstance(result, np.ndarray):
        result = boxed(result) if symbolic else np.asarray(result)
    elif not isinstance(answer, np.ndarray) and isinstance(result, np.ndarray):
        result = scalar(result)
    if isinstance(result, SymbolArray):
        if result.ndim > 1 and name not in _VIEWS:
            result = _in_order(result, answer)
        if wanted.itemsize < result.claimed.itemsize and (trace := active()) is not None:
            trace.narrowed(wanted.name)
        result.claimed = wanted
    return result


def _in_order(result: SymbolArray, answer: Any) -> SymbolArray:
    """Return a result in the memory order of NumPy's: code may reshape it, and write there."""
    if answer.flags.c_contiguous and layout(result).flags.c_contiguous:
        return result
    return in_order_of(answer, result)


def _written(name: str, answer: Any, result: Any, out: Any) -> Any:
    """Write a result where the code wants to have it; an array of numbers can hold no symbols."""
    try:
        out[...] = _fitting(name, answer, result)
    except ValueError as problem:  # NumPy's word for a symbol that has no number
        if isinstance(problem.__cause__, TraceError):
            raise problem.__cause__ from None
        raise
    return out if isinstance(answer, np.ndarray) else scalar(out)


def _fitting(name: str, answer: Any, result: Any) -> Any:
    """Return a result whose shape fits its place, which may be a larger one."""
    try:
        np.broadcast_shapes(np.shape(result), np.shape(answer))
    except ValueError:
        raise unlike(name, f"of shape {np.shape(answer)}") from None
    return result
