"""Splines and interpolation: bases, Hermite and Catmull-Rom segments, natural splines by a solve, and weights."""

import numpy as np
from scipy.linalg import solve

import verify
from science.derivative import UNIT, backward, gradient, jacobian, slopes

KNOTS = np.array([0.0, 1.0, 2.5, 4.0])


def hermite(t, p0, p1, m0, m1):
    h00, h10 = 2 * t**3 - 3 * t**2 + 1, t**3 - 2 * t**2 + t
    return h00 * p0 + h10 * m0 + (3 - 2 * t) * t**2 * p1 + (t - 1) * t**2 * m1


@slopes(
    hermite,
    [
        ("6 * t * (t - 1)", "3 * t * (t - 1)"),
        ("- 4 * t + 1", "- 2 * t + 1"),
        ("t**2 * (3 - 2 * t)", "t**2 * (2 - 3 * t)"),
        ("3 * t**2 - 2 * t)", "3 * t**2 + 2 * t)"),
    ],
    t=UNIT,
    p0="",
    p1="",
    m0="",
    m1="",
)
def hermite_deriv(t, p0, p1, m0, m1):
    dt = 6 * t * (t - 1) * (p0 - p1) + (3 * t**2 - 4 * t + 1) * m0 + (3 * t**2 - 2 * t) * m1
    return dt, 1 - t**2 * (3 - 2 * t), (3 - 2 * t) * t**2, t * (t - 1) ** 2, t**3 - t**2


CATMULL = 0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]])


def catmull_rom(t, points):
    return np.array([1, t, t**2, t**3]) @ CATMULL @ points


@backward(
    catmull_rom,
    [("2 * t, 3 * t**2", "t, t**2"), ("CATMULL.T @", "CATMULL @"), ("np.outer(", "2 * np.outer(")],
    t=UNIT,
    points="4 2",
)
def catmull_rom_backward(dout, t, points):
    dt = np.array([0, 1, 2 * t, 3 * t**2]) @ CATMULL @ points @ dout
    return dt, np.outer(CATMULL.T @ np.array([1, t, t**2, t**3]), dout)


def bspline_basis(x, i, k):
    """Basis function by the recursion of Cox and de Boor on whole knots."""
    if k == 0:
        return np.where((x >= i) & (x < i + 1), 1.0, 0.0)
    return (x - i) / k * bspline_basis(x, i, k - 1) + (i + k + 1 - x) / k * bspline_basis(x, i + 1, k - 1)


@slopes(
    lambda x: bspline_basis(x, 0, 3),
    [("- bspline_basis(x, 1, 2)", "+ bspline_basis(x, 1, 2)"), ("x, 0, 2", "x, 0, 1")],
    x=verify.real("3", low=0, high=4),
)
def bspline_cubic_deriv(x):
    return bspline_basis(x, 0, 2) - bspline_basis(x, 1, 2)


def uniform_bspline(t, control):
    b0, b1 = (1 - t) ** 3 / 6, (3 * t**3 - 6 * t**2 + 4) / 6
    return (
        b0 * control[0] + b1 * control[1] + (-3 * t**3 + 3 * t**2 + 3 * t + 1) / 6 * control[2] + t**3 / 6 * control[3]
    )


@backward(
    uniform_bspline,
    [
        ("-((1 - t) ** 2) / 2", "(1 - t) ** 2 / 2"),
        ("(3 * t**2 - 4 * t) / 2", "(3 * t**2 - 2 * t) / 2"),
        ("3 * t + 1", "3 * t - 1"),
    ],
    t=UNIT,
    control="4",
)
def uniform_bspline_backward(dout, t, control):
    w = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3]
    d = [-((1 - t) ** 2) / 2, (3 * t**2 - 4 * t) / 2, (-3 * t**2 + 2 * t + 1) / 2, t**2 / 2]
    dt = dout * sum(d[i] * control[i] for i in range(4))
    return dt, dout * np.array(w) / 6


def natural_moments(y):
    """Second derivatives of the natural cubic spline through y at the knots, which are 0 at both ends."""
    h = np.diff(KNOTS)
    A = np.diag(2 * (h[:-1] + h[1:])) + np.diag(h[1:-1], 1) + np.diag(h[1:-1], -1)
    return A, h, solve(A, 6 * np.diff(np.diff(y) / h))


@jacobian(
    lambda y: natural_moments(y)[2],
    [("1 / h[i] + 1 / h[i + 1]", "1 / h[i] - 1 / h[i + 1]"), ("np.linalg.inv(A)", "A"), ("6 * ", "3 * ")],
    y="4",
)
def natural_moments_jacobian(y):
    A, h, _ = natural_moments(y)
    B = np.zeros((2, 4))
    for i in range(2):
        B[i, i : i + 3] = [1 / h[i], -(1 / h[i] + 1 / h[i + 1]), 1 / h[i + 1]]
    return 6 * np.linalg.inv(A) @ B


def roughness(y):
    A, _, m = natural_moments(y)
    return m @ A @ m / 6


@gradient(roughness, [("2 * D.T", "D.T"), ("6 * np.linalg.solve", "np.linalg.solve")], y="4")
def roughness_gradient(y):
    A, h, _ = natural_moments(y)
    D = np.diff(np.diff(np.eye(4), axis=0) / h[:, None], axis=0)
    return 2 * D.T @ (6 * np.linalg.solve(A, D @ y))


