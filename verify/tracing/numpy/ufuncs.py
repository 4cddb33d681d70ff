"""NumPy's elementwise functions on arrays of symbols, and their reductions."""

from __future__ import annotations

import functools
import math
import operator
import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import compress
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.errors import DivisionError, UnheldError
from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import (
    SymbolArray,
    built,
    current,
    elements_at,
    gathered,
    laid_out,
    layout,
    lift,
    nodes,
    objects,
    of_symbols,
    plain_key,
    scalar,
    shape_of,
    symbols,
    wrapped,
)
from verify.tracing.arrays.complexes import has_complex
from verify.tracing.arrays.sparse import dense
from verify.tracing.outside import measured
from verify.tracing.symbols.concolic import METHODS, Concolic, Endless, Missing, angle_of, at_once
from verify.tracing.symbols.dispatch import PRODUCTS, PROTOCOLS, answers
from verify.tracing.symbols.special import SEVERAL, SPECIAL
from verify.tracing.symbols.taped import TapedTrace, UntapedError
from verify.tracing.symbols.trace import Nodes, Trace

_DOUBLE = np.dtype(np.float64)
_MATRIX = 2  # axes
_ONLY_DOUBLE = {_DOUBLE}


def _divide(g: Trace, a: Nodes, b: Nodes) -> Nodes:
    if g.has_zero(b):
        raise DivisionError(asked_at())
    return g.quotients(a, b)


def _choosing(relation: str) -> Callable[[Trace, Nodes, Nodes], Nodes]:
    return lambda g, a, b: g.chosen(g.relations(a, b, relation), a, b)


def _by_symbol(name: str, compute: Callable[..., Any]) -> Callable[..., Nodes]:
    """Return a function of nodes that computes with symbols, one by one."""

    def each(g: Trace, *operands: Nodes) -> Nodes:
        if isinstance(g, TapedTrace):
            return g.combined(name, compute, *operands)
        entries = list(zip(*operands, strict=True))
        results = {entry: lift(compute(*[Concolic(g, n) for n in entry])).node for entry in dict.fromkeys(entries)}
        return [results[entry] for entry in entries]

    return each


def _is_positive(y: Any) -> Any:
    """Tell which sign a number has; raises TraceError for a constant 0, which may be a rounded -0.3 (`np.trunc`)."""
    if y.number() == 0:
        raise shadows.refusal("copysign", "a zero of unknown sign")
    return y >= 0


# What is computed symbol by symbol; the first of them only where some are infinite.
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "maximum": lambda x, y: x if x >= y else y,
    "minimum": lambda x, y: x if x <= y else y,
    "fmax": lambda x, y: x if x >= y else y,
    "fmin": lambda x, y: x if x <= y else y,
}
_BY_SYMBOL: dict[str, Callable[..., Any]] = {
    **SPECIAL,
    "power": lambda x, y: x**y,
    "float_power": lambda x, y: x**y,
    "remainder": lambda x, y: x % y,
    "fmod": at_once(lambda x, y: x - y * METHODS["trunc"](x / y)),
    "floor_divide": lambda x, y: x // y,
    "hypot": at_once(lambda x, y: (x * x + y * y) ** Fraction(1, 2)),
    "logaddexp": at_once(lambda x, y: (x.exp() + y.exp()).log()),
    "logaddexp2": at_once(lambda x, y: (x.exp2() + y.exp2()).log2()),
    "ldexp": lambda x, y: x * Fraction(2) ** int(y),
    "copysign": lambda x, y: abs(x) if _is_positive(y) else -abs(x),
    "arctan2": at_once(angle_of),
    "heaviside": lambda x, y: 1 if x > 0 else 0 if x < 0 else y,
    "xlogy": lambda x, y: x * y.log() if x != 0 else x,
}
BINARY: dict[str, Callable[..., Nodes]] = {
    "add": lambda g, a, b: g.sums(a, b),
    "subtract": lambda g, a, b: g.differences(a, b),
    "multiply": lambda g, a, b: g.products(a, b),
    "divide": _divide,
    "maximum": _choosing(">="),
    "minimum": _choosing("<="),
    "fmax": _choosing(">="),
    "fmin": _choosing("<="),
    **{name: _by_symbol(name, compute) for name, compute in _BY_SYMBOL.items()},
}
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
_LOGICAL = ("logical_and", "logical_or", "logical_xor")
# What a number answers, by its class.
_CERTAIN: dict[str, Callable[[type], bool]] = {
    "isnan": lambda kind: kind is Missing,
    "isinf": lambda kind: kind is Endless,
    "isfinite": lambda kind: kind is Concolic,
}


