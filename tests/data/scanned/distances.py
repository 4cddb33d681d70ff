import numpy as np


def squared_distances_forward(x, y):
    """x: (N, D), y: (M, D)"""
    return np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=2), (x, y)


def squared_distances_backward(dout, cache):
    x, y = cache
    diff = 2 * dout[:, :, None] * (x[:, None, :] - y[None, :, :])
    return diff.sum(axis=1), -diff.sum(axis=0)


def rbf_forward(x, y):
    """x: (N, D), y: (N, D)"""
    k = np.exp(-0.5 * np.sum((x - y) ** 2, axis=1))
    return k, (x, y, k)


def rbf_backward(dout, cache):
    x, y, k = cache
    dx = -(dout * k)[:, None] * (x - y)
    return dx, dx
