"""Log likelihoods of regression families with scores and Hessians by coefficients and dispersion."""

import numpy as np
from scipy import special
from scipy.special import digamma, gammaln, polygamma

import verify
from science.derivative import POSITIVE, gradient, jacobian, loss

X = np.array([[1.0, 0.5], [1.0, -1.25], [1.0, 2.0]])
COUNTS = np.array([0.0, 3.0, 1.0])
BINARY = np.array([1.0, 0.0, 1.0])
SIZES = np.array([0.5, 2.25, 1.75])
SHARES = np.array([0.25, 0.5, 0.875])


def poisson_loglike(beta):
    eta = X @ beta
    return np.sum(COUNTS * eta - np.exp(eta) - gammaln(COUNTS + 1))


@gradient(poisson_loglike, [("COUNTS - np.exp", "COUNTS + np.exp"), ("X.T @", "2 * X.T @")], beta="2")
def poisson_score(beta):
    return X.T @ (COUNTS - np.exp(X @ beta))


@jacobian(poisson_score.code, [("-np.dot", "np.dot"), ("* X.T", "* X.T * X.T")], beta="2")
def poisson_hessian(beta):
    mu = np.exp(np.dot(X, beta))
    return -np.dot(mu * X.T, X)


@loss(
    [("X.T.dot(p - y)", "X.T.dot(y - p)"), ("/ len(y)", "/ (len(y) - 1)"), ("lam * w", "2 * lam * w")],
    w="2",
    lam=verify.constant(0.25),
)
def logistic_loss(w, lam):
    y = BINARY
    z = X.dot(w)
    p = 1 / (1 + np.exp(-z))
    value = -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)) + 0.5 * lam * np.dot(w, w)
    grad = X.T.dot(p - y) / len(y)
    return value, grad + lam * w


def logit_loglike(params):
    q = 2 * BINARY - 1
    return np.sum(np.log(1 / (1 + np.exp(-q * np.dot(X, params)))))


@gradient(logit_loglike, [("BINARY - L", "L - BINARY"), ("(BINARY - L, X)", "(BINARY - L**2, X)")], params="2")
def logit_score(params):
    L = 1 / (1 + np.exp(-np.dot(X, params)))
    return np.dot(BINARY - L, X)


@jacobian(logit_score.code, [("L * (1 - L)", "L"), ("return -", "return ")], params="2")
def logit_hessian(params):
    L = 1 / (1 + np.exp(-np.dot(X, params)))
    return -np.dot(L * (1 - L) * X.T, X)


def probit_loglike(params):
    q = 2 * BINARY - 1
    return np.sum(np.log(special.ndtr(q * np.dot(X, params))))


def _normal_pdf(z):
    return np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)


@gradient(probit_loglike, [("q * _normal_pdf", "_normal_pdf"), ("/ special.ndtr(z)", "")], params="2")
def probit_score(params):
    q = 2 * BINARY - 1
    z = q * np.dot(X, params)
    return np.dot(q * _normal_pdf(z) / special.ndtr(z), X)


@jacobian(probit_score.code, [("L + z", "L - z"), ("-(L", "(L"), ("* (L + z)", "* L")], params="2")
def probit_hessian(params):
    q = 2 * BINARY - 1
    z = q * np.dot(X, params)
    L = _normal_pdf(z) / special.ndtr(z)
    return np.dot(-(L * (L + z)) * X.T, X)


def negbin_loglike(beta, alpha):
    size = 1 / alpha
    mu = np.exp(np.dot(X, beta))
    prob = size / (size + mu)
    coefficient = gammaln(size + COUNTS) - gammaln(COUNTS + 1) - gammaln(size)
    return np.sum(coefficient + size * np.log(prob) + COUNTS * np.log(1 - prob))


@gradient(
    negbin_loglike,
    [
        ("digamma(a1 + y) - digamma(a1)", "digamma(a1 + y) + digamma(a1)"),
        ("-(a1**2)", "a1"),
        ("np.log(prob) - (y", "np.log(prob) + (y"),
        ("a1 * (y - mu)", "(y - mu)"),
    ],
    beta="2",
    alpha=POSITIVE,
)
def negbin_score(beta, alpha):
    y, a1 = COUNTS, 1 / alpha
    mu = np.exp(np.dot(X, beta))
    prob = a1 / (a1 + mu)
    dbeta = X.T @ (a1 * (y - mu) / (a1 + mu))
    dalpha = -(a1**2) * np.sum(digamma(a1 + y) - digamma(a1) + np.log(prob) - (y - mu) / (a1 + mu))
    return dbeta, dalpha


def negbin_score_vector(theta):
    dbeta, dalpha = negbin_score.code(theta[:2], theta[2])
    return np.concatenate([dbeta, [dalpha]])


