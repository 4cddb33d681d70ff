"""Link functions of generalised linear models with first and second derivatives and inverses, as classes and functions."""

import math

import numpy as np
from scipy import special, stats

import verify
from science.derivative import POSITIVE, UNIT, layer, slopes

PROBABILITIES = verify.real("3", low=0, high=1)
MEANS = verify.real("3", low=0)
PREDICTORS = "3"


class Logit:
    """A link as the classes of model packages are: called, inverted, differentiated."""

    def __call__(self, p):
        return np.log(p / (1.0 - p))

    def inverse(self, z):
        return 1.0 / (1.0 + np.exp(-z))


LOGIT = Logit()


@slopes(LOGIT, [("p * (1 - p)", "p"), ("p * (1 - p)", "p * (1 + p)")], p=PROBABILITIES)
def logit_deriv(p):
    return 1.0 / (p * (1 - p))


@slopes(lambda p: 1 / (p * (1 - p)), [("2 * p - 1", "1 - 2 * p"), ("v**2", "v")], p=PROBABILITIES)
def logit_deriv2(p):
    v = p * (1 - p)
    return (2 * p - 1) / v**2


@slopes(LOGIT.inverse, [("t) ** 2", "t)"), ("np.exp(-z)", "np.exp(z + 1)")], z=PREDICTORS)
def logit_inverse_deriv(z):
    t = np.exp(-z)
    return t / (1 + t) ** 2


@slopes(special.expit, [("p * (1 - p)", "p * (1 - p) ** 2"), ("(1 - p)", "(1 + p)")], z=PREDICTORS)
def expit_deriv(z):
    p = special.expit(z)
    return p * (1 - p)


@slopes(special.logit, [("1 / p + 1", "1 / p - 1"), ("1 / (1 - p)", "1 / (2 - p)")], p=PROBABILITIES)
def logit_scipy_deriv(p):
    return 1 / p + 1 / (1 - p)


def probit(p):
    return special.ndtri(p)


@slopes(
    probit,
    [("np.exp(z**2 / 2)", "np.exp(-(z**2) / 2)"), ("2 * np.pi", "np.pi"), ("z**2 / 2", "z**2")],
    p=PROBABILITIES,
)
def probit_deriv(p):
    z = special.ndtri(p)
    return np.sqrt(2 * np.pi) * np.exp(z**2 / 2)


@slopes(lambda p: stats.norm.ppf(p), [("stats.norm.pdf", "stats.norm.cdf"), ("1 / ", "2 / ")], p=PROBABILITIES)
def probit_stats_deriv(p):
    return 1 / stats.norm.pdf(stats.norm.ppf(p))


@slopes(lambda z: special.ndtr(z), [("z * z", "z"), ("-0.5", "-1.0"), ("2 * math.pi", "math.pi")], z=PREDICTORS)
def probit_inverse_deriv(z):
    return np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)


@slopes(lambda z: stats.norm.pdf(z), [("-z", "z"), ("pdf(z)", "pdf(z + 0.5)")], z=PREDICTORS)
def probit_inverse_deriv2(z):
    return -z * stats.norm.pdf(z)


def cloglog(p):
    return np.log(-np.log(1 - p))


@slopes(cloglog, [("(p - 1)", "(1 - p)"), ("np.log(1 - p)", "np.log(p)")], p=PROBABILITIES)
def cloglog_deriv(p):
    return 1.0 / ((p - 1) * np.log(1 - p))


@slopes(lambda z: 1 - np.exp(-np.exp(z)), [("z - np.exp(z)", "z + np.exp(z)"), ("z - ", "")], z=PREDICTORS)
def cloglog_inverse_deriv(z):
    return np.exp(z - np.exp(z))


@slopes(
    lambda p: 1.0 / ((p - 1) * np.log(1 - p)),
    [("(1 + fl)", "(1 - fl)"), ("-1 / ", "1 / "), ("(1 - p) ** 2", "(1 - p)")],
    p=PROBABILITIES,
)
def cloglog_deriv2(p):
    fl = np.log(1 - p)
    return -1 / ((1 - p) ** 2 * fl) * (1 + fl) / fl


