import numpy as np


class ElmanRNN:
    """x has shape (T, N, D)"""

    def __init__(self, Wx, Wh, b):
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x, h0):
        T, N, D = x.shape
        H = h0.shape[1]
        self.x = x
        self.h = np.zeros((T + 1, N, H), dtype=x.dtype)
        self.h[0] = h0
        for t in range(T):
            self.h[t + 1] = np.tanh(x[t] @ self.Wx + self.h[t] @ self.Wh + self.b)
        return self.h[1:]

    def backward(self, dh):
        T = dh.shape[0]
        self.dWx = np.zeros_like(self.Wx)
        self.dWh = np.zeros_like(self.Wh)
        self.db = np.zeros_like(self.b)
        dx = np.zeros_like(self.x)
        dnext = np.zeros_like(dh[0])
        for t in reversed(range(T)):
            da = (dh[t] + dnext) * (1 - self.h[t + 1] ** 2)
            self.dWx += self.x[t].T @ da
            self.dWh += self.h[t + 1].T @ da
            self.db += da.sum(axis=0)
            dx[t] = da @ self.Wx.T
            dnext = da @ self.Wh.T
        return dx, dnext


class Recurrence:
    """x has shape (T, N, D)"""

    def __init__(self, Wx, Wh, b):
        self.Wx, self.Wh, self.b = Wx, Wh, b

    def forward(self, x, h0):
        T, N, D = x.shape
        H = h0.shape[1]
        self.x = x
        self.h = np.zeros((T + 1, N, H), dtype=x.dtype)
        self.h[0] = h0
        for t in range(T):
            self.h[t + 1] = np.tanh(x[t] @ self.Wx + self.h[t] @ self.Wh + self.b)
        return self.h[1:]

    def backward(self, dh):
        T = dh.shape[0]
        self.dWx = np.zeros_like(self.Wx)
        self.dWh = np.zeros_like(self.Wh)
        self.db = np.zeros_like(self.b)
        dx = np.zeros_like(self.x)
        dnext = np.zeros_like(dh[0])
        for t in reversed(range(T)):
            da = (dh[t] + dnext) * (1 - self.h[t + 1] ** 2)
            self.dWx += self.x[t].T @ da
            self.dWh += self.h[t].T @ da
            self.db += da.sum(axis=0)
            dx[t] = da @ self.Wx.T
            dnext = da @ self.Wh.T
        return dx, dnext
