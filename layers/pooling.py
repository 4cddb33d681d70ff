"""Pooling of images (N, C, H, W) to (N, C, out_h, out_w), in square windows that overlap if stride < size."""

from typing import Any

import numpy as np

import verify
from layers.convolution import col2im, im2col

Array = Any  # whatever NumPy computes with


class _Pooling:
    """Images to windows and back; a window is a row of size^2 entries of one channel."""

    def __init__(self, size: int, stride: int = 1) -> None:
        self.size, self.stride = size, stride

    def windows(self, x: Array) -> Array:
        """Return the windows of images, (N out_h out_w C, size^2)."""
        self.shape = x.shape
        return im2col(x, self.size, self.size, self.stride).reshape(-1, self.size**2)

    def image(self, pooled: Array) -> Array:
        """Return one number for each window as images."""
        n, c, h, w = self.shape
        out_h, out_w = (h - self.size) // self.stride + 1, (w - self.size) // self.stride + 1
        return pooled.reshape(n, out_h, out_w, c).transpose(0, 3, 1, 2)

    def scatter(self, windows: Array) -> Array:
        """Return the gradient of the images from that of the windows."""
        return col2im(windows, self.shape, self.size, self.size, self.stride)


class MaxPooling(_Pooling):
    """y = the largest entry of each window; of several equal ones, the first gets the gradient."""

    def forward(self, x: Array) -> Array:
        windows = self.windows(x)
        self.largest = windows.argmax(axis=1)
        return self.image(windows[np.arange(len(windows)), self.largest])

    def backward(self, dout: Array) -> Array:
        dwindows = np.zeros_like(dout, shape=(dout.size, self.size**2))
        dwindows[np.arange(dout.size), self.largest] = dout.transpose(0, 2, 3, 1).reshape(-1)
        return self.scatter(dwindows)


class AveragePooling(_Pooling):
    """y = the mean of each window."""

    def forward(self, x: Array) -> Array:
        return self.image(self.windows(x).mean(axis=1))

    def backward(self, dout: Array) -> Array:
        share = dout.transpose(0, 2, 3, 1).reshape(-1, 1) / self.size**2
        return self.scatter(np.repeat(share, self.size**2, axis=1))


max_pooling = verify.layer(MaxPooling, inputs={"x": "N C 4 5"}, options={"size": [2, 3], "stride": [1, 2]})
average_pooling = verify.layer(AveragePooling, inputs={"x": "N C 4 5"}, options={"size": [2, 3], "stride": [1, 2]})
