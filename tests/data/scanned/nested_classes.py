"""Classes within a class or a function, and functions that a function returns."""

import numpy as np


class Layers:
    class Base:
        def forward(self, x):
            self.x = x.copy()
            return self.value(x)

    class Cube(Base):
        def value(self, x):
            return x**3

        def backward(self, dout):
            return dout * 3 * self.x**2

    class Square(Base):
        def value(self, x):
            return x**2

        def backward(self, dout):
            return dout * self.x

    class Dense:
        def __init__(self, n_in, n_out):
            self.W = np.random.randn(n_in, n_out)
            self.b = np.zeros(n_out)

        def forward(self, x):
            self.x = x.copy()
            return x @ self.W + self.b

        def backward(self, dout):
            self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
            return dout @ self.W.T


class Derived(Layers.Base):
    def value(self, x):
        return np.sin(x)

    def backward(self, dout):
        return dout * np.cos(self.x)


def make_elu(alpha=0.5):
    class Elu:
        def forward(self, x):
            self.x = x.copy()
            return np.where(x > 0, x, alpha * (np.exp(x) - 1))

        def backward(self, dout):
            return dout * np.where(self.x > 0, 1, alpha * np.exp(self.x))

    return Elu


def make_leaky(slope):
    class Leaky:
        def forward(self, x):
            self.x = x.copy()
            return np.where(x > 0, x, slope * x)

        def backward(self, dout):
            return dout * np.where(self.x > 0, 1, -slope)

    return Leaky


def dense():
    def forward(x, w):
        return x @ w, (x.copy(), w.copy())

    def backward(dout, cache):
        x, w = cache
        return dout @ w.T, dout.T @ x

    return forward, backward


def local():
    class Hidden:
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    return Hidden().forward(np.ones(3))
