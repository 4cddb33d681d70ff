"""NumPy's other functions on arrays of symbols.

Most of them do what they do on plain arrays of objects, because they only move entries about, or are made of ufuncs;
the table has those that are not.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.errors import TraceError
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import (
    SymbolArray,
    built,
    current,
    elements_at,
    gathered,
    layout,
    lift,
    lift_in_place,
    objects,
    symbols,
    wrapped,
)
from verify.tracing.arrays.complexes import ComplexArray, has_complex
from verify.tracing.numpy.einsums import einsum
from verify.tracing.numpy.elementwise import choose, claimed, elementwise, truths
from verify.tracing.numpy.moving import moved
from verify.tracing.numpy.norms import norm
from verify.tracing.numpy.plainly import plainly
from verify.tracing.numpy.products import LINALG, as_array, dot, inner, outer, tensordot, vdot
from verify.tracing.numpy.signatures import signature_of
from verify.tracing.numpy.ufuncs import current_uninitialised
from verify.tracing.outside import measured
from verify.tracing.symbols.concolic import KINDS, NO_NODES, Concolic, Missing, cardinal_sine
from verify.tracing.symbols.dispatch import LINEAR, PROTOCOLS, answers
from verify.tracing.symbols.special import SPECIAL

_add: Any = np.add
_running: list[Any] = []  # the functions that NumPy runs on arrays of objects
_WRITING = ("put", "place", "putmask", "copyto", "fill_diagonal", "put_along_axis")
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_NESTED = {"block": -9}  # how many lists within lists are no arrays
_PLACE = ("out", "dtype")
# What only says how the memory of a result is laid out, where it is, or how long it may take.
_ALLOCATION = ("order", "subok", "device", "optimize", "casting", "copy")


@answers("function")
def call(function: Any, args: Any, options: dict[str, Any], array_method: Any = None) -> Any:
    """Do what a NumPy function would do on floats, or the `array_method` of the same name if there is one."""
    if (ask := _OF_ARRAYS.get(function)) is not None and (fact := ask(*args, **options)) is not None:
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
        if name in problem.message:
            raise
        raise problem.of(f"{function.__module__}.{name}") from problem


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
        and not any(map(_holds_numbers, values))
    )


def _holds_numbers(value: Any) -> bool:
    """Tell whether there are single symbols in a value, in lists and tuples at any depth."""
    return isinstance(value, Concolic) or (type(value) in (tuple, list) and any(map(_holds_numbers, value)))


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
        made = function(*[_plain(v, depth) for v in args], **{k: _plain(v, depth) for k, v in options.items()})
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
    if name in _WRITING and isinstance(target := _first(args, options), SymbolArray):
        lift_in_place(objects(target))
    made = wrapped(made, claimed(symbolic_arrays([*args, *options.values()])))
    if answer is None and (isinstance(made, Concolic) or (isinstance(made, np.ndarray) and not made.ndim)):
        answer = shadows.expected(function, list(map(_number, args)), {k: _number(v) for k, v in options.items()})
    if answer is None and isinstance(made, (np.ndarray, np.generic, int)) and not _is_symbolic(made):
        wanted = getattr(shadows.expected(function, args, options), "dtype", None)
        if (
            wanted is not None and wanted.kind == "f" != np.asarray(made).dtype.kind
        ):  # the objects were whole numbers or truth values all along
            raise shadows.refusal(name, f"a result of type {wanted}")
    return made if answer is None else shadows.held_to(name, answer, made, out)


def _is_symbolic(value: Any) -> bool:
    return isinstance(value, (SymbolArray, Concolic))


def _number(value: Any) -> Any:
    """Return a symbol as the NumPy number that it stands for: some functions give a number of it, and others arrays."""
    return np.float64(1) if isinstance(value, Concolic) else value


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


def constants(args: Any, options: dict[str, Any]) -> tuple[Any, dict[str, Any]] | None:
    """Return arguments as floats where no symbol among them depends on an input: NumPy can compute with them."""
    try:
        return [_numbers(value) for value in args], {name: _numbers(value) for name, value in options.items()}
    except ValueError:
        return None


def _numbers(value: Any) -> Any:
    if type(value) is ComplexArray:
        return _numbers(value.re) + 1j * _numbers(value.im)
    if isinstance(value, (SymbolArray, Concolic)):
        if not all(symbol.is_constant() for symbol in symbols(value)):
            raise ValueError
        return objects(value).astype(getattr(value, "claimed", float))
    return type(value)(map(_numbers, value)) if type(value) in (tuple, list) else value


def lifted(made: Any) -> Any:
    """Return floats that NumPy computed of constants as symbols: what is written to them later may be symbols."""
    if isinstance(made, (tuple, list)):
        items = map(lifted, made)
        return type(made)(*items) if hasattr(made, "_fields") else type(made)(items)
    return filled(made.shape, made, made.dtype) if isinstance(made, np.ndarray) else made


def _first(args: Any, options: dict[str, Any]) -> Any:
    return args[0] if args else next(iter(options.values()))


def symbolic_arrays(values: Any) -> list[Any]:
    """Return the arrays of symbols among some arguments, and in lists of them."""
    symbolic: list[Any] = []
    for value in values:
        symbolic += (
            symbolic_arrays(value)
            if type(value) in (tuple, list)
            else [value]
            if isinstance(value, SymbolArray)
            else []
        )
    return symbolic


def _plain(value: Any, depth: int = 0) -> Any:
    """Return an argument with plain arrays of objects in place of symbols, arrays of them, and lists within lists."""
    if isinstance(value, (SymbolArray, Concolic)):
        return objects(value)
    if type(value) not in (tuple, list):
        return value
    if depth > 0 and any(type(item) in KINDS for item in value):
        return objects(value)
    return type(value)(_plain(item, depth + 1) for item in value)


def _reducing(ufunc: Any) -> Callable[..., Any]:
    def reduce(a: Any, axis: Any = None, **options: Any) -> Any:
        return ufunc.reduce(as_array(a), axis=axis, **options)

    reduce.__signature__ = _OF_A_REDUCTION  # type: ignore[attr-defined]
    return reduce


_OF_A_REDUCTION = inspect.signature(lambda a, axis, keepdims, initial, where: None)


def mean(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
    """Return the sum over axes divided by how many there are."""
    a = as_array(a)
    total = _add.reduce(a, axis=axis, keepdims=keepdims, where=where)
    return total / _how_many(a, axis, where, keepdims)


def _how_many(a: Any, axis: Any, where: Any, keepdims: Any) -> Any:
    """Return how many entries each sum over axes has."""
    if where is True:
        axes = range(a.ndim) if axis is None or not a.ndim else axis if isinstance(axis, tuple) else (axis,)
        return math.prod(a.shape[i] for i in axes)
    mask = np.broadcast_to(truths(where), a.shape)
    return _add.reduce(mask, axis=axis, keepdims=bool(keepdims), dtype=int)


def var(
    a: Any,
    axis: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    correction: Any = None,
    mean: Any = None,
) -> Any:
    """Return the mean of the squares of the distances from the mean."""
    a, less = as_array(a), ddof if correction is None else correction
    distance = a - (_mean(a, axis, keepdims=True, where=where) if mean is None else mean)
    total = _add.reduce(distance * distance, axis=axis, keepdims=keepdims, where=where)
    many = _how_many(a, axis, where, keepdims) - less
    return total / np.maximum(many, 0)  # NumPy divides by 0 where too few are left


_mean = mean


def std(a: Any, **options: Any) -> Any:
    """Return the root of the variance."""
    return np.sqrt(var(a, **options))


std.__signature__ = inspect.signature(var)  # type: ignore[attr-defined]


def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: Any = False) -> Any:
    """Return the mean, in which entries may count by weights, and what it was divided by."""
    a = as_array(a)
    if weights is None:
        result, total = mean(a, axis, keepdims), _how_many(a, axis, True, keepdims)
    else:
        weights = _spread(a, axis, as_array(weights))
        total = np.sum(weights, axis=axis, keepdims=keepdims)
        result = np.sum(a * weights, axis=axis, keepdims=keepdims) / total
    return (result, total * np.ones(np.shape(result)) + 0 * result) if returned else result


def _spread(a: Any, axis: Any, weights: Any) -> Any:
    """Return weights of some axes of an array as weights of all of its entries."""
    if weights.shape == a.shape:
        return weights
    axes = [i % a.ndim for i in (axis if isinstance(axis, tuple) else (axis,))]
    ordered = weights.transpose(np.argsort(axes))
    return np.broadcast_to(ordered.reshape([n if i in axes else 1 for i, n in enumerate(a.shape)]), a.shape)


_REDUCTIONS: dict[str, Any] = {
    "sum": np.add,
    "prod": np.multiply,
    "max": np.maximum,
    "amax": np.maximum,
    "min": np.minimum,
    "amin": np.minimum,
    "nansum": np.add,
    "nanmax": np.maximum,
    "nanmin": np.minimum,
    "nanprod": np.multiply,
}


def along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **options: Any) -> Any:
    """Call a function on each line of an array along an axis."""
    lines = np.moveaxis(as_array(arr), axis, -1)
    made = [as_array(func1d(lines[index], *args, **options)).copy() for index in np.ndindex(lines.shape[:-1])]
    result = np.stack(made).reshape((*lines.shape[:-1], *made[0].shape))
    places = range(lines.ndim - 1, result.ndim)
    return np.moveaxis(result, places, [axis % lines.ndim + i for i in range(len(places))])


def median(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Return the middle of the entries in order, or the mean of the two there."""
    a = as_array(a)
    axes = sorted(i % a.ndim for i in (range(a.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)))
    others = [i for i in range(a.ndim) if i not in axes]
    rows = a.transpose([*others, *axes]).reshape(*[a.shape[i] for i in others], -1)
    ordered, length = np.sort(rows, axis=-1), rows.shape[-1]
    if not length:
        raise shadows.refusal("median", "no entries")
    middle = mean(np.take(ordered, [(length - 1) // 2, length // 2], axis=-1), -1)
    return as_array(middle).reshape([1 if i in axes else n for i, n in enumerate(a.shape)]) if keepdims else middle


def cumulative(ufunc: Any) -> Callable[..., Any]:
    """Return the running sum or product."""

    def accumulate(a: Any, axis: Any = None) -> Any:
        a = as_array(a)
        flat = axis is None or not a.ndim
        return ufunc.accumulate(a.reshape(-1) if flat else a, axis=0 if flat else axis)

    return accumulate


def where(condition: Any, x: Any = np._NoValue, y: Any = np._NoValue) -> Any:  # noqa: SLF001
    """Choose by a mask; a mask alone is asked for its places."""
    return np.nonzero(truths(condition)) if x is np._NoValue else choose(condition, x, y)  # noqa: SLF001


def clip(a: Any, a_min: Any = None, a_max: Any = None, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    """Return what lies between two bounds, each of which may be None."""
    low, high = a_min if min is None else min, a_max if max is None else max
    a = a if low is None else np.maximum(a, low)
    a = a if high is None else np.minimum(a, high)
    return np.positive(a) if low is None and high is None else a


def rounded(a: Any, decimals: int = 0) -> Any:
    """Return the nearest multiples of a power of ten."""
    if decimals == 0:
        return np.rint(a)
    factor = 10**decimals if decimals > 0 else Fraction(1, 10**-decimals)
    return np.rint(as_array(a) * lift(factor)) / lift(factor)


def filled(shape: Any, value: Any, dtype: Any = None) -> Any:
    """Return an array of one value: of symbols if its type is a float's, a plain one else."""
    wanted, shape = np.dtype(np.float64 if dtype is None else dtype), _shape(shape)
    if wanted.kind != "f":
        made = np.empty(shape, wanted)
        np.copyto(made, np.asarray(value, wanted))
        return made
    value = _without_leading_ones(value, len(shape))
    if current().on_tape and (elements := elements_at(value)) is not None:
        return built(np.broadcast_to(elements, shape), shape, wanted)
    return gathered(symbols(value, shape), shape, wanted)


def _without_leading_ones(value: Any, ndim: int) -> Any:
    """Return an array with at most so many axes, as NumPy writes one of shape (1, 3) to a place of shape (3,)."""
    shape = np.shape(value)
    extra = len(shape) - ndim
    return np.reshape(value, shape[extra:]) if extra > 0 and set(shape[:extra]) == {1} else value


def _shape(shape: Any) -> tuple[int, ...]:
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(shape)


def _like(value: Any) -> Callable[..., Any]:
    def like(a: Any, dtype: Any = None, shape: Any = None) -> Any:
        return filled(np.shape(a) if shape is None else shape, value, a.dtype if dtype is None else dtype)

    return like


def empty_like(prototype: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Return an array that nobody has written to."""
    wanted = np.dtype(prototype.dtype if dtype is None else dtype)
    shape = np.shape(prototype) if shape is None else shape
    return unset(shape, wanted) if wanted.kind == "f" else np.zeros(shape, wanted)


def unset(shape: Any, dtype: Any) -> Any:
    """Return an array of a float type that nobody has written to."""
    array = current_uninitialised(_shape(shape))
    array.claimed = dtype
    return array


def full_like(a: Any, fill_value: Any, dtype: Any = None, shape: Any = None) -> Any:
    """Return an array of one value, in the shape of another."""
    return filled(np.shape(a) if shape is None else shape, fill_value, a.dtype if dtype is None else dtype)


def _arranged(function: Callable[..., Any], relation: str) -> Callable[..., Any]:
    """Return a function that answers with places (argmax), plain numbers: of what is in a relation to all before."""

    def arrange(**options: Any) -> Any:
        if current().on_tape and (elements := elements_at(options["a"])) is not None and elements.size:
            return _places(elements, relation, options.get("axis"), keepdims=options.get("keepdims", False))
        with current().asking_once():  # NumPy asks for each comparison, and no code of the user's runs meanwhile
            return function(**{name: _plain(value) for name, value in options.items()})

    arrange.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return arrange


def _places(elements: Any, relation: str, axis: Any, *, keepdims: bool) -> Any:
    """Return where each line along an axis has its extreme: entries are compared one after the other, as by NumPy."""
    trace: Any = current()
    lines = elements.reshape(-1) if axis is None or not elements.ndim else np.moveaxis(elements, axis, -1)
    columns = lines.reshape(-1, lines.shape[-1]).T
    best, places = columns[0], np.zeros(columns.shape[1], int)
    for place, column in enumerate(columns[1:], 1):
        better = trace.relations(column, best, relation)
        best, places = np.where(better, column, best), np.where(better, place, places)
    if axis is None or not elements.ndim:
        return places.reshape([1] * elements.ndim) if keepdims else places[0]
    positions = places.reshape(lines.shape[:-1])
    return np.expand_dims(positions, axis) if keepdims else positions[()]


def ranks(a: Any, axis: Any) -> Any:
    """Return floats in the order of the symbols along an axis, which is decided: NumPy's sorting treats them alike.

    What it does with equal numbers, and where it stops, is its own affair, and not the same for objects as for floats.
    """
    lines = np.moveaxis(as_array(a), axis, -1)
    numbers = np.zeros(lines.shape)
    for index in np.ndindex(lines.shape[:-1]):
        line = lines[index]
        order = np.argsort(objects(line), kind="stable")
        steps = np.less(line[order[:-1]], line[order[1:]])
        numbers[index][order] = np.cumsum([0, *np.asarray(steps).tolist()]) if len(order) else 0
    return np.moveaxis(numbers, -1, axis)


def _flat(a: Any, axis: Any) -> tuple[Any, int]:
    """Return an array and the axis to sort along: None means all of it."""
    a = as_array(a)
    return (a.reshape(-1), 0) if axis is None or not a.ndim else (a, axis)


def argsort(a: Any, axis: Any = -1, kind: Any = None, stable: Any = None) -> Any:
    """Return the places of the entries in order."""
    a, axis = _flat(a, axis)
    return np.argsort(ranks(a, axis), axis, kind, **({} if stable is None else {"stable": stable}))


def argpartition(a: Any, kth: Any, axis: Any = -1) -> Any:
    """Return the places of the entries with the smallest in front."""
    a, axis = _flat(a, axis)
    return np.argpartition(ranks(a, axis), kth, axis)


def partition(a: Any, kth: Any, axis: Any = -1) -> Any:
    """Return the entries with the smallest in front."""
    a, axis = _flat(a, axis)
    return np.take_along_axis(a, np.argpartition(ranks(a, axis), kth, axis), axis)


def close(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Tell which entries are near each other, a branch; the tolerances are NumPy's, which user code asks for.

    No symbol is NaN, whatever is wanted of those.
    """
    return np.abs(np.subtract(a, b)) <= atol + rtol * np.abs(b)


def count_nonzero(a: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Count what is not 0."""
    return np.count_nonzero(truths(a), axis=axis, keepdims=keepdims)


def _of_truths(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of whether entries are 0."""

    def ask(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True) -> Any:
        return function(truths(a), axis=axis, keepdims=keepdims, where=where)

    return ask


def equal_arrays(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """Tell whether two arrays have the same shape and entries, a branch."""
    return np.shape(a1) == np.shape(a2) and bool(np.all(np.equal(a1, a2)))


def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Return the sum of a diagonal."""
    return np.diagonal(a, offset, axis1, axis2).sum(-1)


def angle(z: Any, deg: bool = False) -> Any:
    """Return 0 for positive numbers and half a turn for negative ones."""
    z = as_array(z)
    if any(symbol.number() == 0 for symbol in symbols(z)):
        raise shadows.refusal("angle", "a zero of unknown sign")
    return np.where(z < 0, lift(180) if deg else np.pi, 0.0)


def finite(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """Return an array with numbers for infinities and NaN, which no other symbols are."""
    symbolic: Any = x
    if not isinstance(x, (SymbolArray, Concolic)):
        return np.nan_to_num(x, copy=copy, nan=nan, posinf=posinf, neginf=neginf)
    if np.isfinite(x).all():
        return symbolic.copy() if copy else symbolic
    if not copy:
        raise shadows.refusal("nan_to_num", "infinities in place")
    largest = float(np.finfo(symbolic.dtype).max)
    ends = {1: largest if posinf is None else posinf, -1: -largest if neginf is None else neginf}
    entries = [
        lift(nan if type(value) is Missing else ends[value.direction]) if type(value) in NO_NODES else value
        for value in symbols(x)
    ]
    return gathered(entries, symbolic.shape, symbolic.dtype)


def _of_array(ask: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return what asks something of an array alone; None where there is more to it."""
    return lambda a=None, *rest, **options: None if a is None or rest or options else ask(a)


_SYMBOLIC: tuple[Any, ...] = (SymbolArray, Concolic, ComplexArray)


def _of_memory(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what asks where arrays lie."""

    def ask(*values: Any, **options: Any) -> Any:
        plain = [layout(value) if isinstance(value, SymbolArray) else _number(value) for value in values]
        return function(*plain, **options)

    return ask


def _of_types(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return what asks something of the types of arrays."""

    def ask(*values: Any, **options: Any) -> Any:
        types = [value.dtype if isinstance(value, _SYMBOLIC) else value for value in values]
        return function(*types, **options)

    return ask


# What is asked of arrays themselves, and of none of their entries.
_OF_ARRAYS: dict[Any, Callable[..., Any]] = {
    np.shape: _of_array(lambda a: a.shape),
    np.ndim: _of_array(lambda a: a.ndim),
    np.size: _of_array(lambda a: a.size),
    np.may_share_memory: _of_memory(np.may_share_memory),
    np.shares_memory: _of_memory(np.shares_memory),
    np.result_type: _of_types(np.result_type),
    np.can_cast: _of_types(np.can_cast),
    np.common_type: _of_types(lambda *values: np.result_type(*values).type),
}
if hasattr(np, "astype"):
    _OF_ARRAYS[np.astype] = lambda x, dtype, copy=True, device=None: x.astype(dtype, copy=copy)
# The functions that user code passes to these are run, so that nothing may call them once more.
RUNNING_CODE = (along_axis,)
# The functions of which NumPy's answer of ones is no answer, although there are no entries: they run code, write, or
# answer with memory that nobody has written to (NumPy 2.4 does for the diagonal of an array of shape (0, 3)).
_NOT_SHADOWED = ("piecewise", "apply_over_axes", "empty_like", "pad", "einsum", *_WRITING)
# The reductions that compute in the type of the place of their result.
_IN_THE_TYPE_OF_OUT = (*_REDUCTIONS, "cumsum", "cumprod", "trace", "any", "all")
# The functions whose type of result is their own affair.
_OF_A_TYPE = ("zeros_like", "ones_like", "empty_like", "full_like")
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dot": dot,
    "inner": inner,
    "vdot": vdot,
    "outer": outer,
    "tensordot": tensordot,
    "einsum": einsum,
    **{f"linalg.{name}": function for name, function in LINALG.items()},
    "linalg.norm": norm,
    **{name: _reducing(ufunc) for name, ufunc in _REDUCTIONS.items()},
    "mean": mean,
    "nanmean": mean,
    "nanvar": var,
    "nanstd": std,
    "nanmedian": median,
    "i0": lambda x: elementwise(SPECIAL["i0"], x),
    "sinc": lambda x: elementwise(cardinal_sine, x),
    "var": var,
    "std": std,
    "cumsum": cumulative(np.add),
    "cumprod": cumulative(np.multiply),
    "where": where,
    "clip": clip,
    "round": rounded,
    "around": rounded,
    "zeros_like": _like(0),
    "ones_like": _like(1),
    "empty_like": empty_like,
    "full_like": full_like,
    "argmax": _arranged(np.argmax, ">"),
    "argmin": _arranged(np.argmin, "<"),
    "argsort": argsort,
    "argpartition": argpartition,
    "partition": partition,
    "count_nonzero": count_nonzero,
    "nonzero": lambda a: np.nonzero(truths(a)),
    "flatnonzero": lambda a: np.flatnonzero(truths(a)),
    "argwhere": lambda a: np.argwhere(truths(a)),
    "any": _of_truths(np.any),
    "all": _of_truths(np.all),
    "apply_along_axis": along_axis,
    "median": median,
    "nan_to_num": finite,
    "real": lambda val: val,
    "isreal": lambda x: np.ones(np.shape(x), bool),
    "iscomplexobj": lambda x: False,
    "isrealobj": lambda x: True,
    "isclose": close,
    "allclose": lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: bool(np.all(close(a, b, rtol, atol))),
    "array_equal": equal_arrays,
    "average": average,
    "trace": trace,
    "angle": angle,
    "imag": lambda val: filled(np.shape(val), 0),
}
