import numpy as np


class Sigmoid:
    @staticmethod
    def f(z):
        return 1.0 / (1.0 + np.exp(-z))

    @staticmethod
    def f_prime(z):
        return Sigmoid.f(z) * (1 - Sigmoid.f(z))


class Tanh:
    @staticmethod
    def activation(z):
        return np.tanh(z)

    @staticmethod
    def derivative(z):
        return 1 - np.tanh(z) ** 2


class Gaussian:
    @staticmethod
    def fn(z):
        return np.exp(-(z**2))

    @staticmethod
    def prime(z):
        return -2 * np.exp(-(z**2))


class Selu:
    alpha, scale = 1.67, 1.05

    def __call__(self, x):
        return self.scale * np.where(x >= 0, x, self.alpha * (np.exp(x) - 1))

    def gradient(self, x):
        return self.scale * np.where(x >= 0, 1, self.alpha * np.exp(x))
