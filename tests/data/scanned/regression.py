import numpy as np


def ridge_cost(theta, X, y, lam=0.0):
    m = len(y)
    error = X @ theta - y
    cost = (error @ error) / (2 * m) + lam * np.sum(theta**2) / (2 * m)
    grad = X.T @ error / m + lam * theta
    return cost, grad


def logistic_cost(theta, X, y):
    """Return the cost of labels y (0 or 1), and its gradient."""
    h = 1 / (1 + np.exp(-(X @ theta)))
    m = y.shape[0]
    J = -(y @ np.log(h) + (1 - y) @ np.log(1 - h)) / m
    grad = X.T @ (h - y) / m
    return J, grad


def lasso_cost(w, X, y, reg=0.1):
    r = X.dot(w) - y
    loss = 0.5 * np.sum(r**2) + reg * np.sum(np.abs(w))
    dw = X.T.dot(r) + reg * np.sign(w)
    return loss, dw
