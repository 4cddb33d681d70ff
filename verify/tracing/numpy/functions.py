"""NumPy's other functions on arrays of symbols: the table of those that plain arrays of objects would not do right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from verify.tracing.numpy.creation import empty_like, filled, full_like, like
from verify.tracing.numpy.einsums import einsum
from verify.tracing.numpy.elementwise import elementwise, truths
from verify.tracing.numpy.missing import mean_of_numbers, passing_over
from verify.tracing.numpy.norms import norm
from verify.tracing.numpy.orders import argpartition, argsort, arranged, partition
from verify.tracing.numpy.products import LINALG, as_array, dot, inner, outer, tensordot, vdot
from verify.tracing.numpy.statistics import REDUCTIONS, average, cumulative, mean, median, reducing, std, var
from verify.tracing.numpy.values import (
    angle,
    clip,
    close,
    count_nonzero,
    equal_arrays,
    finite,
    of_truths,
    rounded,
    trace,
    where,
)
from verify.tracing.symbols.concolic import cardinal_sine
from verify.tracing.symbols.special import SPECIAL


def along_axis(func1d: Any, axis: int, arr: Any, *args: Any, **options: Any) -> Any:
    """Call a function on each line of an array along an axis."""
    lines = np.moveaxis(as_array(arr), axis, -1)
    made = [as_array(func1d(lines[index], *args, **options)).copy() for index in np.ndindex(lines.shape[:-1])]
    result = np.stack(made).reshape((*lines.shape[:-1], *made[0].shape))
    places = range(lines.ndim - 1, result.ndim)
    return np.moveaxis(result, places, [axis % lines.ndim + i for i in range(len(places))])


# The functions that user code passes to these are run, so that nothing may call them once more.
RUNNING_CODE = (along_axis,)
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dot": dot,
    "inner": inner,
    "vdot": vdot,
    "outer": outer,
    "tensordot": tensordot,
    "einsum": einsum,
    **{f"linalg.{name}": function for name, function in LINALG.items()},
    "linalg.norm": norm,
    **{name: reducing(ufunc) for name, ufunc in REDUCTIONS.items()},
    "mean": mean,
    "nansum": passing_over(reducing(np.add), 0),
    "nanprod": passing_over(reducing(np.multiply), 1),
    "nanmean": mean_of_numbers,
    "nanvar": var,
    "nanstd": std,
    "nanmedian": median,
    "i0": lambda x: elementwise(SPECIAL["i0"], x),
    "sinc": lambda x: elementwise(cardinal_sine, x),
    "var": var,
    "std": std,
    "cumsum": cumulative(np.add),
    "cumprod": cumulative(np.multiply),
    "where": where,
    "clip": clip,
    "round": rounded,
    "around": rounded,
    "zeros_like": like(0),
    "ones_like": like(1),
    "empty_like": empty_like,
    "full_like": full_like,
    "argmax": arranged(np.argmax, ">"),
    "argmin": arranged(np.argmin, "<"),
    "argsort": argsort,
    "argpartition": argpartition,
    "partition": partition,
    "count_nonzero": count_nonzero,
    "nonzero": lambda a: np.nonzero(truths(a)),
    "flatnonzero": lambda a: np.flatnonzero(truths(a)),
    "argwhere": lambda a: np.argwhere(truths(a)),
    "any": of_truths(np.any),
    "all": of_truths(np.all),
    "apply_along_axis": along_axis,
    "median": median,
    "nan_to_num": finite,
    "real": lambda val: val,
    "isreal": lambda x: np.ones(np.shape(x), bool),
    "iscomplexobj": lambda x: False,
    "isrealobj": lambda x: True,
    "isclose": close,
    "allclose": lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: bool(np.all(close(a, b, rtol, atol))),
    "array_equal": equal_arrays,
    "average": average,
    "trace": trace,
    "angle": angle,
    "imag": lambda val: filled(np.shape(val), 0),
}
