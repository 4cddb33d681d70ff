"""Finance: option prices with greeks, volatility smiles, yield curves, bonds and portfolios."""

import numpy as np
from scipy import special, stats
from scipy.stats import norm

import verify
from science.derivative import POSITIVE, gradient, jacobian, layer, slopes

SPOTS = verify.real("2", low=0)


def d1_d2(S, K, r, sigma, T):
    d1 = (np.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * np.sqrt(T))
    return d1, d1 - sigma * np.sqrt(T)


def call_price(S, K, r, sigma, T):
    d1, d2 = d1_d2(S, K, r, sigma, T)
    return S * norm.cdf(d1) - K * np.exp(-r * T) * norm.cdf(d2)


@slopes(
    call_price,
    [
        ("-discount * norm.cdf(d2)", "discount * norm.cdf(d2)"),
        ("K * T * discount", "T * discount"),
        ("vega * sigma / (2 * T)", "vega * sigma / T"),
        ("S * norm.pdf(d1) * np.sqrt(T)", "S * norm.pdf(d2) * np.sqrt(T)"),
    ],
    S=SPOTS,
    K=POSITIVE,
    r="",
    sigma=POSITIVE,
    T=POSITIVE,
)
def call_greeks(S, K, r, sigma, T):
    d1, d2 = d1_d2(S, K, r, sigma, T)
    discount = np.exp(-r * T)
    vega = S * norm.pdf(d1) * np.sqrt(T)
    theta = vega * sigma / (2 * T) + r * K * discount * norm.cdf(d2)
    return norm.cdf(d1), -discount * norm.cdf(d2), K * T * discount * norm.cdf(d2), vega, theta


@slopes(lambda S: special.ndtr(d1_d2(S, 1.25, 0.02, 0.3, 2.0)[0]), [("S * 0.3", "0.3"), ("d1**2", "d1")], S=SPOTS)
def call_gamma(S):
    d1, _ = d1_d2(S, 1.25, 0.02, 0.3, 2.0)
    return np.exp(-(d1**2) / 2) / np.sqrt(2 * np.pi) / (S * 0.3 * np.sqrt(2.0))


def bachelier(F, K, sigma):
    d = (F - K) / sigma
    return (F - K) * special.ndtr(d) + sigma * np.exp(-0.5 * d**2) / np.sqrt(2 * np.pi)


@slopes(bachelier, [("-special.ndtr(d)", "special.ndtr(d)"), ("-0.5 * d**2", "-0.5 * d")], F="2", K="", sigma=POSITIVE)
def bachelier_deriv(F, K, sigma):
    d = (F - K) / sigma
    delta = special.ndtr(d)
    return delta, -special.ndtr(d), np.exp(-0.5 * d**2) / np.sqrt(2 * np.pi)


def black_by_erf(F, w):
    """Price of a call at strike 1 on a forward, by total variance."""
    s = np.sqrt(w)
    d = np.log(F) / s + s / 2
    return 0.5 * F * (1 + special.erf(d / np.sqrt(2))) - 0.5 * (1 + special.erf((d - s) / np.sqrt(2)))


@slopes(black_by_erf, [("(2 * np.sqrt(w))", "np.sqrt(w)"), ("F * np.exp", "np.exp")], F=SPOTS, w=POSITIVE)
def black_by_erf_deriv(F, w):
    d = np.log(F) / np.sqrt(w) + np.sqrt(w) / 2
    return special.ndtr(d), F * np.exp(-(d**2) / 2) / np.sqrt(2 * np.pi) / (2 * np.sqrt(w))


def implied_volatility_step(sigma):
    """The square of a price that is off, whose root is the implied volatility."""
    return (call_price(1.1, 1.0, 0.0, sigma, 1.0) - 0.25) ** 2


@slopes(implied_volatility_step, [("2 * gap", "gap"), ("1.1 * norm.pdf", "norm.pdf")], sigma=POSITIVE)
def implied_volatility_deriv(sigma):
    gap = call_price(1.1, 1.0, 0.0, sigma, 1.0) - 0.25
    d1 = np.log(1.1) / sigma + sigma / 2
    return 2 * gap * 1.1 * norm.pdf(d1)


def sabr_normal(k, alpha, rho, nu):
    z = nu / alpha * k
    root = np.sqrt(1 - 2 * rho * z + z**2)
    return alpha * z / np.log((root + z - rho) / (1 - rho))


@slopes(
    sabr_normal,
    [
        ("dz * nu / alpha", "dz * nu"),
        ("-dz * z / alpha", "dz * z / alpha"),
        ("- alpha * z / (L**2 * root)", "+ alpha * z / (L**2 * root)"),
    ],
    k=verify.real("2", low=0),
    alpha=POSITIVE,
    rho=verify.constant(-0.25),
    nu=POSITIVE,
)
def sabr_normal_deriv(k, alpha, rho, nu):
    z = nu * k / alpha
    root = np.sqrt(1 - 2 * rho * z + z**2)
    L = np.log((root + z - rho) / (1 - rho))
    dz = alpha / L - alpha * z / (L**2 * root)
    return dz * nu / alpha, z / L + -dz * z / alpha, dz * k / alpha


def svi(k, a, b, rho, m, sigma):
    return a + b * (rho * (k - m) + np.sqrt((k - m) ** 2 + sigma**2))


