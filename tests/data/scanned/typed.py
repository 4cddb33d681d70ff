"""Annotated layers of sizes, with checks of what they take."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


class TypedLinear:
    def __init__(self, in_features: int, out_features: int, bias: bool = True) -> None:
        self.weight: NDArray = np.random.randn(out_features, in_features)
        self.bias: NDArray | None = np.zeros(out_features) if bias else None
        self.grad_weight: NDArray | None = None

    def forward(self, x: NDArray) -> NDArray:
        assert x.ndim == 2
        assert x.shape[1] == self.weight.shape[1]
        self.x = x
        out = x @ self.weight.T
        return out if self.bias is None else out + self.bias

    def backward(self, grad: NDArray) -> NDArray:
        self.grad_weight = grad.T @ self.x
        if self.bias is not None:
            self.grad_bias = grad.sum(axis=0)
        return grad @ self.weight


def split_forward(x: NDArray) -> tuple[NDArray, tuple[int, ...]]:
    assert x.ndim == 2
    return x[:, ::2] * 2.0, x.shape


def split_backward(dout: NDArray, shape: tuple[int, ...]) -> NDArray:
    dx = np.zeros(shape)
    dx[:, ::2] = dout
    return dx
