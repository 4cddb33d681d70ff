"""Functions of `scipy.special` at 50 digits: value and derivative of each formula, against mpmath at 20 points (or 3).

The table defines each function anew, by mpmath's functions and the integrals and sums of its manual.
"""

from __future__ import annotations

import math
from fractions import Fraction

import flint
import mpmath
import pytest
from effort import LONG, some

from verify.graph import balls
from verify.graph.adjoints import adjoints, totals
from verify.tracing import coverage, patches
from verify.tracing.arrays.arrays import running
from verify.tracing.symbols.concolic import Concolic
from verify.tracing.symbols.trace import Trace

special = pytest.importorskip("scipy.special")
m = mpmath.mp
DIGITS, POINTS, BITS, STEP = 50, 20 if LONG else 3, 600, 40
HALF = Fraction(1, 2)


def lower(a, x):
    return m.gammainc(a, 0, x, regularized=True)


def upper(a, x):
    return m.gammainc(a, x, m.inf, regularized=True)


def part(a, b, x):
    return m.betainc(a, b, 0, x, regularized=True)


def normal(x):
    return m.erfc(-x / m.sqrt(2)) / 2


def student(v, t):
    power = m.hyp2f1(HALF, (v + 1) / 2, m.mpf(3) / 2, -t * t / v)
    return HALF + t * m.gamma((v + 1) / 2) / (m.sqrt(m.pi * v) * m.gamma(v / 2)) * power


def where(function, value, start):
    """Return where an increasing function takes a value, by the secant method."""
    return m.findroot(lambda x: function(x) - value, (start, start * m.mpf("1.01")), tol=m.mpf(10) ** -300, maxsteps=60)


def normal_quantile(p):
    return m.sqrt(2) * m.erfinv(2 * p - 1)


def boxcox(x, power):
    return (x**power - 1) / power


def bessel(function, n, x):
    return m.sqrt(m.pi / (2 * x)) * function(n + HALF, x)


def owens(h, a):
    return m.quad(lambda t: m.exp(-h * h * (1 + t * t) / 2) / (1 + t * t), [0, a]) / (2 * m.pi)


def degrees(x):
    return x * m.pi / 180


def floor(x):
    return m.floor(x)


