"""Layers that are passed their weights in lists, or make lists of them for given widths."""

import itertools

import numpy as np


class Stack:
    def __init__(self, weights):
        self.weights = weights
        self.grads = [np.zeros_like(w) for w in weights]

    def forward(self, x):
        self.rows = []
        for w in self.weights:
            self.rows.append(x)
            x = np.tanh(x @ w)
        self.out = x
        return x.copy()

    def backward(self, dout):
        out = self.out
        for place in reversed(range(len(self.weights))):
            dz = dout * (1 - out**2)
            self.grads[place] = self.rows[place].T @ dz
            dout = dz @ self.weights[place].T
            out = self.rows[place]
        return dout


class AveragedAffine:
    def __init__(self, params):
        self.params = params
        self.grads = [np.zeros_like(p) for p in params]

    def forward(self, x):
        W, b = self.params
        self.x = x.copy()
        return x @ W + b

    def backward(self, dout):
        W, _ = self.params
        self.grads[0][...] = self.x.T @ dout
        self.grads[1][...] = dout.mean(axis=0)
        return dout @ W.T


class Perceptron:
    def __init__(self, sizes):
        self.W = [np.random.randn(m, n) for m, n in itertools.pairwise(sizes)]
        self.b = [np.zeros(n) for n in sizes[1:]]

    def forward(self, x):
        self.a = [x.copy()]
        for W, b in zip(self.W, self.b, strict=True):
            self.a.append(np.tanh(self.a[-1] @ W + b))
        return self.a[-1].copy()

    def backward(self, dout):
        self.dW, self.db = [None] * len(self.W), [None] * len(self.b)
        for place in reversed(range(len(self.W))):
            dz = dout * (1 - self.a[place + 1] ** 2)
            self.dW[place], self.db[place] = self.a[place].T @ dz, dz.sum(axis=0)
            dout = dz @ self.W[place].T
        return dout


class ForgetfulPerceptron(Perceptron):
    def backward(self, dout):
        dx = super().backward(dout)
        self.dW[0] = self.a[0].T @ (dout @ self.W[1].T)
        return dx
