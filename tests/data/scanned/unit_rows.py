import numpy as np


def normalize_forward(x):
    norm = np.sqrt(np.sum(x**2, axis=1, keepdims=True))
    return x / norm, (x, norm)


def normalize_backward(dout, cache):
    x, norm = cache
    return dout / norm - x * np.sum(dout * x, axis=1, keepdims=True) / norm**3


def cosine_forward(a, b):
    na, nb = np.sqrt(np.sum(a * a)), np.sqrt(np.sum(b * b))
    return np.sum(a * b) / (na * nb), (a, b, na, nb)


def cosine_backward(dout, cache):
    a, b, na, nb = cache
    return dout * b / (na * nb), dout * a / (na * nb)
