"""Layers that are linear in their input; the constructor takes the parameters W and b.

`backward` reads a copy of the input, because the caller may write the next batch into the same array.
"""

from collections.abc import Generator
from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with
Run = Generator[Any, Any, Any]


class Affine:
    """y = x W + b, for x (N, D), W (D, M), b (M,); an x with more axes, as (N, C, H, W), is flattened to that."""

    def __init__(self, W: Array, b: Array) -> None:
        self.W, self.b = W, b

    def forward(self, x: Array) -> Array:
        self.shape = x.shape
        self.x = x.reshape(x.shape[0], -1).copy()
        return self.x @ self.W + self.b

    def backward(self, dout: Array) -> Array:
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return (dout @ self.W.T).reshape(self.shape)


class MatMul:
    """y = x W, for x (..., D) and W (D, M)."""

    def __init__(self, W: Array) -> None:
        self.W = W

    def forward(self, x: Array) -> Array:
        self.x = x.copy()
        return x @ self.W

    def backward(self, dout: Array) -> Array:
        inputs, outputs = self.W.shape
        self.dW = self.x.reshape(-1, inputs).T @ dout.reshape(-1, outputs)
        return dout @ self.W.T


class Embedding:
    """y = W[ids]: the rows of W (V, D) for integers ids (...) below V; a row that occurs twice sums both gradients."""

    def __init__(self, W: Array) -> None:
        self.W = W

    def forward(self, ids: Array) -> Array:
        self.ids = ids.copy()
        return self.W[ids]

    def backward(self, dout: Array) -> None:
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.ids, dout)


class Dropout:
    """y = x where a random number exceeds ratio, else 0; in evaluation y = (1 - ratio) x (Srivastava et al. 2014)."""

    def __init__(self, ratio: float = 0.5) -> None:
        self.ratio = ratio

    def forward(self, x: Array, train: bool = True) -> Array:
        self.scale: Array = np.random.rand(*x.shape) > self.ratio if train else 1 - self.ratio
        return x * self.scale

    def backward(self, dout: Array) -> Array:
        return dout * self.scale


affine = verify.layer(Affine, params={"W": "D M", "b": "M"}, inputs={"x": "N D"})
affine_of_images = verify.layer(Affine, params={"W": "6 M", "b": "M"}, inputs={"x": "N 1 2 3"})
matmul = verify.layer(MatMul, params={"W": "D M"}, inputs={"x": "N D"})
matmul_of_sequences = verify.layer(MatMul, params={"W": "D M"}, inputs={"x": "N T D"})


@verify.case(ids=verify.integer("N 4", below="V"), W="V D")
def embedding(ids: Array, W: Array) -> Run:
    """Look up words, of which there are fewer than are looked up."""
    layer = Embedding(W)
    dout = yield layer.forward(ids)
    layer.backward(dout)
    return {"W": layer.dW}


@verify.case(x="N D", options={"ratio": [0.5, 0.2], "train": [True, False]})
def dropout(x: Array, ratio: float, train: bool) -> Run:
    """Drop out, and do not."""
    layer = Dropout(ratio)
    dout = yield layer.forward(x, train)
    return {"x": layer.backward(dout)}
