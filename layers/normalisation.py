"""Normalisation: subtract the mean of x, divide by its standard deviation, scale by gamma and shift by beta.

The layers differ in the axes of mean and deviation. eps keeps the divisor from being 0 if all entries are equal.
"""

from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with
Axes = int | tuple[int, ...]


def _normalise(x: Array, axes: Axes, eps: float) -> tuple[Array, Array]:
    """Return x normalised over some axes, and the standard deviation."""
    centred = x - x.mean(axis=axes, keepdims=True)
    std = np.sqrt((centred**2).mean(axis=axes, keepdims=True) + eps)
    return centred / std, std


def _denormalise(dout: Array, normal: Array, std: Array, axes: Axes) -> Array:
    """Return the gradient of x from that of the normalised x: mean and deviation depend on x as well."""
    mean = dout.mean(axis=axes, keepdims=True)
    return (dout - mean - normal * (dout * normal).mean(axis=axes, keepdims=True)) / std


def _per_channel(parameter: Array, x: Array) -> Array:
    """Return a parameter with axes added, so that it goes with axis 1 of x."""
    return parameter.reshape(-1, *[1] * (x.ndim - 2))


def _all_but(axis: int, x: Array) -> tuple[int, ...]:
    return tuple(i for i in range(x.ndim) if i != axis)


class BatchNorm:
    """y = gamma (x - mean) / sqrt(var + eps) + beta for each channel (axis 1), over the batch (Ioffe, Szegedy 2015).

    x is (N, C) or (N, C, H, W), gamma and beta (C,). Training only: there are no running statistics.
    """

    def __init__(self, gamma: Array, beta: Array, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x: Array) -> Array:
        self.axes = _all_but(1, x)
        self.normal, self.std = _normalise(x, self.axes, self.eps)
        return _per_channel(self.gamma, x) * self.normal + _per_channel(self.beta, x)

    def backward(self, dout: Array) -> Array:
        self.dgamma = (dout * self.normal).sum(axis=self.axes)
        self.dbeta = dout.sum(axis=self.axes)
        return _denormalise(dout * _per_channel(self.gamma, dout), self.normal, self.std, self.axes)


class LayerNorm:
    """y = gamma (x - mean) / sqrt(var + eps) + beta, over the last axis (Ba, Kiros, Hinton 2016).

    x is (..., D), gamma and beta (D,).
    """

    def __init__(self, gamma: Array, beta: Array, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.eps = gamma, beta, eps

    def forward(self, x: Array) -> Array:
        self.normal, self.std = _normalise(x, -1, self.eps)
        return self.gamma * self.normal + self.beta

    def backward(self, dout: Array) -> Array:
        rest = _all_but(dout.ndim - 1, dout)
        self.dgamma = (dout * self.normal).sum(axis=rest)
        self.dbeta = dout.sum(axis=rest)
        return _denormalise(dout * self.gamma, self.normal, self.std, -1)


class GroupNorm:
    """y = gamma (x - mean) / sqrt(var + eps) + beta, over each group of channels of each example (Wu, He 2018).

    x is (N, C, H, W), gamma and beta (C,), and groups divides C.
    """

    def __init__(self, gamma: Array, beta: Array, groups: int, eps: float = 1e-5) -> None:
        self.gamma, self.beta, self.groups, self.eps = gamma, beta, groups, eps

    def forward(self, x: Array) -> Array:
        grouped = x.reshape(x.shape[0], self.groups, -1)
        self.grouped, self.std = _normalise(grouped, -1, self.eps)
        return _per_channel(self.gamma, x) * self.grouped.reshape(x.shape) + _per_channel(self.beta, x)

    def backward(self, dout: Array) -> Array:
        axes = _all_but(1, dout)
        self.dgamma = (dout * self.grouped.reshape(dout.shape)).sum(axis=axes)
        self.dbeta = dout.sum(axis=axes)
        dnormal = (dout * _per_channel(self.gamma, dout)).reshape(self.grouped.shape)
        return _denormalise(dnormal, self.grouped, self.std, -1).reshape(dout.shape)


batch_norm = verify.layer(BatchNorm, params={"gamma": "D", "beta": "D"}, inputs={"x": "N D"})
batch_norm_of_images = verify.layer(BatchNorm, params={"gamma": "C", "beta": "C"}, inputs={"x": "N C 2 3"})
layer_norm = verify.layer(LayerNorm, params={"gamma": "D", "beta": "D"}, inputs={"x": "N T D"})
group_norm = verify.layer(
    GroupNorm, params={"gamma": "4", "beta": "4"}, inputs={"x": "N 4 3 2"}, options={"groups": [1, 2, 4]}
)
