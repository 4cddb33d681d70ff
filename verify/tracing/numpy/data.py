"""NumPy's functions of data and signals on symbols: those of which the Python source is run, and a few beside them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.additions import HOW
from verify.model.errors import DivisionError, TraceError
from verify.model.where import asked_at
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import SymbolArray, floats_of, objects, wrapped
from verify.tracing.numpy.arguments import symbolic_arrays
from verify.tracing.numpy.creation import filled
from verify.tracing.numpy.elementwise import claimed
from verify.tracing.numpy.interpolation import interp
from verify.tracing.numpy.products import as_array
from verify.tracing.outside.sources import on_symbols

_add: Any = np.add
_DOUBLE = np.dtype(np.float64)
# What computes with others that are followed, or with what `sources` has for them.
_BY_SOURCE = (
    "gradient kron convolve correlate cov percentile quantile nanpercentile nanquantile unwrap trapezoid trapz"
    " poly polydiv polyval nancumsum nancumprod logspace geomspace histogram_bin_edges histogramdd histogram2d"
)


def _unwrapped(function: Any) -> Callable[..., Any]:
    """Return what runs the Python source of a NumPy function, which is made of others that are followed."""

    def run(*args: Any, **options: Any) -> Any:
        if options.get("overwrite_input"):
            raise shadows.refusal(function.__name__, "overwrite_input")
        made = on_symbols(function.__wrapped__)(*args, **options)
        return wrapped(made, claimed(symbolic_arrays([*args, *options.values()])))

    run.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    return run


def evenly(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False, dtype: Any = None, axis: int = 0
) -> Any:
    """Return numbers at the same distance, as `np.linspace` does: the last one is the end itself."""
    start, stop = np.broadcast_arrays(as_array(start), as_array(stop))
    gaps = num - 1 if endpoint else num
    step = (stop - start) / max(gaps, 1)
    made = start + np.arange(num).reshape(-1, *[1] * start.ndim) * step
    if endpoint and num > 1:
        made = np.concatenate([made[:-1], stop[None]])
    made = np.moveaxis(made, 0, axis)
    return (made, step if gaps > 0 else np.nan) if retstep else made


def correlations(x: Any, y: Any = None, rowvar: bool = True) -> Any:
    """Return covariances divided by the roots of both variances.

    They lie between -1 and 1 (Cauchy and Schwarz): NumPy cuts off what is rounded beyond, which is no branch here.
    """
    c = np.cov(x, y, rowvar)
    if not np.ndim(c):
        return c / c
    variances = np.diagonal(c)
    if isinstance(variances, SymbolArray) and not floats_of(variances).all():
        raise DivisionError(asked_at())
    deviations = np.sqrt(variances)
    return c / deviations[:, None] / deviations[None, :]


def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """Return the sums of the weights of each whole number, which are added in their order."""
    numbers = np.asarray(objects(x).astype(int) if isinstance(x, SymbolArray) else x)
    counts = np.bincount(numbers, minlength=minlength)
    if not np.size(numbers):
        return counts  # as NumPy does, which then does not look at the weights
    totals = filled(len(counts), 0.0)
    _add.at(totals, numbers, as_array(weights))
    return totals


_polydiv, _polyfit = _unwrapped(np.polydiv), _unwrapped(np.polyfit)


def polyfit(x: Any, y: Any, deg: int, rcond: Any = None, full: bool = False, w: Any = None, cov: Any = False) -> Any:
    """Return the coefficients of least squares: NumPy divides powers of x by their sizes first, which only rounds."""
    if full or cov or rcond is not None:
        return _polyfit(x, y, deg, rcond, full, w, cov)
    y = as_array(y)
    weights = np.ones(len(y)) if w is None else as_array(w)
    powers = as_array(np.vander(as_array(x) + 0.0, int(deg) + 1)) * weights[:, None]
    return np.linalg.lstsq(powers, y * weights.reshape(-1, *[1] * (y.ndim - 1)), rcond=None)[0]


def polydiv(u: Any, v: Any) -> Any:
    """Return quotient and remainder; how many terms are left of this is decided by roundings of short floats."""
    if any(array.claimed.itemsize < _DOUBLE.itemsize for array in symbolic_arrays([u, v])):
        raise TraceError(
            "numpy.polydiv of floats shorter than 64 bits cannot be traced (rounding decides how many terms remain)",
            asked_at(),
            HOW,
        )
    return _polydiv(u, v)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: _unwrapped(getattr(np, name)) for name in _BY_SOURCE.split() if hasattr(np, name)},
    "polydiv": polydiv,
    "polyfit": polyfit,
    "bincount": bincount,
    "corrcoef": correlations,
    "interp": interp,
    **({} if hasattr(np, "isdtype") else {"linspace": evenly}),  # which NumPy 2 itself does with symbols
}
