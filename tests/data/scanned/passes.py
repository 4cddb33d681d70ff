import numpy as np


class Activation:
    def forward_pass(self, X, training=True):
        self.layer_input = X
        return np.tanh(X)

    def backward_pass(self, accum_grad):
        return accum_grad * (1 - np.tanh(self.layer_input) ** 2)


class Flatten:
    def fprop(self, x):
        N, C, H, W = x.shape
        self.shape = x.shape
        return x.reshape(N, -1)

    def bprop(self, grad):
        return grad.reshape(self.shape)


class Scale:
    """A layer that forgets the sum over rows."""

    def fprop(self, x):
        self.x = x
        return x * x.sum()

    def bprop(self, grad):
        return grad * self.x.sum()


class MaxPool:
    def __init__(self, pool_h, pool_w, stride=2):
        self.pool_h, self.pool_w, self.stride = pool_h, pool_w, stride

    def _windows(self, x):
        N, C, H, W = x.shape
        for i in range((H - self.pool_h) // self.stride + 1):
            for j in range((W - self.pool_w) // self.stride + 1):
                r, c = i * self.stride, j * self.stride
                yield i, j, slice(r, r + self.pool_h), slice(c, c + self.pool_w)

    def forward(self, x):
        N, C, H, W = x.shape
        self.x = x
        rows, columns = (H - self.pool_h) // self.stride + 1, (W - self.pool_w) // self.stride + 1
        out = np.zeros((N, C, rows, columns))
        for i, j, r, c in self._windows(x):
            out[:, :, i, j] = x[:, :, r, c].max(axis=(2, 3))
        return out

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        for i, j, r, c in self._windows(self.x):
            window = self.x[:, :, r, c]
            mask = window == window.max(axis=(2, 3), keepdims=True)
            dx[:, :, r, c] += mask * dout[:, :, i, j][:, :, None, None] / mask.sum(axis=(2, 3), keepdims=True)
        return dx
