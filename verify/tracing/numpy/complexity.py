"""NumPy's elementwise functions on complex arrays of symbols, made of the real ones on their parts.

Shape, type and errors of a result are NumPy's own, which is asked with ones in place of the symbols (`shadows`). A part
that is 0 all over is the number 0: what it multiplies falls away.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.unfollowed import unbounded
from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import SymbolArray, current, in_order_of, lift, scalar, shape_of, symbols
from verify.tracing.arrays.complexes import ComplexArray, is_complex, parts, refused
from verify.tracing.numpy.creation import filled
from verify.tracing.symbols.concolic import OFF_CUT, ON_CUT
from verify.tracing.symbols.dispatch import PROTOCOLS, answers

_MOST_FACTORS = 64  # of a whole power
Pair = tuple[Any, Any]  # a real and an imaginary part, each an array, a symbol or a number


def _sum(a: Pair, b: Pair) -> Pair:
    return _plus(a[0], b[0]), _plus(a[1], b[1])


def _difference(a: Pair, b: Pair) -> Pair:
    return _plus(a[0], minus(b[0])), _plus(a[1], minus(b[1]))


def bilinear(multiply: Callable[[Any, Any], Any]) -> Callable[[Pair, Pair], Pair]:
    """Return a product of complex arrays, of whatever kind, by that of real ones."""

    def product(a: Pair, b: Pair) -> Pair:
        def times(x: Any, y: Any) -> Any:
            return 0 if is_nothing(x) or is_nothing(y) else multiply(x, y)

        return _plus(times(a[0], b[0]), minus(times(a[1], b[1]))), _plus(times(a[0], b[1]), times(a[1], b[0]))

    return product


_product = bilinear(np.multiply)


def is_nothing(part: Any) -> bool:
    """Tell whether a part is missing."""
    return type(part) is int and part == 0


def _plus(a: Any, b: Any) -> Any:
    return b if is_nothing(a) else a if is_nothing(b) else a + b


def minus(a: Any) -> Any:
    """Return -a, nothing for a missing part."""
    return a if is_nothing(a) else -a


def square_of(z: Pair) -> Any:
    """Return the square of the absolute value."""
    return z[0] * z[0] + z[1] * z[1]


def _quotient(a: Pair, b: Pair) -> Pair:
    if is_nothing(b[1]):
        return a[0] / b[0], 0 if is_nothing(a[1]) else a[1] / b[0]
    above = _product(a, (b[0], -b[1]))
    size = square_of(b)
    return above[0] / size, 0 if is_nothing(above[1]) else above[1] / size


def _exponential(z: Pair) -> Pair:
    size = np.exp(z[0])
    return size * np.cos(z[1]), size * np.sin(z[1])


def _logarithm(z: Pair) -> Pair:
    return np.log(square_of(z)) / 2, np.arctan2(z[1], z[0])


def _root(z: Pair) -> Pair:
    """Return the square root with a positive real part: of z it is (|z| + z) / sqrt(2 (|z| + re z)).

    On the negative half of the axis the sign of the imaginary part, which may be -0, decides.
    """
    if any(symbol.number() == 0 for symbol in symbols(z[1])) and not np.all(np.greater(z[0], 0)):
        raise TraceError(f"numpy.sqrt of complex symbols {ON_CUT}", asked_at(), OFF_CUT, reason=Reason.BRANCH_CUT)
    size = np.hypot(*z) + z[0]
    root = np.sqrt(2 * size)
    return size / root, z[1] / root


def _power(a: Pair, b: Pair) -> Pair:
    exponent = _whole(b)
    if exponent is None:
        return _exponential(_product(b, _logarithm(_complete(a))))
    result = functools.reduce(_product, [a] * abs(exponent)) if exponent else (0 * a[0] + 1, 0)
    return _quotient((1, 0), result) if exponent < 0 else result


def _whole(exponent: Pair) -> int | None:
    """Return an exponent that is one small whole number, or None."""
    if not is_nothing(exponent[1]):
        return None
    values = {symbol.number() for symbol in symbols(exponent[0])}
    value = values.pop() if len(values) == 1 else None
    return int(value) if value is not None and value == int(value) and abs(value) <= _MOST_FACTORS else None


def _complete(z: Pair) -> Pair:
    """Return parts of which neither is missing."""
    return z[0], 0 * z[0] if is_nothing(z[1]) else z[1]


def _halves(z: Pair, sign: int) -> Pair:
    """Return (exp(z) + sign exp(-z)) / 2."""
    up, down = _exponential(z), _exponential((-z[0], -z[1]))
    return (up[0] + sign * down[0]) / 2, (up[1] + sign * down[1]) / 2


def _turned(z: Pair) -> Pair:
    """Return i z."""
    return -z[1], z[0]


def _sine(z: Pair) -> Pair:
    re, im = _halves(_turned(z), -1)  # i sin(z)
    return im, -re


def _sign(z: Pair) -> Pair:
    return _quotient(z, (np.hypot(*z), 0))


_CALLS: dict[str, Callable[..., Pair]] = {
    "add": _sum,
    "subtract": _difference,
    "multiply": _product,
    "divide": _quotient,
    "power": _power,
    "float_power": _power,
    "negative": lambda z: (-z[0], -z[1]),
    "positive": lambda z: z,
    "conjugate": lambda z: (z[0], -z[1]),
    "absolute": lambda z: (np.hypot(*z), 0),
    "square": lambda z: _product(z, z),
    "reciprocal": lambda z: _quotient((1, 0), z),
    "exp": _exponential,
    "exp2": lambda z: _exponential(_product(z, (np.log(lift(2)), 0))),
    "expm1": lambda z: _difference(_exponential(z), (1, 0)),
    "log": _logarithm,
    "log2": lambda z: _quotient(_logarithm(z), (np.log(lift(2)), 0)),
    "log10": lambda z: _quotient(_logarithm(z), (np.log(lift(10)), 0)),
    "log1p": lambda z: _logarithm(_sum(z, (1, 0))),
    "sqrt": _root,
    "sin": _sine,
    "cos": lambda z: _halves(_turned(z), 1),
    "tan": lambda z: _quotient(_sine(z), _halves(_turned(z), 1)),
    "sinh": lambda z: _halves(z, -1),
    "cosh": lambda z: _halves(z, 1),
    "tanh": lambda z: _quotient(_halves(z, -1), _halves(z, 1)),
    **({"sign": _sign} if np.sign(2j).imag else {}),  # NumPy 1 has that of the real part
    "matmul": bilinear(np.matmul),
    **({"vecdot": lambda a, b: bilinear(np.vecdot)((a[0], minus(a[1])), b)} if hasattr(np, "vecdot") else {}),
}
# What is asked of both parts.
_QUESTIONS: dict[str, Callable[..., Any]] = {
    "equal": lambda a, b: np.equal(a[0], b[0]) & np.equal(a[1], b[1]),
    "not_equal": lambda a, b: np.not_equal(a[0], b[0]) | np.not_equal(a[1], b[1]),
    "isnan": lambda z: np.isnan(z[0]) | np.isnan(z[1]),
    "isinf": lambda z: np.isinf(z[0]) | np.isinf(z[1]),
    "isfinite": lambda z: np.isfinite(z[0]) & np.isfinite(z[1]),
}
# What floats round as the operations on parts do: fused multiplications, if anything, round less.
_ROUNDED_AS_PARTS = ("absolute", "add", "subtract", "multiply", "negative", "positive", "conjugate")
# What would be put into both parts, or compare parts: more arguments than so many, options, modes but these.
_PLACES = 3
_ADDING = frozenset({"initial", "prepend", "append", "constant_values", "end_values", "to_begin", "to_end"})
_COPYING = frozenset({"constant", "edge", "reflect", "symmetric", "wrap", "raise", "clip"})
_ALLOCATION = ("order", "subok", "casting", "dtype")
NAMES = (*_CALLS, *_QUESTIONS)


@answers("complex ufunc")
def apply(ufunc: Any, method: str, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Do what a NumPy ufunc would do with complex numbers; raises TraceError where that is not known."""
    name = ufunc.__name__
    if method == "__call__" and len(inputs) > ufunc.nin:
        inputs, options = inputs[: ufunc.nin], {**options, "out": tuple(inputs[ufunc.nin :])}
    if ufunc in ADDED or getattr(np, name, None) is not ufunc or not _is_followed(name, method):
        refused(f"{ufunc.__name__}{'' if method == '__call__' else f'.{method}'} of complex symbols")
    if method == "at":
        return _at(ufunc, *inputs)
    original: Any = ufunc if method == "__call__" else getattr(ufunc, method)
    answer = shadows.expected(original, inputs, options)
    out = (options.get("out") or (None,))[0]
    rest = {key: value for key, value in options.items() if key != "out" and key not in _ALLOCATION}
    refuse_roundings(f"numpy.{name}", bounded=name in _ROUNDED_AS_PARTS and method == "__call__")
    if method != "__call__":
        return as_answered(
            answer, (part_by_part(original, 0, inputs, rest), part_by_part(original, 1, inputs, rest)), out
        )
    if rest:
        refused(f"numpy.{name} of complex symbols with {', '.join(rest)}")
    operands = [parts(value) for value in inputs]
    if name in _QUESTIONS:
        return _QUESTIONS[name](*operands)
    if len(operands) == 1:
        operands = [_complete(operands[0])]
    return as_answered(answer, _CALLS[name](*operands), out)


