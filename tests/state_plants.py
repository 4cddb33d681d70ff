"""Layers of several families, each right or with a state that outlives its call, in each of the ways to have one.

A family computes an output and what its backward reads; a plant decides where that is kept, and for how long.
"""

import functools

import numpy as np


class Square:
    def residual(self, x):
        return 2 * x

    def output(self, x, residual):
        return x * x

    def gradient(self, dout, residual):
        return dout * residual


class Relu:
    def residual(self, x):
        return x > 0

    def output(self, x, residual):
        return x * residual

    def gradient(self, dout, residual):
        return dout * residual


class Sigmoid:
    def residual(self, x):
        return 1 / (1 + np.exp(-x))

    def output(self, x, residual):
        return 1 * residual

    def gradient(self, dout, residual):
        return dout * residual * (1 - residual)


class Absolute:
    def residual(self, x):
        return np.where(x < 0, -1.0, 1.0)

    def output(self, x, residual):
        return x * residual

    def gradient(self, dout, residual):
        return dout * residual


class Softplus:
    def residual(self, x):
        return np.exp(x)

    def output(self, x, residual):
        return np.log(1 + residual)

    def gradient(self, dout, residual):
        return dout * residual / (1 + residual)


class Largest:
    """The largest entry, by its place."""

    def residual(self, x):
        return np.arange(np.size(x)).reshape(np.shape(x)) == np.argmax(x), x * 2

    def output(self, x, residual):
        return (x * x * residual[0]).sum()

    def gradient(self, dout, residual):
        return dout * residual[0] * residual[1]


class Norm:
    def residual(self, x):
        return x / np.sqrt((x * x).sum() + 1)

    def output(self, x, residual):
        return np.sqrt((x * x).sum() + 1)

    def gradient(self, dout, residual):
        return dout * residual


FAMILIES = (Square, Relu, Sigmoid, Absolute, Softplus, Largest, Norm)


def right(family):
    class Right(family):
        def forward(self, x):
            self.kept = self.residual(x)
            return self.output(x, self.kept)

        def backward(self, dout):
            return self.gradient(dout, self.kept)

    return Right


def first_forward(family):
    class FirstForward(family):
        kept = None

        def forward(self, x):
            if self.kept is None:
                self.kept = self.residual(x)
            return self.output(x, self.residual(x))

        def backward(self, dout):
            return self.gradient(dout, self.kept)

    return FirstForward


def first_backward(family):
    class FirstBackward(family):
        kept = None

        def forward(self, x):
            self.x = np.array(x)
            return self.output(x, self.residual(x))

        def backward(self, dout):
            if self.kept is None:
                self.kept = self.residual(self.x)
            return self.gradient(dout, self.kept)

    return FirstBackward


def cached_property(family):
    class CachedProperty(family):
        @functools.cached_property
        def kept(self):
            return self.residual(self.x)

        def forward(self, x):
            self.x = np.array(x)
            return self.output(x, self.residual(x))

        def backward(self, dout):
            return self.gradient(dout, self.kept)

    return CachedProperty


def renewed_property(family):
    """The right twin: what was cached is dropped in each forward."""

    class RenewedProperty(cached_property(family)):
        def forward(self, x):
            self.__dict__.pop("kept", None)
            return super().forward(x)

    return RenewedProperty


def grown(family):
    class Grown(family):
        def __init__(self):
            self.kept = []

        def forward(self, x):
            self.kept.append(self.residual(x))
            return self.output(x, self.kept[-1])

        def backward(self, dout):
            return self.gradient(dout, self.kept[0])

    return Grown


def on_the_class(family):
    class OnTheClass(family):
        def forward(self, x):
            type(self).kept = self.residual(x)
            return self.output(x, self.kept)

        def backward(self, dout):
            return self.gradient(dout, self.kept)

    return OnTheClass


def shared_dict(family):
    class SharedDict(family):
        cache = {}  # noqa: RUF012 - the fault

        def forward(self, x):
            self.cache["kept"] = self.residual(x)
            return self.output(x, self.cache["kept"])

        def backward(self, dout):
            return self.gradient(dout, self.cache["kept"])

    return SharedDict


def default_argument(family):
    class DefaultArgument(family):
        def forward(self, x, cache=[]):  # noqa: B006 - the fault
            self.cache = cache
            self.cache[:] = [self.residual(x)]
            return self.output(x, self.cache[0])

        def backward(self, dout):
            return self.gradient(dout, self.cache[0])

    return DefaultArgument


def output_buffer(family):
    class OutputBuffer(right(family)):
        def forward(self, x):
            output = super().forward(x)
            if getattr(self, "buffer", None) is None or self.buffer.shape != np.shape(output):
                self.buffer = np.zeros(np.shape(output))
            self.buffer[...] = output
            return self.buffer

    return OutputBuffer


def gradient_buffer(family):
    class GradientBuffer(right(family)):
        def backward(self, dout):
            gradient = super().backward(dout)
            if getattr(self, "buffer", None) is None or self.buffer.shape != np.shape(gradient):
                self.buffer = np.zeros(np.shape(gradient))
            self.buffer[...] = gradient
            return self.buffer

    return GradientBuffer


def first_mask(family):
    class FirstMask(family):
        mask = None

        def forward(self, x):
            if self.mask is None:
                self.mask = np.random.rand(*np.shape(x)) < 2  # never off, so that there is a derivative
            self.kept = self.residual(x)
            return self.output(x, self.kept) * np.all(self.mask)

        def backward(self, dout):
            return self.gradient(dout, self.kept) * np.all(self.mask)

    return FirstMask


def renewed_mask(family):
    class RenewedMask(first_mask(family)):
        def forward(self, x):
            self.mask = None
            return super().forward(x)

    return RenewedMask


RIGHT = (right, renewed_property, renewed_mask)
PLANTS = {
    first_forward: "GP110",
    first_backward: "GP110",
    cached_property: "GP110",
    grown: "GP110",
    on_the_class: "GP121",
    shared_dict: "GP121",
    default_argument: "GP121",
    output_buffer: "GP104",
    gradient_buffer: "GP105",
    first_mask: "GP125",
}
