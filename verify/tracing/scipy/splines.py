"""Splines of `scipy.interpolate` on symbols: linear maps of their values, and polynomials of the place in each cell.

What SciPy makes of fixed nodes is linear in the values: it is asked for that map once, of unit vectors, so that its
floats stand in the formulas. Between nodes a spline is a polynomial of the place, whose cell is a branch.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from verify.model.errors import TraceError
from verify.model.reasons import Reason
from verify.model.unfollowed import unbounded, unfollowed
from verify.model.where import asked_at
from verify.tracing.arrays.arrays import active, current
from verify.tracing.numpy.interpolation import cells
from verify.tracing.numpy.products import as_array
from verify.tracing.outside.outside import is_symbolic

_MODULE = "scipy.interpolate"
_Method = Callable[..., Any]


def _refused(name: str, way: str = "") -> TraceError:
    return unfollowed(f"{_MODULE}.{name}", way)


def _coefficients(spline: Any) -> Any:
    """Return the coefficients where they are kept: SciPy's attribute makes an array of numbers of them."""
    return spline._c if hasattr(spline, "_c") else spline.c  # noqa: SLF001


def _keep(spline: Any, coefficients: Any) -> None:
    if hasattr(spline, "_c"):
        spline._c = coefficients  # noqa: SLF001
    else:
        spline.c = coefficients


def _unmade(spline: Any) -> Any:
    kind: Any = type(spline)
    return kind.__new__(kind)


def _mapped(make: Callable[[Any], Any], values: Any) -> tuple[Any, Any]:
    """Return what an affine map gives of symbols, by what it gives of zeros and of unit vectors."""
    n, rest = values.shape[0], values.shape[1:]
    origin = make(np.zeros(n))
    columns = np.stack([make(row) - origin for row in np.eye(n)], -1)
    flat = as_array(np.matmul(columns.reshape(-1, n), values.reshape(n, -1)))
    offset = np.broadcast_to(origin[(..., *[None] * len(rest))], (*origin.shape, *rest))
    return flat.reshape((*origin.shape, *rest)) + offset, origin


def _cubic(original: _Method) -> _Method:
    """Return what replaces the making of a cubic spline."""

    @functools.wraps(original)
    def replacement(
        self: Any, x: Any, y: Any, axis: int = 0, bc_type: Any = "not-a-knot", extrapolate: Any = None
    ) -> None:
        if not any(map(is_symbolic, (x, y, bc_type))):
            original(self, x, y, axis, bc_type, extrapolate)
            return
        if (
            is_symbolic(x)
            or is_symbolic(bc_type)
            or bc_type == "periodic"
            or not (isinstance(bc_type, str) or np.ndim(y) == 1)
        ):
            raise _refused("CubicSpline", " with nodes that depend on inputs, or with these boundary conditions,")
        values = np.moveaxis(as_array(y), axis, 0)

        def of(row: Any) -> Any:
            other = _unmade(self)
            original(other, x, row, 0, bc_type, extrapolate)
            return other

        original(self, x, np.zeros(np.shape(y)), axis, bc_type, extrapolate)
        _keep(self, _mapped(lambda row: _coefficients(of(row)), values)[0])
        current().memory("splines")[id(self)] = self, of, values

    return replacement


def _basis_spline(original: _Method) -> _Method:
    """Return what replaces the making of a B-spline."""

    @functools.wraps(original)
    def replacement(self: Any, t: Any, c: Any, k: int, extrapolate: Any = True, axis: int = 0) -> None:
        if not any(map(is_symbolic, (t, c))):
            original(self, t, c, k, extrapolate, axis)
            return
        if is_symbolic(t):
            raise _refused("BSpline", " with knots that depend on inputs")
        original(self, t, np.zeros(np.shape(c)), k, extrapolate, axis)
        values = np.moveaxis(as_array(c), axis, 0)
        _keep(self, values)

        def of(row: Any) -> Any:
            other = _unmade(self)
            original(other, t, row, k, extrapolate, 0)
            return other

        current().memory("splines")[id(self)] = self, of, values

    return replacement


