"""What stands in for linear algebra and transforms: of the floats that they give, the largest of their array is kept.

The errors of all entries are in units of that one, also of a single number that code takes out, or of a copied part.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.proof.constants import COMPUTED
from verify.tracing.arrays.arrays import active
from verify.tracing.stand_ins.listed import of_lists

_MOST = 4096  # entries of an array that are kept


def computing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what replaces a function whose results are off by more than a rounding of their own."""
    listed = of_lists(original)

    @functools.wraps(original)
    def replacement(*args: Any, **options: Any) -> Any:
        result = listed(*args, **options)
        for array in result if isinstance(result, tuple) else (result,):
            if type(array) is np.ndarray and array.dtype.kind in "fc" and 1 < array.size <= _MOST:
                _keep(array)
        return result

    return replacement


def _keep(array: np.ndarray[Any, Any]) -> None:
    trace, largest = active(), float(np.abs(array).max())
    if trace is None or trace.on_tape or not np.isfinite(largest):
        return
    scales = trace.memory(COMPUTED)
    parts = (array.real, array.imag) if array.dtype.kind == "c" else (array,)
    for value in np.abs(np.concatenate([part.ravel() for part in parts])).tolist():
        scales[value] = max(largest, scales.get(value, 0.0))
