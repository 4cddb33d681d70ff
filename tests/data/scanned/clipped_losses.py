"""Losses of probabilities: clipped against rounding, or with the gradient of the logits before them."""

import numpy as np


class BinaryCrossEntropy:
    def loss(self, y, p):
        p = np.clip(p, 1e-15, 1 - 1e-15)
        return -y * np.log(p) - (1 - y) * np.log(1 - p)

    def gradient(self, y, p):
        p = np.clip(p, 1e-15, 1 - 1e-15)
        return -(y / p) + (1 - y) / (1 - p)


class WrongBinaryCrossEntropy(BinaryCrossEntropy):
    def gradient(self, y, p):
        p = np.clip(p, 1e-15, 1 - 1e-15)
        return -(y / p) + y / (1 - p)


class CategoricalCrossEntropy:
    def loss(self, y, y_pred):
        return -np.sum(y * np.log(y_pred))

    def gradient(self, y, y_pred):
        return y_pred - y


class HalvedCrossEntropy(CategoricalCrossEntropy):
    def gradient(self, y, y_pred):
        return (y_pred - y) / 2


class SoftmaxLoss:
    def forward(self, inputs, y_true):
        powers = np.exp(inputs - inputs.max(axis=1, keepdims=True))
        self.output = powers / powers.sum(axis=1, keepdims=True)
        return np.mean(-np.log(self.output[range(len(inputs)), y_true]))

    def backward(self, dvalues, y_true):
        self.dinputs = dvalues.copy()
        self.dinputs[range(len(dvalues)), y_true] -= 1
        self.dinputs = self.dinputs / len(dvalues)


def logits_loss(z, y):
    p = np.clip(1 / (1 + np.exp(-z)), 1e-7, 1 - 1e-7)
    return -np.sum(y * np.log(p) + (1 - y) * np.log(1 - p))


def logits_loss_grad(z, y):
    return 1 / (1 + np.exp(-z)) - y
