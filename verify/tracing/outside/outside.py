"""Functions that NumPy does not hand over, of `math`, `cmath`, SciPy or anybody: what answers for them on symbols.

They are compiled, and ask each argument for its number. So `patches` puts what is made here in their place, by the
names that user code has for them. That is safe: without symbols among the arguments, as in every run on floats, the
original answers; with symbols, the original would raise. What is computed in its place, by our table or by the user's
own function, is recorded as any code is, and the run on floats, which has the original, is held against it
(`floats.FloatRun`): where they differ, nothing is proved. A name that is not replaced (a default argument, a closure)
leads to the original, which refuses symbols.
"""

from __future__ import annotations

import cmath
import functools
import math
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from types import ModuleType
from typing import Any

import numpy as np

from verify.model.additions import FUNCTIONS as ADDED
from verify.model.additions import key_of
from verify.model.errors import TraceError
from verify.model.unfollowed import unbounded, unfollowed
from verify.tracing.arrays.arrays import SymbolArray, active, current, lift
from verify.tracing.arrays.complexes import ComplexArray
from verify.tracing.outside import measured
from verify.tracing.outside.compiled import maker_of
from verify.tracing.symbols.concolic import METHODS, Concolic

Replace = Callable[[Callable[..., Any]], Any]


def is_symbolic(value: Any) -> bool:
    """Tell whether there are symbols in a value, in lists and tuples at any depth."""
    if isinstance(value, (list, tuple)):
        return any(map(is_symbolic, value))
    return isinstance(value, (SymbolArray, Concolic)) or type(value) is ComplexArray


def answering(original: Callable[..., Any], own: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Return what replaces a function: on symbols, what was added for it answers, or our `own`, or it is refused."""
    key, maker = key_of(original), maker_of(original)

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        added = ADDED.get(key)
        if active() is not None or added is not None:  # what an iterator yields is seen once only
            args = tuple(list(arg) if isinstance(arg, Iterator) else arg for arg in args)
        if not any(map(is_symbolic, (*args, *options.values()))):
            return original(*args, **options)
        if (compute := added or own) is None:
            raise _refusal(original)
        if added is not None and maker:
            _note_compiled(f"{getattr(original, '__name__', original)} ({maker})")
        result = compute(*args, **options)
        if added is not None:
            measured.measure(original, args, options, result)
        return result

    return replacement


def _note_compiled(name: str) -> None:
    """Note that what was added for compiled code is followed; raises UnboundedError where its rounding is to be known.

    What is added has the same value as the compiled code, and not the same operations.
    """
    if current().as_executed:
        raise unbounded(name)
    current().added[name] = None


def _refusal(function: Callable[..., Any], reason: object = "") -> TraceError:
    name = f"{function.__module__}.{function.__name__}"
    return unfollowed(name, because=f" ({reason})" if reason else "")


def _of_numbers(name: str) -> Replace:
    """Return what replaces a function of `math`, which takes an array of one entry for a number."""

    def replace(original: Callable[..., Any]) -> Callable[..., Any]:
        def compute(*args: Any, **options: Any) -> Any:
            try:
                return MATH[name](*map(_single_symbol, args), **options)
            except TypeError as problem:
                raise _refusal(original, problem) from problem

        return answering(original, compute if name in MATH else None)

    return replace


def _single_symbol(value: Any) -> Any:
    """Return a symbol for a number, which functions of `math` lift themselves, and a list of them for several."""
    if isinstance(value, (list, tuple)) or np.ndim(value):
        return [_single_symbol(entry) for entry in value]
    return lift(value.item() if isinstance(value, SymbolArray) else value)


def _whole(compute: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda x: int(compute(x))


def _of_table(line: str) -> Callable[[Any], Any]:
    """Return a function of the graph's table, of which no bound is known for what C libraries round."""
    return lambda x: x.function(line)


MATH: Mapping[str, Callable[..., Any]] = {
    **METHODS,
    "atan": METHODS["arctan"],
    "asin": METHODS["arcsin"],
    "acos": METHODS["arccos"],
    "asinh": METHODS["arcsinh"],
    "acosh": METHODS["arccosh"],
    "atanh": METHODS["arctanh"],
    "atan2": lambda y, x: np.arctan2(y, x),
    "gamma": _of_table("gamma"),
    "lgamma": _of_table("loggamma"),
    "dist": lambda p, q: np.sqrt(sum((a - b) ** 2 for a, b in zip(p, q, strict=True))),
    "fsum": lambda values: sum(values),
    "modf": lambda x: np.modf(x),
    "ldexp": lambda x, i: x * Fraction(2) ** int(i),
    "remainder": lambda x, y: x - y * np.rint(x / y),
    "fma": lambda x, y, z: x * y + z,
    "isclose": lambda a, b, rel_tol=1e-9, abs_tol=0.0: bool(
        a == b or abs(a - b) <= np.maximum(rel_tol * np.maximum(abs(a), abs(b)), abs_tol)
    ),
    "floor": _whole(METHODS["floor"]),
    "ceil": _whole(METHODS["ceil"]),
    "trunc": _whole(METHODS["trunc"]),
    "log": lambda x, base=None: np.log(x) if base is None else np.log(x) / np.log(base),
    "pow": lambda x, y: x**y,
    "hypot": lambda *values: np.sqrt(sum(x * x for x in values)),
    "isnan": lambda x: bool(np.isnan(x)),
    "isinf": lambda x: bool(np.isinf(x)),
    "isfinite": lambda x: bool(np.isfinite(x)),
    "fmod": lambda x, y: np.fmod(x, y),
    "copysign": lambda x, y: np.copysign(x, y),
}
BY_OPERATORS = ("prod", "sumprod")  # they multiply and add whatever they are called with


def _functions(module: ModuleType) -> dict[str, Replace]:
    names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    return {name: _of_numbers(name) for name in names if name not in BY_OPERATORS}


def _of_complex(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function of `cmath`, which takes real numbers for complex ones."""
    compute = CMATH.get(original.__name__)
    return answering(original, None if compute is None else lambda *args: compute(*args))


def _complex(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a function of NumPy's, called with a complex number also where a real one is given."""
    return lambda z: function(z + 0j)


_AS_IN_NUMPY = ("exp", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "log10", "isfinite", "isinf", "isnan")
CMATH: Mapping[str, Callable[..., Any]] = {
    **{name: _complex(getattr(np, name)) for name in _AS_IN_NUMPY},
    "log": lambda z, base=None: np.log(z + 0j) if base is None else np.log(z + 0j) / np.log(base + 0j),
    "phase": lambda z: np.angle(z),
    "polar": lambda z: (abs(z), np.angle(z)),
    "rect": lambda r, phi: r * np.cos(phi) + 1j * r * np.sin(phi),
}
# Each module with the functions that are replaced in it; those of `cmath` that are not followed are refused by name.
MODULES: dict[ModuleType, dict[str, Replace]] = {
    math: _functions(math),
    cmath: dict.fromkeys(_functions(cmath), _of_complex),
}
