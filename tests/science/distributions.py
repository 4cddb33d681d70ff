"""Densities, distribution functions and quantiles by `scipy.stats`, by `scipy.special` and by hand, with derivatives."""

import math

import numpy as np
from scipy import special, stats

import verify
from science.derivative import POSITIVE, UNIT, gradient, layer, slopes

REALS = "3"
ABOVE = verify.real("3", low=0)
SHARES = verify.real("3", low=0, high=1)


@slopes(
    lambda x, mu, s: stats.norm.logpdf(x, mu, s),
    [("z / s, z", "z / s**2, z"), ("z**2 - 1", "z**2 + 1"), ("-z / s", "z / s**2")],
    x=REALS,
    mu="",
    s=POSITIVE,
)
def normal_logpdf_deriv(x, mu, s):
    z = (x - mu) / s
    return -z / s, z / s, (z**2 - 1) / s


@slopes(
    lambda x, mu, s: stats.norm(mu, s).cdf(x),
    [("-p", "p"), ("* (x - mu) / s", "* (x - mu)")],
    x=REALS,
    mu="",
    s=POSITIVE,
)
def normal_cdf_deriv(x, mu, s):
    p = stats.norm.pdf(x, loc=mu, scale=s)
    dmu = -p
    return p, dmu, dmu * (x - mu) / s


def normal_pdf(x, mu, s):
    return np.exp(-((x - mu) ** 2) / (2 * s**2)) / (s * math.sqrt(2 * math.pi))


@slopes(normal_pdf, [("/ s**2 - 1", "/ s - 1"), ("* (mu - x)", "* (x - mu)")], x=REALS, mu="", s=POSITIVE)
def normal_pdf_deriv(x, mu, s):
    p = normal_pdf(x, mu, s)
    dx = p * (mu - x) / s**2
    return dx, -dx, p * ((x - mu) ** 2 / s**2 - 1) / s


@slopes(lambda x: stats.norm.logcdf(x), [("logpdf(x) - ", "logpdf(x) + "), ("np.exp", "np.expm1")], x=REALS)
def normal_logcdf_deriv(x):
    return np.exp(stats.norm.logpdf(x) - stats.norm.logcdf(x))


@slopes(lambda x: stats.norm.logsf(x), [("-np.exp", "np.exp"), ("logpdf(x) - ", "logpdf(x) + ")], x=REALS)
def normal_logsf_deriv(x):
    return -np.exp(stats.norm.logpdf(x) - stats.norm.logsf(x))


@slopes(
    lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b),
    [("np.log(b * x)", "np.log(x)"), ("(a - 1) / x", "a / x"), ("special.digamma(a)", "special.gammaln(a)")],
    x=ABOVE,
    a=POSITIVE,
    b=POSITIVE,
)
def gamma_logpdf_deriv(x, a, b):
    return (a - 1) / x - b, np.log(b * x) - special.digamma(a), a / b - x


@slopes(lambda x: stats.gamma.cdf(x, 2.5), [("1.5", "2.5"), ("special.gamma", "special.gammaln")], x=ABOVE)
def gamma_cdf_deriv(x):
    return x**1.5 * np.exp(-x) / special.gamma(2.5)


@slopes(
    lambda x, a, b: stats.beta.logpdf(x, a, b),
    [("- (b - 1)", "+ (b - 1)"), ("np.log1p(-x)", "np.log(x)"), ("psi - special.psi(a)", "-special.psi(a)")],
    x=SHARES,
    a=POSITIVE,
    b=POSITIVE,
)
def beta_logpdf_deriv(x, a, b):
    psi = special.psi(a + b)
    return (a - 1) / x - (b - 1) / (1 - x), np.log(x) + psi - special.psi(a), np.log1p(-x) + psi - special.psi(b)


@slopes(lambda x: special.betainc(2.0, 3.5, x), [("** 2.5", "** 3.5"), ("x *", "x**2 *")], x=SHARES)
def beta_cdf_deriv(x):
    return x * (1 - x) ** 2.5 / special.beta(2.0, 3.5)


@slopes(
    lambda x, df: stats.t.logpdf(x, df),
    [("(df + 1) * x", "df * x"), ("- np.log1p(x**2 / df)", "+ np.log1p(x**2 / df)"), ("(x**2 - 1)", "(x**2 + 1)")],
    x=REALS,
    df=POSITIVE,
)
def student_logpdf_deriv(x, df):
    by_df = special.digamma((df + 1) / 2) - special.digamma(df / 2) - np.log1p(x**2 / df) + (x**2 - 1) / (df + x**2)
    return -(df + 1) * x / (df + x**2), by_df / 2


