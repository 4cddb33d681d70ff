"""Primitives that compute: each is one line of NumPy's functions, which are followed on arrays of symbols.

A line gets the parameters of the equation, then its operands. Each is the definition of the primitive in the
documentation of `jax.lax`. What is held against the same code on floats afterwards is JAX itself (`tracing.floats`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from verify.adapters.jax import windows
from verify.adapters.jax.moves import targets
from verify.adapters.jax.values import claimed, is_real, is_symbolic, refused, type_of
from verify.model.reasons import Reason
from verify.tracing.arrays import arrays
from verify.tracing.numpy.elementwise import truths

_Params = Mapping[str, Any]
_Line = Callable[..., Any]


def _plainly(function: _Line) -> _Line:
    """Return the line of a primitive whose parameters say nothing of values: precisions, types, shardings."""
    return lambda params, *operands: function(*operands)


def _reduced(function: _Line) -> _Line:
    return lambda params, x: function(x, axis=tuple(params["axes"]))


def _placed(function: _Line) -> _Line:
    """Return the line of argmax and argmin: the first place of several."""
    return lambda params, x: function(x, axis=params["axes"][0])


def _accumulated(function: _Line) -> _Line:
    def accumulate(params: _Params, x: Any) -> Any:
        axis = params["axis"]
        forwards = np.flip(x, axis) if params["reverse"] else x
        sums = function(forwards, axis=axis)
        return np.flip(sums, axis) if params["reverse"] else sums

    return accumulate


def _dot(params: _Params, a: Any, b: Any) -> Any:
    """Return a product of matrices for each of the batch: contracted axes last in one, first in the other."""
    (of_a, of_b), (batch_a, batch_b) = params["dimension_numbers"]
    free_a = [axis for axis in range(a.ndim) if axis not in (*of_a, *batch_a)]
    free_b = [axis for axis in range(b.ndim) if axis not in (*of_b, *batch_b)]
    batch, inner = [a.shape[axis] for axis in batch_a], prod(a.shape[axis] for axis in of_a)
    rows, columns = [a.shape[axis] for axis in free_a], [b.shape[axis] for axis in free_b]
    left = np.transpose(a, [*batch_a, *free_a, *of_a]).reshape(*batch, prod(rows), inner)
    right = np.transpose(b, [*batch_b, *of_b, *free_b]).reshape(*batch, inner, prod(columns))
    return np.matmul(left, right).reshape(*batch, *rows, *columns)


def _select(params: _Params, which: Any, *cases: Any) -> Any:
    chosen = cases[0]
    for number, case in enumerate(cases[1:], 1):
        chosen = np.where(which if which.dtype == bool else which == number, case, chosen)
    return chosen


def _convert(params: _Params, x: Any) -> Any:
    """Return entries in another type; whole numbers and truth values have to be decided first."""
    kind = np.dtype(params["new_dtype"])
    if not is_symbolic(x):
        return x.astype(kind) if kind.kind in "biu" else x
    if is_real(kind):
        claimed(kind)  # which refuses those that are not followed
        if jnp.promote_types(type_of(x), kind) != kind:
            arrays.current().narrowed(kind.name)
        return arrays.built(arrays.nodes(x), x.shape)
    if kind.kind not in "biu":
        return refused(f"real numbers as {kind.name}", Reason.UNKNOWN_TYPE)
    return truths(x) if kind.kind == "b" else np.asarray(x.astype(int))


def _round(params: _Params, x: Any) -> Any:
    """Return the nearest whole numbers, halves to the even one or away from 0."""
    if params["rounding_method"] == lax.RoundingMethod.TO_NEAREST_EVEN:
        return np.round(x)
    return np.where(x >= 0, np.floor(x + 0.5), np.ceil(x - 0.5))


def _reduced_precision(params: _Params, x: Any) -> Any:
    """Return entries that keep all of their bits; with fewer, rounding is what the primitive is for."""
    precision = jnp.finfo(type_of(x))
    if params["mantissa_bits"] < precision.nmant or params["exponent_bits"] < precision.nexp:
        refused(f"reduce_precision to {params['mantissa_bits']} bits")
    return x


def _power(params: _Params, x: Any, y: Any) -> Any:
    return np.power(x, y)


def _clamp(params: _Params, low: Any, x: Any, high: Any) -> Any:
    return np.minimum(np.maximum(x, low), high)


def _sort(params: _Params, *operands: Any) -> list[Any]:
    if params["num_keys"] != 1:
        refused("a sort by several keys")
    axis = params["dimension"]
    order = np.argsort(operands[0], axis=axis, kind="stable")
    return [np.take_along_axis(operand, order, axis=axis) for operand in operands]


def _top(params: _Params, x: Any) -> list[Any]:
    axis = params.get("axis", -1)
    order = np.take(np.argsort(-x, axis=axis, kind="stable"), range(params["k"]), axis=axis)
    return [np.take_along_axis(x, order, axis=axis), order]


def _scattered(at: _Line) -> _Line:
    """Return the line of a scatter that combines updates with what is there."""

    def scatter(params: _Params, target: Any, indices: Any, updates: Any, *, equation: Any) -> Any:
        places = targets(equation, [target, indices, updates])
        made = target.flatten()
        at(made, places[places >= 0], updates.flatten()[places >= 0])
        return made.reshape(target.shape)

    return scatter


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _special(name: str) -> _Line:
    """Return the line of a function of one number that NumPy has not: the graph's table knows it."""

    def entries(params: _Params, x: Any) -> Any:
        made = [entry.function(name) for entry in arrays.symbols(x)]
        return arrays.gathered(made, x.shape)

    return entries