def linear_table(x, table):
    """Linear interpolation in a table at whole places, by the cell of each x."""
    cell = np.clip(np.floor(x).astype(int), 0, 2)
    t = x - cell
    return (1 - t) * table[cell] + t * table[cell + 1]


@backward(
    linear_table,
    [
        ("table[cell + 1] - table[cell]", "table[cell] - table[cell + 1]"),
        ("cell + 1, t * dout", "cell, t * dout"),
        ("(1 - t) * dout", "t * dout"),
    ],
    x=verify.real("3", low=0, high=3),
    table="4",
)
def linear_table_backward(dout, x, table):
    cell = np.clip(np.floor(x).astype(int), 0, 2)
    t = x - cell
    dtable = np.zeros_like(table)
    np.add.at(dtable, cell, (1 - t) * dout)
    np.add.at(dtable, cell + 1, t * dout)
    return dout * (table[cell + 1] - table[cell]), dtable


def bilinear(u, v, corners):
    return (
        (1 - u) * (1 - v) * corners[0, 0]
        + u * (1 - v) * corners[1, 0]
        + (1 - u) * v * corners[0, 1]
        + u * v * corners[1, 1]
    )


@backward(
    bilinear,
    [
        ("(1 - v) * (c[1, 0] - c[0, 0])", "v * (c[1, 0] - c[0, 0])"),
        ("u * (c[1, 1] - c[1, 0])", "(1 - u) * (c[1, 1] - c[1, 0])"),
        ("np.outer([1 - u, u], [1 - v, v])", "np.outer([1 - v, v], [1 - u, u])"),
    ],
    u=UNIT,
    v=UNIT,
    corners="2 2",
)
def bilinear_backward(dout, u, v, c):
    du = (1 - v) * (c[1, 0] - c[0, 0]) + v * (c[1, 1] - c[0, 1])
    dv = (1 - u) * (c[0, 1] - c[0, 0]) + u * (c[1, 1] - c[1, 0])
    return dout * du, dout * dv, dout * np.outer([1 - u, u], [1 - v, v])


def barycentric(x, y):
    """Interpolation through 0, 1 and 3 by Lagrange's formula."""
    nodes, weights = np.array([0.0, 1.0, 3.0]), np.array([1 / 3, -1 / 2, 1 / 6])
    terms = weights / (x - nodes)
    return terms @ y / terms.sum()


@backward(
    barycentric,
    [("2 * x - 4", "2 * x + 4"), ("(x - 1) * (x - 3) / 3", "(x - 1) * (x - 3) / 2"), ("dout * slope", "-dout * slope")],
    x=verify.real(low=0, high=1),
    y="3",
)
def barycentric_backward(dout, x, y):
    basis = [(x - 1) * (x - 3) / 3, x * (3 - x) / 2, x * (x - 1) / 6]
    slope = (2 * x - 4) / 3 * y[0] + (3 - 2 * x) / 2 * y[1] + (2 * x - 1) / 6 * y[2]
    return dout * slope, dout * np.array(basis)


def de_casteljau(t, points):
    b = points.copy()
    for r in range(1, 4):
        for i in range(4 - r):
            b[i] = (1 - t) * b[i] + t * b[i + 1]
    return b[0]


@backward(
    de_casteljau,
    [
        ("3 * (q[1:] - q[:-1])", "(q[1:] - q[:-1])"),
        ("3 * (1 - t) ** 2 * t", "(1 - t) ** 2 * t"),
        ("t**2 * (1 - t)", "t * (1 - t) ** 2"),
    ],
    t=UNIT,
    points="4",
)
def de_casteljau_backward(dout, t, q):
    d = 3 * (q[1:] - q[:-1])
    dt = (1 - t) ** 2 * d[0] + 2 * (1 - t) * t * d[1] + t * t * d[2]
    return dout * dt, dout * np.array([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * t**2 * (1 - t), t**3])


def truncated_power(x, beta):
    return beta[0] + beta[1] * x + beta[2] * np.maximum(x - 1, 0) ** 3 + beta[3] * np.maximum(x + 1, 0) ** 3


@backward(
    truncated_power,
    [
        ("3 * beta[2]", "2 * beta[2]"),
        ("np.maximum(x + 1, 0) ** 2", "np.maximum(x + 1, 0)"),
        ("(dout * x).sum()", "dout.sum() * x[0]"),
    ],
    x="3",
    beta="4",
)
def truncated_power_backward(dout, x, beta):
    low, high = np.maximum(x - 1, 0), np.maximum(x + 1, 0)
    dx = dout * (beta[1] + 3 * beta[2] * low**2 + 3 * beta[3] * np.maximum(x + 1, 0) ** 2)
    return dx, np.array([dout.sum(), (dout * x).sum(), (dout * low**3).sum(), (dout * high**3).sum()])


def thin_plate(r):
    return r**2 * np.log(r)


@slopes(thin_plate, [("2 * np.log(r) + 1", "2 * np.log(r) + 2"), ("r * (", "(")], r=verify.real("3", low=0))
def thin_plate_deriv(r):
    return r * (2 * np.log(r) + 1)


@slopes(
    lambda t: np.where(t < 0.5, 4 * t**3, 1 - (2 - 2 * t) ** 3 / 2),
    [("12 * t**2", "4 * t**2"), ("3 * (2 - 2 * t) ** 2", "-3 * (2 - 2 * t) ** 2")],
    t=verify.real("2", low=0, high=1),
)
def smooth_easing_deriv(t):
    return np.where(t < 0.5, 12 * t**2, 3 * (2 - 2 * t) ** 2)
