"""Operations that compute: each is one line of NumPy's functions, which are followed on arrays of symbols.

Only values count here: what PyTorch's engine would say of derivatives at a kink is none of forward's business. Each
line is PyTorch's definition of the operation (torch.nn.functional names the formulas), with its parameters by their
names in the schema. Shapes, types and strides of results are PyTorch's own, from tensors without memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.adapters.torch.convolutions import convolution, convolution_backward
from verify.tracing.arrays import arrays


def _axes(dim: Any) -> Any:
    """Return the axes that are meant: all of them where none is named."""
    return None if dim is None or dim == [] else tuple(dim) if isinstance(dim, (list, tuple)) else dim


def _sum(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return np.sum(x, axis=_axes(dim), keepdims=keepdim)


def _mean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return np.mean(x, axis=_axes(dim), keepdims=keepdim)


def _var(x: Any, dim: Any = None, *, correction: Any = None, keepdim: bool = False) -> Any:
    return np.var(x, axis=_axes(dim), ddof=1 if correction is None else correction, keepdims=keepdim)


def _amax(x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return np.max(x, axis=_axes(list(dim)), keepdims=keepdim)


def _amin(x: Any, dim: Any = (), keepdim: bool = False) -> Any:
    return np.min(x, axis=_axes(list(dim)), keepdims=keepdim)


def _add(a: Any, b: Any, alpha: Any = 1) -> Any:
    return np.add(a, b if alpha == 1 else np.multiply(b, alpha))


def _subtract(a: Any, b: Any, alpha: Any = 1) -> Any:
    return np.subtract(a, b if alpha == 1 else np.multiply(b, alpha))


def _clamp(x: Any, min: Any = None, max: Any = None) -> Any:  # noqa: A002 - as the schema has them
    bounded = x if min is None else np.maximum(x, min)
    return bounded if max is None else np.minimum(bounded, max)


def _softplus(x: Any, beta: Any = 1, threshold: Any = 20) -> Any:
    small = np.log1p(np.exp(np.minimum(x * beta, threshold))) / beta
    return np.where(x * beta > threshold, x, small)


def _extreme(largest: Any, place: Any) -> Callable[..., Any]:
    """Return what gives the largest or smallest entry, along an axis with its place: the first one of several."""

    def extreme(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            return largest(x)
        return largest(x, axis=dim, keepdims=keepdim), place(x, axis=dim, keepdims=keepdim)

    return extreme


def _place(place: Any) -> Callable[..., Any]:
    return lambda x, dim=None, keepdim=False: place(x, axis=dim, keepdims=keepdim)


def _softmax(x: Any, dim: int, half_to_float: bool = False) -> Any:
    exponentials = np.exp(x)  # without the largest entry subtracted, which changes roundings and no value
    return exponentials / np.sum(exponentials, axis=dim, keepdims=True)


def _log_softmax(x: Any, dim: int, half_to_float: bool = False) -> Any:
    return x - np.log(np.sum(np.exp(x), axis=dim, keepdims=True))


def _addmm(c: Any, a: Any, b: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = np.matmul(a, b)
    return np.add(c if beta == 1 else beta * c, product if alpha == 1 else alpha * product)


def _sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def _cumsum(x: Any, dim: int, *, dtype: Any = None) -> Any:
    return np.cumsum(x, axis=dim)


def _product(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    return np.prod(x, axis=dim, keepdims=keepdim)


def _special(name: str) -> Callable[[Any], Any]:
    """Return what gives a function of one number that NumPy has not, by the graph's table."""
    return lambda x: arrays.gathered([entry.function(name) for entry in arrays.symbols(x)], x.shape)


def _sorted(x: Any, dim: int = -1, descending: bool = False, *, stable: Any = None) -> Any:
    order = np.argsort(-x if descending else x, axis=dim, kind="stable")
    return np.take_along_axis(x, order, axis=dim), order


