"""Networks whose backprop takes targets, and has a cost that no function computes."""

import itertools

import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Network:
    def __init__(self, sizes):
        self.num_layers = len(sizes)
        self.biases = [np.random.randn(n, 1) for n in sizes[1:]]
        self.weights = [np.random.randn(n, m) for m, n in itertools.pairwise(sizes)]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights, strict=True):
            a = sigmoid(w @ a + b)
        return a

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activations = [x]
        for b, w in zip(self.biases, self.weights, strict=True):
            activations.append(sigmoid(w @ activations[-1] + b))
        delta = self.delta(activations[-1], y)
        for place in range(1, self.num_layers):
            nabla_b[-place] = delta
            nabla_w[-place] = delta @ activations[-place - 1].T
            a = activations[-place - 1]
            delta = self.weights[-place].T @ delta * a * (1 - a)
        return nabla_b, nabla_w

    def delta(self, a, y):
        return (a - y) * a * (1 - a)


class EntropyNetwork(Network):
    def backprop(self, x, y):
        return super().backprop(x, y)

    def delta(self, a, y):
        return a - y


class WrongNetwork(Network):
    def backprop(self, x, y):
        nabla_b, nabla_w = super().backprop(x, y)
        return [2 * nabla_b[0], nabla_b[1]], nabla_w


class OtherNetwork(Network):
    def backprop(self, x, y):
        return super().backprop(x, y)

    def delta(self, a, y):
        return np.sign(a - y) * a * (1 - a)
