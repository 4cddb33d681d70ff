"""The families of `scipy.stats` that are followed, one line each: densities, distribution functions and quantiles.

A line has the logarithm of the density in standard form, for z = (x - loc) / scale and the shapes in SciPy's order, the
distribution function and its inverse where they are closed forms of functions that are followed, and the support.
The formulas are those that the documentation of each family in `scipy.stats` states.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from verify.tracing.symbols.special import LINES, applied

_HALF = Fraction(1, 2)
_Formula = Callable[..., Any]


class Family(NamedTuple):
    """What is known of a family: formulas of z and the shapes; None where there is no such formula here.

    The support ends at a number, or at one of the shapes.
    """

    log_density: _Formula
    cumulative: _Formula | None = None
    quantile: _Formula | None = None
    low: float | _Formula | None = None
    high: float | _Formula | None = None


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


def _power(z: Any, c: Any) -> Any:
    return _exp(c * _log(z))


def _asinh(z: Any) -> Any:
    return _log(z + _root(1 + z * z))


def _grown(c: Any, z: Any) -> Any:
    """Return log(1 + c z) / c, which is z where c is 0."""
    return _log(1 + c * z) / c if c != 0 else z


def _inverse_gauss_cdf(z: Any, mu: Any) -> Any:
    return _phi((z / mu - 1) / _root(z)) + _exp(2 / mu) * _phi(-(z / mu + 1) / _root(z))


def _of_size(z: Any, share: Any) -> Any:
    """Return the distribution function of a symmetric family, by that of absolute values."""
    return (1 - share) / 2 if z < 0 else (1 + share) / 2


def _incomplete(a: Any, u: Any) -> Any:
    return applied("gammainc", "gammainc", a, u)


def _rice(z: Any, b: Any) -> Any:
    return _log(z) - (z * z + b * b) / 2 + _log(_special("i0", z * b))


def _exponnorm(z: Any, k: Any) -> Any:
    return -_log(k) + 1 / (2 * k * k) - z / k + _log(_phi(z - 1 / k))


def _chi(z: Any, n: Any) -> Any:
    return (1 - n / 2) * _log(z.lift(2)) + (n - 1) * _log(z) - z * z / 2 - _gammaln(n / 2)


def _triangle(z: Any, c: Any) -> Any:
    return _log(2 * z / c) if z < c else _log(2 * (1 - z) / (1 - c))


def _exponweib(z: Any, a: Any, c: Any) -> Any:
    rest = _power(z, c)
    return _log(a * c) + (a - 1) * _log(1 - _exp(-rest)) - rest + (c - 1) * _log(z)


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
    "invgauss": Family(_inverse_gauss, _inverse_gauss_cdf, None, 0),
    "wald": Family(lambda z: _inverse_gauss(z, z.lift(1)), lambda z: _inverse_gauss_cdf(z, z.lift(1)), None, 0),
    "gennorm": Family(
        lambda z, b: _log(b / 2) - _gammaln(1 / b) - abs(z) ** b,
        lambda z, b: _of_size(z, _incomplete(1 / b, abs(z) ** b)),
    ),
    "skewnorm": Family(
        lambda z, a: _log(z.lift(2)) + _normal(z) + _log(_phi(a * z)),
        lambda z, a: _phi(z) - 2 * _special("owens_t", z, a),
    ),
    "nakagami": Family(_nakagami, lambda z, nu: _incomplete(nu, nu * z * z), None, 0),
    "genpareto": Family(
        lambda z, c: -(c + 1) * _grown(c, z),
        lambda z, c: 1 - _exp(-_grown(c, z)),
        lambda q, c: (_power(1 - q, -c) - 1) / c if c != 0 else -_log(1 - q),
        0,
    ),
    "genextreme": Family(
        lambda z, c: (c - 1) * _grown(-c, z) - _exp(-_grown(-c, z)),
        lambda z, c: _exp(-_exp(-_grown(-c, z))),
        lambda q, c: (1 - _power(-_log(q), c)) / c if c != 0 else -_log(-_log(q)),
    ),
    "triang": Family(_triangle, lambda z, c: z * z / c if z < c else 1 - (1 - z) ** 2 / (1 - c), None, 0, 1),
    "truncnorm": Family(
        lambda z, a, b: _normal(z) - _log(_phi(b) - _phi(a)),
        lambda z, a, b: (_phi(z) - _phi(a)) / (_phi(b) - _phi(a)),
        lambda q, a, b: _special("ndtri", _phi(a) + q * (_phi(b) - _phi(a))),
        lambda a, b: a,
        lambda a, b: b,
    ),
    "truncexpon": Family(
        lambda z, b: -z - _log(1 - _exp(-b)),
        lambda z, b: (1 - _exp(-z)) / (1 - _exp(-b)),
        lambda q, b: -_log(1 - q * (1 - _exp(-b))),
        0,
        lambda b: b,
    ),
    **dict.fromkeys(
        ("loguniform", "reciprocal"),
        Family(
            lambda z, a, b: -_log(z) - _log(_log(b / a)),
            lambda z, a, b: _log(z / a) / _log(b / a),
            lambda q, a, b: a * _power(b / a, q),
            lambda a, b: a,
            lambda a, b: b,
        ),
    ),
    "exponnorm": Family(_exponnorm, lambda z, k: _phi(z) - _exp(1 / (2 * k * k) - z / k) * _phi(z - 1 / k)),
    "weibull_max": Family(
        lambda z, c: _log(c) + (c - 1) * _log(-z) - _power(-z, c),
        lambda z, c: _exp(-_power(-z, c)),
        lambda q, c: -_power(-_log(q), 1 / c),
        None,
        0,
    ),
    "loggamma": Family(lambda z, c: c * z - _exp(z) - _gammaln(c), lambda z, c: _incomplete(c, _exp(z))),
    "moyal": Family(
        lambda z: -(z + _exp(-z)) / 2 - _log(2 * _pi(z)) / 2,
        lambda z: 2 * _phi(-_exp(-z / 2)),
    ),
    "hypsecant": Family(
        lambda z: _log(2 / _pi(z)) - _log(_exp(z) + _exp(-z)), lambda z: 2 / _pi(z) * _exp(z).function("atan")
    ),
    "arcsine": Family(
        lambda z: -_log(_pi(z)) - _log(z * (1 - z)) / 2, lambda z: 2 / _pi(z) * _root(z).function("asin"), None, 0, 1
    ),
    "chi": Family(_chi, lambda z, n: _incomplete(n / 2, z * z / 2), None, 0),
    "gengamma": Family(
        lambda z, a, c: _log(abs(c)) + (c * a - 1) * _log(z) - _power(z, c) - _gammaln(a),
        lambda z, a, c: _incomplete(a, _power(z, c)) if c > 0 else 1 - _incomplete(a, _power(z, c)),
        None,
        0,
    ),
    "betaprime": Family(
        lambda z, a, b: (a - 1) * _log(z) - (a + b) * _log(1 + z) - _special("betaln", a, b),
        lambda z, a, b: _special("betainc", a, b, z / (1 + z)),
        None,
        0,
    ),
    "burr": Family(
        lambda z, c, d: _log(c * d) - (c + 1) * _log(z) - (d + 1) * _log(1 + _power(z, -c)),
        lambda z, c, d: _power(1 + _power(z, -c), -d),
        None,
        0,
    ),
    "burr12": Family(
        lambda z, c, d: _log(c * d) + (c - 1) * _log(z) - (d + 1) * _log(1 + _power(z, c)),
        lambda z, c, d: 1 - _power(1 + _power(z, c), -d),
        None,
        0,
    ),
    "exponweib": Family(_exponweib, lambda z, a, c: _power(1 - _exp(-_power(z, c)), a), None, 0),
    "dweibull": Family(
        lambda z, c: _log(c / 2) + (c - 1) * _log(abs(z)) - _power(abs(z), c),
        lambda z, c: _of_size(z, 1 - _exp(-_power(abs(z), c))),
    ),
    "johnsonsu": Family(
        lambda z, a, b: _log(b) - _log(1 + z * z) / 2 + _normal(a + b * _asinh(z)),
        lambda z, a, b: _phi(a + b * _asinh(z)),
    ),
    "johnsonsb": Family(
        lambda z, a, b: _log(b) - _log(z * (1 - z)) + _normal(a + b * _log(z / (1 - z))),
        lambda z, a, b: _phi(a + b * _log(z / (1 - z))),
        None,
        0,
        1,
    ),
    "rice": Family(_rice, None, None, 0),
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
