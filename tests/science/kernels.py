"""Kernels of Gaussian processes with gradients by hyperparameters and inputs, and marginal likelihoods through them."""

import math

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

import verify
from science.derivative import POSITIVE, backward, gradient, layer, loss, slopes

T = np.array([0.0, 0.75, 2.0])
Y = np.array([1.0, -0.5, 0.25])
D = np.abs(T[:, None] - T[None, :])
EYE = np.eye(3)


def sq_dists(A, B):
    return np.sum(A**2, 1)[:, None] + np.sum(B**2, 1)[None, :] - 2 * A @ B.T


def rbf(A, B, ls, var):
    K = var * np.exp(-0.5 * sq_dists(A, B) / ls**2)
    return K, (A, B, ls, var, K)


@backward(
    rbf,
    [
        ("/ ls**3", "/ ls**2"),
        ("G.sum(1)[:, None] * A - ", "G.sum(1)[:, None] * A + "),
        ("(G.T @ A -", "(G.T @ A +"),
        ("/ var", "/ var**2"),
    ],
    A="2 2",
    B="3 2",
    ls=POSITIVE,
    var=POSITIVE,
)
def rbf_backward(dK, cache):
    A, B, ls, var, K = cache
    G = dK * K
    dA = -(G.sum(1)[:, None] * A - G @ B) / ls**2
    dB = (G.T @ A - G.sum(0)[:, None] * B) / ls**2
    return dA, dB, np.sum(G * sq_dists(A, B)) / ls**3, np.sum(G) / var


def ard(A, lengthscales):
    Z = A / lengthscales
    return np.exp(-0.5 * sq_dists(Z, Z)), (A, lengthscales)


@backward(
    ard,
    [("delta**2 / ls**3", "delta**2 / ls**2"), ("(G + G.T)", "G"), ("-np.einsum", "np.einsum")],
    A="3 2",
    lengthscales=verify.real("2", low=0),
)
def ard_backward(dK, cache):
    A, ls = cache
    delta = A[:, None, :] - A[None, :, :]
    G = dK * np.exp(-0.5 * np.sum((delta / ls) ** 2, axis=-1))
    dA = -np.einsum("ij,ijd->id", (G + G.T), delta) / ls**2
    return dA, np.sum(G[:, :, None] * (delta**2 / ls**3), axis=(0, 1))


def exponential(r, ls):
    return np.exp(-r / ls)


@slopes(exponential, [("-K / ls", "K / ls"), ("ls**2", "ls")], r=verify.real("3", low=0), ls=POSITIVE)
def exponential_deriv(r, ls):
    K = np.exp(-r / ls)
    return -K / ls, r * K / ls**2


def matern32(r, ls):
    s = math.sqrt(3) * r / ls
    return (1 + s) * np.exp(-s)


@slopes(
    matern32,
    [("-3 * r", "-r"), ("r**2 / ls**3", "r / ls**3"), ("math.sqrt(3)", "math.sqrt(5)")],
    r=verify.real("3", low=0),
    ls=POSITIVE,
)
def matern32_deriv(r, ls):
    e = np.exp(-math.sqrt(3) * r / ls)
    return -3 * r / ls**2 * e, 3 * r**2 / ls**3 * e


def matern52(r, ls):
    s = np.sqrt(5.0) * r / ls
    return (1.0 + s + s**2 / 3.0) * np.exp(-s)


@slopes(
    matern52,
    [("5.0 / 3.0", "5.0"), ("(1 + s)", "(1 - s)"), ("d_r * r / ls", "d_r / ls")],
    r=verify.real("3", low=0),
    ls=POSITIVE,
)
def matern52_deriv(r, ls):
    s = np.sqrt(5.0) * r / ls
    d_r = -5.0 / 3.0 * r / ls**2 * (1 + s) * np.exp(-s)
    return d_r, -d_r * r / ls


def rational_quadratic(r2, ls, alpha):
    return (1 + r2 / (2 * alpha * ls**2)) ** -alpha


@slopes(
    rational_quadratic,
    [("- np.log(base)", "+ np.log(base)"), ("(base * ls**3)", "ls**3"), ("-0.5", "0.5")],
    r2=verify.real("3", low=0),
    ls=POSITIVE,
    alpha=POSITIVE,
)
def rational_quadratic_deriv(r2, ls, alpha):
    base = 1 + r2 / (2 * alpha * ls**2)
    K = base**-alpha
    return (
        -0.5 * K / base / ls**2,
        K * r2 / (base * ls**3),
        K * (r2 / (2 * alpha * ls**2 * base) - np.log(base)),
    )


def periodic(tau, ls, period):
    return np.exp(-2 * np.sin(np.pi * tau / period) ** 2 / ls**2)


@slopes(
    periodic,
    [("4 * s**2", "2 * s**2"), ("* np.cos(a)", ""), ("period**2", "period")],
    tau="3",
    ls=POSITIVE,
    period=POSITIVE,
)
def periodic_deriv(tau, ls, period):
    a = np.pi * tau / period
    s = np.sin(a)
    K = np.exp(-2 * (s / ls) ** 2)
    inner = -4 * K * s * np.cos(a) * np.pi / ls**2
    return inner / period, 4 * s**2 / ls**3 * K, -inner * tau / period**2


@layer(
    [("(dK + dK.T)", "dK"), ("dK.sum()", "dK.sum() * self.c")],
    inputs={"x": "3 2"},
    params={"c": "", "v": POSITIVE},
)
class LinearKernel:
    """Products of inputs with an offset."""

    def __init__(self, c, v):
        self.c, self.v = c, v

    def forward(self, x):
        self.x = x.copy()
        return self.c + self.v * x @ x.T

    def backward(self, dK):
        self.dc = dK.sum()
        self.dv = np.sum(dK * (self.x @ self.x.T))
        return self.v * (dK + dK.T) @ self.x