_ONE_LINE: dict[str, _Line] = {
    "add": np.add,
    "add_any": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "abs": np.abs,
    "sign": np.sign,
    "exp": np.exp,
    "exp2": np.exp2,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "atan2": np.arctan2,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "logistic": _sigmoid,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "cbrt": np.cbrt,
    "square": lambda x: x * x,
    "floor": np.floor,
    "ceil": np.ceil,
    "rem": np.fmod,
    "max": np.maximum,
    "min": np.minimum,
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "is_finite": np.isfinite,
    "stop_gradient": lambda x: x,
}
COMPUTED: dict[str, _Line] = {
    **{name: _plainly(function) for name, function in _ONE_LINE.items()},
    "integer_pow": lambda params, x: np.power(x, params["y"]),
    "pow": _power,
    "erf": _special("erf"),
    "erfc": lambda params, x: 1 - _special("erf")(params, x),
    "clamp": _clamp,
    "round": _round,
    "reduce_precision": _reduced_precision,
    "select_n": _select,
    "convert_element_type": _convert,
    "reduce_sum": _reduced(np.sum),
    "reduce_prod": _reduced(np.prod),
    "reduce_max": _reduced(np.max),
    "reduce_min": _reduced(np.min),
    "argmax": _placed(np.argmax),
    "argmin": _placed(np.argmin),
    "cumsum": _accumulated(np.cumsum),
    "cumprod": _accumulated(np.cumprod),
    "cummax": _accumulated(np.maximum.accumulate),
    "cummin": _accumulated(np.minimum.accumulate),
    "dot_general": _dot,
    "conv_general_dilated": windows.convolution,
    "reduce_window_sum": windows.summed,
    "reduce_window_max": windows.extreme(np.max),
    "reduce_window_min": windows.extreme(np.min),
    "select_and_scatter_add": windows.selected,
    "sort": _sort,
    "top_k": _top,
}
SCATTERED: dict[str, _Line] = {
    "scatter-add": _scattered(np.add.at),
    "scatter-sub": _scattered(np.subtract.at),
    "scatter-mul": _scattered(np.multiply.at),
    "scatter-max": _scattered(np.maximum.at),
    "scatter-min": _scattered(np.minimum.at),
}
# Kernels of XLA that round otherwise than a chain of these functions: nothing is said of their roundings.
UNBOUNDED = frozenset({"logistic", "erfc", "cumsum", "cumprod", "rsqrt", "integer_pow", "conv_general_dilated"})
