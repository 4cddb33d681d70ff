"""NumPy's elementwise functions on arrays of symbols, and their reductions."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.errors import TraceError
from verify.tracing.arrays import (
    SymbolArray,
    built,
    current,
    gathered,
    laid_out,
    lift,
    nodes,
    objects,
    plain_key,
    scalar,
    symbols,
    wrapped,
)
from verify.tracing.concolic import METHODS, Concolic, Endless, at_once
from verify.tracing.trace import Trace
from verify.where import asked_at

Nodes = list[int]
_MINUS_ONE = Fraction(-1)
_DOUBLE = np.dtype(np.float64)


def _subtract(g: Trace, a: Nodes, b: Nodes) -> Nodes:
    minus = g.constant(_MINUS_ONE)
    return [g.sum(x, g.product(minus, y)) for x, y in zip(a, b, strict=True)]


def _divide(g: Trace, a: Nodes, b: Nodes) -> Nodes:
    if any(g.value(y) == 0 for y in b):
        raise TraceError(f"a division by zero, at {asked_at()}")
    return g.quotients(a, b)


def _choosing(relation: str) -> Callable[[Trace, Nodes, Nodes], Nodes]:
    def choose(g: Trace, a: Nodes, b: Nodes) -> Nodes:
        return [x if holds else y for x, y, holds in zip(a, b, compared(g, a, b, relation), strict=True)]

    return choose


def compared(g: Trace, a: Nodes, b: Nodes, relation: str) -> list[bool]:
    """Decide a relation for each pair of nodes."""
    return [g.decide(node, relation) for node in _subtract(g, a, b)]


def _by_symbol(compute: Callable[[Any, Any], Any]) -> Callable[[Trace, Nodes, Nodes], Nodes]:
    """Return a function of nodes that computes with symbols, one by one."""

    def each(g: Trace, a: Nodes, b: Nodes) -> Nodes:
        pairs = list(zip(a, b, strict=True))
        known = {pair: lift(compute(*[Concolic(g, node) for node in pair])).node for pair in dict.fromkeys(pairs)}
        return [known[pair] for pair in pairs]

    return each


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
_BY_SYMBOL: dict[str, Callable[[Any, Any], Any]] = {
    "power": lambda x, y: x**y,
    "float_power": lambda x, y: x**y,
    "remainder": lambda x, y: x % y,
    "fmod": at_once(lambda x, y: x - y * METHODS["trunc"](x / y)),
    "floor_divide": lambda x, y: x // y,
    "hypot": at_once(lambda x, y: (x * x + y * y) ** Fraction(1, 2)),
    "logaddexp": at_once(lambda x, y: (x.exp() + y.exp()).log()),
    "logaddexp2": at_once(lambda x, y: (x.exp2() + y.exp2()).log2()),
    "copysign": lambda x, y: abs(x) if y >= 0 else -abs(x),
    "heaviside": lambda x, y: 1 if x > 0 else 0 if x < 0 else y,
    "xlogy": lambda x, y: x * y.log() if x != 0 else x,
}
BINARY: dict[str, Callable[[Trace, Nodes, Nodes], Nodes]] = {
    "add": lambda g, a, b: list(map(g.sum, a, b)),
    "subtract": _subtract,
    "multiply": lambda g, a, b: list(map(g.product, a, b)),
    "divide": _divide,
    "maximum": _choosing(">="),
    "minimum": _choosing("<="),
    "fmax": _choosing(">="),
    "fmin": _choosing("<="),
    **{name: _by_symbol(compute) for name, compute in _BY_SYMBOL.items()},
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
# What a number answers, by whether it is infinite.
_CERTAIN: dict[str, Callable[[bool], bool]] = {
    "isnan": lambda endless: False,
    "isinf": lambda endless: endless,
    "isfinite": lambda endless: not endless,
}
_PAIRS = {"divmod": ("floor_divide", "remainder")}


def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do on floats; raises TraceError where that is not known."""
    out, dtype = options.pop("out", None), options.pop("dtype", None)
    out = out if out is None or isinstance(out, tuple) else (out,)
    if method == "at":
        return _at(ufunc, *inputs)
    follow: Callable[..., Any] = _METHODS.get(method, _by_objects)
    result = follow(ufunc, method, inputs, options, out)
    if dtype is not None and isinstance(result, SymbolArray) and np.dtype(dtype).kind == "f":
        result.claimed = np.dtype(dtype)
    return result if out is None else _stored(result, out)


def _stored(result: Any, out: Any) -> Any:
    """Write a result where the code wants to have it."""
    for target, value in zip(out, result if len(out) > 1 else (result,), strict=True):
        if target is not None:
            _write(target, value)
    return out[0] if len(out) == 1 else out


