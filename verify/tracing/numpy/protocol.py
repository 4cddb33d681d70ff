"""Who answers for a NumPy function that is called with symbols: a line of the table, NumPy on objects, or nobody.

Most functions do what they do on plain arrays of objects, because they only move entries about, or are made of ufuncs.
"""

from __future__ import annotations

import functools
import inspect
from contextlib import suppress
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.errors import TraceError
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import SymbolArray, lift_in_place, objects, wrapped
from verify.tracing.arrays.complexes import has_complex
from verify.tracing.numpy.arguments import (
    constants,
    first_of,
    holds_numbers,
    is_symbolic,
    lifted,
    plain,
    symbolic_arrays,
)
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.numpy.functions import FUNCTIONS, RUNNING_CODE
from verify.tracing.numpy.metadata import OF_ARRAYS, number
from verify.tracing.numpy.moving import moved
from verify.tracing.numpy.plainly import plainly
from verify.tracing.numpy.signatures import signature_of
from verify.tracing.numpy.statistics import REDUCTIONS
from verify.tracing.outside import measured
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.dispatch import LINEAR, PROTOCOLS

_running: list[Any] = []  # the functions that NumPy runs on arrays of objects
_WRITING = ("put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NESTED = {"block": -9}  # how many lists within lists are no arrays
_PLACE = ("out", "dtype")
# What only says how the memory of a result is laid out, where it is, or how long it may take.
_ALLOCATION = ("order", "subok", "device", "optimize", "casting", "copy")
# The functions of which NumPy's answer of ones is no answer, although there are no entries: they run code, write, or
# answer with memory that nobody has written to (NumPy 2.4 does for the diagonal of an array of shape (0, 3)).
_NOT_SHADOWED = ("piecewise", "apply_over_axes", "empty_like", "pad", "einsum", *_WRITING)
# The reductions that compute in the type of the place of their result.
_IN_THE_TYPE_OF_OUT = (*REDUCTIONS, "cumsum", "cumprod", "trace", "any", "all")
# The functions whose type of result is their own affair.
_OF_A_TYPE = ("zeros_like", "ones_like", "empty_like", "full_like")


def call(function: Any, args: Any, options: dict[str, Any], array_method: Any = None) -> Any:
    """Do what a NumPy function would do on floats, or the `array_method` of the same name if there is one."""
    if (ask := OF_ARRAYS.get(function)) is not None and (fact := ask(*args, **options)) is not None:
        return fact
    if has_complex(args) or (options and has_complex(options.values())):
        return PROTOCOLS["complex function"](function, args, options)
    return _of_real(function, args, options, array_method)


def _of_real(function: Any, args: Any, options: dict[str, Any], array_method: Any) -> Any:
    name = getattr(function, "__name__", "")
    try:
        if (linear := LINEAR.get(function)) is not None and function not in ADDED:
            return linear(*args, **options)
        if function not in ADDED and (made := plainly(function, args, options)) is not None:
            return made
        special = _special(function)
        if special not in RUNNING_CODE and _has_no_entries(name, args, options):
            return _of_no_entries(function, name, args, options)
        if special is None:
            made = moved(function, args, options)
            return _by_objects(function, name, args, options) if made is None else made
        if special in RUNNING_CODE:
            return special(*args, **options)
        answer = shadows.expected(array_method or function, args, options)
        out, arguments = _bound(function, name, args, options)
        if isinstance(out, SymbolArray) and name in _IN_THE_TYPE_OF_OUT:
            arguments["a"] = objects(arguments["a"]).view(SymbolArray)
        result = special(*arguments.pop("*", ()), **arguments)
        if function in ADDED:
            measured.measure(function, args, options, result)
        return result if _counts(name, arguments) else shadows.held_to(name, answer, result, out)
    except TraceError as problem:
        if problem.function == (full_name := f"{function.__module__}.{name}"):
            raise
        raise problem.of(full_name) from problem


def _has_no_entries(name: str, args: Any, options: dict[str, Any]) -> bool:
    """Tell whether a function is called with arrays of symbols that have no entries, and with no other symbols."""
    if args and isinstance(args[0], SymbolArray) and args[0].size:  # as in most calls
        return False
    values = [*args, *(value for key, value in options.items() if key != "out")]
    arrays = symbolic_arrays(values)
    return (
        bool(arrays)
        and not any(array.size for array in arrays)
        and name not in _NOT_SHADOWED
        and not any(map(holds_numbers, values))
    )


def _of_no_entries(function: Any, name: str, args: Any, options: dict[str, Any]) -> Any:
    """Return what NumPy gives of arrays without entries: no symbol has a part in it, so that its numbers are exact."""
    out, answer = options.get("out"), shadows.expected(function, args, options)
    parts = answer if isinstance(answer, (tuple, list)) else [answer]
    if any(np.asarray(part).dtype.kind == "f" and np.isnan(part).any() for part in parts):
        raise shadows.refusal(name, "no entries")
    made = lifted(answer)
    return made if out is None else shadows.held_to(name, answer, made, out)


def _counts(name: str, arguments: dict[str, Any]) -> bool:
    """Tell whether the shape of a result depends on numbers: places of what is not 0."""
    return name in ("nonzero", "flatnonzero", "argwhere") or (name == "where" and len(arguments) == 1)


def _special(function: Any) -> Any:
    """Return what does a function's work on symbols: what was added for it, or our own."""
    return ADDED.get(function) or _own(function)


@functools.cache
def _own(function: Any) -> Any:
    """Return what does a function's work here; a function that only has the name of another has none."""
    name = getattr(function, "__name__", "")
    module = "linalg." if getattr(np.linalg, name, None) is function else ""
    return FUNCTIONS.get(module + name) if module or getattr(np, name, None) is function else None


@functools.cache
def _parameters(function: Any) -> tuple[tuple[str, ...], dict[str, Any], str]:
    """Return the names of a function's positional parameters, all defaults, and the name of its `*args`."""
    parameters = signature_of(function).parameters.values()
    names = tuple(p.name for p in parameters if p.kind in _POSITIONAL)
    starred = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "")
    return names, {p.name: p.default for p in parameters}, starred


