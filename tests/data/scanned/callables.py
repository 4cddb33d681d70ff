import numpy as np


class Cube:
    def __call__(self, x):
        self.x = x
        return x**3

    def backward(self, dout):
        return 3 * self.x**2 * dout


class Clip:
    def __call__(self, x):
        self.x = x
        return np.clip(x, -1, 1)

    def backward(self, dout):
        return dout * (np.abs(self.x) < 1)


class Average:
    def __call__(self, x):
        self.shape = x.shape
        return x.mean(axis=0)

    def backward(self, dout):
        return np.broadcast_to(dout, self.shape).copy()
