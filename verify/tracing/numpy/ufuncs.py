"""NumPy's ufuncs on arrays of symbols: who answers for a call, a reduction, a change in place."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.errors import UnheldError
from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import (
    SymbolArray,
    built,
    current,
    gathered,
    lift,
    objects,
    of_symbols,
    plain_key,
    scalar,
    symbols,
    wrapped,
)
from verify.tracing.arrays.complexes import has_complex
from verify.tracing.arrays.sparse import dense
from verify.tracing.numpy.elementwise import (
    ARITHMETIC,
    BINARY,
    CERTAIN,
    COMPARISONS,
    DOUBLE,
    LOGICAL,
    PARTS,
    choose,
    claimed,
    combined,
    have_nodes,
    of_entries,
    truths,
)
from verify.tracing.numpy.reductions import accumulated, by_segment, is_plain, reduced
from verify.tracing.outside import measured
from verify.tracing.symbols.concolic import METHODS, Concolic
from verify.tracing.symbols.dispatch import PRODUCTS, PROTOCOLS, answers
from verify.tracing.symbols.taped import TapedTrace
from verify.tracing.symbols.trace import Trace

_MATRIX = 2  # axes


@answers("ufunc")
def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do on floats; raises TraceError where that is not known."""
    if has_complex(inputs):
        return PROTOCOLS["complex ufunc"](ufunc, method, inputs, options)
    if not _is_known(ufunc) or ufunc in ADDED:
        return _foreign(ufunc, method, inputs, options)
    if method == "__call__" and not options and len(inputs) == ufunc.nin:
        if ufunc.signature is None:
            return of_entries(ufunc, inputs)
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
        places[0][...] = of_entries(ufunc, inputs)
        return places[0]
    if places is None or (isinstance(places, tuple) and all(place is None for place in places)):
        options.pop("out", None)
    answer = shadows.expected(ufunc if method == "__call__" else getattr(ufunc, method), inputs, options)
    if method == "at":
        return _at(ufunc, *inputs)
    options = {key: value for key, value in options.items() if key not in _ALLOCATION}
    out, dtype = options.pop("out", None), options.pop("dtype", None)
    kinds = "bf" if ufunc.__name__ in {*COMPARISONS, *LOGICAL, *CERTAIN} else "f"
    if dtype is not None and np.dtype(dtype).kind not in kinds:
        raise shadows.refusal(ufunc.__name__, f"dtype={np.dtype(dtype)}")
    options.pop("casting", None)
    if ufunc.signature is not None and out is not None and any(_overlap(out[0], value) for value in inputs):
        raise shadows.refusal(ufunc.__name__, "an overlapping output")  # NumPy 2.4 reads what it has written there
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
        and ufunc.__name__ in ARITHMETIC
        and all(isinstance(value, SymbolArray) for value in (*places, *inputs))
        and all(value.claimed == DOUBLE and value.shape == places[0].shape for value in (*places, *inputs))
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
        return of_entries(ufunc, inputs, **options)
    if options or ufunc.nout > 1:
        raise shadows.refusal(ufunc.__name__, "where and other options")
    # What is left out is not computed: one half is in the domain of every function.
    result = of_entries(ufunc, [choose(where, value, 0.5) for value in inputs])
    symbolic = isinstance(result, (SymbolArray, Concolic))
    if not out and not symbolic:
        raise shadows.refusal(ufunc.__name__, "where but no out")
    rest = out[0] if out else current_uninitialised(np.broadcast_shapes(np.shape(result), np.shape(where)))
    if symbolic or isinstance(rest, SymbolArray):
        return choose(where, result, rest)
    return np.where(truths(where), result, rest)


def current_uninitialised(shape: Sequence[int]) -> SymbolArray:
    """Return an array that nobody has written to: variables that no claim may depend on."""
    trace = current()
    return built([trace.uninitialised() for _ in range(math.prod(shape))], shape)


def is_plain_product(a: Any, b: Any) -> bool:
    """Tell whether a product of arrays is that of two matrices of float64 on a tape, of which nothing need be asked."""
    return (
        is_plain(a) and is_plain(b) and a.ndim == b.ndim == _MATRIX and a.shape[1] == b.shape[0] and current().on_tape
    )


def _outer(ufunc: Any, inputs: Sequence[Any], options: dict[str, Any], out: Any) -> Any:
    a, b = (value if isinstance(value, np.ndarray) else objects(value).view(SymbolArray) for value in inputs)
    return _called(ufunc, [a.reshape((*a.shape, *[1] * b.ndim)), b], options, out)


def _at(ufunc: Any, target: Any, indices: Any, *values: Any) -> None:
    """Compute in place at some entries, at those that are named twice twice."""
    name = ufunc.__name__
    if not isinstance(target, SymbolArray):
        raise UnheldError(f"the code adds symbols into an array of {target.dtype} (numpy.{name}.at)", asked_at())
    if not (name in BINARY and len(values) == 1) and not (name in METHODS and not values):
        raise shadows.refusal(f"{name}.at")
    places = np.arange(target.size).reshape(target.shape)[plain_key(indices)]
    entries, trace = symbols(target), current()
    others = symbols(values[0], places.shape) if values else [None] * places.size
    if isinstance(trace, TapedTrace) and values and have_nodes([*entries, *others]):
        results = _by_turns(trace, name, of_symbols(entries), places.ravel(), of_symbols(others))
        target[...] = built(results, target.shape, target.claimed)
        return
    for place, other in zip(places.ravel().tolist(), others, strict=True):
        if other is None:
            entries[place] = lift(METHODS[name](entries[place]))
        elif not have_nodes([other, entries[place]]):
            entries[place] = combined(name, [[entries[place]], [other]])[0]
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


_METHODS: dict[str, Callable[..., Any]] = {
    "__call__": _called,
    "reduce": reduced,
    "accumulate": accumulated,
    "reduceat": by_segment,
    "outer": _outer,
}
# The ufuncs that are followed.
NAMES = (*BINARY, *COMPARISONS, *LOGICAL, *CERTAIN, *PARTS, *PRODUCTS, "logical_not", "signbit")
