"""What people write by a slip in the calls that make cases, each refused with what to write instead."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any, ParamSpec, TypeVar

from verify.cases.making import naming
from verify.cases.names import NAMES
from verify.cases.units import knows, method_of
from verify.model.errors import InputError, nearest
from verify.model.where import quoted

_P = ParamSpec("_P")
_T = TypeVar("_T")


def taking_dicts(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Let a function that takes a maker, and arrays in dicts, refuse other keywords with what to write instead."""
    keywords = inspect.signature(function).parameters

    @functools.wraps(function)
    def checked(*args: _P.args, **options: _P.kwargs) -> _T:
        make = args[0] if args else options.get("make")
        unknown = {name: value for name, value in options.items() if name not in keywords}
        with naming(str(options.get("name") or getattr(make, "__name__", type(make).__name__))):
            if unknown:
                raise InputError(_instead(make, unknown, keywords))
            if make is not None and "inputs" not in options:
                raise InputError("describe the arrays that forward gets: inputs={'x': 'N D'}")
        return function(*args, **options)

    return checked


def _instead(make: Any, unknown: Mapping[str, object], keywords: Collection[str]) -> str:
    """Return what to write for keywords that there are not: one that is close, or dicts of the arrays."""
    for name in unknown:
        if close := nearest(name, keywords):
            return f"there is no {name!r}{close}"
    forward = method_of(make, NAMES["forward"])
    inputs = {name: value for name, value in unknown.items() if forward is None or knows(forward, name)}
    params = {name: value for name, value in unknown.items() if name not in inputs}
    written = [f"{word}={part!r}" for word, part in (("inputs", inputs), ("params", params)) if part]
    return f"arrays are described in dicts: write {', '.join(written)}"


def check_arrays(word: str, arrays: object, example: str) -> None:
    """Raise InputError unless arrays are described by name in a dict, and none of them by a number."""
    if not isinstance(arrays, Mapping):
        raise InputError(f"{word} is {quoted(arrays)}, not a dict: write {word}={{{example}}}")
    for name, value in arrays.items():
        if isinstance(value, (bool, int, float)):
            shape = f", or {str(value)!r} for an array of {value} entries" if type(value) is int else ""
            text = f"{name!r} is {value!r}, not the shape of an array: write options={{{name!r}: [{value!r}]}}{shape}"
            raise InputError(text)


def check_factory(make: Any, provided: Collection[str]) -> None:
    """Raise InputError unless a layer can be made: by a class, or by what needs no more than is `provided` for it."""
    is_layer = not isinstance(make, type) and (hasattr(make, "forward") or hasattr(make, "backward"))
    if is_layer and (not callable(make) or _needed(make, provided)):
        kind = type(make).__name__
        raise InputError(f"expected a class, got an object: write {kind}, not {kind}(...); each run makes a new layer")
    if not callable(make):
        raise InputError(f"expected a class, or a function that returns a layer, got {quoted(make)}")
    if inspect.isfunction(make) and (needed := _needed(make, provided)):
        raise InputError(
            f"{make.__name__} needs {', '.join(needed)}, which params and options do not give; for functions without a "
            "class, use gradproof.pair, loss or derivative"
        )


def _needed(make: Any, provided: Collection[str]) -> list[str]:
    """Return the arguments that a function needs, if they are more than there are: a wrapper has its own."""
    parameters = inspect.signature(make, follow_wrapped=False).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [each.name for each in parameters if each.kind in kinds and each.default is each.empty]
    return names if len(names) > len(provided) else []


def check_functions(inputs: Mapping[str, object], **functions: Any) -> None:
    """Raise InputError unless functions are functions, and inputs are described one by one."""
    for role, function in functions.items():
        if not callable(function):
            raise InputError(f"{role} is {quoted(function)}, not a function")
    grouped = inputs.get("inputs")
    if isinstance(grouped, Mapping) and not any(knows(function, "inputs") for function in functions.values()):
        each = ", ".join(f"{name}={shape!r}" for name, shape in grouped.items())
        raise InputError(f"inputs= is for gradproof.layer: write {each} here")
