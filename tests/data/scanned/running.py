"""Layers that keep running statistics, and room for gradients, beside their weights."""

import numpy as np


class BatchNorm:
    def __init__(self, num_features, alpha=0.9):
        self.alpha = alpha
        self.BW, self.Bb = np.ones((1, num_features)), np.zeros((1, num_features))
        self.dLdBW, self.dLdBb = np.zeros((1, num_features)), np.zeros((1, num_features))
        self.running_M = np.zeros((1, num_features))

    def forward(self, Z):
        M, V = Z.mean(axis=0, keepdims=True), Z.var(axis=0, keepdims=True)
        self.deviation = np.sqrt(V + 1e-8)
        self.NZ = (Z - M) / self.deviation
        self.running_M = self.alpha * self.running_M + (1 - self.alpha) * M
        return self.BW * self.NZ + self.Bb

    def backward(self, dLdBZ):
        self.dLdBW = np.sum(dLdBZ * self.NZ, axis=0, keepdims=True)
        self.dLdBb = np.sum(dLdBZ, axis=0, keepdims=True)
        d = dLdBZ * self.BW
        means = d.mean(axis=0, keepdims=True), (d * self.NZ).mean(axis=0, keepdims=True)
        return (d - means[0] - self.NZ * means[1]) / self.deviation


class ShiftedNorm(BatchNorm):
    def backward(self, dLdBZ):
        dx = super().backward(dLdBZ)
        self.dLdBb = np.mean(dLdBZ, axis=0, keepdims=True)
        return dx


class Counted:
    """Its first forward makes its weights, whatever was stored before."""

    def __init__(self, n_out):
        self.n_out, self.made = n_out, False
        self.parameters, self.gradients = {"W": np.zeros((1, n_out))}, {}

    def forward(self, X):
        if not self.made:
            self.parameters = {"W": np.random.randn(X.shape[1], self.n_out)}
            self.made = True
        self.X = X.copy()
        return X @ self.parameters["W"]

    def backward(self, dout):
        self.gradients = {"W": self.X.T @ dout}
        return dout @ self.parameters["W"].T