def _write(target: Any, value: Any) -> None:
    try:
        target[...] = value
    except ValueError as problem:  # NumPy's word for a symbol that has no number
        if isinstance(problem.__cause__, TraceError):
            raise problem.__cause__ from None
        raise


def _called(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    where = options.pop("where", True)
    if where is True:
        return _elementwise(ufunc, inputs)
    result = _elementwise(ufunc, [choose(where, value, 1) for value in inputs])  # what is left out is not computed
    kept = out[0] if out else current_uninitialised(np.shape(result))
    return choose(where, result, kept)


def current_uninitialised(shape: Sequence[int]) -> SymbolArray:
    """Return an array that nobody has written to: variables that no claim may depend on."""
    trace = current()
    return built([trace.uninitialised() for _ in range(int(np.prod(shape)))], shape)


def choose(mask: Any, a: Any, b: Any) -> Any:
    """Return the entries of a where a mask is true, and of b elsewhere."""
    found: SymbolArray = np.where(truths(mask), objects(a), objects(b)).view(SymbolArray)
    found.claimed = claimed((a, b))
    return scalar(found)


def claimed(inputs: Sequence[Any]) -> Any:
    """Return the float type of a result: that of the arrays and NumPy numbers that it is computed from."""
    types = [value.dtype for value in inputs if _has_type(value) and value.dtype.kind in "fiub"]
    found = np.result_type(*types) if types else _DOUBLE
    return found if found.kind == "f" else _DOUBLE


def _has_type(value: Any) -> bool:
    """Tell whether a value has a say in the type of a result; a symbol goes with any."""
    return isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, Concolic)


def _elementwise(ufunc: Any, inputs: Sequence[Any]) -> Any:
    name = ufunc.__name__
    if name in ("matmul", "vecdot"):
        from verify.tracing.functions import FUNCTIONS

        return FUNCTIONS[name](*inputs)
    if name in _PAIRS:
        return tuple(_elementwise(getattr(np, part), inputs) for part in _PAIRS[name])
    if name in _LOGICAL:
        return scalar(ufunc(*map(truths, inputs)))
    if name == "clip":
        return np.minimum(np.maximum(inputs[0], inputs[1]), inputs[2])
    shape = np.broadcast_shapes(*[np.shape(value) for value in inputs])
    given = [symbols(value, shape) for value in inputs]
    endless = any(Endless in set(map(type, values)) for values in given)
    if name in BINARY:
        found: list[Any] = _combined(name, given) if endless else BINARY[name](current(), *map(_nodes_of, given))
        return scalar(laid_out((gathered if endless else built)(found, shape, claimed(inputs)), inputs))
    if name in COMPARISONS:
        return _truths(_compared(given, COMPARISONS[name], endless=endless), shape)
    return _unary(name, ufunc, inputs, given[0], shape)


def _nodes_of(values: list[Any]) -> Nodes:
    return [value.node for value in values]


def _combined(name: str, given: Sequence[list[Any]]) -> list[Any]:
    """Compute with symbols of which some are infinite, one by one."""
    return list(map(lift, map({**_ARITHMETIC, **_BY_SYMBOL}[name], *given)))


def _compared(given: Sequence[list[Any]], relation: str, *, endless: bool) -> list[bool]:
    if endless:
        return [a.against(b, relation) for a, b in zip(*given, strict=True)]
    a, b = map(_nodes_of, given)
    return compared(current(), a, b, relation)


def _unary(name: str, ufunc: Any, inputs: Sequence[Any], given: list[Any], shape: Sequence[int]) -> Any:
    if name in _CERTAIN:
        return _truths([_CERTAIN[name](type(value) is Endless) for value in given], shape)
    if name == "signbit":
        return scalar(inputs[0] < 0)
    if name == "logical_not":
        return scalar(~truths(inputs[0]))
    if name not in METHODS or len(inputs) != 1:
        return _by_objects(ufunc, "__call__", inputs, {}, None)
    method, known = METHODS[name], dict[Any, Any]()
    keys = [(value.direction, None) if type(value) is Endless else value.node for value in given]
    for key, value in zip(keys, given, strict=True):
        if key not in known:
            known[key] = method(value)
    return scalar(laid_out(gathered([known[key] for key in keys], shape, claimed(inputs)), inputs))


def truths(value: Any) -> np.ndarray[Any, Any]:
    """Return whether each entry is not 0."""
    if isinstance(value, (SymbolArray, Concolic)):
        found = objects(value)
        return np.fromiter(map(bool, found.ravel().tolist()), bool, found.size).reshape(found.shape)
    return np.asarray(value).astype(bool)


def _truths(values: list[bool], shape: Sequence[int]) -> Any:
    return scalar(np.fromiter(values, bool, len(values)).reshape(shape))


