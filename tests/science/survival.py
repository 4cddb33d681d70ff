"""Survival models with censoring: log likelihoods with scores, and Cox' partial likelihood with its Hessian."""

import numpy as np
from scipy import special

import verify
from science.derivative import POSITIVE, gradient, jacobian, layer

TIMES = np.array([0.5, 1.25, 3.0, 4.5])
EVENTS = np.array([1.0, 0.0, 1.0, 1.0])
X = np.array([[0.5, -1.0], [1.5, 0.25], [-0.75, 1.0], [0.0, 2.0]])


def weibull_loglike(log_lambda, log_rho):
    lam, rho = np.exp(log_lambda), np.exp(log_rho)
    z = TIMES / lam
    return np.sum(EVENTS * (np.log(rho / lam) + (rho - 1) * np.log(z)) - z**rho)


@gradient(
    weibull_loglike,
    [("rho * np.sum(zr - EVENTS)", "np.sum(zr - EVENTS)"), ("EVENTS * (1 + ", "EVENTS * ("), ("zr * lz", "lz")],
    log_lambda="",
    log_rho="",
)
def weibull_score(log_lambda, log_rho):
    rho = np.exp(log_rho)
    lz = rho * (np.log(TIMES) - log_lambda)
    zr = np.exp(lz)
    return rho * np.sum(zr - EVENTS), np.sum(EVENTS * (1 + lz) - zr * lz)


def weibull_score_vector(theta):
    return np.array(weibull_score.code(theta[0], theta[1]))


@jacobian(
    weibull_score_vector,
    [
        ("-(rho**2) * zr.sum()", "-rho * zr.sum()"),
        ("zr * (lz + 1)", "zr * lz"),
        ("[aa, ab], [ab, bb]", "[aa, ab], [-ab, bb]"),
        ("- zr * lz**2", "+ zr * lz**2"),
    ],
    theta="2",
)
def weibull_hessian(theta):
    rho = np.exp(theta[1])
    lz = rho * (np.log(TIMES) - theta[0])
    zr = np.exp(lz)
    aa = -(rho**2) * zr.sum()
    ab = rho * np.sum(zr * (lz + 1) - EVENTS)
    bb = np.sum(EVENTS * lz - zr * lz - zr * lz**2)
    return np.array([[aa, ab], [ab, bb]])


def log_logistic_loglike(alpha, beta):
    z = (TIMES / alpha) ** beta
    return np.sum(EVENTS * (np.log(beta / alpha) + (beta - 1) * np.log(TIMES / alpha) - np.log1p(z)) - np.log1p(z))


@gradient(
    log_logistic_loglike,
    [("(1 + EVENTS) * z / (1 + z)", "z / (1 + z)"), ("-beta / alpha", "beta / alpha"), ("EVENTS / beta +", "EVENTS +")],
    alpha=POSITIVE,
    beta=POSITIVE,
)
def log_logistic_score(alpha, beta):
    log_t = np.log(TIMES / alpha)
    z = (TIMES / alpha) ** beta
    residual = EVENTS - (1 + EVENTS) * z / (1 + z)
    return -beta / alpha * np.sum(residual), np.sum(EVENTS / beta + log_t * residual)


def log_normal_loglike(mu, sigma):
    z = (np.log(TIMES) - mu) / sigma
    return np.sum(EVENTS * (-np.log(sigma) - z**2 / 2) + (1 - EVENTS) * special.log_ndtr(-z))


@gradient(
    log_normal_loglike,
    [("EVENTS * z +", "EVENTS +"), ("z * slope - EVENTS", "z * slope + EVENTS"), ("2 * np.pi", "np.pi")],
    mu="",
    sigma=POSITIVE,
)
def log_normal_score(mu, sigma):
    z = (np.log(TIMES) - mu) / sigma
    hazard = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / special.ndtr(-z)
    slope = EVENTS * z + (1 - EVENTS) * hazard
    return np.sum(slope) / sigma, np.sum(z * slope - EVENTS) / sigma


def cox_loglike(beta):
    """Times are in order, so that those at risk are those from i on."""
    eta = X @ beta
    risk = np.cumsum(np.exp(eta)[::-1])[::-1]
    return np.sum(EVENTS * (eta - np.log(risk)))