@jacobian(
    negbin_score_vector,
    [
        ("hess[2, 2] = ", "hess[2, 2] = 0.5 * "),
        ("hess[i, 2] = hess[2, i]", "hess[i, 2] = -hess[2, i]"),
        ("a1 * (a1 + y)", "a1 * a1"),
        ("trigamma(a1 + y) -", "trigamma(a1 + y) +"),
    ],
    theta=verify.real("3", low=0, high=2),
)
def negbin_hessian(theta):
    y, a1 = COUNTS, 1 / theta[2]
    mu = np.exp(np.dot(X, theta[:2]))
    hess = np.empty((3, 3))
    for i in range(2):
        for j in range(2):
            hess[i, j] = -np.sum(X[:, i] * X[:, j] * mu * a1 * (a1 + y) / (a1 + mu) ** 2)
        hess[2, i] = -(a1**2) * np.sum(X[:, i] * mu * (y - mu) / (a1 + mu) ** 2)
    for i in range(2):
        hess[i, 2] = hess[2, i]
    inner = digamma(a1 + y) - digamma(a1) + np.log(a1 / (a1 + mu)) - (y - mu) / (a1 + mu)
    slope = trigamma(a1 + y) - trigamma(a1) + 1 / a1 - 1 / (a1 + mu) + (y - mu) / (a1 + mu) ** 2
    hess[2, 2] = np.sum(2 * a1**3 * inner + a1**4 * slope)
    return hess


def trigamma(x):
    return polygamma(1, x)


def gamma_loglike(beta, scale):
    mu = np.exp(X @ beta)
    return np.sum((np.log(SIZES / (mu * scale)) - SIZES / mu) / scale - np.log(SIZES) - gammaln(1 / scale))


@gradient(
    gamma_loglike,
    [("- 1 + digamma", "+ 1 + digamma"), ("SIZES / mu - 1) / scale", "SIZES / mu - 1)"), ("/ scale**2", "/ scale")],
    beta="2",
    scale=POSITIVE,
)
def gamma_score(beta, scale):
    mu = np.exp(X @ beta)
    inner = -np.log(SIZES / (mu * scale)) + SIZES / mu - 1 + digamma(1 / scale)
    return X.T @ ((SIZES / mu - 1) / scale), np.sum(inner) / scale**2


def inverse_gaussian_loglike(beta, lam):
    mu = np.exp(X @ beta)
    terms = 0.5 * np.log(lam / (2 * np.pi * SIZES**3)) - lam * (SIZES - mu) ** 2 / (2 * mu**2 * SIZES)
    return terms.sum()


@gradient(
    inverse_gaussian_loglike,
    [("(SIZES - mu) / mu**2", "(SIZES - mu) / mu"), ("0.5 / lam - ", "1 / lam - "), ("mu**2 * SIZES", "mu**2")],
    beta="2",
    lam=POSITIVE,
)
def inverse_gaussian_score(beta, lam):
    mu = np.exp(X @ beta)
    return X.T @ (lam * (SIZES - mu) / mu**2), np.sum(0.5 / lam - (SIZES - mu) ** 2 / (2 * mu**2 * SIZES))


def beta_loglike(beta, phi):
    mu = special.expit(X @ beta)
    a, b = mu * phi, (1 - mu) * phi
    return np.sum(gammaln(phi) - gammaln(a) - gammaln(b) + (a - 1) * np.log(SHARES) + (b - 1) * np.log(1 - SHARES))


@gradient(
    beta_loglike,
    [
        ("mu * (1 - mu)", "mu"),
        ("digamma(phi)", "digamma(phi + 1)"),
        ("-digamma(a) + digamma(b)", "- digamma(a) - digamma(b)"),
        ("mu * (ystar - mustar)", "(ystar - mustar)"),
    ],
    beta="2",
    phi=POSITIVE,
)
def beta_score(beta, phi):
    mu = special.expit(X @ beta)
    a, b = mu * phi, (1 - mu) * phi
    ystar = np.log(SHARES / (1 - SHARES))
    mustar = -(-digamma(a) + digamma(b))
    dphi = mu * (ystar - mustar) + np.log(1 - SHARES) - digamma(b) + digamma(phi)
    return X.T @ (phi * (ystar - mustar) * mu * (1 - mu)), dphi.sum()


def zip_loglike(beta, gamma):
    mu, w = np.exp(X @ beta), special.expit(X @ gamma)
    zero = COUNTS == 0
    inflated = np.sum(np.log(w[zero] + (1 - w[zero]) * np.exp(-mu[zero])))
    y, m = COUNTS[~zero], mu[~zero]
    return inflated + np.sum(np.log(1 - w[~zero]) + y * np.log(m) - m - gammaln(y + 1))


@gradient(
    zip_loglike,
    [
        ("-mu[zero] * (1 - w[zero])", "-(1 - w[zero])"),
        ("w[zero] * (1 - w[zero]) *", "(1 - w[zero]) *"),
        ("-w[~zero]", "w[~zero]"),
        ("1 - np.exp(-mu[zero])", "1 + np.exp(-mu[zero])"),
    ],
    beta="2",
    gamma="2",
)
def zip_score(beta, gamma):
    mu, w = np.exp(X @ beta), special.expit(X @ gamma)
    zero = COUNTS == 0
    share = w[zero] + (1 - w[zero]) * np.exp(-mu[zero])
    d_eta, d_zeta = np.zeros_like(mu), np.zeros_like(mu)
    d_eta[zero] = -mu[zero] * (1 - w[zero]) * np.exp(-mu[zero]) / share
    d_eta[~zero] = COUNTS[~zero] - mu[~zero]
    d_zeta[zero] = w[zero] * (1 - w[zero]) * (1 - np.exp(-mu[zero])) / share
    d_zeta[~zero] = -w[~zero]
    return d_eta @ X, d_zeta @ X


