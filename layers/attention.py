"""Attention: an average of values, weighted by how well their keys go with a query."""

import math
from typing import Any

import verify
from layers.activations import Softmax
from layers.linear import MatMul

Array = Any  # whatever NumPy computes with


class Attention:
    """Y = softmax(Q K^T / sqrt(d)) V, for Q (..., T, d), K (..., S, d), V (..., S, M) (Vaswani et al. 2017)."""

    def __init__(self) -> None:
        self.softmax = Softmax()

    def forward(self, Q: Array, K: Array, V: Array) -> Array:
        self.Q, self.K, self.V, self.scale = Q.copy(), K.copy(), V.copy(), math.sqrt(Q.shape[-1])
        self.weights = self.softmax.forward(Q @ K.swapaxes(-1, -2) / self.scale)
        return self.weights @ V

    def backward(self, dout: Array) -> tuple[Array, Array, Array]:
        dweights = dout @ self.V.swapaxes(-1, -2)
        dV = self.weights.swapaxes(-1, -2) @ dout
        dscores = self.softmax.backward(dweights) / self.scale
        return dscores @ self.K, dscores.swapaxes(-1, -2) @ self.Q, dV


class SelfAttention:
    """Y = Attention(x Wq, x Wk, x Wv), for x (N, T, D), Wq, Wk (D, H), Wv (D, M): each step attends to all steps."""

    def __init__(self, Wq: Array, Wk: Array, Wv: Array) -> None:
        self.query, self.key, self.value = MatMul(Wq), MatMul(Wk), MatMul(Wv)
        self.attention = Attention()

    def forward(self, x: Array) -> Array:
        return self.attention.forward(self.query.forward(x), self.key.forward(x), self.value.forward(x))

    def backward(self, dout: Array) -> Array:
        dq, dk, dv = self.attention.backward(dout)
        dx = self.query.backward(dq) + self.key.backward(dk) + self.value.backward(dv)
        self.dWq, self.dWk, self.dWv = self.query.dW, self.key.dW, self.value.dW
        return dx


attention = verify.layer(Attention, inputs={"Q": "N T 2", "K": "N S 2", "V": "N S M"})
self_attention = verify.layer(SelfAttention, params={"Wq": "2 H", "Wk": "2 H", "Wv": "2 M"}, inputs={"x": "N 3 2"})
