"""What programs call: NumPy's own lists, and the tables of the tracer."""

import numpy as np
from numpy.testing import overrides

from verify.tracing import patches
from verify.tracing.numpy import elementwise, functions
from verify.tracing.outside import outside
from verify.tracing.symbols import concolic

# Functions of files, dates, types, texts and bits.
_NO_NUMBERS = (
    "array2string array_repr array_str busday_count busday_offset datetime_as_string frombuffer fromfile fromstring"
    " genfromtxt is_busday loadtxt save savetxt savez savez_compressed packbits unpackbits can_cast result_type"
    " min_scalar_type common_type einsum_path fromiter"
)


def _overridable_functions():
    """Return the functions that NumPy lets other arrays take over, by the text that names them."""
    table = {}
    for function in overrides.get_overridable_numpy_array_functions():
        module, name = function.__module__, function.__name__
        if module in ("numpy", "numpy.linalg") and name not in _NO_NUMBERS.split():
            table[f"{module.replace('numpy', 'np')}.{name}"] = function
    return dict(sorted(table.items()))


def _overridable_ufuncs():
    ufuncs_of_numpy = overrides.get_overridable_numpy_ufuncs()
    table = {f"np.{u.__name__}": u for u in ufuncs_of_numpy if getattr(np, u.__name__, None) is u}
    return dict(sorted(table.items()))


FUNCTIONS, UFUNCS = _overridable_functions(), _overridable_ufuncs()
MATH = sorted(outside.MATH)


def names_in_tables():
    """Return the functions that the tracer's tables name and NumPy has: every one of them has to be called."""
    names = {*functions.FUNCTIONS, *elementwise.BINARY, *elementwise.COMPARISONS, *concolic.METHODS, *patches.REPLACED}
    return sorted(name for name in names if hasattr(np, name) or hasattr(np.linalg, name))
