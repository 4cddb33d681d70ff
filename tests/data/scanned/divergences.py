import numpy as np


def kl_divergence(p, q):
    """p and q: (N, K)"""
    return np.sum(p * (np.log(p) - np.log(q)))


def kl_divergence_grad(p, q):
    return -p / q


def entropy(p):
    return -np.sum(p * np.log(p))


def entropy_grad(p):
    return -np.log(p) - 1


def logsumexp(z):
    m = z.max()
    return m + np.log(np.sum(np.exp(z - m)))


def logsumexp_grad(z):
    e = np.exp(z - z.max())
    return e / e.sum()
