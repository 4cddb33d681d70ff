"""NumPy's elementwise functions on arrays of symbols, and their reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.arrays import SymbolArray, built, current, lift, nodes, objects, plain_key, scalar, wrapped
from verify.concolic import METHODS, Concolic
from verify.errors import TraceError
from verify.tracing import Trace
from verify.where import asked_at

Nodes = list[int]
_MINUS_ONE = Fraction(-1)
_DOUBLE = np.dtype(np.float64)
_FOREVER = "inf"


def _subtract(g: Trace, a: Nodes, b: Nodes) -> Nodes:
    minus = g.constant(_MINUS_ONE)
    return [g.sum(x, g.product(minus, y)) for x, y in zip(a, b, strict=True)]


def _divide(g: Trace, a: Nodes, b: Nodes) -> Nodes:
    if any(g.value(y) == 0 for y in b):
        raise TraceError(f"a division by zero, at {asked_at()}")
    inverses = {y: g.power(y, _MINUS_ONE) for y in set(b)}
    return [g.product(x, inverses[y]) for x, y in zip(a, b, strict=True)]


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
        return [lift(compute(Concolic(g, x), Concolic(g, y))).node for x, y in zip(a, b, strict=True)]

    return each


BINARY: dict[str, Callable[[Trace, Nodes, Nodes], Nodes]] = {
    "add": lambda g, a, b: list(map(g.sum, a, b)),
    "subtract": _subtract,
    "multiply": lambda g, a, b: list(map(g.product, a, b)),
    "divide": _divide,
    "maximum": _choosing(">="),
    "minimum": _choosing("<="),
    "fmax": _choosing(">="),
    "fmin": _choosing("<="),
    "power": _by_symbol(lambda x, y: x**y),
    "float_power": _by_symbol(lambda x, y: x**y),
    "remainder": _by_symbol(lambda x, y: x % y),
    "floor_divide": _by_symbol(lambda x, y: x // y),
    "hypot": _by_symbol(lambda x, y: (x * x + y * y) ** Fraction(1, 2)),
    "logaddexp": _by_symbol(lambda x, y: (x.exp() + y.exp()).log()),
    "logaddexp2": _by_symbol(lambda x, y: (x.exp2() + y.exp2()).log2()),
    "copysign": _by_symbol(lambda x, y: abs(x) if y >= 0 else -abs(x)),
    "heaviside": _by_symbol(lambda x, y: 1 if x > 0 else 0 if x < 0 else y),
    "xlogy": _by_symbol(lambda x, y: x * y.log() if x != 0 else x),
}
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
_LOGICAL: dict[str, Callable[[bool, bool], bool]] = {
    "logical_and": lambda a, b: a and b,
    "logical_or": lambda a, b: a or b,
    "logical_xor": lambda a, b: a != b,
}
# What every finite number answers.
_CERTAIN = {"isnan": False, "isinf": False, "isfinite": True}
_EXTREMES = ("maximum", "minimum", "fmax", "fmin")


def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do on floats; raises TraceError where that is not known."""
    out = options.pop("out", None)
    if method == "at":
        return _at(ufunc, *inputs)
    result = _METHODS.get(method, _unknown)(ufunc, method, inputs, options, out)
    return result if out is None else _stored(result, out)


def _stored(result: Any, out: Any) -> Any:
    """Write a result where the code wants to have it."""
    for target, value in zip(out, result if len(out) > 1 else (result,), strict=True):
        if target is not None:
            target[...] = value
    return out[0] if len(out) == 1 else out


