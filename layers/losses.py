"""Losses: one number for a batch. `backward` multiplies by dout, which is 1 if the loss is the final result."""

from collections.abc import Generator
from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with
Run = Generator[Any, Any, Any]


class SoftmaxWithLoss:
    """L = -1/N sum_n log softmax(x_n)[t_n], for scores x (N, C) and labels t (N,) from 0 to C - 1."""

    def forward(self, x: Array, t: Array) -> Array:
        shifted = x - x.max(axis=1, keepdims=True)
        log_y = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        self.y, self.t = np.exp(log_y), t.copy()
        return -log_y[np.arange(len(t)), t].mean()

    def backward(self, dout: Array = 1) -> Array:
        n = len(self.t)
        dx = self.y.copy()
        dx[np.arange(n), self.t] -= 1
        return dx * dout / n


class MeanSquaredError:
    """L = mean of (y - t)^2 over all entries, for y and t of one shape."""

    def forward(self, y: Array, t: Array) -> Array:
        self.difference = y - t
        return (self.difference**2).mean()

    def backward(self, dout: Array = 1) -> tuple[Array, Array]:
        dy = 2 * self.difference * dout / self.difference.size
        return dy, -dy


@verify.case(x="N C", t=verify.integer("N", below="C"))
def softmax_with_loss(x: Array, t: Array) -> Run:
    """Classify."""
    layer = SoftmaxWithLoss()
    dout = yield layer.forward(x, t)
    return {"x": layer.backward(dout)}


@verify.case(x="N C", t=verify.integer("N", below="C"), upstream=1)
def softmax_with_loss_at_the_end(x: Array, t: Array) -> Run:
    """Classify, the loss being the final result."""
    layer = SoftmaxWithLoss()
    yield layer.forward(x, t)
    return {"x": layer.backward()}


mean_squared_error = verify.layer(MeanSquaredError, inputs={"y": "N D", "t": "N D"})
