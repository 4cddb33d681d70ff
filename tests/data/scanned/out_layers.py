"""Layers that write into arrays of their caller."""

import numpy as np


class InplaceTanh:
    def forward(self, x, out):
        np.tanh(x, out=out)
        self.out = out

    def backward(self, dout, dx):
        dx[...] = dout * (1 - self.out**2)


class InplaceSquare:
    def forward(self, x):
        self.x = x
        return x * x

    def backward(self, dout, dx):
        dx[:] = dout * self.x