@slopes(
    lambda x, c: (x + c) ** 3, [("3 * (x + c) ** 2, 3", "3 * (x + c) ** 2, 2"), ("return 3", "return 2")], x="3", c=""
)
def polynomial_kernel_deriv(x, c):
    return 3 * (x + c) ** 2, 3 * (x + c) ** 2


def kernel_and_gradients(log_ls, log_noise):
    E = np.exp(-0.5 * D**2 * np.exp(-2 * log_ls))
    return E + np.exp(2 * log_noise) * EYE, E * D**2 * np.exp(-2 * log_ls), 2 * np.exp(2 * log_noise) * EYE


HYPER = {"log_ls": verify.real(low=-1, high=1), "log_noise": verify.real(low=-1, high=1)}


@loss([("- np.trace(inverse @ dK)", ""), ("0.5 * (alpha", "(alpha"), ("- 0.5 * np.trace", "+ 0.5 * np.trace")], **HYPER)
def marginal_by_inverse(log_ls, log_noise):
    K, dK, dN = kernel_and_gradients(log_ls, log_noise)
    inverse = np.linalg.inv(K)
    alpha = inverse @ Y
    value = -0.5 * Y @ alpha - 0.5 * np.linalg.slogdet(K)[1] - 1.5 * np.log(2 * np.pi)
    by_ls = 0.5 * (alpha @ dK @ alpha - np.trace(inverse @ dK))
    by_noise = 0.5 * alpha @ dN @ alpha - 0.5 * np.trace(inverse @ dN)
    return value, by_ls, by_noise


def marginal(log_ls, log_noise):
    K, _, _ = kernel_and_gradients(log_ls, log_noise)
    L = np.linalg.cholesky(K)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, Y))
    return -0.5 * np.dot(Y, alpha) - np.sum(np.log(np.diag(L))) - 0.5 * len(Y) * np.log(2 * np.pi)


@gradient(
    marginal,
    [
        ("np.outer(alpha, alpha) - ", "np.outer(alpha, alpha) + "),
        ("0.5 * np.sum(inner * dK)", "np.sum(inner * dK)"),
        ("inner * dN", "inner @ dN"),
    ],
    **HYPER,
)
def marginal_by_solve(log_ls, log_noise):
    K, dK, dN = kernel_and_gradients(log_ls, log_noise)
    alpha = np.linalg.solve(K, Y)
    inner = np.outer(alpha, alpha) - np.linalg.solve(K, np.eye(len(Y)))
    return 0.5 * np.sum(inner * dK), 0.5 * np.sum(inner * dN)


def marginal_scipy(log_ls, log_noise):
    K, _, _ = kernel_and_gradients(log_ls, log_noise)
    L = cholesky(K, lower=True)
    z = solve_triangular(L, Y, lower=True)
    return 0.5 * np.sum(z**2) + np.log(L.diagonal()).sum()


@gradient(
    marginal_scipy,
    [("-0.5 * np.einsum", "0.5 * np.einsum"), ('np.einsum("ij,ji"', 'np.einsum("ii,jj"')],
    **HYPER,
)
def marginal_by_factors(log_ls, log_noise):
    K, dK, dN = kernel_and_gradients(log_ls, log_noise)
    factors = cho_factor(K, lower=True)
    alpha = cho_solve(factors, Y)
    inverse = cho_solve(factors, EYE)
    inner = np.outer(alpha, alpha) - inverse
    return tuple(-0.5 * np.einsum("ij,ji", inner, part) for part in (dK, dN))


def white_noise_loglike(amplitude, jitter):
    """A kernel of Matern with one length scale, with a white term: as in time series of stars."""
    K = amplitude**2 * (1 + np.sqrt(3.0) * D) * np.exp(-np.sqrt(3.0) * D) + jitter**2 * EYE
    return -0.5 * Y @ np.linalg.solve(K, Y) - 0.5 * np.log(np.linalg.det(K))


@gradient(
    white_noise_loglike,
    [("2 * amplitude * M", "amplitude * M"), ("2 * jitter * EYE", "2 * jitter * np.ones((3, 3))")],
    amplitude=POSITIVE,
    jitter=POSITIVE,
)
def white_noise_score(amplitude, jitter):
    M = (1 + np.sqrt(3.0) * D) * np.exp(-np.sqrt(3.0) * D)
    K = amplitude**2 * M + jitter**2 * EYE
    Ki = np.linalg.inv(K)
    a = Ki @ Y
    return [0.5 * np.trace((np.outer(a, a) - Ki) @ dK) for dK in (2 * amplitude * M, 2 * jitter * EYE)]


def loo_error(noise):
    K = np.exp(-D) + noise * EYE
    inverse = np.linalg.inv(K)
    residual = inverse @ Y / np.diag(inverse)
    return np.sum(residual**2)


@gradient(loo_error, [("+ residual * np.diag", "- residual * np.diag"), ("2 * np.sum", "np.sum")], noise=POSITIVE)
def loo_error_deriv(noise):
    inverse = np.linalg.inv(np.exp(-D) + noise * EYE)
    residual = inverse @ Y / np.diag(inverse)
    squared = inverse @ inverse
    slope = (-squared @ Y + residual * np.diag(squared)) / np.diag(inverse)
    return 2 * np.sum(residual * slope)
