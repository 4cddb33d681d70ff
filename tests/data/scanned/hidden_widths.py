"""Blocks whose width is a default of the constructor: rows have to be that wide, and none is passed."""

import numpy as np


class Linear:
    def __init__(self, fan_in, fan_out):
        self.W = np.linspace(-0.5, 0.7, fan_in * fan_out).reshape(fan_in, fan_out)
        self.b = np.zeros(fan_out)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, g):
        self.dW = self.x.T @ g
        self.db = g.sum(0)
        return g @ self.W.T


class Residual:
    def __init__(self, dim=3):
        self.inner = Linear(dim, dim)

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, g):
        return g + self.inner.backward(g)


class WrongResidual:
    def __init__(self, dim=3):
        self.inner = Linear(dim, dim)

    def forward(self, x):
        return x + self.inner.forward(x)

    def backward(self, g):
        return self.inner.backward(g)


class Stack:
    def __init__(self, sizes=(3, 5, 2)):
        self.layers = [Linear(sizes[0], sizes[1]), Linear(sizes[1], sizes[2])]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, g):
        for layer in self.layers[::-1]:
            g = layer.backward(g)
        return g
