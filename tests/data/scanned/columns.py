"""A network of columns, whose layers take rates and momentum."""

import numpy as np


class ColumnLayer:
    def __init__(self, n_in, n_out):
        self.W = np.random.randn(n_out, n_in)
        self.b = np.zeros((n_out, 1))

    def forward(self, a):
        self.a = a
        self.z = self.W @ a + self.b
        return 1 / (1 + np.exp(-self.z))

    def backward(self, delta, learning_rate=0.1):
        s = 1 / (1 + np.exp(-self.z))
        d = delta * s * (1 - s)
        back = self.W.T @ d
        self.W = self.W - learning_rate * d @ self.a.T
        self.b = self.b - learning_rate * d.sum(axis=1, keepdims=True)
        return back
