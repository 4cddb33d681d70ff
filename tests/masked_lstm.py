"""An LSTM through time as courses have it, with the logistic function by masks: a branch in each gate of each step."""

import numpy as np

import verify


def sigmoid(x):
    """Return 1 / (1 + exp(-x)), with no large exponential on either side of 0."""
    positive, negative = x >= 0, x < 0
    z = np.zeros_like(x)
    z[positive] = np.exp(-x[positive])
    z[negative] = np.exp(x[negative])
    top = np.ones_like(x)
    top[negative] = z[negative]
    return top / (1 + z)


def forward_step(x, h, c, wx, wh, b):
    """Return the next h and c, and what the way back needs."""
    a = x.dot(wx) + h.dot(wh) + b
    i, f, o, g = np.split(a, 4, axis=1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    t = np.tanh(f * c + i * g)
    return o * t, f * c + i * g, (x, h, c, wx, wh, i, f, o, g, t)


def backward_step(dh, dc, cache):
    """Return the gradients of x, h, c, wx, wh and b."""
    x, h, c, wx, wh, i, f, o, g, t = cache
    dc = dc + dh * o * (1 - t**2)
    gates = (dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2))
    da = np.hstack(gates)
    return da.dot(wx.T), da.dot(wh.T), dc * f, x.T.dot(da), h.T.dot(da), da.sum(axis=0)


def forward(x, h0, wx, wh, b):
    """Return h of all steps, and their caches."""
    h, c = h0, np.zeros_like(h0)
    hs, caches = np.zeros((*x.shape[:2], h0.shape[1])), []
    for t in range(x.shape[1]):
        h, c, cache = forward_step(x[:, t], h, c, wx, wh, b)
        hs[:, t] = h
        caches.append(cache)
    return hs, caches


def backward(dhs, caches):
    """Return the gradients of x, h0, wx, wh and b."""
    dxs, dh, dc, of_weights = [], 0, 0, [0, 0, 0]
    for t in reversed(range(dhs.shape[1])):
        dx, dh, dc, *added = backward_step(dhs[:, t] + dh, dc, caches[t])
        dxs.insert(0, dx)
        of_weights = [a + b for a, b in zip(of_weights, added, strict=True)]
    return np.stack(dxs, axis=1), dh, *of_weights


masked_lstm = verify.pair(forward, backward, x="2 3 4", h0="2 3", wx="4 12", wh="3 12", b="12")
