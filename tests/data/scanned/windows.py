"""A convolution whose window is as long as the batch that is tried first, and layers that are handed their weights."""

import numpy as np


class Convolution1D:
    def __init__(self, in_channels, out_channels, k=3):
        self.W = 0.1 * np.random.randn(out_channels, in_channels, k)
        self.b = np.zeros(out_channels)
        self.k = k

    def forward(self, x):
        batch, _, length = x.shape
        self.x = x.copy()
        out = np.zeros((batch, len(self.W), length - self.k + 1))
        for i in range(out.shape[2]):
            out[:, :, i] = np.tensordot(x[:, :, i : i + self.k], self.W, axes=([1, 2], [1, 2])) + self.b
        return out

    def window(self, i):
        return slice(i, i + self.k)

    def backward(self, dout):
        dx, self.dW, self.db = np.zeros_like(self.x), np.zeros_like(self.W), dout.sum(axis=(0, 2))
        for i in range(dout.shape[2]):
            dx[:, :, self.window(i)] += np.tensordot(dout[:, :, i], self.W, axes=([1], [0]))
            self.dW += np.tensordot(dout[:, :, i], self.x[:, :, i : i + self.k], axes=([0], [0]))
        return dx


class LateConvolution1D(Convolution1D):
    """Wrong: each window of the input gets the gradient of the one before it."""

    def window(self, i):
        return slice(max(i - 1, 0), max(i - 1, 0) + self.k)


class Handed:
    def __init__(self, W, lr=0.1):
        self.W, self.lr = W, lr

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W

    def backward(self, dout):
        dx = dout @ self.W.T
        self.W = self.W - self.lr * self.x.T @ dout
        return dx


class HandedLate(Handed):
    """Wrong: the gradient of the input is that by the new weights."""

    def backward(self, dout):
        self.W = self.W - self.lr * self.x.T @ dout
        return dout @ self.W.T
