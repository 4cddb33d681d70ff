"""What stands for an array of JAX in a run on symbols: an array of symbols for real numbers, NumPy's array for others.

Constants of real numbers are symbols too, so that nothing is computed in floats whose formula would be unknown.
"""

from __future__ import annotations

from typing import Any, NoReturn

import jax
import jax.numpy as jnp
import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays import arrays
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.symbols.concolic import KINDS

FLOATS = ("float64", "float32", "float16")  # those that NumPy has too


def refused(message: str, reason: Reason = Reason.UNKNOWN_FUNCTION) -> NoReturn:
    """Raise the error for what is not followed, with the line that asked."""
    raise TraceError(message, asked_at(), reason=reason)


def is_real(kind: Any) -> bool:
    """Tell whether a type of JAX's (or what has one) is one of real numbers, bfloat16 among them."""
    return bool(jnp.issubdtype(getattr(kind, "dtype", kind), jnp.floating))


def claimed(dtype: Any) -> np.dtype[Any]:
    """Return the type of NumPy's that real numbers have; raises TraceError if there is none."""
    name: str = np.dtype(dtype).name
    if name not in FLOATS:
        refused(f"an array of {name}", Reason.UNKNOWN_TYPE)
    dtype_of_numpys: np.dtype[Any] = np.dtype(name)
    return dtype_of_numpys


def entering(value: Any, like: Any) -> Any:
    """Return a value as it stands for an array with the shape and the type of `like`."""
    if jnp.issubdtype(like.dtype, jax.dtypes.extended):  # the key of a random generator
        return value
    if jnp.issubdtype(like.dtype, jnp.complexfloating):
        refused(f"an array of {like.dtype}", Reason.UNKNOWN_TYPE)
    if not is_real(like):
        return np.asarray(value, None if like.dtype == jax.dtypes.float0 else like.dtype).reshape(like.shape)
    array = arrays.objects(value if isinstance(value, (np.ndarray, *KINDS)) else np.asarray(value)).view(SymbolArray)
    if array.shape != tuple(like.shape):
        refused(f"a result of shape {array.shape} instead of {tuple(like.shape)}", Reason.INTERNAL_ERROR)
    array.claimed = claimed(like.dtype)
    return array


def is_symbolic(value: Any) -> bool:
    """Tell whether a value stands for real numbers."""
    return isinstance(value, SymbolArray)


def leaving(value: Any) -> Any:
    """Return what JAX or its interpreter gave as an array of the case."""
    return arrays.scalar(value if arrays.active() is not None else np.array(value))