@functools.cache
def _accepted(special: Any) -> frozenset[str]:
    return frozenset(inspect.signature(special).parameters)


def _bound(function: Any, name: str, args: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the place for a result, and the arguments by their names; raises TraceError for what is not known."""
    names, defaults, starred = _parameters(function)
    arguments = {**options, "*": args} if starred else {**dict(zip(names, args, strict=False)), **options}
    out = arguments.pop("out", None)
    if name not in _OF_A_TYPE:
        _float_type(name, arguments.pop("dtype", None))
    accepted = _accepted(_special(function))
    for key in [key for key in arguments if key != "*" and key not in accepted]:
        value = arguments.pop(key)
        if key not in _ALLOCATION and not _is_default(value, defaults.get(key)):
            raise shadows.refusal(name, key)
    return out, {key: value for key, value in arguments.items() if value is not np._NoValue}  # noqa: SLF001


def _float_type(name: str, dtype: Any) -> Any:
    """Return a type that a result may have; raises TraceError for whole numbers, which would have to be decided."""
    if dtype not in (None, np._NoValue) and np.dtype(dtype).kind != "f":  # noqa: SLF001
        raise shadows.refusal(name, f"dtype={np.dtype(dtype)}")
    return dtype


def _is_default(value: Any, default: Any) -> bool:
    return value is default or value is np._NoValue or (type(value) in (bool, int, float, str) and value == default)  # noqa: SLF001


def _by_objects(function: Any, name: str, args: Any, options: dict[str, Any]) -> Any:
    """Let NumPy move the entries about; where it does more, it has to know numbers, and fails."""
    args, options, answer, out = _without_place(function, name, args, options)
    if options.get("overwrite_input"):
        raise shadows.refusal(name, "overwrite_input")
    if function in _running:  # it comes to the symbols of its own objects, by a way of NumPy's
        raise shadows.refusal(name)
    _running.append(function)
    try:
        depth = _NESTED.get(name, 0)
        made = function(*[plain(v, depth) for v in args], **{k: plain(v, depth) for k, v in options.items()})
    except TraceError:
        raise
    except Exception as problem:
        if (numbers := constants(args, options)) is not None:
            made = lifted(function(*numbers[0], **numbers[1]))
        else:
            with suppress(np.linalg.LinAlgError):  # of ones alone: they have no inverse
                shadows.expected(function, args, options)  # where floats fail too, the code is at fault
            raise shadows.unknown(f"{function.__module__}.{name}", str(problem)) from problem
    finally:
        _running.remove(function)
    if name in _WRITING and isinstance(target := first_of(args, options), SymbolArray):
        lift_in_place(objects(target))
    made = wrapped(made, claimed(symbolic_arrays([*args, *options.values()])))
    if answer is None and (isinstance(made, Concolic) or (isinstance(made, np.ndarray) and not made.ndim)):
        answer = shadows.expected(function, list(map(number, args)), {k: number(v) for k, v in options.items()})
    if answer is None and isinstance(made, (np.ndarray, np.generic, int)) and not is_symbolic(made):
        wanted = getattr(shadows.expected(function, args, options), "dtype", None)
        if (
            wanted is not None and wanted.kind == "f" != np.asarray(made).dtype.kind
        ):  # the objects were whole numbers or truth values all along
            raise shadows.unlike(name, f"of type {wanted}")
    return made if answer is None else shadows.held_to(name, answer, made, out)


def _without_place(
    function: Any, name: str, args: Any, options: dict[str, Any]
) -> tuple[Any, dict[str, Any], Any, Any]:
    """Return arguments without the type and the place of a result, and what NumPy gives with them, if there are any.

    To compute with objects in a type of numbers can end the interpreter (NumPy 2.4: an empty sum of objects in float32
    that is written into an object).
    """
    names, _, starred = _parameters(function)
    if starred or name == "astype" or not any(word in options or word in names[: len(args)] for word in _PLACE):
        return args, options, None, None
    answer = shadows.expected(function, args, options)
    arguments = {**dict(zip(names, args, strict=False)), **options}
    out, dtype = arguments.pop("out", None), _float_type(name, arguments.pop("dtype", None))
    fixed = [arguments.pop(word) for word in _fixed(function) if word in arguments]
    return fixed, arguments, None if out is dtype is None else answer, out


@functools.cache
def _fixed(function: Any) -> tuple[str, ...]:
    """Return the names of the parameters of a function that are no keywords."""
    parameters = signature_of(function).parameters.values()
    return tuple(p.name for p in parameters if p.kind is p.POSITIONAL_ONLY)
