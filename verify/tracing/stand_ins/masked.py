"""Functions and methods of `numpy.ma` on symbols, of those whose own code asks symbols for their numbers.

The masks are numbers; symbols are the data below. NumPy fills what is masked with a number of the data's type, and for
symbols that type is of objects. What is not followed here or by NumPy's own code is refused by its name.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from verify.model.errors import TraceError
from verify.model.unfollowed import unfollowed
from verify.tracing.outside.outside import is_symbolic

_MODULES = ("numpy.ma.core", "numpy.ma.extras", "numpy.ma")


def _data(value: Any) -> Any:
    return value._data if hasattr(value, "_mask") else value  # noqa: SLF001 - `getdata` makes arrays of lists


def _is_masked(value: Any) -> bool:
    return bool(np.any(getattr(value, "_mask", False)))


def _refused(name: str, limit: str = "") -> TraceError:
    return unfollowed(f"numpy.ma.{name}", limit)


def _whole(name: str) -> Callable[..., Any]:
    """Return what computes a function of all entries that are not masked, which is what `numpy.ma` takes it of."""

    def compute(array: Any, *args: Any, **options: Any) -> Any:
        if any(value is not None for value in args) or any(value is not None for value in options.values()):
            raise _refused(name, " with options")
        entries = array.compressed() if hasattr(array, "_mask") else np.ravel(array)
        return getattr(np, name)(entries) if entries.size else np.ma.masked

    return compute


def _power(a: Any, b: Any, third: Any = None) -> Any:
    """Compute `numpy.ma.power`: what is masked in the base or in the exponent is masked, and keeps the base."""
    if third is not None:
        raise _refused("power", " with three arguments")
    mask = np.ma.mask_or(np.ma.getmask(a), np.ma.getmask(b))
    base, exponent = _data(a), _data(b)
    if mask is np.ma.nomask or not np.any(mask):
        return np.ma.array(np.power(base, exponent), mask=mask)
    return np.ma.array(np.where(mask, base, np.power(np.where(mask, 1.0, base), exponent)), mask=mask)


def _unmasked(name: str) -> Callable[..., Any]:
    """Return what computes a function of arrays without masked entries: it is NumPy's own."""

    def compute(x: Any, *args: Any, **options: Any) -> Any:
        if _is_masked(x) or args or options.keys() - {"rowvar"}:
            raise _refused(name, " of masked entries, or with options,")
        return np.ma.array(getattr(np, name)(_data(x), **options))

    return compute


def _refusing(name: str) -> Callable[..., Any]:
    def compute(*_: Any, **__: Any) -> Any:
        raise _refused(name)

    return compute


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "power": _power,
    **{name: _whole(name) for name in ("median", "max", "min", "ptp")},
    **{name: _unmasked(name) for name in ("cov", "corrcoef")},
    **{name: _refusing(name) for name in ("sort", "argsort", "polyfit", "choose")},
}
_METHODS = {name: FUNCTIONS[name] for name in ("max", "min", "ptp")} | {"sort": FUNCTIONS["sort"]}


def _holds_symbols(values: Any) -> bool:
    return any(is_symbolic(_data(value)) for value in values)


def _answering(original: Callable[..., Any], compute: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        return compute(*args, **options) if _holds_symbols(args) else original(*args, **options)

    return replacement


def _core() -> Any:
    """Return the module that has the classes, None before the package is imported to its end."""
    package = sys.modules.get("numpy.ma")
    return package.core if package is not None and hasattr(package, "__all__") else None


def replaced() -> Iterator[tuple[Any, str, Any, Any]]:
    """Yield what is replaced: its module or class, name, original and replacement; nothing before it is imported."""
    if (core := _core()) is None:
        return
    for module in filter(None, map(sys.modules.get, _MODULES)):
        for name in FUNCTIONS.keys() & vars(module).keys():
            yield module, name, vars(module)[name], _answering(vars(module)[name], FUNCTIONS[name])
    kind = core.MaskedArray
    for name in _METHODS.keys() & vars(kind).keys():
        yield kind, name, vars(kind)[name], _answering(vars(kind)[name], _METHODS[name])
    domain = core._DomainSafeDivide  # noqa: SLF001
    method = domain.__call__
    yield domain, "__call__", method, _dividing(method)


def is_replaced() -> bool:
    """Tell whether nothing is to be replaced: it is already, or not imported."""
    core = _core()
    return core is None or hasattr(vars(core._DomainSafeDivide)["__call__"], "__wrapped__")  # noqa: SLF001


def _dividing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what tells where a quotient is masked: where its divisor is zero.

    NumPy also masks quotients that exceed the inverse of the smallest normal double, a quarter of the largest one. That
    is how floats tell a division by zero, and no branch of the function that the code computes: as anywhere else,
    results that leave the range of floats are no matter of its formulas.
    """

    @functools.wraps(original)
    def replacement(self: Any, a: Any, b: Any) -> Any:
        is_exact = any(is_symbolic(_data(value)) or np.asarray(value).dtype.kind == "O" for value in (a, b))
        return np.equal(_data(b), 0) if is_exact else original(self, a, b)

    return replacement
