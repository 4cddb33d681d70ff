"""Gradients whose names are in capitals or in camel case."""

import numpy as np


class Sigmoid:
    def Forward(self, X):
        self.Y = 1 / (1 + np.exp(-X))
        return self.Y.copy()

    def Backward(self, dY):
        return dY * self.Y * (1 - self.Y)


class Cube:
    def forwardPass(self, x):
        self.x = x.copy()
        return x**3

    def backwardPass(self, grad):
        return 3 * grad * self.x


class Layer:
    def __init__(self, nIn, nOut):
        self.weights = np.random.randn(nIn, nOut)

    def feedForward(self, x):
        self.x = x.copy()
        return x @ self.weights

    def backProp(self, delta):
        self.dweights = self.x.T @ delta / len(self.x)
        return delta @ self.weights.T


class ELU:
    def ForwardPropagation(self, x):
        self.x = x.copy()
        return np.where(x > 0, x, np.exp(x) - 1)

    def BackwardPropagation(self, dout):
        return dout * np.where(self.x > 0, 1, np.exp(self.x))


def reluForward(x):
    return np.maximum(x, 0), x.copy()


def reluBackward(dout, cache):
    return dout * (cache > 0)


def softPlus(x):
    return np.log(1 + np.exp(x))


def softPlusPrime(x):
    return 1 / (1 + np.exp(x))


def Tanh(x):
    return np.tanh(x)


def dTanh(x):
    return 1 - np.tanh(x) ** 2
