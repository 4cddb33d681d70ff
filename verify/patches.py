"""NumPy's and `math`'s functions that no protocol reaches, replaced while a trace is running.

`np.zeros(shape)` has no array among its arguments, and gives a buffer that could not hold a symbol; `np.array(x)` and
`math.sqrt(x)` ask x for its number. The replacements do what the originals do unless symbols are at stake. They are put
into the modules of the user only, in place of `numpy`, `math` and functions taken from these by name.
"""

from __future__ import annotations

import builtins
import functools
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
from numpy.lib import stride_tricks

from verify.arrays import SymbolArray, active, objects, wrapped
from verify.concolic import METHODS, Concolic
from verify.errors import TraceError
from verify.functions import FUNCTIONS, filled
from verify.ufuncs import current_uninitialised
from verify.where import asked_at

_Replace = Callable[[Callable[..., Any]], Callable[..., Any]]
_FOREIGN = ("numpy", "sympy", "mpmath", "flint", "scipy", "verify", "_pytest", "pytest", "hypothesis")


def _creating(make: Callable[..., Any]) -> _Replace:
    """Return what replaces a function that makes a buffer: one that can hold symbols, if it is of floats."""

    def replace(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replacement(*args: Any, **options: Any) -> Any:
            if active() is None:
                return original(*args, **options)
            made = original(*args, **options)
            return make(made) if isinstance(made, np.ndarray) and made.dtype.kind == "f" else made

        return replacement

    return replace


def _converting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces `np.array` and the like: symbols stay symbols, and what need not be copied is not."""

    @functools.wraps(original)
    def replacement(value: Any = None, dtype: Any = None, *args: Any, **options: Any) -> Any:
        if "object" in options:  # np.array(object=...)
            value = options.pop("object")
        if active() is None or not _symbolic(value):
            return original(value, dtype, *args, **options) if dtype is not None else original(value, *args, **options)
        options.pop("subok", None)
        made = wrapped(original(_unboxed(value), dtype=object, **options))
        return made if dtype is None or np.dtype(dtype).kind == "O" else _typed(made, value, dtype)

    return replacement


def _typed(made: Any, value: Any, dtype: Any) -> Any:
    """Return an array as a type, the same array where it is of that type."""
    return made if made.dtype == np.dtype(dtype) else made.astype(dtype)


def _symbolic(value: Any) -> bool:
    """Tell whether there are symbols in a value, in lists and tuples at any depth."""
    if isinstance(value, (list, tuple)):
        return any(map(_symbolic, value))
    return isinstance(value, (SymbolArray, Concolic))


def _unboxed(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_unboxed(item) for item in value]
    return objects(value) if isinstance(value, (SymbolArray, Concolic)) else value


def _striding(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(x: Any, *args: Any, **options: Any) -> Any:
        return (
            wrapped(original(objects(x), *args, **options))
            if isinstance(x, SymbolArray)
            else original(x, *args, **options)
        )

    return replacement


def _iterating(original: Any) -> Callable[..., Any]:
    """Return what replaces `np.nditer`, which wants to be told that there are objects."""

    @functools.wraps(original, updated=())
    def replacement(op: Any, flags: Any = (), *args: Any, **options: Any) -> Any:
        if _symbolic(op):
            op, flags = _unboxed(op), [*flags, "refs_ok"]
        return original(op, flags, *args, **options)

    return replacement


def _function_of_a_number(name: str) -> _Replace:
    """Return what replaces a function of `math`."""

    def replace(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def replacement(*args: Any) -> Any:
            if not any(isinstance(value, (Concolic, SymbolArray)) for value in args):
                return original(*args)
            if name not in _MATH:
                raise TraceError(f"math.{name} cannot be followed, at {asked_at()}")
            return _MATH[name](*(value.item() if isinstance(value, SymbolArray) else value for value in args))

        return replacement

    return replace


def _whole(compute: Callable[[Any], Any]) -> Callable[[Any], int]:
    return lambda x: int(compute(x))


_MATH: dict[str, Callable[..., Any]] = {
    **METHODS,
    "atan": METHODS["arctan"],
    "asinh": METHODS["arcsinh"],
    "atanh": METHODS["arctanh"],
    "floor": _whole(METHODS["floor"]),
    "ceil": _whole(METHODS["ceil"]),
    "trunc": _whole(METHODS["trunc"]),
    "log": lambda x, base=None: np.log(x) if base is None else np.log(x) / np.log(base),
    "pow": lambda x, y: x**y,
    "hypot": lambda x, y: np.sqrt(x * x + y * y),
    "isnan": lambda x: False,
    "isinf": lambda x: False,
    "isfinite": lambda x: True,
    "isclose": lambda a, b, **options: FUNCTIONS["isclose"](a, b),
}


def _as_symbols(made: Any) -> Any:
    return filled(made.shape, made, made.dtype)


def _as_unset(made: Any) -> Any:
    array = current_uninitialised(made.shape)
    array.claimed = made.dtype
    return array


def _seeding(original: Any) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(seed: Any = None) -> Any:
        return original(_seed if seed is None else seed)

    return replacement


_seed = 0
_NUMPY: dict[str, _Replace] = {
    **dict.fromkeys(
        ("zeros", "ones", "full", "eye", "identity", "zeros_like", "ones_like", "full_like"), _creating(_as_symbols)
    ),
    **dict.fromkeys(("empty", "empty_like"), _creating(_as_unset)),
    **dict.fromkeys(("array", "asarray", "asanyarray", "ascontiguousarray", "asfortranarray"), _converting),
    "nditer": _iterating,
}
_NAMES_OF_MATH = [name for name in dir(math) if callable(getattr(math, name)) and not name.startswith("_")]
# Each module with the functions that are replaced in it.
_MODULES: dict[ModuleType, dict[str, _Replace]] = {
    np: _NUMPY,
    math: {name: _function_of_a_number(name) for name in _NAMES_OF_MATH},
    stride_tricks: dict.fromkeys(("as_strided", "sliding_window_view"), _striding),
    np.random: {"default_rng": _seeding},
}


class _StandIn(ModuleType):
    """A module as user code sees it while a trace is running: the original but for what is replaced.

    The original itself is left alone. Compiled code, NumPy's own first of all, uses it too, and would write numbers into
    the memory of what it takes for an array of floats.
    """

    def __init__(self, original: ModuleType, replaced: dict[str, Any]) -> None:
        super().__init__(original.__name__)
        self.__dict__.update(replaced)
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_original"], name)


def _stand_ins() -> dict[int, Any]:
    """Return what stands in for modules and functions, by the identity of the original."""
    found: dict[int, Any] = {}
    for module, replaced in _MODULES.items():
        found.update({id(getattr(module, name)): replace(getattr(module, name)) for name, replace in replaced.items()})
    for module in (stride_tricks, np.random, math):
        found[id(module)] = _StandIn(module, {name: found[id(getattr(module, name))] for name in _MODULES[module]})
    found[id(np.lib)] = _StandIn(np.lib, {"stride_tricks": found[id(stride_tricks)]})
    parts = {"random": found[id(np.random)], "lib": found[id(np.lib)]}
    found[id(np)] = _StandIn(np, {**{name: found[id(getattr(np, name))] for name in _NUMPY}, **parts})
    return found


_STAND_INS = _stand_ins()
_import = builtins.__import__


def _importing(name: str, globals: Any = None, *args: Any) -> Any:  # noqa: A002 - as Python has it
    """Import a module for code that does so while it runs."""
    module = _import(name, globals, *args)
    return _STAND_INS.get(id(module), module) if _is_users((globals or {}).get("__file__")) else module


@contextmanager
def in_force(seed: int) -> Iterator[None]:
    """Let the stand-ins take the place of the originals in the modules of the user; put those back at the end."""
    global _seed
    _seed = seed
    found = [place for module in users_modules() for place in _taken(module)]
    builtins.__import__ = _importing
    try:
        for namespace, name, original in found:
            namespace[name] = _STAND_INS[id(original)]
        yield
    finally:
        builtins.__import__ = _import
        for namespace, name, original in found:
            namespace[name] = original


def users_modules() -> list[ModuleType]:
    """Return the imported modules that may be the user's."""
    return _users(tuple(sys.modules.values()))


@functools.lru_cache(maxsize=1)
def _users(modules: tuple[ModuleType | None, ...]) -> list[ModuleType]:
    return [
        module
        for module in modules
        if isinstance(module, ModuleType)
        and module.__name__.partition(".")[0] not in _FOREIGN
        and _is_users(getattr(module, "__file__", None))
    ]


def _taken(module: ModuleType) -> list[tuple[dict[str, Any], str, Any]]:
    """Return the names in a module that stand for what has a stand-in."""
    namespace = vars(module)
    return [(namespace, name, value) for name, value in list(namespace.items()) if id(value) in _STAND_INS]


def _is_users(file: Any) -> bool:
    """Tell whether a module may be the user's: it is written in Python, and does not come with it."""
    return isinstance(file, str) and file.endswith(".py") and not file.startswith(_STANDARD_LIBRARY)


_STANDARD_LIBRARY = str(functools.__file__).rpartition("functools")[0]
