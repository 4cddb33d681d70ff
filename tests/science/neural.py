"""Pieces of networks with the maximum subtracted, normalisation, recursions over paths, and gates."""

import numpy as np
from scipy import special

from science.derivative import POSITIVE, backward, gradient, jacobian, layer, loss, slopes


def logsumexp(x):
    m = x.max(axis=-1, keepdims=True)
    return (m + np.log(np.sum(np.exp(x - m), axis=-1, keepdims=True)))[..., 0]


@backward(logsumexp, [("dout[:, None] * e", "e"), ("/ e.sum(axis=-1", "/ e.sum(axis=0")], x="3 2")
def logsumexp_backward(dout, x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return dout[:, None] * e / e.sum(axis=-1, keepdims=True)


def log_softmax(x):
    shifted = x - np.max(x, axis=1, keepdims=True)
    y = shifted - np.log(np.sum(np.exp(shifted), axis=1, keepdims=True))
    return y, y


@backward(log_softmax, [("np.exp(y) *", "y *"), ("dout -", "dout +")], x="2 3")
def log_softmax_backward(dout, y):
    return dout - np.exp(y) * dout.sum(axis=1, keepdims=True)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


@backward(softmax, [("y * (dout -", "y * (dout +"), ("axis=-1, keepdims=True)", "keepdims=True)")], x="2 3")
def softmax_backward(dout, x):
    y = softmax(x)
    return y * (dout - np.sum(dout * y, axis=-1, keepdims=True))


@jacobian(lambda x: special.softmax(x), [("- np.outer(y, y)", "+ np.outer(y, y)"), ("np.diag(y)", "np.eye(3)")], x="3")
def softmax_jacobian(x):
    y = special.softmax(x)
    return np.diag(y) - np.outer(y, y)


@loss([("p[np.arange(n), [2, 0]] -= 1", "p[np.arange(n), [2, 0]] += 1"), ("p / n", "p")], x="2 3")
def cross_entropy(x):
    n = len(x)
    m = x.max(axis=1, keepdims=True)
    total = np.exp(x - m).sum(axis=1, keepdims=True)
    value = -np.mean((x - m - np.log(total))[np.arange(n), [2, 0]])
    p = np.exp(x - m) / total
    p[np.arange(n), [2, 0]] -= 1
    return value, p / n


def attention(q, k, v):
    s = q @ k.T / np.sqrt(q.shape[1])
    return softmax(s) @ v


@backward(
    attention,
    [("dp - np.sum(dp * p, axis=1, keepdims=True)", "dp"), ("ds.T @ q", "ds @ q"), ("p.T @ dout", "p @ dout")],
    q="2 2",
    k="2 2",
    v="2 2",
)
def attention_backward(dout, q, k, v):
    p = softmax(q @ k.T / np.sqrt(q.shape[1]))
    dp = dout @ v.T
    ds = p * (dp - np.sum(dp * p, axis=1, keepdims=True)) / np.sqrt(q.shape[1])
    return ds @ k, ds.T @ q, p.T @ dout


@layer(
    [("np.tril(self.w", "np.triu(self.w"), ("self.w * (g -", "(g -"), ("(g * self.w).sum", "g.sum")],
    inputs={"x": "3 2"},
    params={"A": "2 2"},
)
class CausalAttention:
    """Attention to what came before, with a bilinear score and the maximum subtracted."""

    def __init__(self, A):
        self.A = A

    def forward(self, x):
        self.x = x.copy()
        mask = np.tril(np.ones((3, 3))) > 0
        s = np.where(mask, x @ self.A @ x.T, -np.inf)
        e = np.exp(s - s.max(axis=1, keepdims=True))
        self.w = e / e.sum(axis=1, keepdims=True)
        return self.w @ x

    def backward(self, dout):
        x = self.x
        g = dout @ x.T
        ds = np.tril(self.w * (g - (g * self.w).sum(axis=1, keepdims=True)))
        self.dA = x.T @ ds @ x
        return self.w.T @ dout + ds @ x @ self.A.T + ds.T @ x @ self.A


@layer(
    [("dxhat.mean(axis=1, keepdims=True)", "dxhat.mean(axis=0, keepdims=True)"), ("inner * self.inverse", "inner")],
    inputs={"x": "2 3"},
    params={"g": "3", "b": "3"},
)
class LayerNorm:
    """Normalises each row, with a small number below the root."""

    def __init__(self, g, b):
        self.g, self.b = g, b

    def forward(self, x):
        centred = x - x.mean(axis=1, keepdims=True)
        self.inverse = 1 / np.sqrt(np.mean(centred**2, axis=1, keepdims=True) + 1e-5)
        self.xhat = centred * self.inverse
        return self.g * self.xhat + self.b

    def backward(self, dout):
        self.dg, self.db = (dout * self.xhat).sum(axis=0), dout.sum(axis=0)
        dxhat = dout * self.g
        inner = dxhat - dxhat.mean(axis=1, keepdims=True) - self.xhat * (dxhat * self.xhat).mean(axis=1, keepdims=True)
        return inner * self.inverse


def rms_norm(x, g):
    return g * x / np.sqrt(np.mean(x**2) + 1e-6)


@backward(rms_norm, [("/ (len(x) * r**3)", "/ r**3"), ("dout * x / r", "dout * x")], x="3", g="3")
def rms_norm_backward(dout, x, g):
    r = np.sqrt(np.mean(x**2) + 1e-6)
    return dout * g / r - x * np.sum(dout * g * x) / (len(x) * r**3), dout * x / r


def forward_algorithm(emissions):
    """Log likelihood of two labels with blanks between, over three frames, in logarithms."""
    labels = [0, 1, 0, 2, 0]
    alpha = {0: emissions[0, 0], 1: emissions[0, 1]}
    for t in range(1, 3):
        following = {}
        for s in range(5):
            terms = [alpha[p] for p in (s, s - 1) if p in alpha]
            if labels[s] and s >= 2 and labels[s] != labels[s - 2] and s - 2 in alpha:
                terms.append(alpha[s - 2])
            if terms:
                total = terms[0]
                for term in terms[1:]:
                    total = np.logaddexp(total, term)
                following[s] = total + emissions[t, labels[s]]
        alpha = following
    return np.logaddexp(alpha[3], alpha[4])


PATHS = ((0, 1, 2), (1, 0, 2), (1, 1, 2), (1, 2, 2), (1, 2, 0))


@gradient(
    forward_algorithm,
    [("g[t, label] += p", "g[t, label] = p"), ("scores - scores.max()", "scores * 2")],
    emissions="3 3",
)
def forward_algorithm_gradient(emissions):
    """The share of each path in the sum over the paths that give the labels."""
    scores = np.array([sum(emissions[t, label] for t, label in enumerate(path)) for path in PATHS])
    w = np.exp(scores - scores.max())
    w = w / w.sum()
    g = np.zeros((3, 3))
    for path, p in zip(PATHS, w, strict=True):
        for t, label in enumerate(path):
            g[t, label] += p
    return g


def chain_partition(unary, pairwise):
    """The logarithm of the sum over all labels of a chain of three with two states."""
    alpha = unary[0]
    for t in (1, 2):
        alpha = unary[t] + special.logsumexp(alpha[:, None] + pairwise, axis=0)
    return special.logsumexp(alpha)


@gradient(
    chain_partition,
    [("beta + unary[1]", "beta"), ("joint1 + joint2", "joint1 + joint1"), ("joint2.sum(axis=0)", "joint2.sum(axis=1)")],
    unary="3 2",
    pairwise="2 2",
)
def chain_marginals(unary, pairwise):
    beta = special.logsumexp(pairwise + unary[2], axis=1)
    forward = special.logsumexp(unary[0][:, None] + pairwise, axis=0) + unary[1]
    total = special.logsumexp(forward + beta)
    joint1 = np.exp(unary[0][:, None] + pairwise + (beta + unary[1])[None, :] - total)
    joint2 = np.exp(forward[:, None] + pairwise + unary[2][None, :] - total)
    return np.stack([joint1.sum(axis=1), joint1.sum(axis=0), joint2.sum(axis=0)]), joint1 + joint2


@slopes(
    lambda x: 0.5 * x * (1 + special.erf(x / np.sqrt(2))),
    [("x * np.exp", "np.exp"), ("special.ndtr(x)", "special.ndtr(-x)")],
    x="3",
)
def gelu_deriv(x):
    return special.ndtr(x) + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)


