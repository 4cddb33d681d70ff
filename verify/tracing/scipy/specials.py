"""The functions of `scipy.special` that are no ufuncs, on arrays of symbols: this imports nothing of SciPy."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from verify.graph import functions
from verify.model.unfollowed import unfollowed
from verify.tracing.numpy.elementwise import elementwise
from verify.tracing.numpy.products import as_array
from verify.tracing.symbols.special import applied, parameter

_HALF = Fraction(1, 2)


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """Return the logarithm of a sum of exponentials; the maximum that SciPy takes out changes no value."""
    if return_sign:
        raise unfollowed("scipy.special.logsumexp", " with return_sign")
    terms = np.exp(as_array(a))
    return np.log(np.sum(terms if b is None else b * terms, axis=axis, keepdims=keepdims))


def softmax(x: Any, axis: Any = None) -> Any:
    """Return exponentials divided by their sum."""
    terms = np.exp(as_array(x))
    return terms / np.sum(terms, axis=axis, keepdims=True)


def log_softmax(x: Any, axis: Any = None) -> Any:
    """Return the logarithms of a softmax."""
    return as_array(x) - logsumexp(x, axis, keepdims=True)


def _elementwise(line: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: elementwise(line, *values)


def _hurwitz(s: Any, q: Any) -> Any:
    return applied("zeta", "zeta", s, q)


def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    """Return Hurwitz' zeta function; Riemann's has no derivative in closed form."""
    if q is None or out is not None:
        raise unfollowed("scipy.special.zeta", " of one argument", " (it has no derivative in closed form)")
    return elementwise(_hurwitz, x, q)


def lambertw(z: Any, k: int = 0, tol: float = 1e-8) -> Any:
    """Return the branch of W that is real from -1/e on."""
    if k:
        raise unfollowed("scipy.special.lambertw", f" with k={k}")
    return elementwise(lambda x: x.function("LambertW"), z)


def multigammaln(a: Any, d: int) -> Any:
    """Return the logarithm of the multivariate gamma function (DLMF 35.3.4)."""
    a = as_array(a)
    factor = Fraction(int(d) * (int(d) - 1), 4)

    def line(x: Any) -> Any:
        pi = type(x)(x.graph, x.graph.pi())
        terms = sum(((x - _HALF * i).function("loggamma") for i in range(int(d))), x.lift(0))
        return terms + factor * pi.function("log")

    return elementwise(line, a)


def _spherical(name: str, head: str, sign: int) -> Callable[..., Any]:
    """Return spherical Bessel functions by those of half a whole order (DLMF 10.47); `sign` is that of recurrences."""

    def of_order(order: Fraction, z: Any) -> Any:
        pi = type(z)(z.graph, z.graph.pi())
        return (pi / (2 * z)) ** _HALF * z.function(functions.of(head, [order + _HALF]))

    def line(n: Any, z: Any, derivative: bool) -> Any:
        order = parameter(name, n)
        value = of_order(order, z)
        if not derivative:
            return value
        return order / z * value + sign * of_order(order + 1, z)  # 10.51.2 and 10.51.5

    return lambda n, z, derivative=False: elementwise(lambda m, x: line(m, x, derivative), n, z)


def _factorial(n: Any, exact: bool = False, *_: Any, **options: Any) -> Any:
    return elementwise(lambda x: (x + 1).function("gamma"), n)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "logsumexp": logsumexp,
    "softmax": softmax,
    "log_softmax": log_softmax,
    "polygamma": _elementwise(lambda n, x: applied("polygamma", "polygamma", n, x)),
    "zeta": zeta,
    "lambertw": lambertw,
    "multigammaln": multigammaln,
    "factorial": _factorial,
    "spherical_jn": _spherical("spherical_jn", "besselj", -1),
    "spherical_yn": _spherical("spherical_yn", "bessely", -1),
    "spherical_in": _spherical("spherical_in", "besseli", 1),
    "spherical_kn": _spherical("spherical_kn", "besselk", -1),
}
