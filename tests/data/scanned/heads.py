"""Attention in several heads, which the width of the rows has to be a multiple of."""

import numpy as np


class Heads:
    def __init__(self, d_model, n_heads):
        self.count, self.width = n_heads, d_model // n_heads
        self.Wq, self.Wk, self.Wv = (0.3 * np.random.randn(d_model, d_model) for _ in range(3))

    def split(self, x):
        batch, length, _ = x.shape
        return x.reshape(batch, length, self.count, self.width).transpose(0, 2, 1, 3)

    def joined(self, x):
        batch, _, length, _ = x.shape
        return x.transpose(0, 2, 1, 3).reshape(batch, length, -1)

    def forward(self, x):
        self.x = x.copy()
        self.q, self.k, self.v = (self.split(x @ weights) for weights in (self.Wq, self.Wk, self.Wv))
        e = np.exp(self.q @ self.k.transpose(0, 1, 3, 2) / np.sqrt(self.width))
        self.a = e / e.sum(axis=-1, keepdims=True)
        return self.joined(self.a @ self.v)

    def slopes(self, da):
        return self.a * (da - (da * self.a).sum(axis=-1, keepdims=True)) / np.sqrt(self.width)

    def backward(self, dout):
        do = self.split(dout)
        ds = self.slopes(do @ self.v.transpose(0, 1, 3, 2))
        dv = self.joined(self.a.transpose(0, 1, 3, 2) @ do)
        dq, dk = self.joined(ds @ self.k), self.joined(ds.transpose(0, 1, 3, 2) @ self.q)
        self.dWq, self.dWk, self.dWv = (np.einsum("bti,btj->ij", self.x, d) for d in (dq, dk, dv))
        return dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T


class UnscaledHeads(Heads):
    """Wrong: the slopes of the scores are not divided by the root of the width."""

    def slopes(self, da):
        return self.a * (da - (da * self.a).sum(axis=-1, keepdims=True))


def cross_entropy(logits, targets):
    rows = np.arange(len(targets))
    log_sum = np.log(np.exp(logits).sum(axis=1))
    p = np.exp(logits - log_sum[:, None])
    p[rows, targets] -= 1
    return (log_sum - logits[rows, targets]).mean(), p / len(targets)