# The function in many digits, and arguments, of which the last moves.
TABLE = {
    "agm": (m.agm, 2, 0.375),
    "airy": (m.airyai, 0.375),
    "bdtr": (lambda k, n, p: part(n - floor(k), floor(k) + 1, 1 - p), 1, 3, 0.375),
    "bdtrc": (lambda k, n, p: part(floor(k) + 1, n - floor(k), p), 1, 3, 0.375),
    "beta": (m.beta, 2, 0.375),
    "betainc": (part, 1.5, 2.5, 0.375),
    "betaincc": (lambda a, b, x: part(b, a, 1 - x), 1.5, 2.5, 0.375),
    "betainccinv": (lambda a, b, y: where(lambda x: part(a, b, x), 1 - y, m.mpf("0.4")), 1.5, 2.5, 0.375),
    "betaincinv": (lambda a, b, y: where(lambda x: part(a, b, x), y, m.mpf("0.3")), 1.5, 2.5, 0.375),
    "betaln": (lambda a, b: m.log(m.beta(a, b)), 2, 0.375),
    "binom": (m.binomial, 2, 0.375),
    "boxcox": (boxcox, 2, 0.375),
    "boxcox1p": (lambda x, power: boxcox(1 + x, power), 2, 0.375),
    "cbrt": (m.cbrt, 0.375),
    "chdtr": (lambda v, x: lower(v / 2, x / 2), 2, 0.375),
    "chdtrc": (lambda v, x: upper(v / 2, x / 2), 3, 0.375),
    "chdtri": (lambda v, p: where(lambda x: -upper(v / 2, x / 2), -p, m.mpf(3)), 3, 0.375),
    "cosdg": (lambda x: m.cos(degrees(x)), 30.5),
    "cosm1": (lambda x: m.cos(x) - 1, 0.375),
    "cotdg": (lambda x: m.cot(degrees(x)), 30.5),
    "dawsn": (lambda x: m.sqrt(m.pi) / 2 * m.exp(-x * x) * m.erfi(x), 0.375),
    "digamma": (m.digamma, 0.375),
    "ellipe": (m.ellipe, 0.375),
    "ellipk": (m.ellipk, 0.375),
    "ellipkm1": (lambda p: m.ellipk(1 - p), 0.375),
    "entr": (lambda x: -x * m.log(x), 0.375),
    "erf": (m.erf, 0.375),
    "erfc": (m.erfc, 0.375),
    "erfcinv": (lambda x: m.erfinv(1 - x), 0.375),
    "erfcx": (lambda x: m.exp(x * x) * m.erfc(x), 0.375),
    "erfi": (m.erfi, 0.375),
    "erfinv": (m.erfinv, 0.375),
    "eval_chebyt": (m.chebyt, 4, 0.375),
    "eval_chebyu": (m.chebyu, 4, 0.375),
    "eval_hermite": (m.hermite, 4, 0.375),
    "eval_hermitenorm": (lambda n, x: 2 ** (-m.mpf(n) / 2) * m.hermite(n, x / m.sqrt(2)), 4, 0.375),
    "eval_laguerre": (lambda n, x: m.laguerre(n, 0, x), 4, 0.375),
    "eval_legendre": (m.legendre, 4, 0.375),
    "eval_sh_chebyt": (lambda n, x: m.chebyt(n, 2 * x - 1), 4, 0.375),
    "eval_sh_chebyu": (lambda n, x: m.chebyu(n, 2 * x - 1), 4, 0.375),
    "eval_sh_legendre": (lambda n, x: m.legendre(n, 2 * x - 1), 4, 0.375),
    "exp1": (m.e1, 0.375),
    "exp10": (lambda x: m.mpf(10) ** x, 0.375),
    "exp2": (lambda x: m.mpf(2) ** x, 0.375),
    "expi": (m.ei, 0.375),
    "expit": (lambda x: 1 / (1 + m.exp(-x)), 0.375),
    "expm1": (m.expm1, 0.375),
    "expn": (m.expint, 2, 0.375),
    "exprel": (lambda x: m.expm1(x) / x, 0.375),
    "factorial": (m.factorial, 0.375),
    "fdtr": (lambda d, n, x: part(d / 2, n / 2, d * x / (d * x + n)), 1.5, 2.5, 0.375),
    "fdtrc": (lambda d, n, x: part(n / 2, d / 2, n / (d * x + n)), 1.5, 2.5, 0.375),
    "fresnel": (m.fresnels, 0.375),
    "gamma": (m.gamma, 0.375),
    "gammainc": (lower, 2.5, 0.375),
    "gammaincc": (upper, 2.5, 0.375),
    "gammainccinv": (lambda a, y: where(lambda x: -upper(a, x), -y, m.mpf(2)), 2.5, 0.375),
    "gammaincinv": (lambda a, y: where(lambda x: lower(a, x), y, m.mpf(2)), 2.5, 0.375),
    "gammaln": (lambda x: m.loggamma(x).real, 0.375),
    "gdtr": (lambda a, b, x: lower(b, a * x), 1.5, 2.5, 0.375),
    "gdtrc": (lambda a, b, x: upper(b, a * x), 1.5, 2.5, 0.375),
    "huber": (lambda delta, r: r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2), 0.25, 0.375),
    "hyp0f1": (m.hyp0f1, 2, 0.375),
    "hyp1f1": (m.hyp1f1, 1.5, 2.5, 0.375),
    "hyp2f1": (m.hyp2f1, 0.5, 1.5, 2.5, 0.375),
    "hyperu": (m.hyperu, 1.5, 2.5, 0.375),
    "i0": (lambda x: m.besseli(0, x), 0.375),
    "i0e": (lambda x: m.exp(-abs(x)) * m.besseli(0, x), 0.375),
    "i1": (lambda x: m.besseli(1, x), 0.375),
    "i1e": (lambda x: m.exp(-abs(x)) * m.besseli(1, x), 0.375),
    "inv_boxcox": (lambda y, power: (power * y + 1) ** (1 / power), 2, 0.375),
    "inv_boxcox1p": (lambda y, power: (power * y + 1) ** (1 / power) - 1, 2, 0.375),
    "iv": (m.besseli, 2.5, 0.375),
    "ive": (lambda v, x: m.exp(-abs(x)) * m.besseli(v, x), 2.5, 0.375),
    "j0": (lambda x: m.besselj(0, x), 0.375),
    "j1": (lambda x: m.besselj(1, x), 0.375),
    "jv": (m.besselj, 2.5, 0.375),
    "k0": (lambda x: m.besselk(0, x), 0.375),
    "k0e": (lambda x: m.exp(x) * m.besselk(0, x), 0.375),
    "k1": (lambda x: m.besselk(1, x), 0.375),
    "k1e": (lambda x: m.exp(x) * m.besselk(1, x), 0.375),
    "kl_div": (lambda x, y: x * m.log(x / y) - x + y, 2, 0.375),
    "kn": (m.besselk, 2, 0.375),
    "kv": (m.besselk, 2.5, 0.375),
    "kve": (lambda v, x: m.exp(x) * m.besselk(v, x), 2.5, 0.375),
    "lambertw": (lambda x: m.lambertw(x).real, 0.375),
    "log1p": (m.log1p, 0.375),
    "log_expit": (lambda x: -m.log(1 + m.exp(-x)), 0.375),
    "log_ndtr": (lambda x: m.log(normal(x)), 0.375),
    "loggamma": (lambda x: m.loggamma(x).real, 0.375),
    "logit": (lambda p: m.log(p) - m.log(1 - p), 0.375),
    "nbdtr": (lambda k, n, p: part(floor(n), floor(k) + 1, p), 1, 3, 0.375),
    "nbdtrc": (lambda k, n, p: part(floor(k) + 1, floor(n), 1 - p), 1, 3, 0.375),
    "ndtr": (normal, 0.375),
    "ndtri": (normal_quantile, 0.375),
    "ndtri_exp": (lambda x: normal_quantile(m.exp(x)), -0.375),
    "owens_t": (owens, 2, 0.375),
    "pdtr": (lambda k, rate: upper(floor(k) + 1, rate), 2, 0.375),
    "pdtrc": (lambda k, rate: lower(floor(k) + 1, rate), 2, 0.375),
    "poch": (m.rf, 2, 0.375),
    "polygamma": (lambda n, x: m.polygamma(int(n), x), 2, 0.375),
    "powm1": (lambda x, y: x**y - 1, 2, 0.375),
    "pseudo_huber": (lambda d, r: d * d * (m.sqrt(1 + (r / d) ** 2) - 1), 2, 0.375),
    "psi": (m.digamma, 0.375),
    "radian": (lambda d, minutes, s: degrees(d + minutes / 60 + s / 3600), 1.5, 2.5, 0.375),
    "rel_entr": (lambda x, y: x * m.log(x / y), 2, 0.375),
    "rgamma": (m.rgamma, 0.375),
    "shichi": (m.shi, 0.375),
    "sici": (m.si, 0.375),
    "sindg": (lambda x: m.sin(degrees(x)), 30.5),
    "softplus": (lambda x: m.log(1 + m.exp(x)), 0.375),
    "spence": (lambda x: m.polylog(2, 1 - x), 0.375),
    "spherical_in": (lambda n, x: bessel(m.besseli, n, x), 2, 0.375),
    "spherical_jn": (lambda n, x: bessel(m.besselj, n, x), 2, 0.375),
    "spherical_kn": (lambda n, x: bessel(m.besselk, n, x), 2, 0.375),
    "spherical_yn": (lambda n, x: bessel(m.bessely, n, x), 2, 0.375),
    "stdtr": (student, 2.5, 0.375),
    "stdtrit": (lambda v, p: where(lambda t: student(v, t), p, m.mpf("-0.35")), 2.5, 0.375),
    "tandg": (lambda x: m.tan(degrees(x)), 30.5),
    "xlog1py": (lambda x, y: x * m.log(1 + y), 2, 0.375),
    "xlogy": (lambda x, y: x * m.log(y), 2, 0.375),
    "y0": (lambda x: m.bessely(0, x), 0.375),
    "y1": (lambda x: m.bessely(1, x), 0.375),
    "yn": (m.bessely, 2, 0.375),
    "yv": (m.bessely, 2.5, 0.375),
    "zeta": (m.zeta, 2, 0.375),
}
OF_ARRAYS = {"log_softmax", "logsumexp", "softmax", "multigammaln"}  # which test_special.py has