def _largest(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:  # noqa: A002 - as above
    values, order = _sorted(x, dim, descending=largest)
    return tuple(np.take(part, range(k), axis=dim) for part in (values, order))


def _added(target: Any, indices: Any, values: Any, accumulate: bool = True) -> Any:
    """Return a copy with values added at some places, more than once where a place is there more than once."""
    made = target.copy()
    where: Any = tuple(slice(None) if index is None else index for index in indices)
    np.add.at(made, where, values)
    return made


def _index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    where = [*[slice(None)] * (dim % max(x.ndim, 1)), index]
    return _added(x, where, source if alpha == 1 else alpha * source)


def _scatter_add(x: Any, dim: int, index: Any, source: Any) -> Any:
    where = [*np.indices(index.shape)]
    where[dim] = index
    return _added(x, where, source[tuple(map(slice, index.shape))])


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": _add,
    "sub": _subtract,
    "rsub": lambda a, b, alpha=1: _subtract(b, a, alpha),
    "mul": np.multiply,
    "div": np.divide,
    "neg": np.negative,
    "abs": np.abs,
    "exp": np.exp,
    "expm1": np.expm1,
    "log": np.log,
    "log1p": np.log1p,
    "log2": np.log2,
    "log10": np.log10,
    "sqrt": np.sqrt,
    "rsqrt": lambda x: 1 / np.sqrt(x),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "pow": np.power,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "atan2": np.arctan2,
    "hypot": np.hypot,
    "exp2": np.exp2,
    "erf": _special("erf"),
    "erfc": lambda x: 1 - _special("erf")(x),
    "fmod": np.fmod,
    "remainder": np.remainder,
    "sigmoid": _sigmoid,
    "silu": lambda x: x * _sigmoid(x),
    "softplus": _softplus,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x, negative_slope=0.01: np.where(x > 0, x, x * negative_slope),
    "threshold": lambda x, threshold, value: np.where(x <= threshold, value, x),
    "hardtanh": lambda x, min_val=-1, max_val=1: _clamp(x, min_val, max_val),
    "sign": np.sign,
    "round": lambda x, *, decimals=0: np.round(x, decimals),
    "floor": np.floor,
    "ceil": np.ceil,
    "trunc": np.trunc,
    "heaviside": np.heaviside,
    "clamp": _clamp,
    "clamp_min": np.maximum,
    "clamp_max": np.minimum,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "sum": _sum,
    "mean": _mean,
    "var": _var,
    "amax": _amax,
    "amin": _amin,
    "max": _extreme(np.max, np.argmax),
    "min": _extreme(np.min, np.argmin),
    "argmax": _place(np.argmax),
    "argmin": _place(np.argmin),
    "cumsum": _cumsum,
    "prod": _product,
    "cumprod": lambda x, dim, *, dtype=None: np.cumprod(x, axis=dim),
    "sort": _sorted,
    "topk": _largest,
    # Of these, moves are told apart by their arguments (`moves.adds`).
    "index_put": _added,
    "index_add": _index_add,
    "scatter_add": _scatter_add,
    "convolution": convolution,
    "convolution_backward": convolution_backward,
    "_softmax": _softmax,
    "_log_softmax": _log_softmax,
    "mm": np.matmul,
    "bmm": np.matmul,
    "mv": np.matmul,
    "dot": np.dot,
    "vdot": lambda a, b: np.dot(np.conj(a), b),
    "conj_physical": np.conj,
    "_conj_physical": np.conj,
    "_conj": np.conj,
    "angle": np.angle,
    "complex": lambda re, im: re + 1j * im,
    "polar": lambda size, angle: size * np.cos(angle) + 1j * (size * np.sin(angle)),
    "addmm": _addmm,
    "baddbmm": _addmm,
    "addmv": _addmm,
    "addcmul": lambda x, a, b, *, value=1: x + value * a * b,
    "addcdiv": lambda x, a, b, *, value=1: x + value * a / b,
    "lerp": lambda a, b, weight: a + weight * (b - a),
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    # What PyTorch's engine calls for operations of its own within forward or backward.
    "threshold_backward": lambda gradient, x, threshold: np.where(x <= threshold, 0, gradient),
    "sigmoid_backward": lambda gradient, y: gradient * (1 - y) * y,
    "tanh_backward": lambda gradient, y: gradient * (1 - y * y),
}
# What may be given complex tensors: here the lines above are PyTorch's definitions too.
_COMPLEX = (
    "add sub rsub mul div neg abs exp expm1 log log1p log2 log10 sqrt rsqrt square reciprocal pow sin cos tan sinh cosh"
    " tanh sum mean cumsum index_put index_add scatter_add mm bmm mv dot vdot addmm baddbmm addmv addcmul addcdiv lerp"
    " eq ne angle conj_physical _conj_physical _conj complex"
)
OF_COMPLEX = frozenset(_COMPLEX.split())
# Kernels that round otherwise than a chain of these functions: nothing is said of their roundings.
_UNBOUNDED = (
    "var silu softplus _softmax _log_softmax lerp erf erfc asinh acosh atanh hypot convolution convolution_backward"
)
UNBOUNDED = frozenset(_UNBOUNDED.split())
