"""What backward is passed beside the upstream gradient, by the names of its arguments.

These are inputs, the output, and arrays that it writes gradients into: `backward(dout, x, dx)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from types import FunctionType, MethodType
from typing import Any, NamedTuple

import numpy as np

from verify.cases.names import NAMES


class Passed(NamedTuple):
    """The arguments of a call, and the arrays among them that gradients are written into, by input."""

    arguments: list[Any]
    written: dict[str, Any]


def passed(
    function: Callable[..., Any],
    first: Sequence[Any],
    values: Mapping[str, Any],
    gradients: Mapping[str, Sequence[str]],
) -> Passed:
    """Return what to call a function with: `first`, and what its further arguments are called.

    `values` are inputs and outputs by name; `gradients` says how the gradients of inputs may be called.
    """
    needed = _needed(function)
    if len(needed) <= len(first):
        return Passed([*first], {})
    buffers = {label: name for name, labels in gradients.items() for label in labels if label in needed}
    written = {name: np.zeros_like(values[name]) for name in buffers.values()}
    named = {**values, **{label: written[name] for label, name in buffers.items()}}
    others = [name for name in needed if name not in named]
    if len(others) != len(first):  # not by these names: the call itself tells what is missing
        return Passed([*first], {})
    by_order = dict(zip(others, first, strict=True))
    return Passed([by_order[name] if name in by_order else named[name] for name in needed], written)


def upstreams_of(function: Any, inputs: Collection[str], labels: Collection[str]) -> tuple[str, ...]:
    """Return the arguments of backward that are neither inputs nor arrays for gradients: the upstreams come first."""
    names = _needed(function) if callable(function) else ()
    return tuple(name for name in names if name not in ("self", "cls", *inputs, *labels, *NAMES["outputs"]))


def _needed(function: Callable[..., Any]) -> Sequence[str]:
    """Return the arguments by position that have no default."""
    plain: Any = function.__func__ if isinstance(function, MethodType) else function
    if type(plain) is FunctionType and not vars(plain):  # which nothing wraps, and no other signature is given to
        return _of_plain(plain)[plain is not function :]  # the first argument of a method is bound
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [item.name for item in parameters if item.kind in kinds and item.default is item.empty]


def _of_plain(function: FunctionType) -> Sequence[str]:
    """Return the same by a function's code, in a hundredth of the time: it is asked in each run."""
    code = function.__code__
    return code.co_varnames[: max(0, code.co_argcount - len(function.__defaults__ or ()))]
