"""A whole network with two layers, its loss and its gradients."""

import numpy as np


def two_layer_loss(W1, W2, X, y):
    """W1: (D, H), W2: (H, C), X: (N, D), y: (N, C)"""
    h = np.tanh(X @ W1)
    d = h @ W2 - y
    loss = 0.5 * np.sum(d**2)
    dW2 = h.T @ d
    dW1 = X.T @ ((d @ W2.T) * (1 - h**2))
    return loss, (dW1, dW2)


def two_layer_loss_dict(W1, W2, X, y):
    """W1: (D, H), W2: (H, C), X: (N, D), y: (N, C)"""
    h = np.maximum(X @ W1, 0)
    d = h @ W2 - y
    grads = {"W1": X.T @ (d @ W2.T), "W2": h.T @ d}
    return 0.5 * np.sum(d**2), grads
