"""Networks: a loss of data and targets, and the gradients of all weights by name, from two methods or from one."""

import numpy as np


def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


class TwoLayerNet:
    def __init__(self, input_size, hidden_size, output_size, weight_init_std=0.01):
        self.params = {}
        self.params["W1"] = weight_init_std * np.random.randn(input_size, hidden_size)
        self.params["b1"] = np.zeros(hidden_size)
        self.params["W2"] = weight_init_std * np.random.randn(hidden_size, output_size)

    def predict(self, x):
        return (x @ self.params["W1"] + self.params["b1"]) ** 2 @ self.params["W2"]

    def loss(self, x, t):
        return 0.5 * np.sum((self.predict(x) - t) ** 2) / x.shape[0]

    def gradient(self, x, t):
        grads = {}
        a = x @ self.params["W1"] + self.params["b1"]
        dy = (self.predict(x) - t) / x.shape[0]
        grads["W2"] = (a**2).T @ dy
        da = 2 * a * (dy @ self.params["W2"].T)
        grads["b1"] = da.sum(axis=0)
        grads["W1"] = x.T @ da
        return grads


class WrongNet(TwoLayerNet):
    def gradient(self, x, t):
        grads = super().gradient(x, t)
        grads["b1"] = grads["b1"] / x.shape[0]
        return grads


class LinearNet:
    def __init__(self, n_in, n_out):
        self.w, self.b = np.random.randn(n_in, n_out), np.zeros(n_out)

    def cost(self, x, y):
        return 0.5 * np.sum((x @ self.w + self.b - y) ** 2)

    def gradients(self, x, y):
        d = x @ self.w + self.b - y
        return {"dw": x.T @ d, "db": d.sum(axis=0)}


class Softmax:
    def __init__(self, input_dim=3 * 32 * 32, num_classes=10, reg=0.0):
        self.params = {"W": 1e-3 * np.random.randn(input_dim, num_classes)}
        self.reg = reg

    def loss(self, X, y=None):
        scores = X @ self.params["W"]
        if y is None:
            return scores
        p = softmax(scores)
        rows = np.arange(len(X))
        loss = -np.mean(np.log(p[rows, y])) + self.reg * np.sum(self.params["W"] ** 2)
        p[rows, y] -= 1
        grads = {"W": X.T @ p / len(X) + 2 * self.reg * self.params["W"]}
        return loss, grads


class Forgetful(Softmax):
    def loss(self, X, y=None):
        p = softmax(X @ self.params["W"])
        loss = -np.sum(y * np.log(p)) / len(X) + self.reg * np.sum(self.params["W"] ** 2)
        grads = {"W": X.T @ (p - y) / len(X)}
        return loss, grads


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t, self.y = t, softmax(x)
        return -np.sum(t * np.log(self.y)) / x.shape[0]

    def backward(self, dout=1):
        return (self.y - self.t) / self.t.shape[0]


class WrongLoss(SoftmaxWithLoss):
    def backward(self, dout=1):
        return self.y - self.t


class SquaredError:
    def forward(self, x, t):
        self.d = x - t
        return 0.5 * np.sum(self.d**2)

    def backward(self, dout=1):
        return self.d.copy()


class LayeredNet:
    def __init__(self, input_size, output_size, decay=0.5):
        self.decay = decay
        self.params = {"W1": np.random.randn(input_size, output_size), "b1": np.zeros(output_size)}
        self.layers = {"Affine1": Affine(self.params["W1"], self.params["b1"])}
        self.last = SquaredError()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        return self.last.forward(x, t) + 0.5 * self.decay * np.sum(self.params["W1"] ** 2)

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last.backward(1)
        for layer in reversed(list(self.layers.values())):
            dout = layer.backward(dout)
        return {"W1": self.layers["Affine1"].dW, "b1": self.layers["Affine1"].db}
