import numpy as np


def sigma(a):
    return 1 / (1 + np.exp(-a))


class GatedCell:
    def __init__(self, Wx, Wh):
        self.params = [Wx, Wh]
        self.grads = [np.zeros_like(Wx), np.zeros_like(Wh)]

    def forward(self, x, h_prev):
        Wx, Wh = self.params
        a = x @ Wx
        H = h_prev.shape[1]
        z = sigma(a[:, :H] + h_prev @ Wh)
        g = np.tanh(a[:, H:])
        self.cache = x, h_prev, z, g
        return (1 - z) * h_prev + z * g

    def backward(self, dh):
        Wx, Wh = self.params
        x, h_prev, z, g = self.cache
        dz = dh * (g - h_prev) * z * (1 - z)
        dg = dh * z * (1 - g**2)
        da = np.hstack([dz, dg])
        self.grads[0][...] = x.T @ da
        self.grads[1][...] = h_prev.T @ dz
        return da @ Wx.T, dh * (1 - z) + dz @ Wh.T