def _evaluated(compute: Callable[..., Any], kind: str) -> Callable[[_Method], _Method]:
    """Return what replaces the evaluation of a spline of a kind, which `compute` does at places of symbols."""

    def replace(original: _Method) -> _Method:
        @functools.wraps(original)
        def replacement(self: Any, x: Any, nu: int = 0, extrapolate: Any = None) -> Any:
            symbolic = is_symbolic(_coefficients(self))
            if not symbolic and not is_symbolic(x):
                return original(self, x, nu, extrapolate)
            if not isinstance(self, getattr(sys.modules[_MODULE], kind)):
                raise _refused(type(self).__name__)
            if current().as_executed and (symbolic or kind == "BSpline"):
                raise unbounded(f"{_MODULE}.{kind}")
            extrapolate = self.extrapolate if extrapolate is None else extrapolate
            places = as_array(x)
            flat = places.reshape(-1)
            if is_symbolic(x):
                made = compute(self, _wound(self, flat, extrapolate), nu)
            else:
                made = _at_numbers(original, self, np.asarray(x, float).reshape(-1), nu, extrapolate)
            return _in_axes(self, made, places.shape)

        return replacement

    return replace


def _at_numbers(original: _Method, spline: Any, x: Any, nu: int, extrapolate: Any) -> Any:
    """Return the values of a spline at fixed places: a linear map of what it was made of."""
    entry = current().memory("splines").get(id(spline))
    if entry is None or entry[0] is not spline:
        raise _refused(type(spline).__name__, " with coefficients that depend on inputs")
    _, of, values = entry
    return _mapped(lambda row: original(of(row), x, nu, extrapolate), values)[0]


def _in_axes(spline: Any, made: Any, shape: tuple[int, ...]) -> Any:
    """Return values at places with the axes where SciPy has them."""
    made = as_array(made).reshape((*shape, *made.shape[1:]))
    if spline.axis == 0:
        return made
    axes, n = list(range(made.ndim)), len(shape)
    return made.transpose(axes[n : n + spline.axis] + axes[:n] + axes[n + spline.axis :])


def _ends(spline: Any) -> tuple[Any, Any]:
    """Return between which places a spline is defined."""
    if hasattr(spline, "k"):
        return spline.t[spline.k], spline.t[len(_coefficients(spline))]
    return spline.x[0], spline.x[-1]


def _wound(spline: Any, x: Any, extrapolate: Any) -> Any:
    """Return places within the period, where there is one; raises TraceError for places where there is no value."""
    low, high = _ends(spline)
    if extrapolate == "periodic":
        return low + np.remainder(x - low, high - low)
    if not extrapolate and not (np.greater_equal(x, low) & np.less_equal(x, high)).all():
        raise TraceError(
            "the spline is NaN outside its nodes: declare a domain between them",
            asked_at(),
            reason=Reason.NAN_CONSTANT,
        )
    return x


def _of_powers(spline: Any, x: Any, nu: int) -> Any:
    """Return the values of polynomials in powers of the distance from the node below, summed from the constant on."""
    c, nodes = _coefficients(spline), spline.x
    if nodes[0] > nodes[-1]:
        raise _refused("PPoly", " with nodes in decreasing order")
    cell = cells(nodes, x)
    rest = [None] * (np.ndim(c) - 2)
    distance = (x - nodes[cell])[(..., *rest)]
    result, power = 0.0, 1.0
    for degree in range(nu, len(c)):
        factor = float(np.prod(np.arange(degree - nu + 1, degree + 1)))
        result, power = result + c[len(c) - 1 - degree][cell] * power * factor, power * distance
    return result


def _of_knots(spline: Any, x: Any, nu: int) -> Any:
    """Return the values of a B-spline by de Boor's recursion, whose derivatives are splines of differences."""
    t, c, k = np.asarray(spline.t), as_array(_coefficients(spline)), spline.k
    for _ in range(nu):
        gaps = t[k + 1 : k + len(c)] - t[1 : len(c)]
        widths = np.where(gaps > 0, gaps, 1.0)[(..., *[None] * (c.ndim - 1))]
        c, t, k = (c[1:] - c[:-1]) * k / widths, t[1:-1], k - 1
    inner = t[k : len(c) + 1]
    nodes = np.unique(inner)
    last = np.searchsorted(inner, nodes[:-1], side="right") - 1  # of equal knots the last one begins a cell
    cell = last[cells(nodes, x)] + k
    parts = [c[cell - k + j] for j in range(k + 1)]
    rest = [None] * (c.ndim - 1)
    for r in range(1, k + 1):
        for j in range(k, r - 1, -1):
            start, end = t[cell - k + j], t[cell + 1 + j - r]
            share = ((x - start) / (end - start))[(..., *rest)]
            parts[j] = (1 - share) * parts[j - 1] + share * parts[j]
    return parts[k]