@answers("ufunc")
def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do on floats; raises TraceError where that is not known."""
    if has_complex(inputs):
        return PROTOCOLS["complex ufunc"](ufunc, method, inputs, options)
    if not _is_known(ufunc) or ufunc in ADDED:
        return _foreign(ufunc, method, inputs, options)
    if method == "__call__" and not options and len(inputs) == ufunc.nin:
        if ufunc.signature is None:
            return _elementwise(ufunc, inputs)
        if ufunc is np.matmul and is_plain_product(*inputs):
            return PRODUCTS["matmul"](*inputs)
    return _long_way(ufunc, method, inputs, options)


def _long_way(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do, whose shape, type and place NumPy itself is asked for."""
    inputs = tuple(map(dense, inputs))
    if method == "__call__" and len(inputs) > ufunc.nin:  # the place of the result, without its name
        inputs, options = inputs[: ufunc.nin], {**options, "out": tuple(inputs[ufunc.nin :])}
    places = options.get("out")
    if method == "__call__" and len(options) == 1 and isinstance(places, tuple) and _fits(ufunc, inputs, *places):
        places[0][...] = _elementwise(ufunc, inputs)
        return places[0]
    if places is None or (isinstance(places, tuple) and all(place is None for place in places)):
        options.pop("out", None)
    answer = shadows.expected(ufunc if method == "__call__" else getattr(ufunc, method), inputs, options)
    if method == "at":
        return _at(ufunc, *inputs)
    options = {key: value for key, value in options.items() if key not in _ALLOCATION}
    out, dtype = options.pop("out", None), options.pop("dtype", None)
    kinds = "bf" if ufunc.__name__ in {*COMPARISONS, *_LOGICAL, *_CERTAIN} else "f"
    if dtype is not None and np.dtype(dtype).kind not in kinds:
        raise shadows.refusal(ufunc.__name__, f"dtype={np.dtype(dtype)}")
    options.pop("casting", None)
    if ufunc.signature is not None and out is not None and any(_overlap(out[0], value) for value in inputs):
        raise shadows.refusal(ufunc.__name__, "a place that it reads from")  # NumPy 2.4 reads what it has written there
    if method not in _METHODS:
        raise shadows.refusal(f"{ufunc.__name__}.{method}")
    result = _METHODS[method](ufunc, inputs, options, out)
    several = isinstance(answer, tuple)
    return shadows.held_to(ufunc.__name__, answer, result, out if several or out is None else out[0])


