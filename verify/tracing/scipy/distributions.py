"""Densities and distribution functions of `scipy.stats` on symbols, one line a family, frozen or not.

A line has the logarithm of the density in standard form, for z = (x - loc) / scale and the shapes in SciPy's order, the
distribution function and its inverse where they are closed forms of functions that are followed, and the support.
The formulas are those that the documentation of each family in `scipy.stats` states. SciPy is not imported here: its
methods are replaced while a trace is running, once user code has imported it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from verify.model.additions import HOW
from verify.model.errors import TraceError, UnboundedError
from verify.model.where import asked_at
from verify.tracing.numpy.elementwise import elementwise
from verify.tracing.outside.outside import is_symbolic
from verify.tracing.symbols.special import LINES, applied

_HALF = Fraction(1, 2)
_Formula = Callable[..., Any]


class Family(NamedTuple):
    """What is known of a family: formulas of z and the shapes; None where there is no such formula here."""

    log_density: _Formula
    cumulative: _Formula | None = None
    quantile: _Formula | None = None
    low: float | None = None
    high: float | None = None


def _exp(x: Any) -> Any:
    return x.function("exp")


def _log(x: Any) -> Any:
    return x.function("log")


def _gammaln(x: Any) -> Any:
    return x.function("loggamma")


def _pi(x: Any) -> Any:
    return x.lift(type(x)(x.graph, x.graph.pi()))


def _root(x: Any) -> Any:
    return x**_HALF


def _special(name: str, *values: Any) -> Any:
    return LINES[name](name, *values)


def _phi(z: Any) -> Any:
    return _special("ndtr", z)


def _normal(z: Any) -> Any:
    return -z * z / 2 - _log(2 * _pi(z)) / 2


def _half_normal(z: Any) -> Any:
    return _log(2 / _pi(z)) / 2 - z * z / 2


def _student(z: Any, n: Any) -> Any:
    scale = _gammaln((n + 1) / 2) - _gammaln(n / 2) - _log(n * _pi(z)) / 2
    return scale - (n + 1) / 2 * _log(1 + z * z / n)


def _fisher(z: Any, m: Any, n: Any) -> Any:
    scale = m / 2 * _log(m) + n / 2 * _log(n) - _special("betaln", m / 2, n / 2)
    return scale + (m / 2 - 1) * _log(z) - (m + n) / 2 * _log(n + m * z)


def _logistic(z: Any) -> Any:
    return -z - 2 * _log(1 + _exp(-z))


def _laplace(z: Any) -> Any:
    return _exp(z) / 2 if z < 0 else 1 - _exp(-z) / 2


def _gamma(z: Any, a: Any) -> Any:
    return (a - 1) * _log(z) - z - _gammaln(a)


def _chi_squared(z: Any, n: Any) -> Any:
    return (n / 2 - 1) * _log(z) - z / 2 - n / 2 * _log(z.lift(2)) - _gammaln(n / 2)


def _inverse_gauss(z: Any, mu: Any) -> Any:
    return -_log(2 * _pi(z) * z**3) / 2 - ((z - mu) / mu) ** 2 / (2 * z)


def _nakagami(z: Any, nu: Any) -> Any:
    return _log(z.lift(2)) + nu * _log(nu) - _gammaln(nu) + (2 * nu - 1) * _log(z) - nu * z * z


def _maxwell(z: Any) -> Any:
    return (z / _root(z.lift(2))).function("erf") - _root(2 / _pi(z)) * z * _exp(-z * z / 2)


def _beta(z: Any, a: Any, b: Any) -> Any:
    return (a - 1) * _log(z) + (b - 1) * _log(1 - z) - _special("betaln", a, b)


FAMILIES: Mapping[str, Family] = {
    "norm": Family(_normal, _phi, lambda q: _special("ndtri", q)),
    "uniform": Family(lambda z: z.lift(0), lambda z: z, lambda q: q, 0, 1),
    "expon": Family(lambda z: -z, lambda z: 1 - _exp(-z), lambda q: -_log(1 - q), 0),
    "gamma": Family(_gamma, lambda z, a: _special("gammainc", a, z), lambda q, a: _special("gammaincinv", a, q), 0),
    "erlang": Family(_gamma, lambda z, a: applied("gammainc", "gammainc", a, z), None, 0),
    "beta": Family(
        _beta, lambda z, a, b: _special("betainc", a, b, z), lambda q, a, b: _special("betaincinv", a, b, q), 0, 1
    ),
    "chi2": Family(_chi_squared, lambda z, n: _special("chdtr", n, z), lambda q, n: _special("chdtri", n, 1 - q), 0),
    "t": Family(_student, lambda z, n: _special("stdtr", n, z), lambda q, n: _special("stdtrit", n, q)),
    "f": Family(_fisher, lambda z, m, n: _special("fdtr", m, n, z), None, 0),
    "lognorm": Family(
        lambda z, s: -((_log(z) / s) ** 2) / 2 - _log(s * z) - _log(2 * _pi(z)) / 2,
        lambda z, s: _phi(_log(z) / s),
        lambda q, s: _exp(s * _special("ndtri", q)),
        0,
    ),
    "cauchy": Family(
        lambda z: -_log(_pi(z) * (1 + z * z)),
        lambda z: z.function("atan") / _pi(z) + _HALF,
        lambda q: (_pi(q) * (q - _HALF)).function("sin") / (_pi(q) * (q - _HALF)).function("cos"),
    ),
    "laplace": Family(lambda z: -abs(z) - _log(z.lift(2)), _laplace),
    "logistic": Family(_logistic, lambda z: 1 / (1 + _exp(-z)), lambda q: _log(q / (1 - q))),
    "gumbel_r": Family(lambda z: -z - _exp(-z), lambda z: _exp(-_exp(-z)), lambda q: -_log(-_log(q))),
    "gumbel_l": Family(lambda z: z - _exp(z), lambda z: 1 - _exp(-_exp(z)), lambda q: _log(-_log(1 - q))),
    "weibull_min": Family(
        lambda z, c: _log(c) + (c - 1) * _log(z) - _exp(c * _log(z)),
        lambda z, c: 1 - _exp(-_exp(c * _log(z))),
        lambda q, c: _exp(_log(-_log(1 - q)) / c),
        0,
    ),
    "pareto": Family(
        lambda z, b: _log(b) - (b + 1) * _log(z),
        lambda z, b: 1 - _exp(-b * _log(z)),
        lambda q, b: _exp(-_log(1 - q) / b),
        1,
    ),
    "lomax": Family(
        lambda z, c: _log(c) - (c + 1) * _log(1 + z),
        lambda z, c: 1 - _exp(-c * _log(1 + z)),
        lambda q, c: _exp(-_log(1 - q) / c) - 1,
        0,
    ),
    "powerlaw": Family(
        lambda z, a: _log(a) + (a - 1) * _log(z), lambda z, a: _exp(a * _log(z)), lambda q, a: _exp(_log(q) / a), 0, 1
    ),
    "halfnorm": Family(
        _half_normal,
        lambda z: (z / _root(z.lift(2))).function("erf"),
        lambda q: _root(q.lift(2)) * q.function("erfinv"),
        0,
    ),
    "halfcauchy": Family(
        lambda z: _log(2 / _pi(z)) - _log(1 + z * z), lambda z: 2 / _pi(z) * z.function("atan"), None, 0
    ),
    "rayleigh": Family(
        lambda z: _log(z) - z * z / 2, lambda z: 1 - _exp(-z * z / 2), lambda q: _root(-2 * _log(1 - q)), 0
    ),
    "maxwell": Family(lambda z: _half_normal(z) + 2 * _log(z), _maxwell, None, 0),
    "invgamma": Family(
        lambda z, a: -(a + 1) * _log(z) - _gammaln(a) - 1 / z,
        lambda z, a: 1 - applied("gammainc", "gammainc", a, 1 / z),
        None,
        0,
    ),
    "invgauss": Family(_inverse_gauss, None, None, 0),
    "gennorm": Family(lambda z, b: _log(b / 2) - _gammaln(1 / b) - abs(z) ** b),
    "skewnorm": Family(lambda z, a: _log(z.lift(2)) + _normal(z) + _log(_phi(a * z))),
    "nakagami": Family(_nakagami, None, None, 0),
    "levy": Family(
        lambda z: -3 * _log(z) / 2 - _log(2 * _pi(z)) / 2 - 1 / (2 * z),
        lambda z: 1 - (1 / _root(2 * z)).function("erf"),
        None,
        0,
    ),
    "fisk": Family(
        lambda z, c: _log(c) - (c + 1) * _log(z) - 2 * _log(1 + _exp(-c * _log(z))),
        lambda z, c: 1 / (1 + _exp(-c * _log(z))),
        lambda q, c: _exp(_log(q / (1 - q)) / c),
        0,
    ),
    "vonmises": Family(lambda z, k: k * z.function("cos") - _log(2 * _pi(z) * _special("i0", k))),
}


def _times_log(factor: Any, x: Any) -> Any:
    """Return factor * log(x), which is 0 where the factor is."""
    return factor * _log(x) if factor != 0 else x.lift(0)


def _choose(n: Any, k: Any) -> Any:
    return _gammaln(n + 1) - _gammaln(k + 1) - _gammaln(n - k + 1)


# Of what is counted: formulas of k, a number, and the shapes.
COUNTS: Mapping[str, Family] = {
    "poisson": Family(
        lambda k, mu: _times_log(k, mu) - _gammaln(k + 1) - mu,
        lambda k, mu: _special("pdtr", k.whole(), mu),
        None,
        0,
    ),
    "bernoulli": Family(lambda k, p: _times_log(k, p) + _times_log(1 - k, 1 - p), None, None, 0, 1),
    "binom": Family(
        lambda k, n, p: _choose(n, k) + _times_log(k, p) + _times_log(n - k, 1 - p),
        lambda k, n, p: _special("bdtr", k.whole(), n, p),
        None,
        0,
    ),
    "geom": Family(
        lambda k, p: _times_log(k - 1, 1 - p) + _log(p), lambda k, p: 1 - _exp(k.whole() * _log(1 - p)), None, 1
    ),
    "nbinom": Family(
        lambda k, n, p: _gammaln(n + k) - _gammaln(k + 1) - _gammaln(n) + n * _log(p) + _times_log(k, 1 - p),
        lambda k, n, p: _special("nbdtr", k.whole(), n, p),
        None,
        0,
    ),
}


def _log_density(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    if _is_outside(family, z):
        raise TraceError("the logarithm of a density outside of its support cannot be followed", asked_at(), HOW)
    return family.log_density(z, *shapes) - _log(scale)


def _density(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    if _is_outside(family, z):
        return z.lift(0)
    return _exp(family.log_density(z, *shapes)) / scale


def _is_outside(family: Family, z: Any) -> bool:
    return _is_below(family, z) or _is_above(family, z)


def _is_below(family: Family, z: Any) -> bool:
    return family.low is not None and bool(z < family.low)


def _is_above(family: Family, z: Any) -> bool:
    return family.high is not None and bool(z > family.high)


def _cumulative(family: Family, z: Any, _: Any, *shapes: Any) -> Any:
    assert family.cumulative is not None
    if _is_below(family, z):
        return z.lift(0)
    return z.lift(1) if _is_above(family, z) else family.cumulative(z, *shapes)


def _survival(family: Family, z: Any, scale: Any, *shapes: Any) -> Any:
    return 1 - _cumulative(family, z, scale, *shapes)


# The methods of a distribution: how each is computed, and whether it takes the distribution function for it.
METHODS: Mapping[str, tuple[_Formula, bool]] = {
    "pdf": (_density, False),
    "logpdf": (_log_density, False),
    "pmf": (_density, False),
    "logpmf": (_log_density, False),
    "cdf": (_cumulative, True),
    "logcdf": (lambda *values: _log(_cumulative(*values)), True),
    "sf": (_survival, True),
    "logsf": (lambda *values: _log(_survival(*values)), True),
}
QUANTILES = ("ppf", "isf")


def _compute(distribution: Any, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """Compute a method of a distribution on symbols."""
    name = f"scipy.stats.{distribution.name}.{method}"
    table = COUNTS if hasattr(distribution, "pmf") else FAMILIES
    family = table.get(distribution.name)
    if family is None or not _has(family, method):
        raise TraceError(f"{name} cannot be followed", asked_at(), HOW)
    names = [part.strip() for part in (distribution.shapes or "").split(",") if part.strip()]
    values = {"loc": 0, "scale": 1, **dict(zip([*names, "loc", "scale"], args[1:], strict=False)), **options}
    line = functools.partial(_on_symbols, name, family, method)
    return elementwise(line, args[0], values["loc"], values["scale"], *(values[part] for part in names))


def _has(family: Family, method: str) -> bool:
    if method in QUANTILES:
        return family.quantile is not None
    return not METHODS[method][1] or family.cumulative is not None


def _on_symbols(name: str, family: Family, method: str, x: Any, loc: Any, scale: Any, *shapes: Any) -> Any:
    if x.trace.as_executed:
        raise UnboundedError(f"no bound is known for what {name} rounds", asked_at())
    if method in QUANTILES:
        assert family.quantile is not None
        return loc + scale * family.quantile(x if method == "ppf" else 1 - x, *shapes)
    return x.lift(METHODS[method][0](family, (x - loc) / scale, scale, *shapes))


def replaced() -> list[tuple[type, str, Any, Any]]:
    """Return the methods of SciPy's distributions, if it has been imported, each with what replaces it."""
    module = sys.modules.get("scipy.stats")
    kinds = [getattr(module, kind, None) for kind in ("rv_continuous", "rv_discrete")]
    return [
        (kind, name, vars(kind)[name], _answering(vars(kind)[name], name))
        for kind in kinds
        if kind is not None
        for name in (*METHODS, *QUANTILES)
        if name in vars(kind)
    ]


@functools.cache
def _answering(original: Callable[..., Any], method: str) -> Callable[..., Any]:
    @functools.wraps(original)
    def replacement(self: Any, *args: Any, **options: Any) -> Any:
        if not any(map(is_symbolic, (*args, *options.values()))):
            return original(self, *args, **options)
        return _compute(self, method, args, options)

    return replacement
