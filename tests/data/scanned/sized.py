"""Layers that make their weights of sizes."""

import numpy as np


class Linear:
    def __init__(self, in_features, out_features, bias=True):
        self.bias = bias
        self.weight = np.random.randn(in_features, out_features) * 0.1
        self.b = np.zeros(out_features)

    def forward(self, x):
        self.x = x
        out = x @ self.weight
        return out + self.b if self.bias else out

    def backward(self, grad):
        self.grad_weight = self.x.T @ grad
        self.grad_b = grad.sum(axis=0) if self.bias else np.zeros_like(self.b)
        return grad @ self.weight.T


class Dense:
    def __init__(self, n_units, input_shape):
        self.params = {"W": np.random.normal(size=(input_shape, n_units)), "b": np.zeros(n_units)}
        self.grads = {}

    def forward(self, X):
        self.X = X
        return X @ self.params["W"] + self.params["b"]

    def backward(self, dY):
        self.grads["W"] = self.X.T @ dY
        self.grads["b"] = dY.sum(axis=0)
        return dY @ self.params["W"]


class LayerNorm:
    def __init__(self, dim, eps=1e-5):
        self.gamma, self.beta, self.eps = np.ones(dim), np.zeros(dim), eps

    def forward(self, x):
        mean = x.mean(axis=-1, keepdims=True)
        self.std = np.sqrt(x.var(axis=-1, keepdims=True) + self.eps)
        self.normal = (x - mean) / self.std
        return self.gamma * self.normal + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.normal).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        d = dout * self.gamma
        mean = d.mean(axis=-1, keepdims=True)
        return (d - mean - self.normal * (d * self.normal).mean(axis=-1, keepdims=True)) / self.std
