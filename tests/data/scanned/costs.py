"""Costs and their gradients in two functions of the same arguments, as in a course of machine learning."""

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def compute_cost(X, y, w, b):
    """Return the cost of X of shape (m, n) for targets y of shape (m,) and weights w of shape (n,)."""
    return np.sum((X @ w + b - y) ** 2) / (2 * X.shape[0])


def compute_gradient(X, y, w, b):
    err = X @ w + b - y
    dj_dw = X.T @ err / X.shape[0]
    dj_db = np.mean(err)
    return dj_db, dj_dw


def cost_function(theta, X, y, lam):
    h = sigmoid(X @ theta)
    return -np.mean(y * np.log(h) + (1 - y) * np.log(1 - h)) + lam / 2 * np.sum(theta**2)


def gradient_function(theta, X, y, lam):
    h = sigmoid(X @ theta)
    return X.T @ (h - y) / len(y)


def squaredCost(theta, X, y):
    return np.sum((X @ theta - y) ** 2) / 2


def squaredGrad(theta, X, y):
    return X.T @ (X @ theta - y)


def propagate(w, b, X, Y):
    """
    Implement the cost function and its gradient for the propagation.

    w -- weights, a numpy array of size (num_px * num_px * 3, 1)
    b -- bias, a scalar
    X -- data of size (num_px * num_px * 3, number of examples)
    Y -- true "label" vector (containing 0 if non-cat, 1 if cat) of size (1, number of examples)
    """
    m = X.shape[1]
    A = sigmoid(w.T @ X + b)
    cost = -np.sum(Y * np.log(A) + (1 - Y) * np.log(1 - A)) / m
    grads = {"dw": X @ (A - Y).T / m, "db": np.sum(A - Y) / m}
    return grads, cost


def wrong_propagate(w, b, X, Y):
    m = X.shape[1]
    A = w.T @ X + b
    dw = X @ (A - Y).T / m
    db = np.sum(A - Y)
    cost = np.sum((A - Y) ** 2) / (2 * m)
    grads = {"dw": dw, "db": db}
    return grads, cost
