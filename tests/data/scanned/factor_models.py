import numpy as np


def factorization_loss(U, V, R):
    """U: (N, K), V: (M, K), R: (N, M)"""
    error = U @ V.T - R
    return 0.5 * np.sum(error**2), error @ V, error.T @ U


def poisson_loss(w, X, y):
    rate = np.exp(X @ w)
    loss = np.sum(rate - y * (X @ w))
    grad = X.T @ (rate - y)
    return loss, grad


def quantile_loss(pred, target, tau=0.5):
    e = target - pred
    loss = np.sum(np.maximum(tau * e, (tau - 1) * e))
    dpred = np.where(e > 0, tau, tau - 1)
    return loss, dpred