def _foreign(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a ufunc that was added would do, or one that is not NumPy's."""
    if ufunc in ADDED and method == "__call__":
        return _as_added(ufunc, inputs, options)
    if type(ufunc) is np.ufunc and set("".join(ufunc.types)) <= set("O->"):  # a Python function, by np.frompyfunc
        return _by_objects(ufunc, method, inputs, options)
    raise shadows.unknown(ufunc.__name__, "a ufunc that is not NumPy's")


def _as_added(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Return what the user's own function gives, held to the shape and the type that NumPy gives."""
    if options:
        raise shadows.refusal(ufunc.__name__, ", ".join(options))
    return shadows.held_to(
        ufunc.__name__, shadows.expected(ufunc, inputs, options), measured.computed(ufunc, inputs, {})
    )


def _fits(ufunc: Any, inputs: Sequence[Any], *places: Any) -> bool:
    """Tell whether a result goes to its place as it is, of the same shape and type: there is nothing to ask NumPy."""
    return (
        len(places) == 1
        and ufunc.__name__ in _ARITHMETIC
        and all(isinstance(value, SymbolArray) for value in (*places, *inputs))
        and all(value.claimed == _DOUBLE and value.shape == places[0].shape for value in (*places, *inputs))
    )


def _overlap(a: Any, b: Any) -> bool:
    """Tell whether two arrays may share memory."""
    return isinstance(a, np.ndarray) and isinstance(b, np.ndarray) and np.may_share_memory(a, b)


# What only says how the memory of a result is laid out, as NumPy's own answer is, or of which class it is.
_ALLOCATION = ("order", "subok")


@functools.cache
def _is_known(ufunc: Any) -> bool:
    """Tell whether a ufunc is what its name says, NumPy's or SciPy's: others may have any."""
    modules = [np, sys.modules.get("scipy.special")]
    return any(getattr(module, ufunc.__name__, None) is ufunc for module in modules)


def _called(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    where = options.pop("where", True)
    if where is True or ufunc.signature is not None:
        return _elementwise(ufunc, inputs, **options)
    if options or ufunc.nout > 1:
        raise shadows.refusal(ufunc.__name__, "where and more")
    # What is left out is not computed: one half is in the domain of every function.
    result = _elementwise(ufunc, [choose(where, value, 0.5) for value in inputs])
    symbolic = isinstance(result, (SymbolArray, Concolic))
    if not out and not symbolic:
        raise shadows.refusal(ufunc.__name__, "where and no out")
    rest = out[0] if out else current_uninitialised(np.broadcast_shapes(np.shape(result), np.shape(where)))
    if symbolic or isinstance(rest, SymbolArray):
        return choose(where, result, rest)
    return np.where(truths(where), result, rest)


def current_uninitialised(shape: Sequence[int]) -> SymbolArray:
    """Return an array that nobody has written to: variables that no claim may depend on."""
    trace = current()
    return built([trace.uninitialised() for _ in range(math.prod(shape))], shape)


def choose(mask: Any, a: Any, b: Any) -> Any:
    """Return the entries of a where a mask is true, and of b elsewhere."""
    if current().on_tape and (first := elements_at(a)) is not None and (second := elements_at(b)) is not None:
        chosen = np.where(truths(mask), first, second)
        return scalar(built(chosen, chosen.shape, claimed((a, b))))
    selected: SymbolArray = np.where(truths(mask), objects(a), objects(b)).view(SymbolArray)
    selected.claimed = claimed((a, b))
    return scalar(selected)


def claimed(inputs: Sequence[Any]) -> Any:
    """Return the float type of a result: that of the arrays and NumPy numbers that it is computed from."""
    types = {value.dtype for value in inputs if _has_type(value) and value.dtype.kind in "fiub"}
    if types == _ONLY_DOUBLE:
        return _DOUBLE
    dtype = np.result_type(*types) if types else _DOUBLE
    return dtype if dtype.kind == "f" else _DOUBLE


def _has_type(value: Any) -> bool:
    """Tell whether a value has a say in the type of a result; a symbol goes with any."""
    return isinstance(value, np.ndarray) or (isinstance(value, np.generic) and not isinstance(value, Concolic))


def _elementwise(ufunc: Any, inputs: Sequence[Any], **options: Any) -> Any:
    name = ufunc.__name__
    if ufunc.signature is not None:
        if name not in PRODUCTS or not options.keys() <= {"axis"} or (options and name != "vecdot"):
            raise shadows.refusal(name, ", ".join(options))
        return PRODUCTS[name](*inputs, **options)
    if options:
        raise shadows.refusal(name, ", ".join(options))
    if name in _PARTS:
        return tuple(part(*inputs) for part in _PARTS[name])
    if name in _LOGICAL:
        return scalar(ufunc(*map(truths, inputs)))
    if name == "clip":
        return np.minimum(np.maximum(inputs[0], inputs[1]), inputs[2])
    shape = _broadcast(ufunc, inputs)
    if current().on_tape and (result := _on_tape(name, inputs, shape)) is not None:
        return result
    operands = [symbols(value, shape) for value in inputs]
    endless = any(Endless in set(map(type, values)) for values in operands)
    if name in BINARY:
        trace = current()
        with trace.on_one_line():
            results: Any = _combined(name, operands) if endless else BINARY[name](trace, *map(of_symbols, operands))
        return scalar(laid_out((gathered if endless else built)(results, shape, claimed(inputs)), inputs))
    if name in COMPARISONS:
        return _truths(_compared(operands, COMPARISONS[name], endless=endless), shape)
    return _unary(name, ufunc, inputs, operands[0], shape)


def _on_tape(name: str, inputs: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Compute with whole arrays of elements; None where there are infinities, and for what is done one by one."""
    method = METHODS.get(name) if len(inputs) == 1 else None
    if name not in BINARY and name not in COMPARISONS and method is None:
        return None
    operands = [elements_at(value) for value in inputs]
    if any(elements is None for elements in operands):
        return None
    trace: Any = current()
    flat = [_flat(a, shape) for a in operands]
    if name in COMPARISONS:
        return scalar(np.reshape(trace.relations(*flat, COMPARISONS[name]), shape))
    with trace.on_one_line():
        results = trace.mapped(method, flat[0]) if method is not None else BINARY[name](trace, *flat)
    return scalar(laid_out(built(results, shape, claimed(inputs)), inputs))


def _flat(elements: Any, shape: tuple[int, ...]) -> Any:
    """Return elements in a shape as an array of one axis."""
    if elements.shape == shape:
        return elements.ravel()
    return np.full(math.prod(shape), elements) if elements.size == 1 else np.broadcast_to(elements, shape).ravel()


def elementwise(compute: Callable[..., Any], *values: Any) -> Any:
    """Compute a function of symbols for all entries of values that are broadcast."""
    shape = np.broadcast_shapes(*map(shape_of, values))
    operands = [of_symbols(symbols(value, shape)) for value in values]
    results: Any = _by_symbol("", compute)(current(), *operands)
    return scalar(laid_out(built(results, shape, claimed(values)), values))


def _broadcast(ufunc: Any, inputs: Sequence[Any]) -> tuple[int, ...]:
    """Return the shape of a result; raises what NumPy raises of shapes that do not fit."""
    shapes = [shape_of(value) for value in inputs]
    if all(shape == shapes[0] for shape in shapes):
        return shapes[0]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        shadows.expected(ufunc, inputs, {})
        raise


def _combined(name: str, operands: Sequence[list[Any]]) -> list[Any]:
    """Compute with symbols of which some are infinite, one by one."""
    return list(map(lift, map({**_ARITHMETIC, **_BY_SYMBOL}[name], *operands)))


def _compared(operands: Sequence[list[Any]], relation: str, *, endless: bool) -> list[bool]:
    if endless:
        return [a.against(b, relation) for a, b in zip(*operands, strict=True)]
    a, b = map(of_symbols, operands)
    return current().relations(a, b, relation)


_BY_SIGN = ("absolute", "fabs", "sign", "trunc", "cbrt")  # functions that ask for the sign of their argument


def _unary(name: str, ufunc: Any, inputs: Sequence[Any], entries: list[Any], shape: Sequence[int]) -> Any:
    if name in _CERTAIN:
        return _truths([_CERTAIN[name](type(value)) for value in entries], shape)
    if name == "signbit":
        if current().has_zero(of_symbols([value for value in entries if type(value) is not Endless])):
            raise shadows.refusal(name, "a zero of unknown sign")  # as of -1 * 0
        return scalar(inputs[0] < 0)
    if name == "logical_not":
        return scalar(~truths(inputs[0]))
    if name not in METHODS or len(inputs) != 1:
        raise shadows.refusal(name)
    method, results = METHODS[name], dict[Any, Any]()
    keys = [(value.direction, None) if type(value) is Endless else value.node for value in entries]
    if name in _BY_SIGN:
        current().look_at(value.node for value in entries if type(value) is not Endless)
    with current().asking_once():
        for key, value in zip(keys, entries, strict=True):
            if key not in results:
                results[key] = method(value)
    return scalar(laid_out(gathered([results[key] for key in keys], shape, claimed(inputs)), inputs))


def truths(value: Any) -> np.ndarray[Any, Any]:
    """Return whether each entry is not 0."""
    if isinstance(value, (SymbolArray, Concolic)):
        if current().on_tape and (elements := elements_at(value)) is not None:
            trace: Any = current()
            flat = elements.ravel()
            holds: np.ndarray[Any, Any] = trace.relations(flat, np.zeros_like(flat), "!=").reshape(elements.shape)
            return holds
        array = objects(value)
        entries = symbols(array)
        current().look_at(value.node for value in entries if type(value) is not Endless)
        return np.fromiter(map(bool, entries), bool, array.size).reshape(array.shape)
    return np.asarray(value).astype(bool)


def _truths(values: list[bool], shape: Sequence[int]) -> Any:
    return scalar(np.fromiter(values, bool, len(values)).reshape(shape))


# What a reduction does to a list of nodes, and its value for an empty one.
_REDUCERS: dict[str, Callable[[Trace, Nodes], int]] = {
    "add": lambda g, row: g.total(row),
    "multiply": lambda g, row: g.multiplied(row),
    "maximum": lambda g, row: _extreme(g, row, ">="),
    "minimum": lambda g, row: _extreme(g, row, "<="),
    "fmax": lambda g, row: _extreme(g, row, ">="),
    "fmin": lambda g, row: _extreme(g, row, "<="),
}


def _extreme(g: Trace, row: Nodes, relation: str) -> int:
    if not len(row):  # which may be an array
        raise ValueError("zero-size array to reduction operation which has no identity")
    best: int = row[0]
    for node in row[1:]:
        if node != best and not g.relations([best], [node], relation)[0]:
            best = node
    return best


def _reduced(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    axis, keepdims, name = options.pop("axis", 0), options.pop("keepdims", False), ufunc.__name__
    where, initial = options.pop("where", True), options.pop("initial", None)
    initial = None if initial is np._NoValue else initial  # noqa: SLF001
    if name in _LOGICAL:
        return ufunc.reduce(
            truths(inputs[0]), axis=axis, keepdims=keepdims, where=where, **_without_none(initial=initial)
        )
    if not _has_reduction(name):
        raise shadows.refusal(f"{name}.reduce")
    elements = elements_at(inputs[0])
    array = objects(inputs[0]) if elements is None else elements
    axes = _axes(axis, array.ndim)
    remaining = [i for i in range(array.ndim) if i not in axes]
    shape = [array.shape[i] for i in remaining]
    length = math.prod(array.shape[i] for i in axes)
    if elements is not None and elements.size and name in _BY_ROWS and where is True and initial is None:
        return _by_rows(name, elements, axes, keepdims, claimed(inputs))
    if elements is not None:
        array = objects(inputs[0])
    entries = symbols(np.transpose(array, [*remaining, *axes]))
    first = [] if initial is None else [lift(initial)]
    rows = [first + entries[i * length : (i + 1) * length] for i in range(math.prod(shape))]
    if where is not True:
        counts = np.broadcast_to(truths(where), array.shape).transpose([*remaining, *axes]).reshape(len(rows), length)
        rows = [first + list(compress(row[len(first) :], mask)) for row, mask in zip(rows, counts, strict=True)]
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(array.shape)]
    with current().asking_once():
        return scalar(gathered([_reduce(name, row) for row in rows], shape, claimed(inputs)))


def is_plain_product(a: Any, b: Any) -> bool:
    """Tell whether a product of arrays is that of two matrices of float64 on a tape, of which nothing need be asked."""
    return (
        is_plain(a) and is_plain(b) and a.ndim == b.ndim == _MATRIX and a.shape[1] == b.shape[0] and current().on_tape
    )


def is_plain(value: Any) -> bool:
    """Tell whether a value is an array of symbols with entries, all of float64."""
    return type(value) is SymbolArray and value.size > 0 and value.claimed == _DOUBLE


def plainly_reduced(name: str, array: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """Reduce an array on a tape along axes that it has; None where NumPy has to be asked what the result is.

    It is what `_reduced` gives and NumPy's answer has no part in: of an array in C's order, the result is, too.
    """
    if not (is_plain(array) and current().on_tape and layout(array).flags.c_contiguous and type(keepdims) is bool):
        return None
    axes = range(array.ndim) if axis is None else axis if type(axis) is tuple else (axis,)
    if not all(type(i) is int and -array.ndim <= i < array.ndim for i in axes):
        return None
    places = [i % array.ndim for i in axes]
    elements = elements_at(array)
    if elements is None or len(set(places)) < len(places):
        return None
    return _by_rows(name, elements, places, keepdims, _DOUBLE)


def _by_rows(name: str, elements: Any, axes: Sequence[int], keepdims: Any, dtype: Any) -> Any:
    """Reduce elements, of which there are some, along axes."""
    remaining = [i for i in range(elements.ndim) if i not in axes]
    length = math.prod(elements.shape[i] for i in axes)
    matrix = elements.transpose([*remaining, *axes]).reshape(-1, length)
    shape = [1 if i in axes else n for i, n in enumerate(elements.shape) if keepdims or i not in axes]
    return scalar(built(_BY_ROWS[name](current(), matrix), shape, dtype))


def _row_by_row(name: str) -> Callable[[Any, Any], Any]:
    """Return a reduction of all rows of a matrix at once, one column after the other."""
    return lambda g, matrix: _column_by_column(g, name, matrix)[-1]


def _extremes(relation: str) -> Callable[[Any, Any], Any]:
    """Return the extremes of all rows of a matrix: the same comparisons as column by column, all of them at once.

    Floats propose which entry is the extreme so far; that it is so, the comparisons say.
    """

    def of_rows(g: Any, matrix: Any) -> Any:
        best = g.extremes_so_far(matrix, relation)
        holds = g.relations(best[:, :-1].ravel(), matrix[:, 1:].ravel(), relation)
        if not np.array_equal(holds.reshape(len(matrix), -1), best[:, 1:] == best[:, :-1]):
            raise UntapedError("an extreme that is too close to call", asked_at())
        return best[:, -1]

    return of_rows


_EXTREMES = {"maximum": ">=", "minimum": "<=", "fmax": ">=", "fmin": "<="}
# Reductions of the rows of a matrix of elements, none of which is empty.
_BY_ROWS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda g, matrix: g.tape.sums_of_rows(matrix),
    "multiply": _row_by_row("multiply"),
    **{name: _extremes(relation) for name, relation in _EXTREMES.items()},
}


def _without_none(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value is not None}


def _has_reduction(name: str) -> bool:
    """Tell whether the entries of a row can be combined one after the other."""
    return name in _REDUCERS or name in _IN_TURN


def _reduce(name: str, row: list[Any]) -> Any:
    """Return what a reduction makes of a list of symbols."""
    if Endless in set(map(type, row)):
        return functools.reduce({**_ARITHMETIC, **_BY_SYMBOL}[name], row)
    trace = current()
    if name not in _REDUCERS:
        if not row:
            raise shadows.refusal(f"{name}.reduce", "no entries")
        return Concolic(trace, _in_turn(trace, name, of_symbols(row))[-1])
    return Concolic(trace, _REDUCERS[name](trace, of_symbols(row)))


def _axes(axis: Any, ndim: int) -> list[int]:
    numbers = range(ndim) if axis is None or not ndim else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(i) + ndim if i < 0 else int(i) for i in numbers]
    if any(not 0 <= i < ndim for i in axes):
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axes


def _in_turn(g: Trace, name: str, row: Nodes) -> Nodes:
    """Return what a row comes to after each of its entries; on a tape nodes are arrays, which `+` would add up."""
    results = [row[:1]]
    for place in range(1, len(row)):
        results.append(BINARY[name](g, results[-1], row[place : place + 1]))
    return [node for nodes_of_one in results for node in nodes_of_one]


def _accumulated(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    name, axis = ufunc.__name__, options.get("axis", 0)
    if not _has_reduction(name):
        raise shadows.refusal(f"{name}.accumulate")
    elements, trace = elements_at(inputs[0]), current()
    array = np.moveaxis(objects(inputs[0]) if elements is None else elements, axis, -1)
    length = array.shape[-1]
    results: Any
    if elements is not None and array.size:
        results = np.stack(_column_by_column(trace, name, array.reshape(-1, length)), -1).ravel()
    else:
        entries = nodes(array) if elements is None else []
        rows = [_in_turn(trace, name, entries[i : i + length]) for i in range(0, len(entries), length or 1)]
        results = [node for row in rows for node in row]
    return np.moveaxis(built(results, array.shape, claimed(inputs)), -1, axis)


def _column_by_column(g: Trace, name: str, matrix: Any) -> list[Any]:
    """Return what the rows of a matrix of elements come to after each column."""
    columns = [matrix[:, 0]]
    for column in matrix.T[1:]:
        columns.append(BINARY[name](g, columns[-1], column))
    return columns


def _by_segment(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    """Reduce the entries from each place to the next; an entry alone where the next place is not above it."""
    array, places, axis = objects(inputs[0]), plain_key(inputs[1]), options.get("axis", 0)
    if not _has_reduction(ufunc.__name__) or array.ndim == 0:
        raise shadows.refusal(f"{ufunc.__name__}.reduceat")
    lines = np.moveaxis(array, axis, 0).view(SymbolArray)
    starts = [int(i) for i in np.asarray(places)]
    ends = [*starts[1:], len(lines)]
    parts = [
        lines[i] if end <= i else _reduced(ufunc, [lines[i:end]], {}, None) for i, end in zip(starts, ends, strict=True)
    ]
    if not parts:
        return lines[:0]
    return np.moveaxis(gathered([s for part in parts for s in symbols(part)], (len(parts), *lines.shape[1:])), 0, axis)


def _outer(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    a, b = (value if isinstance(value, np.ndarray) else objects(value).view(SymbolArray) for value in inputs)
    return _called(ufunc, [a.reshape((*a.shape, *[1] * b.ndim)), b], options, out)


def _at(ufunc: Any, target: Any, indices: Any, *values: Any) -> None:
    """Compute in place at some entries, at those that are named twice twice."""
    name = ufunc.__name__
    if not isinstance(target, SymbolArray):
        raise UnheldError(f"symbols were added into an array of {target.dtype} (numpy.{name}.at)", asked_at())
    if not (name in BINARY and len(values) == 1) and not (name in METHODS and not values):
        raise shadows.refusal(f"{name}.at")
    places = np.arange(target.size).reshape(target.shape)[plain_key(indices)]
    entries, trace = symbols(target), current()
    others = symbols(values[0], places.shape) if values else [None] * places.size
    if isinstance(trace, TapedTrace) and values and Endless not in set(map(type, [*entries, *others])):
        results = _by_turns(trace, name, of_symbols(entries), places.ravel(), of_symbols(others))
        target[...] = built(results, target.shape, target.claimed)
        return
    for place, other in zip(places.ravel().tolist(), others, strict=True):
        if other is None:
            entries[place] = lift(METHODS[name](entries[place]))
        elif Endless in (type(other), type(entries[place])):
            entries[place] = _combined(name, [[entries[place]], [other]])[0]
        else:
            entries[place] = Concolic(trace, BINARY[name](trace, [entries[place].node], [other.node])[0])
    target[...] = gathered(entries, target.shape, target.claimed)


def _by_turns(g: Trace, name: str, entries: Any, places: Any, others: Any) -> Any:
    """Combine entries with others: for each place the first that goes there, then the second, and so on."""
    order = np.argsort(places, kind="stable")
    _, starts, lengths = np.unique(places[order], return_index=True, return_counts=True)
    turns = np.arange(len(order)) - np.repeat(starts, lengths)
    for turn in range(max(lengths, default=0)):
        chosen = order[turns == turn]
        entries[places[chosen]] = BINARY[name](g, entries[places[chosen]], others[chosen])
    return entries


def _by_objects(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Let NumPy call a Python function for each entry."""
    plain = [objects(value) if isinstance(value, (SymbolArray, Concolic)) else value for value in inputs]
    return scalar(wrapped(getattr(ufunc, method)(*plain, **options), claimed(inputs)))


# Two arguments that are combined from left to right, with no symbol where there is no entry.
# NumPy 2.4 gives 4 for power.reduce of 2, 3, 2, so that power is not among them.
_IN_TURN = ("subtract", "divide", "float_power", "remainder", "fmod", "floor_divide", "logaddexp", "logaddexp2")
# What has several results: a function for each.
_PARTS: dict[str, tuple[Callable[..., Any], ...]] = {
    "divmod": (np.floor_divide, np.remainder),
    "modf": (lambda x: x - np.trunc(x), np.trunc),
    **{name: tuple(functools.partial(elementwise, line) for line in lines) for name, lines in SEVERAL.items()},
}
_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _called,
    "reduce": _reduced,
    "accumulate": _accumulated,
    "reduceat": _by_segment,
    "outer": _outer,
}
# The ufuncs that are followed.
NAMES = (*BINARY, *COMPARISONS, *_LOGICAL, *_CERTAIN, *_PARTS, *PRODUCTS, "logical_not", "signbit")
