"""The functions of `scipy.special` on symbols, one line each: by a function of the graph's table, or made of several.

This imports nothing of SciPy. A function with parameters has a derivative by its argument only: parameters that depend
on the inputs are refused by name. No bound is known for what SciPy's functions round, so that nothing is said of that.
Formulas are SciPy's own definitions, or those of the NIST Digital Library of Mathematical Functions (dlmf.nist.gov).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from verify.graph import functions
from verify.model.exact import simplest_rational
from verify.model.unfollowed import unbounded, unfollowed
from verify.model.where import asked_at
from verify.proof import rationals
from verify.tracing.symbols.concolic import Concolic, Missing
from verify.tracing.symbols.taped import UntapedError

_HALF = Fraction(1, 2)
_MOST_STEPS = 64  # of the recurrence of a polynomial


def _pi(x: Any) -> Any:
    return x.lift(Concolic(x.graph, x.graph.pi()))


def parameter(name: str, value: Any) -> Fraction:
    """Return a parameter as an exact number; raises TraceError for one that depends on the inputs."""
    if isinstance(value.node, np.ndarray):
        raise UntapedError("parameters that differ from entry to entry", asked_at())
    number = value.number()
    if number is None and value.is_constant():
        number = rationals.rational(value.graph, value.node, {})
    if number is None:
        raise unfollowed(
            f"scipy.special.{name}",
            " with a parameter that depends on the inputs",
            " (the derivative by it has no closed form)",
        )
    return simplest_rational(number) if isinstance(number, float) else Fraction(number)


def applied(name: str, line: str, *values: Any) -> Any:
    """Return a function of the graph's table, with its parameters first, for a function of SciPy's of some name."""
    *parameters, x = values
    numbers = [parameter(name, value) for value in parameters]
    try:
        return x.function(functions.of(line, numbers))
    except KeyError as problem:
        raise unfollowed(f"scipy.special.{name}", f" with {len(numbers)} parameters") from problem


def _table(line: str) -> Callable[..., Any]:
    """Return a function of symbols that is one of the graph's table; it is told by which name it was called."""
    return lambda name, *values: applied(name, line, *values)


def _of(line: str, *parameters: int) -> Callable[..., Any]:
    """Return a function of symbols that is one of the graph's table with parameters of its own: `scipy.special.j0`."""
    return lambda name, x: x.function(functions.of(line, [Fraction(p) for p in parameters]))


def _made(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of symbols that is made of others."""
    return lambda name, *values: compute(*values)


def _owens(name: str, h: Any, a: Any) -> Any:
    """Return Owen's T by that one of its arguments which moves."""
    if isinstance(a.node, np.ndarray) or (a.number() is None and not a.is_constant()):
        return applied(name, "owens_t", h, a)
    return applied(name, "owens_h", a, h)


def _erf(x: Any) -> Any:
    return x.function("erf")


def _normal(x: Any) -> Any:
    """Return the distribution function of the normal distribution, by 7.18."""
    return (1 + _erf(x / x.lift(2) ** _HALF)) / 2


def _quantile(p: Any) -> Any:
    return p.lift(2) ** _HALF * (2 * p - 1).function("erfinv")


def _log_gamma(x: Any) -> Any:
    return x.function("loggamma")


def _gamma(x: Any) -> Any:
    return x.function("gamma")


def _beta_logarithm(a: Any, b: Any) -> Any:
    return _log_gamma(a) + _log_gamma(b) - _log_gamma(a + b)


def _lower(name: str, a: Any, x: Any) -> Any:
    return applied(name, "gammainc", a, x)


def _regularized(name: str, a: Any, b: Any, x: Any) -> Any:
    return applied(name, "incbet", a, b, x)


def _logarithm_1p(x: Any) -> Any:
    return (1 + x).function("log")


def _entropy(x: Any) -> Any:
    return -x * x.function("log") if x > 0 else x if x == 0 else x.lift(-math.inf)


def _relative_entropy(x: Any, y: Any) -> Any:
    if x > 0 and y > 0:
        return x * (x / y).function("log")
    return x.lift(0) if x == 0 and y >= 0 else x.lift(math.inf)


def _divergence(x: Any, y: Any) -> Any:
    if x > 0 and y > 0:
        return x * (x / y).function("log") - x + y
    return y if x == 0 and y >= 0 else x.lift(math.inf)


def _huber(delta: Any, r: Any) -> Any:
    if delta < 0:
        return r.lift(math.inf)
    return r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2)


def _pseudo_huber(delta: Any, r: Any) -> Any:
    if delta < 0:
        return r.lift(math.inf)
    return delta * delta * ((1 + (r / delta) ** 2) ** _HALF - 1) if delta != 0 else r.lift(0)


def _box_cox(x: Any, power: Any) -> Any:
    return x.function("log") if power == 0 else (x**power - 1) / power


def _inverse_box_cox(x: Any, power: Any) -> Any:
    return x.function("exp") if power == 0 else (power * x + 1) ** (1 / power)


def _mean_of_agm(a: Any, b: Any) -> Any:
    """Return the arithmetic-geometric mean of positive numbers, by 19.8.5."""
    return _pi(a) / 4 * (a + b) / (((a - b) / (a + b)) ** 2).function("elliptic_k")


