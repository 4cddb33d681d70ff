"""Layers whose backward is handed what forward took and gave."""

import numpy as np


class SigmoidLayer:
    def fprop(self, inputs):
        return 1 / (1 + np.exp(-inputs))

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs * outputs * (1 - outputs)


class AffineLayer:
    def __init__(self, input_dim, output_dim):
        self.weights = np.random.randn(output_dim, input_dim) * 0.1
        self.biases = np.zeros(output_dim)

    def fprop(self, inputs):
        return inputs @ self.weights.T + self.biases

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs @ self.weights

    def grads_wrt_params(self, inputs, grads_wrt_outputs):
        return [grads_wrt_outputs.T @ inputs, grads_wrt_outputs.sum(axis=0)]


class ReluLayer:
    def fprop(self, inputs):
        return np.maximum(inputs, 0.0)

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return (outputs > 0) * inputs * grads_wrt_outputs
