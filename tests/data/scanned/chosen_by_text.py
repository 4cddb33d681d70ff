"""Code that is told by a text what to compute: a mode that both functions take, an activation."""

import numpy as np


def pool_forward(x, mode="max"):
    out = x.max(axis=1) if mode == "max" else x.mean(axis=1) if mode == "average" else x.sum(axis=1)
    return out, x.copy()


def pool_backward(dout, cache, mode="max"):
    if mode == "max":
        return (cache == cache.max(axis=1, keepdims=True)) * dout[:, None]
    return np.repeat(dout[:, None], cache.shape[1], axis=1)


def activation_forward(z, activation):
    if activation == "sigmoid":
        return 1 / (1 + np.exp(-z)), z.copy()
    if activation == "square":
        return z**2, z.copy()
    raise ValueError(activation)


def activation_backward(dout, cache, activation):
    if activation == "square":
        return 2 * cache * dout
    s = 1 / (1 + np.exp(-cache))
    return dout * s * (1 - s)


class Bounded:
    def __init__(self, kind):
        self.kind = kind

    def forward(self, x):
        self.x = x.copy()
        return np.tanh(x) if self.kind == "tanh" else np.arctan(x)

    def backward(self, dout):
        if self.kind == "tanh":
            return dout * (1 - np.tanh(self.x) ** 2)
        return dout / (1 + self.x**2)


class Huber:
    def __init__(self, delta=1.0):
        self.delta = delta

    def loss(self, y, y_hat):
        r = y_hat - y
        outer = self.delta * (np.abs(r) - 0.5 * self.delta)
        return np.sum(np.where(np.abs(r) <= self.delta, 0.5 * r**2, outer))

    def gradient(self, y, y_hat):
        r = y_hat - y
        return np.where(np.abs(r) <= self.delta, r, np.sign(r))
