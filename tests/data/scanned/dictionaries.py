"""Results and weights in dicts."""

import numpy as np


def network_forward(X, params):
    W, b = params["W"], params["b"]
    h = np.tanh(X @ W + b)
    return h, (X, W, h)


def network_backward(dout, cache):
    X, W, h = cache
    da = dout * (1 - h**2)
    return {"W": X.T @ da, "b": da.sum(axis=0)}


def pair_forward(x, w):
    return x * w, (x, w)


def pair_backward(dout, cache):
    x, w = cache
    return {"dx": dout * w, "dw": dout * x}
