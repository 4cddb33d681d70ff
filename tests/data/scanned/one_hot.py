"""Losses of targets whose rows have a single 1, right for these only."""

import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return -np.sum(t * np.log(self.y)) / x.shape[0]

    def backward(self, dout=1):
        return dout * (self.y - self.t) / self.t.shape[0]


class WrongSoftmaxWithLoss(SoftmaxWithLoss):
    def backward(self, dout=1):
        return dout * (self.y + self.t) / self.t.shape[0]


class CrossEntropy:
    def loss(self, y, logits):
        return -np.sum(y * np.log(softmax(logits)))

    def gradient(self, y, logits):
        return softmax(logits) - y


def log_loss(scores, y):
    p = softmax(scores)
    grad = p - y
    return -np.sum(y * np.log(p)), grad