def _degrees(x: Any) -> Any:
    return x * _pi(x) / 180


def _recurrence(first: Callable[[Any], Any], step: Callable[[int, Any, Any, Any], Any]) -> Callable[..., Any]:
    """Return orthogonal polynomials from p(0) = 1 and p(1) on; p(k + 1) comes of k, x, p(k) and p(k - 1)."""

    def polynomial(name: str, degree: Any, x: Any) -> Any:
        order = parameter(name, degree)
        if order.denominator != 1 or not 0 <= order <= _MOST_STEPS:
            raise unfollowed(f"scipy.special.{name}", f" of degree {order}")
        before, value = x.lift(1), first(x)
        for k in range(1, int(order)):
            before, value = value, step(k, x, value, before)
        return value if order else before

    return polynomial


_Line = Callable[..., Any]  # from the name that is called, and symbols
# What is computed of one symbol or of several, by SciPy's names.
LINES: Mapping[str, _Line] = {
    # the gamma function and its kin
    "gamma": _table("gamma"),
    "gammaln": _table("loggamma"),
    "loggamma": _table("loggamma"),
    "rgamma": _made(lambda x: 1 / _gamma(x)),
    "psi": _of("polygamma", 0),
    "beta": _made(lambda a, b: _gamma(a) * _gamma(b) / _gamma(a + b)),
    "betaln": _made(_beta_logarithm),
    "poch": _made(lambda x, m: _gamma(x + m) / _gamma(x)),
    "binom": _made(lambda n, k: _gamma(n + 1) / (_gamma(k + 1) * _gamma(n - k + 1))),
    "gammainc": _lower,
    "gammaincc": lambda name, a, x: 1 - _lower(name, a, x),
    "betainc": _regularized,
    "betaincc": lambda name, a, b, x: 1 - _regularized(name, a, b, x),
    # error functions and the normal distribution
    "erfi": _table("erfi"),
    "dawsn": _table("dawsn"),
    "erfinv": _table("erfinv"),
    "erfcinv": _made(lambda x: (1 - x).function("erfinv")),
    "erfcx": _made(lambda x: (x * x).function("exp") * (1 - _erf(x))),
    "ndtr": _made(_normal),
    "log_ndtr": _made(lambda x: _normal(x).function("log")),
    "ndtri": _made(_quantile),
    "ndtri_exp": _made(lambda x: _quantile(x.function("exp"))),
    # logistic and other elementary functions
    "logit": _made(lambda x: (x / (1 - x)).function("log")),
    "log_expit": _made(lambda x: -_logarithm_1p((-x).function("exp"))),
    "softplus": _made(lambda x: _logarithm_1p(x.function("exp"))),
    "xlog1py": _made(lambda x, y: x * _logarithm_1p(y) if isinstance(y, Missing) or x != 0 else x),
    "exp10": _made(lambda x: (x * x.lift(10).function("log")).function("exp")),
    "exprel": _made(lambda x: (x.function("exp") - 1) / x if x != 0 else x.lift(1)),
    "cosm1": _made(lambda x: x.function("cos") - 1),
    "powm1": _made(lambda x, y: x**y - 1),
    "sindg": _made(lambda x: _degrees(x).function("sin")),
    "cosdg": _made(lambda x: _degrees(x).function("cos")),
    "tandg": _made(lambda x: _degrees(x).function("sin") / _degrees(x).function("cos")),
    "cotdg": _made(lambda x: _degrees(x).function("cos") / _degrees(x).function("sin")),
    "radian": _made(lambda d, m, s: (d + m / 60 + s / 3600) * _pi(d) / 180),
    "boxcox": _made(_box_cox),
    "boxcox1p": _made(lambda x, power: _box_cox(1 + x, power)),
    "inv_boxcox": _made(_inverse_box_cox),
    "inv_boxcox1p": _made(lambda x, power: _inverse_box_cox(x, power) - 1),
    # entropies and losses
    "entr": _made(_entropy),
    "rel_entr": _made(_relative_entropy),
    "kl_div": _made(_divergence),
    "huber": _made(_huber),
    "pseudo_huber": _made(_pseudo_huber),
    # Bessel and Airy functions
    "jv": _table("besselj"),
    "yv": _table("bessely"),
    "yn": lambda name, n, x: applied(name, "bessely", n.whole(), x),
    "iv": _table("besseli"),
    "kv": _table("besselk"),
    "kn": lambda name, n, x: applied(name, "besselk", n.whole(), x),
    "ive": lambda name, n, x: applied(name, "besseli", n, x) * (-abs(x)).function("exp"),
    "kve": lambda name, n, x: applied(name, "besselk", n, x) * x.function("exp"),
    "j0": _of("besselj", 0),
    "j1": _of("besselj", 1),
    "y0": _of("bessely", 0),
    "y1": _of("bessely", 1),
    "i0": _of("besseli", 0),
    "i1": _of("besseli", 1),
    "k0": _of("besselk", 0),
    "k1": _of("besselk", 1),
    "i0e": lambda name, x: _of("besseli", 0)(name, x) * (-abs(x)).function("exp"),
    "i1e": lambda name, x: _of("besseli", 1)(name, x) * (-abs(x)).function("exp"),
    "k0e": lambda name, x: _of("besselk", 0)(name, x) * x.function("exp"),
    "k1e": lambda name, x: _of("besselk", 1)(name, x) * x.function("exp"),
    # integrals and hypergeometric functions
    "exp1": _of("expint", 1),
    "expn": _table("expint"),
    "expi": _table("Ei"),
    "spence": _table("spence"),
    "ellipk": _table("elliptic_k"),
    "ellipkm1": _made(lambda x: (1 - x).function("elliptic_k")),
    "ellipe": _table("elliptic_e"),
    "agm": _made(_mean_of_agm),
    "hyp0f1": _table("hyp0f1"),
    "hyp1f1": _table("hyp1f1"),
    "hyperu": _table("hyperu"),
    "hyp2f1": _table("hyp2f1"),
    # distribution functions
    "chdtr": lambda name, v, x: _lower(name, v / 2, x / 2),
    "chdtrc": lambda name, v, x: 1 - _lower(name, v / 2, x / 2),
    "gdtr": lambda name, a, b, x: _lower(name, b, a * x),
    "gdtrc": lambda name, a, b, x: 1 - _lower(name, b, a * x),
    "pdtr": lambda name, k, m: 1 - _lower(name, k.whole() + 1, m),
    "pdtrc": lambda name, k, m: _lower(name, k.whole() + 1, m),
    "bdtr": lambda name, k, n, p: _regularized(name, n.whole() - k.whole(), k.whole() + 1, 1 - p),
    "bdtrc": lambda name, k, n, p: _regularized(name, k.whole() + 1, n.whole() - k.whole(), p),
    "nbdtr": lambda name, k, n, p: _regularized(name, n.whole(), k.whole() + 1, p),
    "nbdtrc": lambda name, k, n, p: _regularized(name, k.whole() + 1, n.whole(), 1 - p),
    "fdtr": lambda name, m, n, x: _regularized(name, m / 2, n / 2, m * x / (m * x + n)),
    "fdtrc": lambda name, m, n, x: _regularized(name, n / 2, m / 2, n / (m * x + n)),
    "stdtr": _table("stdtr"),
    "owens_t": lambda name, h, a: _owens(name, h, a),
    "gammaincinv": _table("gammaincinv"),
    "gammainccinv": lambda name, a, y: applied(name, "gammaincinv", a, 1 - y),
    "betaincinv": _table("incbetinv"),
    "betainccinv": lambda name, a, b, y: applied(name, "incbetinv", a, b, 1 - y),
    "stdtrit": _table("stdtrit"),
    "chdtri": lambda name, v, p: 2 * applied(name, "gammaincinv", v / 2, 1 - p),
    # orthogonal polynomials, 18.9.1
    "eval_sh_legendre": lambda name, n, x: LINES["eval_legendre"](name, n, 2 * x - 1),
    "eval_sh_chebyt": lambda name, n, x: LINES["eval_chebyt"](name, n, 2 * x - 1),
    "eval_sh_chebyu": lambda name, n, x: LINES["eval_chebyu"](name, n, 2 * x - 1),
    "eval_legendre": _recurrence(lambda x: x, lambda k, x, p, q: ((2 * k + 1) * x * p - k * q) / (k + 1)),
    "eval_chebyt": _recurrence(lambda x: x, lambda k, x, p, q: 2 * x * p - q),
    "eval_chebyu": _recurrence(lambda x: 2 * x, lambda k, x, p, q: 2 * x * p - q),
    "eval_hermite": _recurrence(lambda x: 2 * x, lambda k, x, p, q: 2 * x * p - 2 * k * q),
    "eval_hermitenorm": _recurrence(lambda x: x, lambda k, x, p, q: x * p - k * q),
    "eval_laguerre": _recurrence(lambda x: 1 - x, lambda k, x, p, q: ((2 * k + 1 - x) * p - k * q) / (k + 1)),
}
# What has several results: each by a line, or by a function of the graph's table.
PARTS: Mapping[str, tuple[_Line, ...]] = {
    "airy": (_table("airyai"), _table("airyaiprime"), _table("airybi"), _table("airybiprime")),
    "sici": (_table("Si"), _table("Ci")),
    "shichi": (_table("Shi"), _table("Chi")),
    "fresnel": (_table("fresnels"), _table("fresnelc")),
}


def called(name: str, line: _Line) -> Callable[..., Any]:
    """Return what computes a function on symbols; raises UnboundedError where its rounding is to be known."""

    def compute(*values: Any) -> Any:
        x = values[-1]
        if x.trace.as_executed:
            raise unbounded(f"scipy.special.{name}")
        return x.lift(line(name, *values))

    return compute


SPECIAL: Mapping[str, Callable[..., Any]] = {name: called(name, line) for name, line in LINES.items()}
SEVERAL: Mapping[str, tuple[Callable[..., Any], ...]] = {
    name: tuple(called(name, line) for line in lines) for name, lines in PARTS.items()
}
