"""NumPy, its linear algebra and `math` in many digits, of mpmath's functions alone: what formulas are held against.

NumPy moves, adds and multiplies whatever objects an array holds, and asks them for methods named as its functions.
`Number` answers with mpmath; what NumPy computes in compiled code is defined here anew, as its manual defines it.
A float among such numbers is the decimal that it is written as, as in the formulas of a trace.
"""

from __future__ import annotations

import functools
import math
import operator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import mpmath
import numpy as np

mp = mpmath.mp
_ARITHMETIC = "add sub mul truediv pow"
_COMPARISONS = "lt le gt ge eq ne"
_CIRCULAR = "sin cos tan sinh cosh tanh"
_SAME = f"exp expm1 log1p sqrt cbrt hypot gamma erf {_CIRCULAR}"
_UFUNCS = "copysign float_power heaviside i0 ldexp logaddexp logaddexp2 modf sinc"  # that take no objects
# mpmath's functions by NumPy's names, or those of `math`.
_FUNCTIONS = {
    **{name: getattr(mpmath, name) for name in _SAME.split()},
    **{f"arc{name}": getattr(mpmath, f"a{name}") for name in _CIRCULAR.split()},
    **{f"a{name}": getattr(mpmath, f"a{name}") for name in _CIRCULAR.split()},
    **dict.fromkeys(("arctan2", "atan2"), mpmath.atan2),
    **dict.fromkeys(("deg2rad", "radians"), mpmath.radians),
    **dict.fromkeys(("rad2deg", "degrees"), mpmath.degrees),
    "log": mpmath.log,
    "log2": lambda x: mpmath.log(x, 2),
    "log10": lambda x: mpmath.log(x, 10),
    "exp2": lambda x: mpmath.mpf(2) ** x,
    "erfc": mpmath.erfc,
    "lgamma": lambda x: mpmath.loggamma(x).real,
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "rint": mpmath.nint,
    "fabs": abs,
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "conjugate": lambda x: x,
    "fmod": lambda x, y: x - y * _towards_zero(x / y),
    "copysign": lambda x, y: mpmath.sign(y) * abs(x),
    "logaddexp": lambda x, y: mpmath.log(mpmath.exp(x) + mpmath.exp(y)),
    "logaddexp2": lambda x, y: mpmath.log(mpmath.mpf(2) ** x + mpmath.mpf(2) ** y, 2),
    "heaviside": lambda x, y: y if x == 0 else mpmath.mpf(x > 0),
    "ldexp": lambda x, n: mpmath.ldexp(x, int(n)),
    "sinc": lambda x: mpmath.sinc(plain(math.pi) * x),  # NumPy's pi is the float
    "i0": lambda x: mpmath.besseli(0, x),
    "remainder": lambda x, y: x - y * mpmath.nint(x / y),
    "pow": operator.pow,
    "float_power": operator.pow,
    "modf": lambda x: (x - _towards_zero(x), _towards_zero(x)),
}


def _towards_zero(x: Any) -> Any:
    return mpmath.floor(x) if x > 0 else mpmath.ceil(x)


def plain(value: Any) -> Any:
    """Return mpmath's number of a number of any kind."""
    if isinstance(value, Number):
        return value.value
    if isinstance(value, (mpmath.mpf, mpmath.mpc)):
        return value
    fraction = value if isinstance(value, Fraction) else Fraction(repr(float(value)))
    return mpmath.mpf(fraction.numerator) / fraction.denominator