@gradient(
    cox_loglike,
    [("X[i] - s1 / s0", "X[i] - s1"), ("range(i, 4)", "range(i + 1, 4)"), ("if EVENTS[i]:", "if True:")],
    beta="2",
)
def cox_score(beta):
    score = np.zeros(2)
    theta = np.exp(np.dot(X, beta))
    for i in range(4):
        if EVENTS[i]:
            s0, s1 = 0.0, np.zeros(2)
            for j in range(i, 4):
                s0 = s0 + theta[j]
                s1 = s1 + theta[j] * X[j]
            score += X[i] - s1 / s0
    return score


@jacobian(
    cox_score.code,
    [("- np.outer(s1, s1) / s0**2", "- np.outer(s1, s1) / s0"), ("hess -= ", "hess += "), ("X[i:].T * w", "X[i:].T")],
    beta="2",
)
def cox_hessian(beta):
    hess = np.zeros((2, 2))
    theta = np.exp(X @ beta)
    for i in np.flatnonzero(EVENTS):
        w = theta[i:]
        s0, s1 = w.sum(), w @ X[i:]
        s2 = (X[i:].T * w) @ X[i:]
        hess -= s2 / s0 - np.outer(s1, s1) / s0**2
    return hess


def breslow_loglike(beta):
    eta = X @ beta
    order = np.argsort(-TIMES)
    total = np.logaddexp.reduce(eta[order][:1]) + np.zeros(())
    value = EVENTS[order[0]] * (eta[order[0]] - total)
    for i in order[1:]:
        total = np.logaddexp(total, eta[i])
        value = value + EVENTS[i] * (eta[i] - total)
    return value


@gradient(breslow_loglike, [("w[i:] / w[i:].sum()", "w[i:]"), ("X[i] -", "X[i] +")], beta="2")
def breslow_score(beta):
    w = np.exp(X @ beta)
    return sum(EVENTS[i] * (X[i] - (w[i:] / w[i:].sum()) @ X[i:]) for i in range(4))


def exponential_aft(beta):
    eta = X @ beta
    return np.sum(-EVENTS * eta - TIMES * np.exp(-eta))


@gradient(exponential_aft, [("- EVENTS", "+ EVENTS"), ("np.exp(-eta)", "np.exp(eta)")], beta="2")
def exponential_aft_score(beta):
    eta = X @ beta
    return (TIMES * np.exp(-eta) - EVENTS) @ X


@layer(
    [
        ("t * e / self.b", "t / self.b"),
        ("np.expm1(self.b * self.t) / self.b**2", "np.expm1(self.b * self.t) / self.b"),
        ("dout * self.a * e", "dout * e"),
    ],
    inputs={"t": verify.real("3", low=0)},
    params={"a": POSITIVE, "b": POSITIVE},
)
class GompertzHazard:
    """The cumulative hazard of Gompertz."""

    def __init__(self, a, b):
        self.a, self.b = a, b

    def forward(self, t):
        self.t = np.array(t)
        return self.a / self.b * np.expm1(self.b * t)

    def backward(self, dout):
        t, e = self.t, np.exp(self.b * self.t)
        self.da = np.sum(dout * np.expm1(self.b * t) / self.b)
        self.db = np.sum(dout * self.a * (t * e / self.b - np.expm1(self.b * self.t) / self.b**2))
        return dout * self.a * e


def frailty_loglike(theta, scale):
    hazard = TIMES / scale
    return np.sum(-EVENTS * np.log(scale) - (1 / theta + EVENTS) * np.log1p(theta * hazard))


@gradient(
    frailty_loglike,
    [
        ("log_term / theta**2", "log_term / theta"),
        ("(1 + theta * EVENTS) * hazard", "hazard"),
        ("- EVENTS) / scale", "+ EVENTS) / scale"),
    ],
    theta=POSITIVE,
    scale=POSITIVE,
)
def frailty_score(theta, scale):
    hazard = TIMES / scale
    log_term, share = np.log1p(theta * hazard), hazard / (1 + theta * hazard)
    dtheta = np.sum(log_term / theta**2 - (1 / theta + EVENTS) * share)
    return dtheta, np.sum((1 + theta * EVENTS) * hazard / (1 + theta * hazard) - EVENTS) / scale
