"""The methods of `scipy.stats`' distributions on symbols, frozen or not, by the formulas of `families`.

SciPy is not imported here: its methods are replaced while a trace is running, once user code has imported it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from typing import Any

from verify.model.additions import HOW
from verify.model.errors import TraceError
from verify.model.unfollowed import unbounded, unfollowed
from verify.model.where import asked_at
from verify.tracing.numpy.elementwise import elementwise
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.scipy.families import COUNTS, FAMILIES, Family

_Formula = Callable[..., Any]


def _log_density(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    if _is_outside(family, z, shapes):
        raise TraceError(
            "the logarithm of a density is -inf outside its support: declare a domain in it", asked_at(), HOW
        )
    return family.log_density(z, *shapes) - scale.function("log")


def _density(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    if _is_outside(family, z, shapes):
        return z.lift(0)
    return family.log_density(z, *shapes).function("exp") / scale


def _is_outside(family: Family, z: Any, shapes: tuple[Any, ...]) -> bool:
    return _is_below(family, z, shapes) or _is_above(family, z, shapes)


def _is_below(family: Family, z: Any, shapes: tuple[Any, ...]) -> bool:
    return family.low is not None and bool(z < _end(family.low, shapes))


def _is_above(family: Family, z: Any, shapes: tuple[Any, ...]) -> bool:
    return family.high is not None and bool(z > _end(family.high, shapes))


def _end(bound: Any, shapes: tuple[Any, ...]) -> Any:
    return bound(*shapes) if callable(bound) else bound


def _cumulative(family: Family, z: Any, _: Any, *shapes: Any) -> Any:
    assert family.cumulative is not None
    if _is_below(family, z, shapes):
        return z.lift(0)
    return z.lift(1) if _is_above(family, z, shapes) else family.cumulative(z, *shapes)


def _survival(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    return 1 - _cumulative(family, z, scale, *shapes)


# The methods of a distribution: how each is computed, and whether it takes the distribution function for it.
METHODS: Mapping[str, tuple[_Formula, bool]] = {
    "pdf": (_density, False),
    "logpdf": (_log_density, False),
    "pmf": (_density, False),
    "logpmf": (_log_density, False),
    "cdf": (_cumulative, True),
    "logcdf": (lambda *values: _cumulative(*values).function("log"), True),
    "sf": (_survival, True),
    "logsf": (lambda *values: _survival(*values).function("log"), True),
}
QUANTILES = ("ppf", "isf")


def _compute(distribution: Any, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Compute a method of a distribution on symbols."""
    name = f"scipy.stats.{distribution.name}.{method}"
    table = COUNTS if hasattr(distribution, "pmf") else FAMILIES
    family = table.get(distribution.name)
    if family is None or not _has(family, method):
        raise unfollowed(name)
    names = [part.strip() for part in (distribution.shapes or "").split(",") if part.strip()]
    values = {"loc": 0, "scale": 1, **dict(zip([*names, "loc", "scale"], args[1:], strict=False)), **options}
    line = functools.partial(_on_symbols, name, family, method)
    return elementwise(line, args[0], values["loc"], values["scale"], *(values[part] for part in names))


def _has(family: Family, method: str) -> bool:
    if method in QUANTILES:
        return family.quantile is not None
    return not METHODS[method][1] or family.cumulative is not None


def _on_symbols(name: str, family: Family, method: str, x: Any, loc: Any, scale: Any, *shapes: Any) -> Any:
    if x.trace.as_executed:
        raise unbounded(name)
    if method in QUANTILES:
        assert family.quantile is not None
        return loc + scale * family.quantile(x if method == "ppf" else 1 - x, *shapes)
    return x.lift(METHODS[method][0](family, (x - loc) / scale, scale, *shapes))


def replaced() -> list[tuple[type, str, Any, Any]]:
    """Return the methods of SciPy's distributions, if it has been imported, each with what replaces it."""
    module = sys.modules.get("scipy.stats")
    kinds = [getattr(module, kind, None) for kind in ("rv_continuous", "rv_discrete")]
    return [
        (kind, name, vars(kind)[name], _answering(vars(kind)[name], name))
        for kind in kinds
        if kind is not None
        for name in (*METHODS, *QUANTILES)
        if name in vars(kind)
    ]


@functools.cache
def _answering(original: Callable[..., Any], method: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(self: Any, *args: Any, **options: Any) -> Any:
        if not any(map(is_symbolic, (*args, *options.values()))):
            return original(self, *args, **options)
        return _compute(self, method, args, options)

    return replacement
