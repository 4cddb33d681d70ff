"""Activations: elementwise, except the two kinds of softmax, which work on the last axis.

x, y and dout have one shape, whatever it is. `forward` keeps what `backward` needs, in most of them the slope; none of
them overflows if its result does not.
"""

import math
from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with


def _sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), or exp(x) / (1 + exp(x)): whichever has no large exponential in it."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


class Sigmoid:
    """y = 1 / (1 + exp(-x)), with dy/dx = y (1 - y)."""

    def forward(self, x: Array) -> Array:
        y = _sigmoid(x)
        self.slope = y * (1 - y)
        return y

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class Tanh:
    """y = tanh(x), with dy/dx = 1 - y^2."""

    def forward(self, x: Array) -> Array:
        y = np.tanh(x)
        self.slope = 1 - y * y
        return y

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class ReLU:
    """y = max(x, 0); at the kink x = 0 the gradient is 0."""

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return np.where(self.mask, x, 0)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, dout, 0)


class LeakyReLU:
    """y = x for positive x, else alpha x; at the kink x = 0 the slope is alpha."""

    def __init__(self, alpha: float = 0.01) -> None:
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        return np.where(self.mask, x, self.alpha * x)

    def backward(self, dout: Array) -> Array:
        return np.where(self.mask, dout, self.alpha * dout)


class ELU:
    """y = x for positive x, else alpha (exp(x) - 1) (Clevert, Unterthiner, Hochreiter 2015)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: Array) -> Array:
        self.mask = x > 0
        self.negative = np.where(self.mask, 0, x)  # np.where computes both sides, and exp(x) may overflow
        return np.where(self.mask, x, self.alpha * np.expm1(self.negative))

    def backward(self, dout: Array) -> Array:
        return dout * np.where(self.mask, 1, self.alpha * np.exp(self.negative))


class Softplus:
    """y = log(1 + exp(x)) = max(x, 0) + log(1 + exp(-|x|)), with dy/dx = sigmoid(x)."""

    def forward(self, x: Array) -> Array:
        self.slope = _sigmoid(x)
        return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class GELU:
    """y = x (1 + tanh(u)) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3) (Hendrycks, Gimpel 2016)."""

    scale = math.sqrt(2 / math.pi)

    def forward(self, x: Array) -> Array:
        cubic = 0.044715 * x**2
        t = np.tanh(self.scale * (x + cubic * x))
        du = self.scale * (1 + 3 * cubic)
        self.slope = (1 + t + x * (1 - t * t) * du) / 2
        return x * (1 + t) / 2

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class Swish:
    """y = x / (1 + exp(-x)) (Ramachandran, Zoph, Le 2017)."""

    def forward(self, x: Array) -> Array:
        s = _sigmoid(x)
        y = x * s
        self.slope = s + y * (1 - s)
        return y

    def backward(self, dout: Array) -> Array:
        return dout * self.slope


class Softmax:
    """y_i = exp(x_i - max x) / sum_j exp(x_j - max x), along the last axis."""

    def forward(self, x: Array) -> Array:
        e = np.exp(x - x.max(axis=-1, keepdims=True))
        self.y = e / e.sum(axis=-1, keepdims=True)
        return self.y.copy()

    def backward(self, dout: Array) -> Array:
        return self.y * (dout - (dout * self.y).sum(axis=-1, keepdims=True))


class LogSoftmax:
    """y_i = x_i - max x - log sum_j exp(x_j - max x), along the last axis."""

    def forward(self, x: Array) -> Array:
        shifted = x - x.max(axis=-1, keepdims=True)
        y = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
        self.softmax = np.exp(y)
        return y

    def backward(self, dout: Array) -> Array:
        return dout - self.softmax * dout.sum(axis=-1, keepdims=True)


sigmoid = verify.layer(Sigmoid, inputs={"x": "N D"})
tanh = verify.layer(Tanh, inputs={"x": "N D"})
relu = verify.layer(ReLU, inputs={"x": "N D"})
leaky_relu = verify.layer(LeakyReLU, inputs={"x": "N D"}, options={"alpha": [0.01, 0.3]})
elu = verify.layer(ELU, inputs={"x": "N D"}, options={"alpha": [1.0, 0.3]})
softplus = verify.layer(Softplus, inputs={"x": "N D"})
gelu = verify.layer(GELU, inputs={"x": "N D"})
swish = verify.layer(Swish, inputs={"x": "N D"})
softmax = verify.layer(Softmax, inputs={"x": "N D"})
log_softmax = verify.layer(LogSoftmax, inputs={"x": "N D"})