def _is_followed(name: str, method: str) -> bool:
    if method == "__call__":
        return name in _CALLS or name in _QUESTIONS
    return name == "add" and method in ("reduce", "accumulate", "reduceat", "at")


def refuse_roundings(name: str, *, bounded: bool = False) -> None:
    """Raise UnboundedError where roundings are to be known that nobody has bounds for."""
    if not bounded and current().as_executed:
        raise unbounded(name, " of complex numbers")


def _at(ufunc: Any, target: Any, indices: Any, values: Any) -> None:
    re, im = parts(values)
    if type(target) is not ComplexArray:
        refused("numpy.add.at of complex symbols into an array of other numbers")
    ufunc.at(target.re, indices, re)
    if not is_nothing(im):
        ufunc.at(target.im, indices, im)


def as_answered(answer: Any, result: Pair, out: Any = None) -> Any:
    """Return parts as the kind of thing that NumPy gives, written to its place; raises TraceError if it is none."""
    made = _made(answer, result)
    if out is None:
        return made
    out[...] = made
    return out


def _made(answer: Any, result: Pair) -> Any:
    shape, dtype = shape_of(answer), np.asarray(answer).dtype
    if dtype.kind not in "cf":
        refused(f"complex symbols as {dtype}")
    real = np.empty(0, dtype).real.dtype
    pair = [_filled(part, shape, real) for part in (result if dtype.kind == "c" else result[:1])]
    if isinstance(answer, np.ndarray) and answer.ndim > 1 and not answer.flags.c_contiguous:
        pair = [in_order_of(answer, part) for part in pair]
    return ComplexArray(*pair) if dtype.kind == "c" else pair[0] if isinstance(answer, np.ndarray) else scalar(pair[0])