def interpolating(x: Any, y: Any, k: int = 3, t: Any = None, bc_type: Any = None, axis: int = 0, *_: Any) -> Any:
    """Return what `make_interp_spline` makes of values: its coefficients are linear in these."""
    if is_symbolic(x) or is_symbolic(t) or bc_type == "periodic":
        raise _refused("make_interp_spline", " with nodes that depend on inputs, or periodic,")
    module = sys.modules[_MODULE]
    values = np.moveaxis(as_array(y), axis, 0)

    def of(row: Any) -> Any:
        return module.make_interp_spline(x, row, k, t, bc_type)

    c, _origin = _mapped(lambda row: of(row).c, values)
    spline = module.BSpline(of(np.zeros(len(values))).t, np.moveaxis(c, 0, axis), k, axis=axis)
    current().memory("splines")[id(spline)] = spline, of, values
    return spline


def _of_lines(original: _Method) -> _Method:
    """Return what replaces the making of `interp1d`, which keeps its values as it has them."""

    @functools.wraps(original)
    def replacement(self: Any, x: Any, y: Any, kind: Any = "linear", axis: int = -1, *rest: Any, **more: Any) -> None:
        if not any(map(is_symbolic, (x, y))):
            original(self, x, y, kind, axis, *rest, **more)
            return
        if kind != "linear" or is_symbolic(x):
            raise _refused("interp1d", f" of kind {kind!r}, or with nodes that depend on inputs,")
        original(self, x, np.zeros(np.shape(y)), kind, axis, *rest, **more)
        current().memory("splines")[id(self)] = self, None, np.moveaxis(as_array(y), axis, 0)

    return replacement


def _on_lines(original: _Method) -> _Method:
    """Return what replaces the evaluation of `interp1d`; raises TraceError for places where there is no value."""

    @functools.wraps(original)
    def replacement(self: Any, x: Any) -> Any:
        entry = current().memory("splines").get(id(self)) if active() is not None else None
        if entry is None and not is_symbolic(x):
            return original(self, x)
        kind: Any = sys.modules[_MODULE].interp1d
        if not isinstance(self, kind) or self._kind != "linear" or not np.all(np.diff(self.x) > 0):
            raise _refused(type(self).__name__, " of this kind, or with nodes not in increasing order,")
        values = np.moveaxis(self.y, self.axis, 0) if entry is None else entry[2]
        places = as_array(x)
        flat = places.reshape(-1)
        inside = np.greater_equal(flat, self.x[0]) & np.less_equal(flat, self.x[-1])
        if not (inside.all() or self._extrapolate):
            raise _refused("interp1d", " outside its nodes")
        made = as_array(_on_line(as_array(self.x), values, flat)).reshape((*places.shape, *values.shape[1:]))
        return np.moveaxis(made, range(places.ndim), range(self.axis, self.axis + places.ndim))

    return replacement


def _on_line(nodes: Any, values: Any, x: Any) -> Any:
    k = cells(nodes, x)
    rest = (..., *[None] * (values.ndim - 1))
    slopes = (values[k + 1] - values[k]) / (nodes[k + 1] - nodes[k])[rest]
    return slopes * (x - nodes[k])[rest] + values[k]


_REPLACED: tuple[tuple[str, str, Callable[[_Method], _Method]], ...] = (
    ("CubicSpline", "__init__", _cubic),
    ("BSpline", "__init__", _basis_spline),
    ("PPoly", "__call__", _evaluated(_of_powers, "PPoly")),
    ("BSpline", "__call__", _evaluated(_of_knots, "BSpline")),
    ("interp1d", "__init__", _of_lines),
    ("interp1d", "__call__", _on_lines),
)
FUNCTIONS: dict[str, Callable[..., Any]] = {f"{_MODULE}.make_interp_spline": interpolating}


@functools.cache
def _replacement(original: _Method, replace: Callable[[_Method], _Method]) -> _Method:
    return replace(original)


def replaced() -> list[tuple[Any, str, Any, Any]]:
    """Return the methods of SciPy's splines, if somebody has imported them, each with what replaces it."""
    module, methods = sys.modules.get(_MODULE), []
    for name, method, replace in _REPLACED:
        kind = getattr(module, name, None)
        owner = next((base for base in getattr(kind, "__mro__", ()) if method in vars(base)), None)
        if owner is not None:
            original = vars(owner)[method]
            methods.append((owner, method, original, _replacement(original, replace)))
    return methods
