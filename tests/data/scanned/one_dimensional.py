import numpy as np


class Conv1D:
    """Windows along time: x is (N, C, T), the kernel (F, C, K)."""

    def __init__(self, in_channels, out_channels, kernel_size=2, stride=1):
        self.W = np.random.randn(out_channels, in_channels, kernel_size)
        self.b = np.zeros(out_channels)
        self.stride = stride

    def forward(self, x):
        N, C, T = x.shape
        F, _, K = self.W.shape
        self.x = x
        steps = (T - K) // self.stride + 1
        out = np.zeros((N, F, steps))
        for t in range(steps):
            window = x[:, :, t * self.stride : t * self.stride + K]
            out[:, :, t] = np.tensordot(window, self.W, ((1, 2), (1, 2))) + self.b
        return out

    def backward(self, dout):
        K = self.W.shape[2]
        self.dW, dx = np.zeros_like(self.W), np.zeros_like(self.x)
        self.db = dout.sum(axis=(0, 2))
        for t in range(dout.shape[2]):
            part = slice(t * self.stride, t * self.stride + K)
            self.dW += np.tensordot(dout[:, :, t], self.x[:, :, part], ((0,), (0,)))
            dx[:, :, part] += np.tensordot(dout[:, :, t], self.W, ((1,), (0,)))
        return dx
