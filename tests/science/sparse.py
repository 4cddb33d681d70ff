"""Sparse models: graph Laplacians, products with sparse matrices, thresholds and penalties, smoothed norms."""

import numpy as np
from scipy import sparse

import verify
from science.derivative import POSITIVE, backward, gradient, jacobian, layer, loss, slopes

EDGES = np.array([[0, 1], [1, 2], [2, 3], [0, 3]])
ADJACENCY = sparse.csr_matrix(np.array([[0, 1.0, 0, 2.0], [1.0, 0, 3.0, 0], [0, 3.0, 0, 1.0], [2.0, 0, 1.0, 0]]))
LAPLACIAN = sparse.diags(np.asarray(ADJACENCY.sum(axis=1)).ravel()) - ADJACENCY
DESIGN = np.array([[1.0, 0.5, -1.0], [0.25, -2.0, 1.5], [-0.5, 1.0, 1.0]])
TARGET = np.array([0.5, -1.0, 2.0])


@gradient(lambda x: x @ (LAPLACIAN @ x) / 2, [("LAPLACIAN @ x", "ADJACENCY @ x"), ("return ", "return 2 * ")], x="4")
def laplacian_energy_gradient(x):
    return LAPLACIAN @ x


def edge_energy(x, w):
    d = x[EDGES[:, 0]] - x[EDGES[:, 1]]
    return 0.5 * np.sum(w * d**2)


@gradient(
    edge_energy,
    [
        ("EDGES[:, 1], -flow", "EDGES[:, 1], flow"),
        ("0.5 * d**2", "d**2"),
        ("np.add.at(dx, EDGES[:, 0], flow)", "dx[EDGES[:, 0]] = flow"),
    ],
    x="4",
    w=verify.real("4", low=0),
)
def edge_energy_gradient(x, w):
    d = x[EDGES[:, 0]] - x[EDGES[:, 1]]
    flow, dx = w * d, np.zeros_like(x)
    np.add.at(dx, EDGES[:, 0], flow)
    np.add.at(dx, EDGES[:, 1], -flow)
    return dx, 0.5 * d**2


@layer(
    [("A.T @ dout", "A @ dout"), ("self.X.T @ back", "self.X.T @ dout")],
    inputs={"X": "4 2"},
    params={"W": "2 2"},
)
class GraphConvolution:
    """A layer of a graph network with a sparse propagation that is not symmetric."""

    A = sparse.csr_matrix(np.array([[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0.25, 0, 0.75, 0], [0, 0, 0.5, 0.5]]))

    def __init__(self, W):
        self.W = W

    def forward(self, X):
        self.X = X.copy()
        return self.A @ (X @ self.W)

    def backward(self, dout):
        A = self.A
        back = A.T @ dout
        self.dW = self.X.T @ back
        return back @ self.W.T


def soft_threshold(x, lam):
    return np.sign(x) * np.maximum(np.abs(x) - lam, 0)


@backward(
    soft_threshold,
    [("-np.sum(dout * active * np.sign(x))", "-np.sum(dout * active)"), ("np.abs(x) > lam", "x > lam")],
    x="3",
    lam=POSITIVE,
)
def soft_threshold_backward(dout, x, lam):
    active = np.abs(x) > lam
    return dout * active, -np.sum(dout * active * np.sign(x))


def group_threshold(v, lam):
    n = np.sqrt(np.sum(v**2))
    return v * np.maximum(1 - lam / n, 0)


@backward(
    group_threshold,
    [
        ("lam / n**3", "lam / n**2"),
        ("-np.sum(dout * v) / n", "-np.sum(dout * v)"),
        ("return np.zeros_like(v)", "return dout"),
    ],
    v="3",
    lam=POSITIVE,
)
def group_threshold_backward(dout, v, lam):
    n = np.sqrt(np.sum(v**2))
    if n <= lam:
        return np.zeros_like(v), 0.0 * lam
    return (1 - lam / n) * dout + lam / n**3 * np.dot(v, dout) * v, -np.sum(dout * v) / n


@loss(
    [("alpha * ratio * np.sign", "alpha * np.sign"), ("np.sign(w)", "w"), ("DESIGN.T @ r", "DESIGN @ r")],
    w="3",
    alpha=verify.constant(0.25),
    ratio=verify.constant(0.75),
)
def elastic_net(w, alpha, ratio):
    r = DESIGN @ w - TARGET
    value = r @ r / (2 * len(r)) + alpha * ratio * np.abs(w).sum() + 0.5 * alpha * (1 - ratio) * w @ w
    return value, DESIGN.T @ r / len(r) + alpha * ratio * np.sign(w) + alpha * (1 - ratio) * w


def group_lasso(w, lam):
    r = DESIGN @ w - TARGET
    return 0.5 * r @ r + lam * (np.sqrt(2) * np.linalg.norm(w[:2]) + np.linalg.norm(w[2:]))


