"""A layer that steps at a rate of its own."""

import numpy as np


class Stepping:
    def __init__(self, n_in, n_out, lr=0.1):
        self.W = 0.1 * np.random.randn(n_in, n_out)
        self.b = np.zeros(n_out)
        self.lr = lr

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        back = delta @ self.W.T
        self.W -= self.lr * (self.x.T @ delta)
        self.b -= self.lr * delta.sum(axis=0)
        return back


class SteppingTwice:
    def __init__(self, n_in, n_out, lr=0.1):
        self.W = 0.1 * np.random.randn(n_in, n_out)
        self.lr = lr

    def forward(self, x):
        self.x = x
        return x @ self.W

    def backward(self, delta):
        back = delta @ self.W.T
        self.W -= 2 * self.lr * (self.x.T @ delta)
        return back
