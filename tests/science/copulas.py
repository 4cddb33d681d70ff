"""Copulas: distribution functions with conditional ones, densities, and scores by the parameter."""

import numpy as np
from scipy import special, stats

import verify
from science.derivative import POSITIVE, gradient, slopes

U = verify.real("2", low=0, high=1)
UV = {"u": U, "v": U}
CORRELATION = verify.real(low=-1, high=1)


def clayton(u, v, theta):
    return (u**-theta + v**-theta - 1) ** (-1 / theta)


@slopes(
    clayton,
    [("np.log(s) / theta", "np.log(s)"), ("u ** (-theta - 1)", "u ** (-theta)"), ("+ (u**-theta", "- (u**-theta")],
    **UV,
    theta=POSITIVE,
)
def clayton_deriv(u, v, theta):
    s = u**-theta + v**-theta - 1
    c = s ** (-1 / theta)
    dtheta = c / theta * (np.log(s) / theta + (u**-theta * np.log(u) + v**-theta * np.log(v)) / s)
    return c / s * u ** (-theta - 1), c / s * v ** (-theta - 1), dtheta


def clayton_logpdf(u, v, theta):
    s = u**-theta + v**-theta - 1
    return np.log(1 + theta) - (1 + theta) * (np.log(u) + np.log(v)) - (2 + 1 / theta) * np.log(s)


@slopes(
    clayton_logpdf,
    [
        ("np.log(s) / theta**2", "np.log(s) / theta"),
        ("(2 * theta + 1)", "(2 + theta)"),
        ("- np.log(u * v)", "+ np.log(u * v)"),
    ],
    **UV,
    theta=POSITIVE,
)
def clayton_logpdf_deriv(u, v, theta):
    a, b = u**-theta, v**-theta
    s = a + b - 1
    by_u = (-(1 + theta) + (2 * theta + 1) * a / s) / u
    by_v = (-(1 + theta) + (1 + 2 * theta) * b / s) / v
    by_theta = 1 / (1 + theta) - np.log(u * v) + np.log(s) / theta**2
    return by_u, by_v, by_theta + (2 + 1 / theta) * (a * np.log(u) + b * np.log(v)) / s


def gumbel(u, v, theta):
    return np.exp(-(((-np.log(u)) ** theta + (-np.log(v)) ** theta) ** (1 / theta)))


@slopes(
    gumbel,
    [
        ("s ** (1 / theta - 1) * (-np.log(u))", "s ** (1 / theta) * (-np.log(u))"),
        ("(theta - 1) / u", "theta / u"),
        ("np.log(s) / theta**2 -", "np.log(s) / theta**2 +"),
    ],
    **UV,
    theta=verify.real(low=1),
)
def gumbel_deriv(u, v, theta):
    a, b = (-np.log(u)) ** theta, (-np.log(v)) ** theta
    s = a + b
    c = np.exp(-(s ** (1 / theta)))
    by_u = c * s ** (1 / theta - 1) * (-np.log(u)) ** (theta - 1) / u
    by_v = c * s ** (1 / theta - 1) * (-np.log(v)) ** (theta - 1) / v
    inner = np.log(s) / theta**2 - (a * np.log(-np.log(u)) + b * np.log(-np.log(v))) / (theta * s)
    return by_u, by_v, c * s ** (1 / theta) * inner


def frank(u, v, theta):
    return -np.log1p(np.expm1(-theta * u) * np.expm1(-theta * v) / np.expm1(-theta)) / theta


@slopes(
    frank,
    [
        ("u * np.exp(-theta * u) * b", "np.exp(-theta * u) * b"),
        ("(d + a * b)", "(d - a * b)"),
        ("- C / theta", "+ C / theta"),
    ],
    **UV,
    theta=POSITIVE,
)
def frank_deriv(u, v, theta):
    a, b, d = np.expm1(-theta * u), np.expm1(-theta * v), np.expm1(-theta)
    C = -np.log1p(a * b / d) / theta
    q = d + a * b
    inner = u * np.exp(-theta * u) * b + v * np.exp(-theta * v) * a - np.exp(-theta) * a * b / d
    return np.exp(-theta * u) * b / (d + a * b), np.exp(-theta * v) * a / q, inner / (q * theta) - C / theta


def joe(u, v, theta):
    a, b = (1 - u) ** theta, (1 - v) ** theta
    return 1 - (a + b - a * b) ** (1 / theta)


@slopes(
    joe, [("(1 - b)", "(1 + b)"), ("(1 - u) ** (theta - 1)", "(1 - u) ** theta")], u=U, v=U, theta=verify.constant(2.5)
)
def joe_deriv(u, v, theta):
    a, b = (1 - u) ** theta, (1 - v) ** theta
    s = (a + b - a * b) ** (1 / theta - 1)
    return s * (1 - u) ** (theta - 1) * (1 - b), s * (1 - v) ** (theta - 1) * (1 - a)


def gaussian_logpdf(x, y, rho):
    return -0.5 * np.log(1 - rho**2) - (rho**2 * (x**2 + y**2) - 2 * rho * x * y) / (2 * (1 - rho**2))


