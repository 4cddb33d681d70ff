"""NumPy's elementwise functions on arrays of symbols, entry by entry or on a tape at once."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from verify.model.errors import DivisionError, TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import (
    SymbolArray,
    built,
    current,
    elements_at,
    gathered,
    laid_out,
    lift,
    objects,
    of_symbols,
    scalar,
    shape_of,
    symbols,
)
from verify.tracing.symbols.concolic import METHODS, NO_NODES, Concolic, Endless, Hole, Missing, angle_of, at_once
from verify.tracing.symbols.dispatch import PRODUCTS, PROTOCOLS
from verify.tracing.symbols.special import SEVERAL, SPECIAL
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Nodes, Trace

DOUBLE = np.dtype(np.float64)
_MINUS_ONE = Fraction(-1)
_ONLY_DOUBLE = {DOUBLE}


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
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "maximum": lambda x, y: x if x >= y else y,
    "minimum": lambda x, y: x if x <= y else y,
    "fmax": lambda x, y: x if x >= y else y,
    "fmin": lambda x, y: x if x <= y else y,
}


def _infinite(*values: Any) -> Any:
    """Return the size of an infinity among values, whatever the others are: NaN, too."""
    return next((abs(value) for value in values if type(value) is Endless), None)


BY_SYMBOL: dict[str, Callable[..., Any]] = {
    **SPECIAL,
    "power": lambda x, y: x**y,
    "float_power": lambda x, y: x**y,
    "remainder": lambda x, y: x % y,
    "fmod": at_once(lambda x, y: x - y * METHODS["trunc"](x / y)),
    "floor_divide": lambda x, y: x // y,
    "hypot": at_once(lambda x, y: _infinite(x, y) or (x * x + y * y) ** Fraction(1, 2)),
    "logaddexp": at_once(lambda x, y: (x.exp() + y.exp()).log()),
    "logaddexp2": at_once(lambda x, y: (x.exp2() + y.exp2()).log2()),
    "ldexp": lambda x, y: x * Fraction(2) ** int(y),
    "copysign": lambda x, y: abs(x) if _is_positive(y) else -abs(x),
    "arctan2": at_once(angle_of),
    "heaviside": lambda x, y: 1 if x > 0 else 0 if x < 0 else y,
    "xlogy": lambda x, y: x * y.log() if isinstance(y, Missing) or x != 0 else x,
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
    **{name: _by_symbol(name, compute) for name, compute in BY_SYMBOL.items()},
}
COMPARISONS = {
    "less": "<",
    "less_equal": "<=",
    "greater": ">",
    "greater_equal": ">=",
    "equal": "==",
    "not_equal": "!=",
}
LOGICAL = ("logical_and", "logical_or", "logical_xor")
# What a number answers, by its class.
CERTAIN: dict[str, Callable[[type], bool]] = {
    "isnan": lambda kind: kind is Missing,
    "isinf": lambda kind: kind is Endless,
    "isfinite": lambda kind: kind is Concolic,
}
# The operand that leaves a hole where it is 0.
_DIVISORS = {"divide": 1, "remainder": 1, "floor_divide": 1, "fmod": 1, "power": 0, "float_power": 0}


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
        return DOUBLE
    dtype = np.result_type(*types) if types else DOUBLE
    return dtype if dtype.kind == "f" else DOUBLE


def _has_type(value: Any) -> bool:
    """Tell whether a value has a say in the type of a result; a symbol goes with any."""
    return isinstance(value, np.ndarray) or (isinstance(value, np.generic) and not isinstance(value, Concolic))


def of_entries(ufunc: Any, inputs: Sequence[Any], **options: Any) -> Any:
    """Return what a ufunc gives for each of the entries; raises TraceError where that is not known."""
    name = ufunc.__name__
    if ufunc.signature is not None:
        if name not in PRODUCTS or not options.keys() <= {"axis"} or (options and name != "vecdot"):
            raise shadows.refusal(name, ", ".join(options))
        return PRODUCTS[name](*inputs, **options)
    if options:
        raise shadows.refusal(name, ", ".join(options))
    if name in PARTS:
        return tuple(part(*inputs) for part in PARTS[name])
    if name in LOGICAL:
        return scalar(ufunc(*map(truths, inputs)))
    if name == "clip":
        return np.minimum(np.maximum(inputs[0], inputs[1]), inputs[2])
    shape = _broadcast(ufunc, inputs)
    if current().on_tape and (result := _on_tape(name, inputs, shape)) is not None:
        return result
    operands = [symbols(value, shape) for value in inputs]
    alone = not all(map(have_nodes, operands)) or _leaves_hole(name, operands)
    if name in BINARY:
        trace = current()
        with trace.on_one_line():
            results: Any = combined(name, operands) if alone else BINARY[name](trace, *map(of_symbols, operands))
        return scalar(laid_out((gathered if alone else built)(results, shape, claimed(inputs)), inputs))
    if name in COMPARISONS:
        return _truths(_compared(operands, COMPARISONS[name], alone=alone), shape)
    return _unary(name, ufunc, inputs, operands[0], shape)


def _on_tape(name: str, inputs: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """Compute with whole arrays of elements; None beside infinities and holes, and for what is done one by one."""
    method = METHODS.get(name) if len(inputs) == 1 else None
    if name not in BINARY and name not in COMPARISONS and method is None:
        return None
    operands = [elements_at(value) for value in inputs]
    if any(elements is None for elements in operands):
        return None
    trace: Any = current()
    flat = [_flat(a, shape) for a in operands]
    if name in _DIVISORS and trace.has_zero(flat[_DIVISORS[name]]):
        return None
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


def have_nodes(entries: Sequence[Any]) -> bool:
    """Tell whether all entries are in formulas: none is infinite or no number."""
    return NO_NODES.isdisjoint(map(type, entries))


def _leaves_hole(name: str, operands: Sequence[list[Any]]) -> bool:
    """Tell whether a division by 0 is among the operations, which are then done one by one."""
    return name in _DIVISORS and current().has_zero(of_symbols(operands[_DIVISORS[name]]))


def combined(name: str, operands: Sequence[list[Any]]) -> list[Any]:
    """Compute with symbols of which some are infinite or no numbers, or become so, one by one."""
    return list(map(lift, map({**ARITHMETIC, **BY_SYMBOL}[name], *operands)))


def _compared(operands: Sequence[list[Any]], relation: str, *, alone: bool) -> list[bool]:
    if alone:
        return [a.against(b, relation) for a, b in zip(*operands, strict=True)]
    a, b = map(of_symbols, operands)
    return current().relations(a, b, relation)


def _function(name: str) -> Callable[[Trace, int], int]:
    return lambda g, node: g.function(name, node)


def _negative(g: Trace, node: int) -> int:
    return g.product(g.constant(_MINUS_ONE), node)


# What METHODS do for one symbol, where that is one function of its node: without a symbol for each result.
BY_NODE: dict[str, Callable[[Trace, int], int]] = {
    **{name: _function(name) for name in ("exp", "log", "tanh", "sin", "cos", "erf")},
    "negative": _negative,
    "absolute": lambda g, node: g.magnitude(node),
}
_BY_SIGN = ("absolute", "fabs", "sign", "trunc", "cbrt")  # functions that ask for the sign of their argument


def _certain(name: str, entries: Sequence[Any]) -> list[bool]:
    """Answer what is certain of numbers; raises DivisionError for a hole, which may be an infinity, NaN or finite.

    Raises TraceError for what has no value, as the logarithm of 0: floats have an infinity or NaN there.
    """
    if not current().are_defined([value.node for value in entries if type(value) in (Concolic, Hole)]):
        detail = f"numpy.{name} of a value that is not defined at the sample"
        raise TraceError(detail, asked_at(), reason=Reason.NAN_CONSTANT)
    return [CERTAIN[name](type(value)) for value in entries]


def _unary(name: str, ufunc: Any, inputs: Sequence[Any], entries: list[Any], shape: Sequence[int]) -> Any:
    if name in CERTAIN:
        return _truths(_certain(name, entries), shape)
    if name == "signbit":
        if current().has_zero(of_symbols([value for value in entries if type(value) is not Endless])):
            raise shadows.refusal(name, "a zero of unknown sign")  # as of -1 * 0
        return scalar(inputs[0] < 0)
    if name == "logical_not":
        return scalar(~truths(inputs[0]))
    if name not in METHODS or len(inputs) != 1:
        raise shadows.refusal(name)
    if name in BY_NODE and have_nodes(entries):
        return scalar(laid_out(built(_by_node(name, of_symbols(entries)), shape, claimed(inputs)), inputs))
    method, results = METHODS[name], dict[Any, Any]()
    keys = [(id(value), None) if type(value) in NO_NODES else value.node for value in entries]
    if name in _BY_SIGN:
        current().look_at(value.node for value in entries if type(value) not in NO_NODES)
    with current().asking_once():
        for key, value in zip(keys, entries, strict=True):
            if key not in results:
                results[key] = method(value)
    return scalar(laid_out(gathered([results[key] for key in keys], shape, claimed(inputs)), inputs))


def _by_node(name: str, nodes: Nodes) -> Nodes:
    """Return the nodes of a function of nodes, each of which is computed once."""
    trace = current()
    if name in _BY_SIGN:
        trace.look_at(nodes)
    compute = BY_NODE[name]
    with trace.asking_once():
        results = {node: compute(trace, node) for node in dict.fromkeys(nodes)}
    return [results[node] for node in nodes]


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
        current().look_at(value.node for value in entries if type(value) not in NO_NODES)
        return np.fromiter(map(bool, entries), bool, array.size).reshape(array.shape)
    return np.asarray(value).astype(bool)


def _truths(values: list[Any], shape: Sequence[int]) -> Any:
    if current().is_unread:
        return PROTOCOLS["mask"](values, shape)
    return scalar(np.fromiter(values, bool, len(values)).reshape(shape))


# What has several results: a function for each.
PARTS: dict[str, tuple[Callable[..., Any], ...]] = {
    "divmod": (np.floor_divide, np.remainder),
    "modf": (lambda x: x - np.trunc(x), np.trunc),
    **{name: tuple(functools.partial(elementwise, line) for line in lines) for name, lines in SEVERAL.items()},
}