def ordered_probit_loglike(beta, cuts):
    """Three classes between two cuts, of which 0, 2 and 1 were observed."""
    eta = X[:, 1] * beta
    low = special.ndtr(cuts[0] - eta)
    high = special.ndtr(cuts[0] + np.exp(cuts[1]) - eta)
    return np.log(low[0]) + np.log(1 - high[1]) + np.log(high[2] - low[2])


@gradient(
    ordered_probit_loglike,
    [
        ("np.exp(cuts[1]) * (", "("),
        ("(fh[2] - fl[2])", "(fh[2] + fl[2])"),
        ("x[1] * fh[1] / (1 - high[1])", "x[1] * fh[1] / high[1]"),
    ],
    beta="",
    cuts="2",
)
def ordered_probit_score(beta, cuts):
    x = X[:, 1]
    a = cuts[0] - x * beta
    b = a + np.exp(cuts[1])
    low, high, fl, fh = special.ndtr(a), special.ndtr(b), _normal_pdf(a), _normal_pdf(b)
    middle = high[2] - low[2]
    dbeta = -x[0] * fl[0] / low[0] + x[1] * fh[1] / (1 - high[1]) - x[2] * (fh[2] - fl[2]) / middle
    dcut = fl[0] / low[0] - fh[1] / (1 - high[1]) + fh[2] / middle - fl[2] / middle
    return dbeta, np.array([dcut, np.exp(cuts[1]) * (fh[2] / middle - fh[1] / (1 - high[1]))])


def multinomial_loglike(W):
    eta = X @ W
    return np.sum(eta[np.arange(3), [0, 2, 1]] - np.log(np.sum(np.exp(eta), axis=1)))


@gradient(multinomial_loglike, [("Y - p", "Y + p"), ("axis=1", "axis=0"), ("[0, 2, 1]", "[0, 1, 2]")], W="2 3")
def multinomial_score(W):
    e = np.exp(X @ W)
    p = e / np.sum(e, axis=1, keepdims=True)
    Y = np.eye(3)[[0, 2, 1]]
    return X.T @ (Y - p)


def gaussian_loglike(theta):
    beta, log_s = theta[:2], theta[2]
    r = SIZES - X @ beta
    return -len(r) * log_s - 0.5 * np.exp(-2 * log_s) * (r @ r)


@gradient(gaussian_loglike, [("-len(r) + ", "len(r) + "), ("out[:2] = X.T @ r", "out[:2] = X.T @ X @ beta")], theta="3")
def gaussian_score(theta):
    beta, log_s = theta[:2], theta[2]
    r = SIZES - X @ beta
    out = np.zeros(3)
    out[:2] = X.T @ r * np.exp(-2 * log_s)
    out[2] = -len(r) + np.exp(-2 * log_s) * np.sum(r**2)
    return out


@jacobian(
    gaussian_score.code,
    [
        ("H[:2, 2] = H[2, :2] = -2", "H[:2, 2] = H[2, :2] = 2"),
        ("-2 * w * np.sum(r * r)", "-w * np.sum(r * r)"),
        ("-X.T @ X", "X.T @ X"),
    ],
    theta="3",
)
def gaussian_hessian(theta):
    w = np.exp(-2 * theta[2])
    r = SIZES - X @ theta[:2]
    H = np.zeros((3, 3))
    H[:2, :2] = -X.T @ X * w
    H[:2, 2] = H[2, :2] = -2 * w * (X.T @ r)
    H[2, 2] = -2 * w * np.sum(r * r)
    return H


def student_loglike(beta, log_scale):
    df, r = 4.0, (SIZES - X @ beta) * np.exp(-log_scale)
    return np.sum(-0.5 * (df + 1) * np.log(1 + r**2 / df) - log_scale)


@gradient(
    student_loglike, [("df + 1", "df"), ("- 1)", "+ 1)"), ("np.exp(-log_scale) * (X.T", "(X.T")], beta="2", log_scale=""
)
def student_score(beta, log_scale):
    df, r = 4.0, (SIZES - X @ beta) * np.exp(-log_scale)
    weight = (df + 1) / (df + r**2)
    return np.exp(-log_scale) * (X.T @ (weight * r)), np.sum(weight * r**2 - 1)


def tweedie_deviance(mu):
    p = 1.5
    return 2 * np.sum(
        SIZES ** (2 - p) / ((1 - p) * (2 - p)) - SIZES * mu ** (1 - p) / (1 - p) + mu ** (2 - p) / (2 - p)
    )


@gradient(tweedie_deviance, [("-2", "2"), ("mu**1.5", "mu**2.5")], mu=verify.real("3", low=0))
def tweedie_deviance_deriv(mu):
    return -2 * (SIZES - mu) / mu**1.5