@slopes(lambda x, b: x * special.expit(b * x), [("s + b * x * s", "s + x * s"), ("x**2", "x")], x="3", b=POSITIVE)
def swish_deriv(x, b):
    s = special.expit(b * x)
    return s + b * x * s * (1 - s), x**2 * s * (1 - s)


@slopes(lambda x: x * np.tanh(np.log1p(np.exp(x))), [("1 - t**2", "1 - t"), ("t + x", "t - x")], x="3")
def mish_deriv(x):
    t = np.tanh(np.log(1 + np.exp(x)))
    return t + x * (1 - t**2) / (1 + np.exp(-x))


@slopes(lambda x: np.logaddexp(0, x), [("np.exp(-x)", "np.exp(x)"), ("1 / (1", "1 / (2")], x="3")
def softplus_deriv(x):
    return 1 / (1 + np.exp(-x))


@backward(
    lambda x, W: np.tanh(x @ W),
    [("1 - np.tanh(x @ W) ** 2", "1 - np.tanh(x @ W)"), ("dz @ W.T", "dz @ W")],
    x="2 2",
    W="2 2",
)
def dense_tanh_backward(dout, x, W):
    dz = dout * (1 - np.tanh(x @ W) ** 2)
    return dz @ W.T, x.T @ dz


@layer(
    [("self.z * dout * (1 - self.n**2)", "dout * (1 - self.n**2)"), ("self.h - self.n", "self.n - self.h")],
    inputs={"x": "2 2", "h": "2 2"},
    params={"U": "2 2", "V": "2 2"},
)
class MinimalGate:
    """A recurrent cell with one gate."""

    def __init__(self, U, V):
        self.U, self.V = U, V

    def forward(self, x, h):
        self.x, self.h = x.copy(), h.copy()
        self.z = 1 / (1 + np.exp(-(x @ self.U)))
        self.n = np.tanh(x @ self.V)
        return (1 - self.z) * h + self.z * self.n

    def backward(self, dout):
        dn = self.z * dout * (1 - self.n**2)
        dz = -dout * (self.h - self.n) * self.z * (1 - self.z)
        self.dU, self.dV = self.x.T @ dz, self.x.T @ dn
        return dz @ self.U.T + dn @ self.V.T, dout * (1 - self.z)


@loss([("p - q", "q - p"), ("dz / T,", "dz / T**2,")], x="3", T=POSITIVE)
def distillation(x, T):
    q = np.array([0.5, 0.25, 0.25])
    z = x / T
    log_p = z - z.max() - np.log(np.sum(np.exp(z - z.max())))
    p = np.exp(log_p)
    dz = p - q
    return -np.sum(q * log_p), dz / T, -np.dot(dz, x) / T**2