@gradient(
    group_lasso,
    [
        ("np.sqrt(2) * w[:2] / np.linalg.norm(w[:2])", "w[:2] / np.linalg.norm(w[:2])"),
        ("+ np.abs(w[2])", "- np.abs(w[2])"),
    ],
    w=verify.real("3", low=0),
    lam=POSITIVE,
)
def group_lasso_gradient(w, lam):
    dw = DESIGN.T @ (DESIGN @ w - TARGET)
    dw[:2] += lam * np.sqrt(2) * w[:2] / np.linalg.norm(w[:2])
    dw[2] += lam * np.sign(w[2])
    return dw, np.sqrt(2) * np.linalg.norm(w[:2]) + np.abs(w[2])


def charbonnier(w, eps):
    return np.sum(np.sqrt(w**2 + eps**2))


@gradient(charbonnier, [("w / root", "w**2 / root"), ("eps * np.sum", "np.sum")], w="3", eps=POSITIVE)
def charbonnier_gradient(w, eps):
    root = np.sqrt(w * w + eps * eps)
    return w / root, eps * np.sum(1 / root)


@jacobian(
    lambda w: w / np.sqrt(w**2 + 0.25),
    [("** 1.5", "** 0.5"), ("0.25 / ", "1 / ")],
    w="3",
)
def charbonnier_hessian(w):
    return np.diag(0.25 / (w**2 + 0.25) ** 1.5)


def sparse_quadratic(data, x):
    """x.T A x for a matrix whose entries are data at fixed places."""
    rows, cols = np.array([0, 1, 2, 0]), np.array([0, 1, 2, 2])
    return np.sum(data * x[rows] * x[cols])


@gradient(
    sparse_quadratic, [("+ np.bincount", "- np.bincount"), ("x[rows] * x[cols]", "x[rows] ** 2")], data="4", x="3"
)
def sparse_quadratic_gradient(data, x):
    rows, cols = np.array([0, 1, 2, 0]), np.array([0, 1, 2, 2])
    dx = np.bincount(rows, data * x[cols], minlength=3) + np.bincount(cols, data * x[rows], minlength=3)
    return x[rows] * x[cols], dx


def huber_regression(w):
    r = DESIGN @ w - TARGET
    small = np.abs(r) <= 1.0
    return np.sum(np.where(small, 0.5 * r**2, np.abs(r) - 0.5))


@gradient(huber_regression, [("-1.0, 1.0", "-1.5, 1.5"), ("DESIGN.T", "DESIGN")], w="3")
def huber_regression_gradient(w):
    return DESIGN.T @ np.clip(DESIGN @ w - TARGET, -1.0, 1.0)


def scad(x):
    a, lam = 3.75, 0.5
    u = np.abs(x)
    middle = (2 * a * lam * u - u**2 - lam**2) / (2 * (a - 1))
    return np.where(u <= lam, lam * u, np.where(u <= a * lam, middle, lam**2 * (a + 1) / 2))


@slopes(scad, [("(a * lam - u) / (a - 1)", "(a * lam - u)"), ("np.sign(x) *", "")], x="2")
def scad_deriv(x):
    a, lam = 3.75, 0.5
    u = np.abs(x)
    return np.sign(x) * np.where(u <= lam, lam, np.where(u <= a * lam, (a * lam - u) / (a - 1), 0))


@slopes(
    lambda x, s: 1 - np.exp(-np.abs(x) / s),
    [("-np.abs(x) * e", "np.abs(x) * e"), ("np.sign(x) * e / s,", "e / s,")],
    x="3",
    s=POSITIVE,
)
def exponential_penalty_deriv(x, s):
    e = np.exp(-np.abs(x) / s)
    return np.sign(x) * e / s, -np.abs(x) * e / s**2


def total_variation(x):
    return np.sum(np.sqrt(np.diff(x) ** 2 + 1e-3))


@gradient(total_variation, [("g[:-1] -= t", "g[:-1] += t"), ("d / np.sqrt", "1 / np.sqrt")], x="4")
def total_variation_gradient(x):
    d = x[1:] - x[:-1]
    t = d / np.sqrt(d**2 + 1e-3)
    g = np.zeros_like(x)
    g[1:] += t
    g[:-1] -= t
    return g


def normalised_propagation(weights):
    """Row-normalised random walk of a weighted triangle, applied to a signal."""
    W = np.zeros((3, 3))
    W[[0, 1, 2], [1, 2, 0]] = weights
    W = W + W.T
    return W @ np.array([1.0, -0.5, 2.0]) / W.sum(axis=1)


@jacobian(
    normalised_propagation,
    [("x[b] - out[a]", "x[b] + out[a]"), ("((i, j), (j, i))", "((i, j),)")],
    weights=verify.real("3", low=0),
)
def normalised_propagation_jacobian(weights):
    x, out = np.array([1.0, -0.5, 2.0]), normalised_propagation(weights)
    J = np.zeros((3, 3))
    for k, (i, j) in enumerate([(0, 1), (1, 2), (2, 0)]):
        for a, b in ((i, j), (j, i)):
            degree = weights[a] + weights[a - 1]
            J[a, k] += (x[b] - out[a]) / degree
    return J
