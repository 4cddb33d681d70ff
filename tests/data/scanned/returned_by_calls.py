"""Classes and functions that a function or method returns: an object, an entry of a dict, a closure beside a value."""

import numpy as np


def activation_of(name):
    class ReLU:
        def forward(self, x):
            self.mask = x > 0
            return x * self.mask

        def backward(self, dout):
            return dout * self.mask

    class Cube:
        def forward(self, x):
            self.x = x.copy()
            return x**3

        def backward(self, dout):
            return 3 * dout * self.x

    if name == "relu":
        return ReLU()
    if name == "cube":
        return Cube()
    raise ValueError(name)


def functions_of(kind="sine"):
    def sine(x):
        return np.sin(x)

    def sine_prime(x):
        return np.cos(x)

    def square(x):
        return x**2

    def square_prime(x):
        return x

    return {"sine": (sine, sine_prime), "square": (square, square_prime)}[kind]


class Builder:
    def layer(self):
        class Double:
            def forward(self, x):
                return 2 * x

            def backward(self, dout):
                return 2 * dout

        return Double


def sine_vjp(x):
    return np.sin(x), lambda upstream: upstream * np.cos(x)


def normalise_vjp(x):
    deviation = x.std(axis=-1, keepdims=True)

    def pullback(upstream):
        return (upstream - upstream.mean(axis=-1, keepdims=True)) / deviation

    return (x - x.mean(axis=-1, keepdims=True)) / deviation, pullback
