"""Functions that return a loss and its gradient."""

import numpy as np


def mse_loss(pred, target):
    diff = pred - target
    return np.mean(diff**2), 2 * diff / diff.size


def mae_loss(pred, target):
    """pred: (N, D), target: (N, D)"""
    diff = pred - target
    loss = np.abs(diff).mean()
    grad = np.sign(diff) / len(diff)
    return loss, grad


def huber_loss(pred, target, delta=1.0):
    diff = pred - target
    small = np.abs(diff) <= delta
    loss = np.where(small, 0.5 * diff**2, delta * (np.abs(diff) - 0.5 * delta)).sum()
    dpred = np.where(small, diff, delta * np.sign(diff))
    return loss, dpred


def softmax_cross_entropy(logits, labels):
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    n = len(labels)
    grad = np.exp(log_p)
    grad[np.arange(n), labels] -= 1
    return -log_p[np.arange(n), labels].mean(), grad / n
