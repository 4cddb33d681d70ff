"""What stands for a value of PyTensor in a run on symbols: an array of symbols for an array of real numbers.

Constants of real numbers are symbols too, so that nothing is computed in floats whose formula would be unknown. Shapes,
indices, masks and slices stay what they are.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from verify.model.errors import ProtocolError, TraceError
from verify.model.reasons import Reason
from verify.model.where import asked_at
from verify.tracing.arrays import arrays
from verify.tracing.arrays.arrays import SymbolArray
from verify.tracing.symbols.concolic import KINDS

_FLOATS = frozenset({"float64", "float32", "float16"})


def refused(message: str, reason: Reason = Reason.UNKNOWN_FUNCTION) -> NoReturn:
    """Raise the error for what is not followed, with the line that asked."""
    raise TraceError(message, asked_at(), reason=reason)


def is_real(kind: Any) -> bool:
    """Tell whether a type of PyTensor's is one of arrays, or numbers, that are real."""
    return getattr(kind, "dtype", "") in _FLOATS


def entering(value: Any, kind: Any) -> Any:
    """Return a value as it stands for a variable of a type; raises TraceError for complex numbers.

    Raises ProtocolError for an array of another number of axes than the type says, which PyTensor's compiled code would
    read as if it had that number.
    """
    if str(getattr(kind, "dtype", "")).startswith("complex"):
        refused(f"an array of {kind.dtype}", Reason.UNKNOWN_TYPE)
    axes = getattr(kind, "ndim", None)
    if axes is not None and np.ndim(value) != axes:
        message = f"an array of {np.ndim(value)} axes is returned for a variable of {axes}"
        raise ProtocolError(message, Reason.WRONG_SHAPE)
    if arrays.active() is None or not is_real(kind) or axes is None:
        return value
    whole = value if isinstance(value, (np.ndarray, *KINDS)) else np.asarray(value)
    array = arrays.objects(whole).view(SymbolArray)
    array.claimed = np.dtype(kind.dtype)
    return array
