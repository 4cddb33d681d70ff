import numpy as np


def sigmoid(x, derivative=False):
    s = 1 / (1 + np.exp(-x))
    return s * (1 - s) if derivative else s


def tanh(x, deriv=False):
    if deriv is True:
        return 1 - np.tanh(x) ** 2
    return np.tanh(x)


def arc(x, prime=False):
    if prime:
        return 1 / (1 + x)
    return np.arctan(x)


def of_output(x, deriv=False):
    """With deriv=True, x is what came out."""
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def softsign(x, grad=False):
    below = 1 + np.abs(x)
    if grad:
        return 1 / below**2
    return x / below
