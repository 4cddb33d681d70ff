import numpy as np


def triplet_loss(a, p, n, margin):
    value = ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + margin
    on = (value > 0)[:, None] / len(a)
    da = 2 * on * (n - p)
    dpos = -2 * on * (a - p)
    dneg = 2 * on * (a - n)
    return np.maximum(value, 0).mean(), (da, dpos, dneg)


def triplet_hinge(a, p, n, margin=0.2):
    value = ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + margin
    on = (value > 0)[:, None] / len(a)
    da, dp, dn = 2 * on * (n - p), -2 * on * (a - p), 2 * on * (n - a)
    return np.maximum(value, 0).mean(), da, dp, dn
