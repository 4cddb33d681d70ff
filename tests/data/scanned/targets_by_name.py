"""Inputs that are called y, t or target like labels, with a gradient of their own: products and distances."""

import numpy as np


class MulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.x
        return dx, dy


class WrongMulLayer:
    def __init__(self):
        self.x = None
        self.y = None

    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dout):
        dx = dout * self.y
        dy = dout * self.y
        return dx, dy


class WrongDifference:
    def forward(self, a, target):
        return a - target

    def backward(self, dout):
        return [dout, dout]


class SquaredDistance:
    def forward(self, x, t):
        self.difference = x - t
        return 0.5 * np.sum(self.difference**2)

    def backward(self, dout=1):
        return dout * self.difference, None


class WrongShift:
    def forward(self, x, y):
        self.x, self.y = x.copy(), y.copy()
        return x * np.exp(y)

    def backward(self, dout):
        d_x = dout * np.exp(self.y)
        d_y = dout * np.exp(self.y)
        return (d_x, d_y)