@slopes(lambda p: -np.log(-np.log(p)), [("p * np.log(p)", "np.log(p)"), ("-1 / ", "1 / ")], p=PROBABILITIES)
def loglog_deriv(p):
    return -1 / (p * np.log(p))


@slopes(
    lambda p: np.tan(np.pi * (p - 0.5)),
    [("np.pi / ", "1 / "), ("** 2", ""), ("p - 0.5", "p + 0.25")],
    p=PROBABILITIES,
)
def cauchit_deriv(p):
    return np.pi / np.cos(np.pi * (p - 0.5)) ** 2


@slopes(lambda z: 0.5 + np.arctan(z) / np.pi, [("1 + z**2", "1 + z"), ("np.pi *", "2 *")], z=PREDICTORS)
def cauchit_inverse_deriv(z):
    return 1 / (np.pi * (1 + z**2))


@slopes(lambda mu: np.log(mu), [("1.0 / mu", "1.0 / mu**2"), ("1.0 / ", "-1.0 / ")], mu=MEANS)
def log_deriv(mu):
    return 1.0 / mu


def power_link(mu, power):
    return mu**power


@slopes(
    power_link,
    [("power - 1", "power"), ("np.log(mu)", "np.log(power)"), ("power * mu", "mu")],
    mu=MEANS,
    power=POSITIVE,
)
def power_deriv(mu, power):
    return power * mu ** (power - 1), mu**power * np.log(mu)


@slopes(lambda mu: mu**-2.0, [("-2.0", "2.0"), ("-3.0", "-2.5")], mu=MEANS)
def inverse_squared_deriv(mu):
    return -2.0 * mu**-3.0


@slopes(lambda z: 1 / z, [("z**2", "z"), ("-1", "1")], z=verify.real("3", low=0))
def inverse_power_inverse_deriv(z):
    return -1 / z**2


@layer(
    [("mu / self.alpha * inner", "mu * inner"), ("inner = 1 / (", "inner = 2 / ("), ("* mu**2", "* mu")],
    inputs={"mu": MEANS},
    params={"alpha": POSITIVE},
)
class NegativeBinomialLink:
    """The canonical link of the negative binomial family."""

    def __init__(self, alpha):
        self.alpha = alpha

    def forward(self, mu):
        self.mu = mu.copy()
        return -np.log1p(1 / (self.alpha * mu))

    def backward(self, dout):
        mu = self.mu
        inner = 1 / (mu + self.alpha * mu**2)
        self.dalpha = np.sum(dout * mu / self.alpha * inner)
        return dout * inner


def box_cox(y, lam):
    return (y**lam - 1) / lam


@slopes(box_cox, [("(lam - 1)", "lam"), ("- (y**lam - 1)", "+ (y**lam - 1)"), ("lam**2", "lam")], y=MEANS, lam=POSITIVE)
def box_cox_deriv(y, lam):
    return y ** (lam - 1), y**lam * np.log(y) / lam - (y**lam - 1) / lam**2


@slopes(
    lambda p, a: np.log(((1 - p) ** (-a) - 1) / a),
    [("- 1 / a", "+ 1 / a"), ("* np.log(1 - p)", ""), ("-a - 1", "-a")],
    p=PROBABILITIES,
    a=POSITIVE,
)
def aranda_ordaz_deriv(p, a):
    q = (1 - p) ** (-a)
    return a * (1 - p) ** (-a - 1) / (q - 1), -q * np.log(1 - p) / (q - 1) - 1 / a


@slopes(
    lambda eta, c: c + (1 - c) / (1 + np.exp(-eta)),
    [("(1 - c) *", "c *"), ("* (1 - s),", "* (1 - s**2),")],
    eta=PREDICTORS,
    c=UNIT,
)
def guessing_logit_deriv(eta, c):
    s = 1 / (1 + np.exp(-eta))
    return (1 - c) * s * (1 - s), 1 - s
