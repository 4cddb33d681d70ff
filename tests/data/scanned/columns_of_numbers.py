"""Layers whose input is one column, and functions of the index of one word."""

import numpy as np


class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input.copy()
        return self.weights @ self.input + self.bias

    def backward(self, output_gradient, learning_rate):
        input_gradient = self.weights.T @ output_gradient
        self.weights = self.weights - learning_rate * output_gradient @ self.input.T
        self.bias = self.bias - learning_rate * output_gradient
        return input_gradient


class Softmax:
    def forward(self, input):
        powers = np.exp(input)
        self.output = powers / np.sum(powers)
        return self.output.copy()

    def backward(self, output_gradient, learning_rate):
        size = np.size(self.output)
        return (np.identity(size) - self.output.T) * self.output @ output_gradient


def skipgram_loss(center, context, W_in, W_out):
    h = W_in[center]
    powers = np.exp(W_out @ h)
    p = powers / powers.sum()
    error = p.copy()
    error[context] -= 1
    dW_out = np.outer(error, h)
    dW_in = np.zeros_like(W_in)
    dW_in[center] = W_out.T @ error
    return -np.log(p[context]), dW_in, dW_out


def wrong_skipgram_loss(center, context, W_in, W_out):
    h = W_in[center]
    powers = np.exp(W_out @ h)
    p = powers / powers.sum()
    dW_out = np.outer(p, h)
    dW_in = np.zeros_like(W_in)
    dW_in[center] = W_out.T @ p - W_out[context]
    return -np.log(p[context]), dW_in, dW_out