def _called(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    where = options.pop("where", True)
    result = _elementwise(ufunc, inputs)
    if where is True:
        return result
    kept = out[0] if out else current_uninitialised(np.shape(result))
    return choose(where, result, kept)


def current_uninitialised(shape: Sequence[int]) -> SymbolArray:
    """Return an array that nobody has written to: variables that no claim may depend on."""
    trace = current()
    return built([trace.uninitialised() for _ in range(int(np.prod(shape)))], shape)


def choose(mask: Any, a: Any, b: Any) -> Any:
    """Return the entries of a where a mask is true, and of b elsewhere."""
    decided = mask.astype(bool) if isinstance(mask, SymbolArray) else np.asarray(mask, dtype=bool)
    shape = np.broadcast_shapes(decided.shape, np.shape(a), np.shape(b))
    taken = np.broadcast_to(decided, shape).ravel().tolist()
    pairs = zip(taken, nodes(a, shape), nodes(b, shape), strict=True)
    return scalar(built([x if holds else y for holds, x, y in pairs], shape, claimed((a, b))))


def claimed(inputs: Sequence[Any]) -> Any:
    """Return the float type of a result: that of the arrays that it is computed from."""
    types = [value.dtype for value in inputs if isinstance(value, np.ndarray) and value.dtype.kind in "fiub"]
    found = np.result_type(*types) if types else _DOUBLE
    return found if found.kind == "f" else _DOUBLE


def _elementwise(ufunc: Any, inputs: Sequence[Any]) -> Any:
    name = ufunc.__name__
    if name in ("matmul", "vecdot"):
        from verify.functions import matmul

        return matmul(*inputs)
    if name == "clip":
        return np.minimum(np.maximum(inputs[0], inputs[1]), inputs[2])
    shape = np.broadcast_shapes(*[np.shape(value) for value in inputs])
    if name in _CERTAIN:
        return scalar(np.full(shape, _CERTAIN[name]))
    if (name in COMPARISONS or name in _EXTREMES) and _endless(inputs):
        return _with_infinity(name, inputs, shape)
    trace = current()
    if name in COMPARISONS:
        return _truths(compared(trace, *[nodes(value, shape) for value in inputs], COMPARISONS[name]), shape)
    if name in BINARY:
        found = BINARY[name](trace, *[nodes(value, shape) for value in inputs])
        return scalar(built(found, shape, claimed(inputs)))
    if name in _LOGICAL:
        a, b = [np.broadcast_to(truths(value), shape).ravel().tolist() for value in inputs]
        return _truths(list(map(_LOGICAL[name], a, b)), shape)
    return _unary(ufunc, inputs, shape)


def _unary(ufunc: Any, inputs: Sequence[Any], shape: Sequence[int]) -> Any:
    name, trace = ufunc.__name__, current()
    if name == "logical_not":
        return scalar(~truths(inputs[0]))
    if name == "signbit":
        return scalar(inputs[0] < 0)
    if name == "sign":
        found = [trace.constant(Fraction(Concolic(trace, node).sign())) for node in nodes(inputs[0])]
        return scalar(built(found, shape, claimed(inputs)))
    if name in METHODS and len(inputs) == 1:
        method, known = METHODS[name], {}
        for node in (given := nodes(inputs[0])):
            if node not in known:
                known[node] = lift(method(Concolic(trace, node))).node
        return scalar(built([known[node] for node in given], shape, claimed(inputs)))
    return _by_objects(ufunc, "__call__", inputs, {})


def _endless(inputs: Sequence[Any]) -> bool:
    return any(
        not isinstance(value, (SymbolArray, Concolic)) and np.asarray(value).dtype.kind == "f" and np.isinf(value).any()
        for value in inputs
    )


def _with_infinity(name: str, inputs: Sequence[Any], shape: Sequence[int]) -> Any:
    """Compare symbols, which are finite, with numbers of which some are infinite."""
    finite = [value if isinstance(value, (SymbolArray, Concolic)) else np.nan_to_num(value) for value in inputs]
    sizes = [
        np.zeros(np.shape(v)) if isinstance(v, (SymbolArray, Concolic)) else np.where(np.isinf(v), v, 0.0)
        for v in inputs
    ]
    beyond = np.broadcast_to(np.isinf(sizes[0]) | np.isinf(sizes[1]), shape)
    ufunc = getattr(np, name)
    if name in COMPARISONS:
        return scalar(np.where(beyond, ufunc(*sizes), ufunc(*finite)))
    left = ufunc(*sizes) == sizes[0]
    if np.isinf(np.where(left, *sizes))[beyond].any():
        raise TraceError(f"{_FOREVER} among symbols, at {asked_at()}")
    return choose(beyond, choose(left, *finite), ufunc(*finite))


def truths(value: Any) -> np.ndarray[Any, Any]:
    """Return whether each entry is not 0."""
    if isinstance(value, (SymbolArray, Concolic)):
        symbols = objects(value)
        return np.fromiter(map(bool, symbols.ravel().tolist()), bool, symbols.size).reshape(symbols.shape)
    return np.asarray(value).astype(bool)


def _truths(values: list[bool], shape: Sequence[int]) -> Any:
    return scalar(np.fromiter(values, bool, len(values)).reshape(shape))


# What a reduction does to a list of nodes, and its value for an empty one.
_REDUCERS: dict[str, Callable[[Trace, Nodes], int]] = {
    "add": lambda g, found: g.total(found),
    "multiply": lambda g, found: _chained(g.product, found, g.constant(Fraction(1))),
    "maximum": lambda g, found: _extreme(g, found, ">="),
    "minimum": lambda g, found: _extreme(g, found, "<="),
    "fmax": lambda g, found: _extreme(g, found, ">="),
    "fmin": lambda g, found: _extreme(g, found, "<="),
}


def _chained(combine: Callable[[int, int], int], found: Nodes, empty: int) -> int:
    result = empty
    for node in found:
        result = combine(result, node)
    return result


def _extreme(g: Trace, found: Nodes, relation: str) -> int:
    if not found:
        raise ValueError("zero-size array to reduction operation which has no identity")
    best = found[0]
    for node in found[1:]:
        if node != best and not compared(g, [best], [node], relation)[0]:
            best = node
    return best


def _reduced(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    axis, keepdims, name = options.pop("axis", 0), options.pop("keepdims", False), ufunc.__name__
    where, initial = options.pop("where", True), options.pop("initial", None)
    options.pop("dtype", None)
    if name in _LOGICAL:
        return ufunc.reduce(truths(inputs[0]), axis=axis, keepdims=keepdims)
    if name not in _REDUCERS or where is not True:
        raise TraceError(
            f"numpy.{name}.reduce{' with where=' if where is not True else ''} cannot be followed, at {asked_at()}"
        )
    array = objects(inputs[0])
    axes = _axes(axis, array.ndim)
    kept = [i for i in range(array.ndim) if i not in axes]
    shape = [array.shape[i] for i in kept]
    rows = np.transpose(array, [*kept, *axes]).reshape(int(np.prod(shape)), -1 if array.size else 0)
    first = [] if initial is None or np.isinf(initial) else [lift(initial).node]
    trace, reduce = current(), _REDUCERS[name]
    found = [reduce(trace, first + [symbol.node for symbol in row]) for row in rows.tolist()]
    if keepdims:
        shape = [1 if i in axes else n for i, n in enumerate(array.shape)]
    return scalar(built(found, shape, claimed(inputs)))


def _axes(axis: Any, ndim: int) -> list[int]:
    given = range(ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = [int(i) + ndim if i < 0 else int(i) for i in given]
    if any(not 0 <= i < ndim for i in axes):
        raise np.exceptions.AxisError(f"axis {axis} is out of bounds for array of dimension {ndim}")
    return axes


def _accumulated(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    combine = {"add": current().sum, "multiply": current().product}.get(ufunc.__name__)
    if combine is None:
        return _by_objects(ufunc, method, inputs, options)
    array = np.moveaxis(objects(inputs[0]), options.get("axis", 0), -1)
    rows = array.reshape(-1, array.shape[-1]).tolist()
    found: Nodes = []
    for row in rows:
        for index, symbol in enumerate(row):
            found.append(symbol.node if not index else combine(found[-1], symbol.node))
    return np.moveaxis(built(found, array.shape, claimed(inputs)), -1, options.get("axis", 0))


def _outer(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    a, b = (value if isinstance(value, (SymbolArray, np.ndarray)) else np.asarray(value) for value in inputs)
    return ufunc(a.reshape(*a.shape, *[1] * b.ndim), b)


def _at(ufunc: Any, target: Any, indices: Any, *values: Any) -> None:
    """Compute in place at some entries, at those that are named twice twice."""
    if not isinstance(target, SymbolArray):
        raise TraceError(f"symbols were added into an array of {target.dtype}, at {asked_at()}")
    places = np.arange(target.size).reshape(target.shape)[plain_key(indices)]
    given = [nodes(value, places.shape) for value in values]
    for position, *operands in zip(places.ravel().tolist(), *given, strict=True):
        index = np.unravel_index(position, target.shape)
        target[index] = ufunc(target[index], *[Concolic(current(), node) for node in operands])


def _unknown(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    return _by_objects(ufunc, method, inputs, options)


def _by_objects(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Let NumPy call the symbols' own methods; what they do not have cannot be followed."""
    plain = [objects(value) if isinstance(value, (SymbolArray, Concolic)) else value for value in inputs]
    try:
        return scalar(wrapped(getattr(ufunc, method)(*plain, **options)))
    except TypeError as problem:
        raise TraceError(f"numpy.{ufunc.__name__} cannot be followed, at {asked_at()}") from problem


_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _called,
    "reduce": _reduced,
    "accumulate": _accumulated,
    "outer": _outer,
}
