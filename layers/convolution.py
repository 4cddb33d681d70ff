"""Convolution of images (N, C, H, W), as one product of matrices: each window is a row of `im2col`."""

from collections.abc import Generator
from typing import Any

import numpy as np

import verify

Array = Any  # whatever NumPy computes with
Run = Generator[Any, Any, Any]


def im2col(x: Array, height: int, width: int, stride: int = 1, pad: int = 0) -> Array:
    """Return the windows of padded images x (N, C, H, W), one a row: (N out_h out_w, C height width)."""
    n, c, h, w = x.shape
    out_h, out_w = (h + 2 * pad - height) // stride + 1, (w + 2 * pad - width) // stride + 1
    img = np.pad(x, [(0, 0), (0, 0), (pad, pad), (pad, pad)])
    col = np.zeros_like(x, shape=(n, c, height, width, out_h, out_w))
    for i in range(height):
        for j in range(width):
            col[:, :, i, j] = img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(n * out_h * out_w, -1)


def col2im(col: Array, shape: tuple[int, ...], height: int, width: int, stride: int = 1, pad: int = 0) -> Array:
    """Return images of a shape (N, C, H, W), with windows added up where they overlap: the transpose of im2col."""
    n, c, h, w = shape
    out_h, out_w = (h + 2 * pad - height) // stride + 1, (w + 2 * pad - width) // stride + 1
    col = col.reshape(n, out_h, out_w, c, height, width).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros_like(col, shape=(n, c, h + 2 * pad, w + 2 * pad))
    for i in range(height):
        for j in range(width):
            img[:, :, i : i + stride * out_h : stride, j : j + stride * out_w : stride] += col[:, :, i, j]
    return img[:, :, pad : pad + h, pad : pad + w]


def _to_rows(x: Array) -> Array:
    """Return images (N, C, H, W) as one row of channels for each pixel, (N H W, C)."""
    return x.transpose(0, 2, 3, 1).reshape(-1, x.shape[1])


class Convolution:
    """y[n, f, i, j] = sum_cuv W[f, c, u, v] x[n, c, stride i + u - pad, stride j + v - pad] + b[f].

    x is (N, C, H, W), W (F, C, height, width), b (F,), and y (N, F, out_h, out_w).
    """

    def __init__(self, W: Array, b: Array, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x: Array) -> Array:
        filters, _, height, width = self.W.shape
        n, _, h, w = self.shape = x.shape
        out_h = (h + 2 * self.pad - height) // self.stride + 1
        out_w = (w + 2 * self.pad - width) // self.stride + 1
        self.col = im2col(x, height, width, self.stride, self.pad)
        out = self.col @ self.W.reshape(filters, -1).T + self.b
        return out.reshape(n, out_h, out_w, filters).transpose(0, 3, 1, 2)

    def backward(self, dout: Array) -> Array:
        filters, _, height, width = self.W.shape
        rows = _to_rows(dout)
        self.dW = (rows.T @ self.col).reshape(self.W.shape)
        self.db = rows.sum(axis=0)
        return col2im(rows @ self.W.reshape(filters, -1), self.shape, height, width, self.stride, self.pad)


class TransposedConvolution:
    """y[n, f, stride i + u - pad, stride j + v - pad] += W[c, f, u, v] x[n, c, i, j], starting at y[n, f] = b[f].

    x is (N, C, H, W), W (C, F, height, width), b (F,), and y (N, F, out_h, out_w).
    """

    def __init__(self, W: Array, b: Array, stride: int = 1, pad: int = 0) -> None:
        self.W, self.b, self.stride, self.pad = W, b, stride, pad

    def forward(self, x: Array) -> Array:
        channels, filters, height, width = self.W.shape
        n, _, h, w = self.shape = x.shape
        out_h, out_w = ((size - 1) * self.stride - 2 * self.pad for size in (h, w))
        self.rows = _to_rows(x)
        col = self.rows @ self.W.reshape(channels, -1)
        out = col2im(col, (n, filters, out_h + height, out_w + width), height, width, self.stride, self.pad)
        return out + self.b.reshape(-1, 1, 1)

    def backward(self, dout: Array) -> Array:
        channels, _, height, width = self.W.shape
        n, _, h, w = self.shape
        col = im2col(dout, height, width, self.stride, self.pad)
        self.dW = (self.rows.T @ col).reshape(self.W.shape)
        self.db = dout.sum(axis=(0, 2, 3))
        return (col @ self.W.reshape(channels, -1).T).reshape(n, h, w, channels).transpose(0, 3, 1, 2)


@verify.case(x="N C 4 5", W="F C 3 2", b="F", options={"stride": [1, 2], "pad": [0, 1]})
def convolution(x: Array, W: Array, b: Array, stride: int, pad: int) -> Run:
    """Convolve."""
    layer = Convolution(W, b, stride, pad)
    dout = yield layer.forward(x)
    return layer.backward(dout), layer.dW, layer.db


@verify.case(x="N C 2 3", W="C F 3 2", b="F", options={"stride": [1, 2], "pad": [0, 1]})
def transposed_convolution(x: Array, W: Array, b: Array, stride: int, pad: int) -> Run:
    """Convolve the other way: from the small image to one that a convolution would make small."""
    layer = TransposedConvolution(W, b, stride, pad)
    dout = yield layer.forward(x)
    return layer.backward(dout), layer.dW, layer.db
