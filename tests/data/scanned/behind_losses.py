"""Losses of any name, recognised by what they return: a loss, and its gradient d behind it."""

import numpy as np


def hinge(scores, y, margin=1.0):
    N = scores.shape[0]
    correct = scores[np.arange(N), y][:, None]
    m = np.maximum(0, scores - correct + margin)
    m[np.arange(N), y] = 0
    loss = m.sum() / N
    d = (m > 0).astype(float)
    d[np.arange(N), y] -= d.sum(axis=1)
    return loss, d / N


def wrong_hinge(scores, y, margin=1.0):
    N = scores.shape[0]
    correct = scores[np.arange(N), y][:, None]
    m = np.maximum(0, scores - correct + margin)
    m[np.arange(N), y] = 0
    loss = m.sum() / N
    d = (m > 0).astype(float)
    d[np.arange(N), y] = -1
    return loss, d / N


def mean_and_distance(a, b):
    d = a - b
    return a.mean(), d