class Number:
    """A number of mpmath as an entry of an array, with the methods that NumPy asks for."""

    def __init__(self, value: Any) -> None:
        self.value = plain(value)

    real = property(lambda self: self)
    imag = property(lambda self: Number(0))
    shape, ndim, dtype = (), 0, np.dtype(object)

    def __getattr__(self, name: str) -> Any:
        if name not in _FUNCTIONS:
            raise AttributeError(name)
        return lambda *others: wrapped(_FUNCTIONS[name](self.value, *map(plain, others)))

    def __neg__(self) -> Number:
        return Number(-self.value)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return Number(abs(self.value))

    def __float__(self) -> float:
        return float(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __floordiv__(self, other: Any) -> Number:
        return Number(mpmath.floor(self.value / plain(other)))

    def __mod__(self, other: Any) -> Number:
        return Number(self.value - plain(other) * mpmath.floor(self.value / plain(other)))

    __hash__ = None  # type: ignore[assignment]


def _operation(name: str, *, swapped: bool = False) -> Any:
    function = getattr(operator, name)

    def compute(self: Number, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        pair = (plain(other), self.value) if swapped else (self.value, plain(other))
        return wrapped(function(*pair))

    return compute


def wrapped(value: Any) -> Any:
    """Return a number of mpmath, or several, as entries of arrays; truth values as they are."""
    if isinstance(value, tuple):
        return tuple(map(wrapped, value))
    return value if isinstance(value, bool) else Number(value)


for _name in f"{_ARITHMETIC} {_COMPARISONS}".split():
    setattr(Number, f"__{_name}__", _operation(_name))
for _name in _ARITHMETIC.split():
    setattr(Number, f"__r{_name}__", _operation(_name, swapped=True))


def array(values: Any) -> Any:
    """Return an array of many digits."""
    entries = np.asarray(values, object)
    return np.array([Number(entry) for entry in entries.ravel()], object).reshape(entries.shape)


def entries(result: Any) -> list[Any]:
    """Return the entries of a result that are no whole numbers, of several arrays too."""
    if isinstance(result, (tuple, list)):
        return [entry for item in result for entry in entries(item)]
    made = np.asarray(result)
    return made.ravel().tolist() if made.dtype.kind in "Of" else []


def _matrix(a: Any) -> Any:
    return mpmath.matrix([[plain(entry) for entry in row] for row in np.atleast_2d(a).tolist()])


def _entries(matrix: Any) -> Any:
    return array([[matrix[i, j] for j in range(matrix.cols)] for i in range(matrix.rows)])


def _column(vector: Any) -> Any:
    return array(list(vector))


def _as_lapack_points(columns: Any, like: Any) -> Any:
    """Return columns with the signs that LAPACK gives them."""
    return columns * np.sign((np.asarray(columns, float) * like).sum(0)).astype(int)


def _orthogonal(a: Any) -> Any:
    q, r = map(_entries, mpmath.qr(_matrix(a)))
    turned = _as_lapack_points(q, np.linalg.qr(np.asarray(a, float))[0])
    return turned, turned.T @ q @ r


def _symmetric_pairs(a: Any) -> Any:
    values, vectors = mpmath.eigsy(_matrix(a))
    return _column(values), _as_lapack_points(_entries(vectors), np.linalg.eigh(np.asarray(a, float))[1])


def _singular(a: Any, **_: Any) -> Any:
    return _column(mpmath.svd_r(_matrix(a), compute_uv=False))


def _solved(a: Any, b: Any) -> Any:
    return _column(mpmath.lu_solve(_matrix(a), mpmath.matrix([plain(entry) for entry in b])))


def _inverse(a: Any, *_: Any) -> Any:
    return _entries(mpmath.inverse(_matrix(a)))


def _determinant(a: Any) -> Any:
    return Number(mpmath.det(_matrix(a)))


LINALG = {
    "cholesky": lambda a: _entries(mpmath.cholesky(_matrix(a))),
    "cond": lambda a: _singular(a)[0] / _singular(a)[-1],
    "det": _determinant,
    "eigh": _symmetric_pairs,
    "eigvalsh": lambda a: _column(mpmath.eigsy(_matrix(a), eigvals_only=True)),
    "inv": _inverse,
    "lstsq": lambda a, b: (_solved(a, b),),
    "pinv": _inverse,
    "qr": _orthogonal,
    "slogdet": lambda a: (Number(mpmath.sign(_determinant(a).value)), abs(_determinant(a)).log()),
    "solve": _solved,
    "svd": _singular,
    "svdvals": _singular,
    "tensorinv": _inverse,
    "tensorsolve": _solved,
}


def _turned(x: Any, n: int, axis: int, sign: int) -> Any:
    """Return the real and imaginary part of the sum of x[j] exp(i sign 2 pi j k / n) along an axis."""
    x = np.moveaxis(x, axis, -1)[..., :n]
    angles = np.outer(np.arange(x.shape[-1]), np.arange(n))
    parts = (
        array(np.vectorize(lambda t, f=f: f(mpmath.mpf(2 * int(t)) / n))(angles)) for f in (mpmath.cospi, mpmath.sinpi)
    )
    return tuple(np.moveaxis(x @ (part * factor), -1, axis) for part, factor in zip(parts, (1, sign), strict=True))


def _transformed(x: Any, axes: Any, sign: int, scaled: bool) -> Any:
    real, imaginary = x, x * 0
    for axis in axes:
        n = x.shape[axis]
        (a, b), (c, d) = _turned(real, n, axis, sign), _turned(imaginary, n, axis, sign)
        real, imaginary = a - d, b + c
        if scaled:
            real, imaginary = real / n, imaginary / n
    return SimpleNamespace(real=real, imag=imaginary)


def _half(x: Any, axes: Any, sign: int, scaled: bool) -> Any:
    """Return the half that a transform of real numbers has along its last axis."""
    whole = _transformed(x, axes, sign, scaled)
    keep = x.shape[-1] // 2 + 1
    return SimpleNamespace(real=whole.real[..., :keep], imag=whole.imag[..., :keep])


def _mirrored(x: Any, n: int) -> Any:
    """Return all n frequencies of the half of which the others are the mirror image."""
    rest = x[..., 1 : (n + 1) // 2][..., ::-1]
    return np.concatenate([x[..., : n // 2 + 1], rest], -1)


def _whole(x: Any, shape: Any) -> Any:
    """Return the real array of a shape whose half of all frequencies is given."""
    rows = _transformed(x, (0,), 1, True)
    real, imaginary = (_mirrored(part, shape[1]) for part in (rows.real, rows.imag))
    imaginary[..., shape[1] // 2 + 1 :] *= -1
    (a, _), (_, d) = (_turned(part, shape[1], -1, 1) for part in (real, imaginary))
    return (a - d) / shape[1]


FFT = {
    "fft": lambda x: _transformed(x, (-1,), -1, False),
    "ifft": lambda x: _transformed(x, (-1,), 1, True),
    "rfft": lambda x: _half(x, (-1,), -1, False),
    "ihfft": lambda x: _half(x, (-1,), 1, True),
    "irfft": lambda x, n: _transformed(_mirrored(x, n), (-1,), 1, True).real,
    **dict.fromkeys(("irfft2", "irfftn"), lambda x, s: _whole(x, s)),
    "hfft": lambda x, n: _transformed(_mirrored(x, n), (-1,), -1, False).real,
    "rfft2": lambda x: _half(x, (-1, -2), -1, False),
    "rfftn": lambda x: _half(x, (-1, -2), -1, False),
    "fft2": lambda x: _transformed(x, (-1, -2), -1, False),
    "fftn": lambda x: _transformed(x, (-1, -2), -1, False),
    "ifft2": lambda x: _transformed(x, (-1, -2), 1, True),
    "ifftn": lambda x: _transformed(x, (-1, -2), 1, True),
}


def _asked(name: str, first: Any, *rest: Any) -> Any:
    return getattr(Number(first), name)(*rest)


def _elementwise(name: str) -> Any:
    results = 2 if name == "modf" else 1
    return lambda *values: np.frompyfunc(functools.partial(_asked, name), len(values), results)(*values)


def _cov(x: Any) -> Any:
    centred = x - x.mean(1)[:, None]
    return centred @ centred.T / (x.shape[1] - 1)


def _corrcoef(x: Any) -> Any:
    covariance = _cov(x)
    sizes = np.sqrt(np.diag(covariance))
    return covariance / sizes / sizes[:, None]


def _interp(x: Any, xp: Any, fp: Any) -> Any:
    lines = [min(max(k, 1), len(xp) - 1) for k in np.searchsorted(xp, x.astype(float))]
    return array(
        [fp[k - 1] + (fp[k] - fp[k - 1]) * (u - xp[k - 1]) / (xp[k] - xp[k - 1]) for u, k in zip(x, lines, strict=True)]
    )


def _histogram(sample: Any, edges: Any, weights: Any) -> Any:
    """Return sums of weights by the cells in which the rows of a sample lie."""
    result = np.zeros([len(edge) - 1 for edge in edges], object)
    for row, weight in zip(np.atleast_2d(sample), weights, strict=True):
        result[tuple(np.digitize(u, edge) - 1 for u, edge in zip(row, edges, strict=True))] += weight
    return result


def _polydiv(u: Any, v: Any) -> Any:
    rest, quotient = list(u), []
    while len(rest) >= len(v):
        quotient.append(rest[0] / v[0])
        rest = [r - quotient[-1] * (v[i] if i < len(v) else 0) for i, r in enumerate(rest)][1:]
    return array(quotient), array(rest)


def _bincount(places: Any, weights: Any) -> Any:
    return array(
        [sum(w for k, w in zip(places, weights, strict=True) if k == place) for place in range(max(places) + 1)]
    )


NUMPY = {
    **{name: _elementwise(name) for name in _UFUNCS.split()},
    "bincount": _bincount,
    "corrcoef": _corrcoef,
    "cov": _cov,
    "divmod": lambda x, y: (x // y, x % y),
    "geomspace": lambda low, high, n: array([low * (high / low) ** Fraction(k, n - 1) for k in range(n)]),
    "gradient": lambda x: array([x[1] - x[0], *(x[2:] - x[:-2]) / 2, x[-1] - x[-2]]),
    "histogram2d": lambda a, b, edges, weights: _histogram(np.stack([a, b], 1), edges, weights),
    "histogramdd": _histogram,
    "histogram_bin_edges": lambda x, n: array([min(x) + (max(x) - min(x)) * k / n for k in range(n + 1)]),
    "interp": _interp,
    "kaiser": lambda n, beta: array(
        [(beta * (1 - (2 * Fraction(k, n - 1) - 1) ** 2) ** Fraction(1, 2)).i0() / beta.i0() for k in range(n)]
    ),
    "nanmedian": np.median,
    "polydiv": _polydiv,
    "polyfit": lambda x, y, degree: _solved(np.vander(x, degree + 1), y),
}
SCALARS = {
    **{name: functools.partial(_asked, name) for name in _FUNCTIONS},
    "log": lambda x, base=mpmath.e: Number(mpmath.log(x.value, plain(base) if base is not mpmath.e else base)),
    "fsum": sum,
    "dist": lambda x, y: Number(mpmath.norm([u.value for u in x - y])),
    "hypot": lambda *x: Number(mpmath.norm([u.value for u in x])),
}


class _View:
    """A module of which some functions are computed in many digits."""

    def __init__(self, module: Any, **replaced: Any) -> None:
        self.__dict__.update(replaced, _module=module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


MODULES = {
    "np": _View(np, **NUMPY, linalg=_View(np.linalg, **LINALG), fft=_View(np.fft, **FFT)),
    "math": _View(math, **SCALARS),
}