@slopes(lambda x: stats.t.cdf(x, 3), [("** 2)", ")"), ("6 *", "3 *")], x=REALS)
def student_cdf_deriv(x):
    return 6 * np.sqrt(3) / (np.pi * (3 + x**2) ** 2)


@slopes(lambda x: stats.chi2.cdf(x, 4), [("x / 4", "x / 2"), ("-x / 2", "-x")], x=ABOVE)
def chi2_cdf_deriv(x):
    return x / 4 * np.exp(-x / 2)


@slopes(
    lambda x, c: stats.weibull_min.logpdf(x, c),
    [("(1 - x**c)", "(1 + x**c)"), ("c * x ** (c - 1)", "x ** (c - 1)")],
    x=ABOVE,
    c=POSITIVE,
)
def weibull_logpdf_deriv(x, c):
    return (c - 1) / x - c * x ** (c - 1), 1 / c + np.log(x) * (1 - x**c)


@slopes(
    lambda x, s: stats.lognorm.cdf(x, s),
    [("(s * x)", "s"), ("* z / s", "/ s"), ("-p", "p")],
    x=ABOVE,
    s=POSITIVE,
)
def lognormal_cdf_deriv(x, s):
    z = np.log(x) / s
    p = stats.norm.pdf(z)
    return p / (s * x), -p * z / s


@slopes(
    lambda x, x0, g: stats.cauchy.logpdf(x, x0, g),
    [("2 * z", "z"), ("(z**2 - 1)", "(1 - z**2)")],
    x=REALS,
    x0="",
    g=POSITIVE,
)
def cauchy_logpdf_deriv(x, x0, g):
    z = (x - x0) / g
    s = 2 * z / (1 + z**2) / g
    return -s, s, (z**2 - 1) / (1 + z**2) / g


@slopes(
    lambda x, m, s: stats.logistic.cdf(x, m, s), [("F * (1 - F)", "F"), ("-f * z", "f * z")], x=REALS, m="", s=POSITIVE
)
def logistic_cdf_deriv(x, m, s):
    z = (x - m) / s
    F = special.expit(z)
    f = F * (1 - F) / s
    return f, -f, -f * z


@slopes(
    lambda x, m, s: stats.gumbel_r.logpdf(x, m, s),
    [("z - z * e - 1", "z * e - z - 1"), ("e - 1) / s, (1", "e + 1) / s, (1")],
    x=REALS,
    m="",
    s=POSITIVE,
)
def gumbel_logpdf_deriv(x, m, s):
    z = (x - m) / s
    e = np.exp(-z)
    return (e - 1) / s, (1 - e) / s, (z - z * e - 1) / s


def laplace_cdf(x, m, b):
    return 0.5 + 0.5 * np.sign(x - m) * (1 - np.exp(-np.abs(x - m) / b))


@slopes(laplace_cdf, [("-p * (x - m) / b", "-p * np.abs(x - m) / b"), ("0.5 *", "1.0 *")], x=REALS, m="", b=POSITIVE)
def laplace_cdf_deriv(x, m, b):
    p = 0.5 * np.exp(-np.abs(x - m) / b) / b
    return p, -p, -p * (x - m) / b


@slopes(
    lambda k, mu: stats.poisson.logpmf(k, mu),
    [("k / mu - 1", "k / mu + 1"), ("k / mu", "k")],
    k=verify.constant(np.array([0, 2, 5])),
    mu=ABOVE,
)
def poisson_logpmf_deriv(k, mu):
    return k / mu - 1


@slopes(
    lambda k, p: stats.binom.logpmf(k, 6, p),
    [("(6 - k)", "6"), ("- (6", "+ (6")],
    k=verify.constant(np.array([0, 2, 6])),
    p=SHARES,
)
def binomial_logpmf_deriv(k, p):
    return k / p - (6 - k) / (1 - p)


@slopes(lambda q: special.gammaincinv(2.5, q), [("-1.5", "1.5"), ("np.exp(x)", "np.exp(-x)")], q=SHARES)
def gamma_quantile_deriv(q):
    x = special.gammaincinv(2.5, q)
    return special.gamma(2.5) * x**-1.5 * np.exp(x)