def _filled(part: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """Return a part as an array of symbols of a shape and type that nobody else has."""
    if shape_of(part) != shape and np.broadcast_shapes(shape_of(part), shape) != shape:
        refused(f"complex symbols of shape {shape_of(part)} as {shape}")
    if isinstance(part, SymbolArray) and part.shape == shape:
        if dtype.itemsize < part.claimed.itemsize:
            current().narrowed(dtype.name)
        part = part.copy()
        part.claimed = dtype
        return part
    return filled(shape, part, dtype)


def part_by_part(function: Any, part: int, args: Any, options: dict[str, Any]) -> Any:
    """Call a function that is linear in its first argument, an array or several, with its real or imaginary part."""
    first, *others = args
    adding = len(args) > _PLACES or not _ADDING.isdisjoint(options) or not _is_copying(args, options)
    if adding or any(map(is_complex, [*others, *options.values()])):
        refused(f"{name_of(function)} of complex symbols with other arrays or options")
    several = type(first) in (list, tuple)
    values = [whole_part(value, part) for value in first] if several else whole_part(first, part)
    return function(values, *others, **options)


def _is_copying(args: Any, options: dict[str, Any]) -> bool:
    """Tell whether a mode, if there is one, only puts entries of the array or zeros where there are none."""
    modes = [value for value in (*args, options.get("mode")) if isinstance(value, str) or callable(value)]
    return all(isinstance(mode, str) and mode in _COPYING for mode in modes)


def whole_part(value: Any, part: int) -> Any:
    """Return a part of a value as an array of symbols, of zeros if it has none."""
    if type(value) in (list, tuple) and not is_complex(value):
        value = PROTOCOLS["complex list"](value)
    re, im = parts(value)
    chosen = im if part else re
    return filled(shape_of(re), 0) if is_nothing(chosen) else chosen


def name_of(function: Any) -> str:
    """Return the name of a function with its module's."""
    return f"{getattr(function, '__module__', None) or 'numpy'}.{getattr(function, '__name__', function)}"
