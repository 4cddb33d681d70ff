"""Python code of NumPy and SciPy, run on symbols.

Most of `np.cov`, `scipy.ndimage.gaussian_filter` or `scipy.signal.savgol_filter` is Python, which asks compiled code to
convolve, say. A copy of such a function looks its names up where user code under a trace would find stand-ins: that of
`np`, copies of the library's other functions, and our own for the compiled ones in `INNER`. So all that it says of
arguments (modes, axes, edges) is the library's own code, line by line, and its operations are recorded as those of user
code are. The originals are left alone: runs on floats use them, and their results are held against the formulas there.
"""

from __future__ import annotations

import builtins
import functools
import sys
from collections.abc import Callable, Iterator
from types import CellType, FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.model.errors import TraceError
from verify.tracing.arrays import shadows
from verify.tracing.arrays.arrays import wrapped
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.symbols.dispatch import STAND_INS

_LIBRARIES = ("numpy", "scipy")
_REPLACED = ("numpy", "numpy.lib", "numpy.linalg", "numpy.random", "numpy.lib.stride_tricks")  # that have stand-ins
# What answers for names of a library's modules: compiled functions, by the last part of their module's name, and what
# finds out which kind of arrays there is.
INNER: dict[str, dict[str, Callable[..., Any]]] = {}
NAMES: dict[str, Callable[..., Any]] = {}
OWN: dict[str, Callable[..., Any]] = {}  # what computes a function that is compiled but for its checks of arguments
_FILTERS = "convolve correlate convolve1d correlate1d gaussian_filter gaussian_filter1d uniform_filter uniform_filter1d"
_EDGES = (
    "laplace sobel prewitt gaussian_laplace gaussian_gradient_magnitude minimum_filter maximum_filter minimum_filter1d"
    " maximum_filter1d grey_erosion grey_dilation grey_opening grey_closing"
)
_SIGNALS = (
    "convolve correlate convolve2d correlate2d fftconvolve oaconvolve lfilter lfiltic filtfilt sosfilt sosfiltfilt"
    " savgol_filter detrend hilbert"
)
_DISTANCES = (
    "pdist cdist squareform euclidean sqeuclidean cityblock chebyshev minkowski cosine correlation seuclidean"
    " mahalanobis braycurtis canberra jensenshannon"
)
_INTEGRALS = "trapezoid simpson cumulative_trapezoid cumulative_simpson romb"
_OF_SERIES = (
    "{0}val {0}val2d {0}val3d {0}grid2d {0}grid3d {0}add {0}sub {0}mul {0}mulx {0}pow {0}der {0}int {0}vander {0}fit"
    " {0}2poly poly2{0}"
)
_SERIES = {
    "polynomial": "poly",
    "chebyshev": "cheb",
    "legendre": "leg",
    "hermite": "herm",
    "hermite_e": "herme",
    "laguerre": "lag",
}
# The functions whose source is run on symbols, by their modules.
FUNCTIONS: dict[str, list[str]] = {
    "numpy": ["kaiser"],
    "scipy.signal": _SIGNALS.split(),
    "scipy.ndimage": [*_FILTERS.split(), *_EDGES.split()],
    "scipy.integrate": _INTEGRALS.split(),
    "scipy.spatial.distance": _DISTANCES.split(),
    "scipy.interpolate": ["make_interp_spline"],
    "scipy.linalg": ["circulant", "hankel", "toeplitz"],
    **{f"numpy.polynomial.{name}": _OF_SERIES.format(stem).split() for name, stem in _SERIES.items()},
}
_ARRAYS = (np.ndarray, np.generic, tuple)
_TRIMMING = "numpy.polynomial"  # how long a result is depends on its numbers: zeros at the end are left out
_namespaces: dict[int, _Namespace] = {}


