import numpy as np


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def softmax_backward(dout, y):
    return y * (dout - (dout * y).sum(axis=-1, keepdims=True))


def squash(x):
    return np.tanh(x)


def squash_backward(dout, y):
    return dout * (1 - y)


def masked_softmax(mask, x):
    s = np.where(mask, x, -1e9)
    e = np.exp(s - s.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def masked_softmax_backward(mask, dout, y):
    return np.where(mask, y * (dout - (dout * y).sum(-1, keepdims=True)), 0)