@slopes(
    gaussian_logpdf,
    [
        ("rho * (1 - rho**2)", "rho"),
        ("(rho * x - y)", "(rho * x + y)"),
        ("(1 + rho**2) * x * y", "(1 - rho**2) * x * y"),
    ],
    x="2",
    y="2",
    rho=CORRELATION,
)
def gaussian_logpdf_deriv(x, y, rho):
    q = 1 - rho**2
    by_rho = (rho * (1 - rho**2) + (1 + rho**2) * x * y - rho * (x**2 + y**2)) / q**2
    return -rho * (rho * x - y) / q, -rho * (rho * y - x) / q, by_rho


def gaussian_conditional(v, u, rho):
    """Probability of the first below u, given the second at v."""
    return special.ndtr((special.ndtri(u) - rho * special.ndtri(v)) / np.sqrt(1 - rho**2))


@slopes(
    gaussian_conditional,
    [("rho * x - y", "rho * x + y"), ("0.5 * x**2", "0.5 * y**2"), ("q**1.5", "q**0.5")],
    v=verify.constant(0.75),
    u=U,
    rho=CORRELATION,
)
def gaussian_conditional_deriv(v, u, rho):
    x, y, q = special.ndtri(u), special.ndtri(v), 1 - rho**2
    z = (x - rho * y) / np.sqrt(q)
    phi = np.exp(-0.5 * z**2)
    return phi * np.exp(0.5 * x**2) / np.sqrt(q), phi / np.sqrt(2 * np.pi) * (rho * x - y) / q**1.5


def farlie(u, v, theta):
    return u * v * (1 + theta * (1 - u) * (1 - v))


@slopes(farlie, [("1 - 2 * u", "1 - u"), ("u * v * (1 - u) * (1 - v)", "u * v * (1 - u)")], **UV, theta=CORRELATION)
def farlie_deriv(u, v, theta):
    by_u = v * (1 + theta * (1 - v) * (1 - 2 * u))
    return by_u, u * (1 + theta * (1 - u) * (1 - 2 * v)), u * v * (1 - u) * (1 - v)


def ali_mikhail_haq(u, v, theta):
    return u * v / (1 - theta * (1 - u) * (1 - v))


@slopes(
    ali_mikhail_haq,
    [("v * (1 - theta * (1 - v))", "v * (1 + theta * (1 - v))"), ("/ d**2, u * (1", "/ d, u * (1")],
    **UV,
    theta=CORRELATION,
)
def ali_mikhail_haq_deriv(u, v, theta):
    d = 1 - theta * (1 - u) * (1 - v)
    return v * (1 - theta * (1 - v)) / d**2, u * (1 - theta * (1 - u)) / d**2, u * v * (1 - u) * (1 - v) / d**2


def plackett_loglike(theta):
    u, v = np.array([0.25, 0.5]), np.array([0.75, 0.375])
    s = 1 + (theta - 1) * (u + v)
    root = s**2 - 4 * u * v * theta * (theta - 1)
    return np.sum(np.log(theta) + np.log(1 + (theta - 1) * (u + v - 2 * u * v)) - 1.5 * np.log(root))


@gradient(
    plackett_loglike,
    [("2 * s * (u + v)", "s * (u + v)"), ("(2 * theta - 1)", "(theta - 1)"), ("2 / theta", "1 / theta")],
    theta=POSITIVE,
)
def plackett_score(theta):
    u, v = np.array([0.25, 0.5]), np.array([0.75, 0.375])
    s, w = 1 + (theta - 1) * (u + v), u + v - 2 * u * v
    root = s**2 - 4 * u * v * theta * (theta - 1)
    slope = 2 * s * (u + v) - 4 * u * v * (2 * theta - 1)
    return 2 / theta + np.sum(w / (1 + (theta - 1) * w) - 1.5 * slope / root)


@slopes(lambda tau: 2 * tau / (1 - tau), [("2 / ", "1 / "), ("** 2", "")], tau=U)
def clayton_theta_deriv(tau):
    return 2 / (1 - tau) ** 2


@slopes(lambda tau: np.sin(np.pi / 2 * tau), [("np.pi / 2 * np.cos", "np.pi * np.cos"), ("np.cos", "-np.cos")], tau=U)
def gaussian_rho_deriv(tau):
    return np.pi / 2 * np.cos(np.pi * tau / 2)


def student_logpdf(x, rho):
    """Density of the copula of Student with 4 degrees of freedom, by quantiles x of it, without constants."""
    q = (x[0] ** 2 - 2 * rho * x[0] * x[1] + x[1] ** 2) / (4 * (1 - rho**2))
    return -3 * np.log1p(q) - 0.5 * np.log(1 - rho**2) - np.sum(stats.t.logpdf(x, 4))


@gradient(
    student_logpdf,
    [("5 * x / (4 + x**2)", "5 * x / (4 - x**2)"), ("x[::-1]", "x"), ("rho / (1 - rho**2) -", "rho -")],
    x="2",
    rho=CORRELATION,
)
def student_logpdf_deriv(x, rho):
    w = 4 * (1 - rho**2)
    q = (x @ x - 2 * rho * x[0] * x[1]) / w
    dq = 2 * rho * q / (1 - rho**2) - 2 * x[0] * x[1] / w
    return -6 * (x - rho * x[::-1]) / w / (1 + q) + 5 * x / (4 + x**2), rho / (1 - rho**2) - 3 * dq / (1 + q)