@slopes(
    svi,
    [("b * (rho + u / root)", "b * (rho - u / root)"), ("-b * (rho", "b * (rho"), ("b * sigma / root", "sigma / root")],
    k="2",
    a="",
    b=POSITIVE,
    rho=verify.real(low=-1, high=1),
    m="",
    sigma=POSITIVE,
)
def svi_deriv(k, a, b, rho, m, sigma):
    u = k - m
    root = np.sqrt(u**2 + sigma**2)
    dk = b * (rho + u / root)
    return dk, np.ones_like(k), rho * u + root, b * u, -b * (rho + u / np.hypot(u, sigma)), b * sigma / root


def nelson_siegel(t, b0, b1, b2, tau):
    x = t / tau
    load = (1 - np.exp(-x)) / x
    return b0 + b1 * load + b2 * (load - np.exp(-x))


@slopes(
    nelson_siegel,
    [
        ("-t / tau**2 * (", "t / tau**2 * ("),
        ("dload + np.exp(-x)", "dload - np.exp(-x)"),
        ("(np.exp(-x) - load) / x", "np.exp(-x) / x"),
    ],
    t=verify.constant(np.array([0.5, 2.0, 10.0])),
    b0="",
    b1="",
    b2="",
    tau=POSITIVE,
)
def nelson_siegel_deriv(t, b0, b1, b2, tau):
    x = t / tau
    load = -np.expm1(-x) / x
    dload = (np.exp(-x) - load) / x
    dtau = -t / tau**2 * (b1 * dload + b2 * (dload + np.exp(-x)))
    return np.ones_like(t), load, load - np.exp(-x), dtau


CASH = np.array([0.05, 0.05, 1.05])


def bond(y):
    return np.sum(CASH / (1 + y) ** np.arange(1, 4))


@gradient(bond, [("t + 1", "t"), ("-np.sum", "np.sum")], y=POSITIVE)
def bond_duration(y):
    t = np.arange(1, 4)
    return -np.sum(t * CASH / (1 + y) ** (t + 1))


@gradient(bond_duration.code, [("(t + 1)", "t"), ("t + 2", "t + 1")], y=POSITIVE)
def bond_convexity(y):
    t = np.arange(1, 4)
    return np.sum(t * (t + 1) * CASH * (1 + y) ** -(t + 2.0))


COVARIANCE = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, -0.02], [0.0, -0.02, 0.16]])


@gradient(
    lambda w: np.array([0.05, 0.08, 0.12]) @ w / np.sqrt(w @ COVARIANCE @ w),
    [("mu @ w", "w @ w"), ("/ s**3", "/ s**2")],
    w=verify.real("3", low=0),
)
def sharpe_gradient(w):
    mu = np.array([0.05, 0.08, 0.12])
    s = np.sqrt(w @ COVARIANCE @ w)
    return mu / s - (mu @ w) * (COVARIANCE @ w) / s**3


def risk_contributions(w):
    return w * (COVARIANCE @ w)


@jacobian(
    risk_contributions, [("np.diag(COVARIANCE @ w)", "COVARIANCE @ np.diag(w)"), ("w[:, None]", "w[None, :]")], w="3"
)
def risk_contributions_jacobian(w):
    return np.diag(COVARIANCE @ w) + w[:, None] * COVARIANCE


def garch_loglike(theta):
    returns = np.array([0.5, -1.0, 0.25, 2.0])
    h, value = 1.0, 0.0
    for r in returns:
        value = value - 0.5 * (np.log(h) + r**2 / h)
        h = theta[0] + theta[1] * r**2 + theta[2] * h
    return value


@gradient(
    garch_loglike,
    [("+ theta[2] * dh", "+ dh"), ("r**2 / h**2 - 1 / h", "r**2 / h - 1 / h"), ("[1, r**2, h]", "[1, r**2, 1]")],
    theta=verify.real("3", low=0, high=1),
)
def garch_score(theta):
    returns = np.array([0.5, -1.0, 0.25, 2.0])
    h, dh, score = 1.0, np.zeros(3), np.zeros(3)
    for r in returns:
        score = score + 0.5 * (r**2 / h**2 - 1 / h) * dh
        dh = np.array([1, r**2, h]) + theta[2] * dh
        h = theta[0] + theta[1] * r**2 + theta[2] * h
    return score


@layer([("- (1 + x) * e", "+ (1 + x) * e"), ("self.a * dout", "dout")], inputs={"k": "2"}, params={"a": POSITIVE})
class Vasicek:
    """Loading of a short rate in a bond, by the speed of its reversion, scaled."""

    def __init__(self, a):
        self.a = a

    def forward(self, k):
        self.k = k.copy()
        return k * (1 - np.exp(-self.a)) / self.a

    def backward(self, dout):
        x, e = self.a, np.exp(-self.a)
        self.da = -np.sum(dout * self.k) * (1 - (1 + x) * e) / x**2
        return self.a * dout * (1 - e) / x**2


@slopes(
    lambda x, s: stats.norm.cdf((np.log(x) + s**2 / 2) / s),
    [("x * s", "s"), ("0.5 - np.log(x)", "0.5 + np.log(x)")],
    x=SPOTS,
    s=POSITIVE,
)
def digital_delta(x, s):
    p = stats.norm.pdf((np.log(x) + s**2 / 2) / s)
    return p / (x * s), p * (0.5 - np.log(x) / s**2)