@slopes(
    lambda q, s: s * np.sqrt(2) * special.erfinv(2 * q - 1),
    [("np.exp(z**2)", "np.exp(-(z**2))"), ("np.sqrt(2) * z", "z")],
    q=SHARES,
    s=POSITIVE,
)
def normal_quantile_deriv(q, s):
    z = special.erfinv(2 * q - 1)
    return s * np.sqrt(2 * np.pi) * np.exp(z**2), np.sqrt(2) * z


def von_mises(x, mu, kappa):
    return kappa * np.cos(x - mu) - np.log(2 * np.pi * special.i0(kappa))


@slopes(
    von_mises, [("special.i1", "special.i0"), ("-kappa * np.sin", "kappa * np.sin")], x=REALS, mu="", kappa=POSITIVE
)
def von_mises_deriv(x, mu, kappa):
    s = -kappa * np.sin(x - mu)
    return s, -s, np.cos(x - mu) - special.i1(kappa) / special.i0(kappa)


def skew_normal(x, a):
    return np.log(2) - x**2 / 2 - 0.5 * np.log(2 * np.pi) + special.log_ndtr(a * x)


@slopes(skew_normal, [("a * m - x", "m - x"), ("x * m", "a * m")], x=REALS, a="")
def skew_normal_deriv(x, a):
    m = np.exp(-0.5 * (a * x) ** 2) / np.sqrt(2 * np.pi) / special.ndtr(a * x)
    return a * m - x, x * m


def mixture(x, w, m1, m2):
    return np.log(w * np.exp(-0.5 * (x - m1) ** 2) + (1 - w) * np.exp(-0.5 * (x - m2) ** 2))


@slopes(
    mixture,
    [
        ("(1 - r) * (m2 - x)", "r * (m2 - x)"),
        ("(p - q) / total", "(p + q) / total"),
        ("(1 - r) * (x - m2)", "(1 - w) * (x - m2)"),
    ],
    x=REALS,
    w=UNIT,
    m1="",
    m2="",
)
def mixture_deriv(x, w, m1, m2):
    p, q = np.exp(-0.5 * (x - m1) ** 2), np.exp(-0.5 * (x - m2) ** 2)
    total = w * p + (1 - w) * q
    r = w * p / total
    return r * (m1 - x) + (1 - r) * (m2 - x), (p - q) / total, r * (x - m1), (1 - r) * (x - m2)


def dirichlet(alpha):
    x = np.array([0.25, 0.125, 0.625])
    return special.gammaln(alpha.sum()) - special.gammaln(alpha).sum() + np.sum((alpha - 1) * np.log(x))


@gradient(dirichlet, [("- special.psi(alpha)", "+ special.psi(alpha)"), ("alpha.sum()", "alpha")], alpha=ABOVE)
def dirichlet_deriv(alpha):
    x = np.array([0.25, 0.125, 0.625])
    return special.psi(alpha.sum()) - special.psi(alpha) + np.log(x)


def multivariate_normal(x, cov):
    L = np.linalg.cholesky(cov @ cov.T + np.eye(2))
    z = np.linalg.solve(L, x)
    return -0.5 * z @ z - np.sum(np.log(np.diag(L)))


@gradient(
    multivariate_normal, [("P @ x[:, None]", "x[:, None]"), ("- P", "+ P"), ("-P @ x,", "P @ x,")], x="2", cov="2 2"
)
def multivariate_normal_deriv(x, cov):
    P = np.linalg.inv(cov @ cov.T + np.eye(2))
    y = P @ x[:, None]
    return -P @ x, (y @ y.T - P) @ cov


@layer(
    [("self.p * self.q", "self.p"), ("np.log(self.u)", "np.log(self.x)")],
    inputs={"x": ABOVE},
    params={"a": POSITIVE, "b": POSITIVE},
)
class KumaraswamyTail:
    """The survival function of a distribution on the positive numbers of Burr's kind."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def forward(self, x):
        self.x = x.copy()
        self.p = x**self.a
        self.u = 1 + self.p
        return self.u ** (-self.b)

    def backward(self, dout):
        self.q = -self.b * self.u ** (-self.b - 1)
        self.da = np.sum(dout * self.p * self.q * np.log(self.x))
        self.db = -np.sum(dout * self.u**-self.b * np.log(self.u))
        return dout * self.q * self.a * self.p / self.x