def number(ball):
    """Return the middle of a ball, which is exact to more digits than are compared."""
    assert ball.rad() < flint.arb(10) ** (-DIGITS - 20) * (1 + abs(ball))
    return m.mpf(ball.mid().str(2 * DIGITS, radius=False))


def is_close(actual, expected):
    return abs(actual - expected) < m.mpf(10) ** -DIGITS * (1 + abs(expected))


def on_symbols(name, *arguments):
    """Return the graph, the node of the first result, and that of its derivative by the last argument."""
    trace = Trace()
    with patches.in_force(0), running(trace):
        x = Concolic(trace, trace.input("x", Fraction(arguments[-1])))
        results = getattr(patches.stand_in(special), name)(*arguments[:-1], x)
    result = results[0] if isinstance(results, tuple) else results
    (slope,) = totals(trace, adjoints(trace, [(result.node, trace.whole(1))], [x.node])).values()
    return trace, result.node, slope


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", some(TABLE, 32))
def test_value_and_derivative(name):
    """The formula and its derivative have mpmath's values to 50 digits, and no others."""
    function, *arguments = TABLE[name]
    trace, node, slope = on_symbols(name, *arguments)
    for k in range(POINTS):
        point = Fraction(arguments[-1]) * Fraction(1000 + 3 * k, 1000)
        with flint.ctx.workprec(BITS), mpmath.workprec(BITS):
            parameters = [m.mpf(argument) for argument in arguments[:-1]]
            low, middle, high = (
                m.mpmathify(function(*parameters, m.mpf(point.numerator) / point.denominator + step))
                for step in (-(m.mpf(10) ** -STEP), 0, m.mpf(10) ** -STEP)
            )
            entries = balls.at(trace, [node, slope], {"x": point})
            value, derivative, quotient = (
                number(entries[node]),
                number(entries[slope]),
                (high - low) / 2 * m.mpf(10) ** STEP,
            )
            assert is_close(value, middle)
            assert is_close(derivative, quotient)
            assert not is_close(derivative + m.mpf(10) ** (2 - DIGITS) * (1 + abs(quotient)), quotient)


def test_every_function_is_there():
    """What is followed of `scipy.special`, but what takes arrays, stands in the table."""
    assert {*TABLE} == {*coverage.sections()["scipy.special"]} - OF_ARRAYS


def test_constants_are_floats_of_few_digits():
    """The arguments are what they are in both: each float is a short fraction."""
    assert all(math.frexp(a)[0] * 2**12 % 1 == 0 for _, *arguments in TABLE.values() for a in arguments)
