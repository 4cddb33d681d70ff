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

_NUMPYS = ("float64", "float32", "float16")
_LONGER = {"bfloat16": "float64"}  # NumPy has no such type: numbers of it are passed on in a longer one


def refused(message: str, reason: Reason = Reason.UNKNOWN_FUNCTION) -> NoReturn:
    """Raise the error for what is not followed, with the line that asked."""
    raise TraceError(message, asked_at(), reason=reason)


def is_real(kind: Any) -> bool:
    """Tell whether a type of JAX's (or what has one) is one of real numbers, bfloat16 among them."""
    return bool(jnp.issubdtype(getattr(kind, "dtype", kind), jnp.floating))


def claimed(dtype: Any) -> np.dtype[Any]:
    """Return the type of NumPy's that real numbers have, a longer one for bfloat16; raises TraceError if none has."""
    name: str = np.dtype(dtype).name
    if name not in (*_NUMPYS, *_LONGER):
        refused(f"an array of {name}", Reason.UNKNOWN_TYPE)
    dtype_of_numpys: np.dtype[Any] = np.dtype(_LONGER.get(name, name))
    return dtype_of_numpys


def type_of(value: Any) -> np.dtype[Any]:
    """Return the type that JAX has an array of symbols in, or any array of a case."""
    of_jax: np.dtype[Any] = np.dtype(getattr(value, "stands_for", None) or getattr(value, "dtype", float))
    return of_jax


def _numpys(value: Any) -> Any:
    """Return numbers in a type of NumPy's; those of bfloat16 are the same in float32."""
    array = np.array(value)
    return array.astype(np.float32) if array.dtype.name in _LONGER else array


def entering(value: Any, like: Any) -> Any:
    """Return a value as it stands for an array with the shape and the type of `like`."""
    if jnp.issubdtype(like.dtype, jax.dtypes.extended):  # the key of a random generator
        return value
    if jnp.issubdtype(like.dtype, jnp.complexfloating):
        refused(f"an array of {like.dtype}", Reason.UNKNOWN_TYPE)
    if not is_real(like):
        return np.asarray(value, None if like.dtype == jax.dtypes.float0 else like.dtype).reshape(like.shape)
    is_own = isinstance(value, (SymbolArray, *KINDS))
    array = arrays.objects(value if is_own else _numpys(value)).view(SymbolArray)
    if array.shape != tuple(like.shape):
        refused(f"a result of shape {array.shape} instead of {tuple(like.shape)}", Reason.INTERNAL_ERROR)
    array.claimed, array.stands_for = claimed(like.dtype), like.dtype
    arrays.current().coarsened(np.dtype(like.dtype).name)
    return array


def is_symbolic(value: Any) -> bool:
    """Tell whether a value stands for real numbers."""
    return isinstance(value, SymbolArray)


def leaving(value: Any) -> Any:
    """Return what JAX or its interpreter gave as an array of the case."""
    if (run := arrays.active()) is None:
        return arrays.scalar(_numpys(value))
    run.passed_on.append(name if (name := type_of(value).name) in _LONGER else "")
    return arrays.scalar(value)