class _Namespace(dict[str, Any]):
    """The names of a library's module as its code sees them on symbols, each made when it is looked up first."""

    def __init__(self, original: dict[str, Any]) -> None:
        super().__init__({key: original.get(key) for key in ("__name__", "__file__")}, __builtins__=builtins)
        self._original = original

    def __missing__(self, name: str) -> Any:
        value = self._original[name]
        self[name] = made = NAMES.get(name) or as_on_symbols(value)
        return made


class _View(ModuleType):
    """A library's module of which some functions are ours."""

    def __init__(self, original: ModuleType) -> None:
        super().__init__(original.__name__)
        self.__dict__.update(INNER.get(original.__name__.rpartition(".")[2], {}))
        self.__dict__["_original"] = original

    def __getattr__(self, name: str) -> Any:
        made = as_on_symbols(getattr(self.__dict__["_original"], name))
        self.__dict__[name] = made
        return made


def as_on_symbols(value: Any) -> Any:
    """Return what library code has in place of a value of a module while it runs on symbols."""
    stand_in = STAND_INS.get(id(value), value)
    if isinstance(value, ModuleType):
        is_inner = value.__name__.partition(".")[0] in _LIBRARIES and value.__name__ not in _REPLACED
        return _View(value) if is_inner else stand_in
    if stand_in is not value:
        return stand_in
    if isinstance(value, FunctionType) and (value.__module__ or "").partition(".")[0] in _LIBRARIES:
        return _either(value)
    return value


def _either(original: Any) -> Any:
    """Return what runs a copy of a function on symbols, and itself on numbers: it gives floats of them."""
    copy = on_symbols(original)

    @functools.wraps(original)
    def run(*args: Any, **options: Any) -> Any:
        return (copy if any(map(is_symbolic, (*args, *options.values()))) else original)(*args, **options)

    return run


def on_symbols(function: Any) -> Any:
    """Return a copy of a library's Python function whose names lead to what follows symbols."""
    names = function.__globals__
    space = _namespaces.get(id(names))
    if space is None:
        space = _namespaces[id(names)] = _Namespace(names)
    closure = tuple(map(_cell, function.__closure__)) if function.__closure__ else None
    copy = FunctionType(function.__code__, space, function.__name__, function.__defaults__, closure)
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _cell(cell: CellType) -> CellType:
    """Return a cell of a decorator with the function that it calls."""
    value = cell.cell_contents
    return CellType(as_on_symbols(value)) if isinstance(value, FunctionType) else cell


def answer(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return what runs the source of a function on symbols; raises TraceError by name for what is not followed there.

    Shape and type of a result are held to those that the original has of ones, where it takes these.
    """

    def compute(*args: Any, **options: Any) -> Any:
        try:
            made = wrapped(OWN.get(name, on_symbols(original))(*args, **options))
        except TraceError as problem:
            if problem.function == name:
                raise
            raise problem.of(name) from problem
        except Exception as problem:
            if not _runs_code([*args, *options.values()]):
                shadows.expected(original, args, options)  # where floats fail too, the code is at fault
            raise shadows.unknown(name, str(problem)) from problem
        if name.startswith(_TRIMMING) or not isinstance(made, _ARRAYS) or _runs_code([*args, *options.values()]):
            return made
        expected = shadows.expected(original, args, options)
        # `max(0, distance)` is an int where it cuts off, which is so of ones alone.
        return shadows.held_to(name, float(expected) if type(expected) is int else expected, made)

    return compute


def _runs_code(values: list[Any]) -> bool:
    """Tell whether there are functions of the user's among arguments, which are run once, and on symbols."""
    return any(callable(value) and not isinstance(value, type) for value in values)


def loaded() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the functions whose source is run, by their names, of those modules that somebody has imported."""
    for module in FUNCTIONS.keys() & sys.modules.keys():
        for name in FUNCTIONS[module]:
            if isinstance(original := getattr(sys.modules[module], name, None), FunctionType):
                yield f"{module}.{name}", original


def forget() -> None:
    """Look names up anew: there are further stand-ins."""
    _namespaces.clear()