# What a reduction does to a list of nodes, and its value for an empty one.
_REDUCERS: dict[str, Callable[[Trace, Nodes], int]] = {
    "add": lambda g, found: g.total(found),
    "multiply": lambda g, found: g.multiplied(found),
    "maximum": lambda g, found: _extreme(g, found, ">="),
    "minimum": lambda g, found: _extreme(g, found, "<="),
    "fmax": lambda g, found: _extreme(g, found, ">="),
    "fmin": lambda g, found: _extreme(g, found, "<="),
}


def _extreme(g: Trace, found: Nodes, relation: str) -> int:
    if not found:
        raise ValueError("zero-size array to reduction operation which has no identity")
    best = found[0]
    for node in found[1:]:
        if node != best and not compared(g, [best], [node], relation)[0]:
            best = node
    return best


# What entries that a mask leaves out are replaced by.
_NEUTRAL = {"add": 0, "multiply": 1}


def _reduced(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    axis, keepdims, name = options.pop("axis", 0), options.pop("keepdims", False), ufunc.__name__
    where, initial = options.pop("where", True), options.pop("initial", None)
    initial = None if initial is np._NoValue else initial  # noqa: SLF001
    if name in _LOGICAL:
        return ufunc.reduce(truths(inputs[0]), axis=axis, keepdims=keepdims)
    neutral = _NEUTRAL.get(name, initial)
    if name not in _REDUCERS or (where is not True and neutral is None):
        raise TraceError(f"numpy.{name}.reduce cannot be followed, at {asked_at()}")
    array = objects(inputs[0] if where is True else choose(where, inputs[0], neutral))
    axes = _axes(axis, array.ndim)
    kept = [i for i in range(array.ndim) if i not in axes]
    shape = [array.shape[i] for i in kept]
    given = symbols(np.transpose(array, [*kept, *axes]))
    length = int(np.prod([array.shape[i] for i in axes]))
    first = [] if initial is None else [lift(initial)]
    rows = [first + given[i * length : (i + 1) * length] for i in range(int(np.prod(shape)))]
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(array.shape)]
    return scalar(gathered([_reduce(name, row) for row in rows], shape, claimed(inputs)))


def _reduce(name: str, row: list[Any]) -> Any:
    """Return what a reduction makes of a list of symbols."""
    if Endless in set(map(type, row)):
        return functools.reduce(_ARITHMETIC[name], row)
    trace = current()
    return Concolic(trace, _REDUCERS[name](trace, _nodes_of(row)))


def _axes(axis: Any, ndim: int) -> list[int]:
    given = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(i) + ndim if i < 0 else int(i) for i in given]
    if any(not 0 <= i < ndim for i in axes):
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axes


def _accumulated(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    combine = {"add": current().sum, "multiply": current().product}.get(ufunc.__name__)
    if combine is None:
        return _by_objects(ufunc, method, inputs, options, out)
    array = np.moveaxis(objects(inputs[0]), options.get("axis", 0), -1)
    found: Nodes = []
    for index, node in enumerate(nodes(array)):
        found.append(combine(found[-1], node) if index % array.shape[-1] else node)
    return np.moveaxis(built(found, array.shape, claimed(inputs)), -1, options.get("axis", 0))


def _outer(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    a, b = (value if isinstance(value, (SymbolArray, np.ndarray)) else np.asarray(value) for value in inputs)
    return ufunc(a.reshape(*a.shape, *[1] * b.ndim), b)


def _at(ufunc: Any, target: Any, indices: Any, *values: Any) -> None:
    """Compute in place at some entries, at those that are named twice twice."""
    if not isinstance(target, SymbolArray):
        raise TraceError(f"symbols were added into an array of {target.dtype}, at {asked_at()}")
    if (name := ufunc.__name__) not in BINARY or len(values) != 1:
        raise TraceError(f"numpy.{name}.at cannot be followed, at {asked_at()}")
    places = np.arange(target.size).reshape(target.shape)[plain_key(indices)]
    found, trace = nodes(target), current()
    for place, node in zip(places.ravel().tolist(), nodes(values[0], places.shape), strict=True):
        found[place] = BINARY[name](trace, [found[place]], [node])[0]
    target[...] = built(found, target.shape)


def _by_objects(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    """Let NumPy call the symbols' own methods; what they do not have cannot be followed."""
    plain = [objects(value) if isinstance(value, (SymbolArray, Concolic)) else value for value in inputs]
    try:
        return scalar(wrapped(getattr(ufunc, method)(*plain, **options), claimed(inputs)))
    except (TypeError, AttributeError) as problem:
        raise TraceError(f"numpy.{ufunc.__name__} cannot be followed, at {asked_at()}") from problem


_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _called,
    "reduce": _reduced,
    "accumulate": _accumulated,
    "outer": _outer,
}
