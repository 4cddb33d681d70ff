"""What is traced on symbols, as the tables of the tracer have it: the page of `gradproof explain coverage`."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable

import numpy as np

from verify.graph.functions import FAMILIES as WITH_PARAMETERS
from verify.tracing import patches
from verify.tracing.numpy import complex_functions, complexity, functions, moving, ufuncs
from verify.tracing.outside import outside, sources
from verify.tracing.scipy import distributions, families, scipys
from verify.tracing.symbols import concolic, special
from verify.tracing.symbols.dispatch import FOURIER, LINEAR

TESTED = {"NumPy": "2.4.6", "SciPy": "1.17.1"}  # the versions whose every function the tests call
_WIDTH = 100
_COMPLEX = (
    "A complex array is traced as a pair of real ones. Ordering comparisons, and views as another type, are refused. "
    "`gradproof.complex` declares a complex input, and `convention` says how its gradient is written."
)
_BESIDES = (
    "NumPy's functions that only move entries, or that are built from the functions above, work on symbols as on "
    "floats. A function that cannot be traced leaves the case UNDECIDED, with its name and line; `gradproof explain "
    "extend` shows how to add it."
)
_PARAMETERS = (
    "Functions with parameters (the order of a Bessel function, the shape of an incomplete gamma function) are "
    "traced in their last argument. A parameter that depends on the inputs is refused: the derivative in it has no "
    "closed form. No rounding bound of SciPy's functions is known, so their floats are not judged."
)


def sections() -> dict[str, list[str]]:
    """Return the names of the functions that are traced, by the module that has them."""
    of_numpy = {*functions.FUNCTIONS, *ufuncs.NAMES, *concolic.METHODS, *patches.REPLACED, *moving.NAMES}
    linalg = {name.removeprefix("linalg.") for name in functions.FUNCTIONS if name.startswith("linalg.")}
    linalg |= {function.__name__ for function in LINEAR if function not in FOURIER}
    linalg |= {*_OF_LINALG}
    of_special = {*special.LINES, *special.PARTS, *scipys.MODULES["scipy.special"], *_SHARED}
    of_scipy = {module: sorted(table) for module, table in scipys.MODULES.items() if module != "scipy.special"}
    of_numpy |= {*sources.FUNCTIONS["numpy"]}
    by_source = {module: names for module, names in sources.FUNCTIONS.items() if module != "numpy"}
    of_scipy |= {module: sorted({*names, *of_scipy.get(module, [])}) for module, names in by_source.items()}
    return {
        "numpy": sorted(name for name in of_numpy if hasattr(np, name)),
        "numpy.linalg": sorted(linalg),
        "numpy.fft": sorted(function.__name__ for function in FOURIER),
        "cmath": sorted(outside.CMATH),
        "complex arrays": sorted({*complexity.NAMES, *complex_functions.NAMES}),
        "math": sorted(name for name in (*outside.MATH, *outside.BY_OPERATORS) if hasattr(math, name)),
        "scipy.special": sorted(of_special),
        "scipy.stats": sorted((*families.FAMILIES, *families.COUNTS, "multivariate_normal")),
        **of_scipy,
    }


# Functions of `numpy.linalg` whose own code runs on symbols.
_OF_LINALG = ("matrix_norm", "vector_norm")
# Functions that `scipy.special` has, and NumPy or the table of all elementary functions too.
_SHARED = ("digamma", "erf", "erfc", "expit", "xlogy", "log1p", "expm1", "exp2", "cbrt")


def page() -> str:
    """Return the page: what is traced, and on which versions that was tested."""
    versions = " and ".join(f"{name} {version}" for name, version in TESTED.items())
    parts = [f"Functions that are traced. Tested on {versions}; this is NumPy {np.__version__}."]
    parts += [f"{module} ({len(names)})\n{_filled(' '.join(names), '  ')}" for module, names in sections().items()]
    methods = ", ".join([*distributions.METHODS, *distributions.QUANTILES])
    parts += [_COMPLEX]
    parts += [f"The methods of scipy.stats are {methods}, of distributions frozen or not."]
    parts += [f"{_PARAMETERS} In the graph these are {_listed(WITH_PARAMETERS)}.", _BESIDES]
    return "\n\n".join(part if "\n" in part else _filled(part) for part in parts) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)
