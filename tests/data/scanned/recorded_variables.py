"""Functions on the variables of a small engine whose gradients are variables too, so that they have gradients."""

import numpy as np


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


class Variable:
    def __init__(self, data):
        if not isinstance(data, np.ndarray):
            raise TypeError("a variable holds an array")
        self.data = data
        self.grad = None
        self.creator = None

    @property
    def T(self):
        return Turn()(self)

    def __mul__(self, other):
        return Product()(self, other)

    def __neg__(self):
        return Negative()(self)

    def backward(self):
        gradients = self.creator.backward(self.grad)
        pairs = zip(self.creator.inputs, as_tuple(gradients), strict=True)
        for variable, gradient in pairs:
            variable.grad = gradient
            if variable.creator is not None:
                variable.backward()


class Function:
    def __call__(self, *inputs):
        output = Variable(np.asarray(self.forward(*[item.data for item in inputs])))
        self.inputs, output.creator = inputs, self
        return output


class Product(Function):
    def forward(self, a, b):
        return a * b

    def backward(self, gy):
        a, b = self.inputs
        return gy * b, gy * a


class Negative(Function):
    def forward(self, a):
        return -a

    def backward(self, gy):
        return -gy


class Turn(Function):
    def forward(self, a):
        return a.T

    def backward(self, gy):
        return gy.T


class Contract(Function):
    def forward(self, a, b):
        return a @ b

    def backward(self, gy):
        a, b = self.inputs
        return Contract()(gy, b.T), Contract()(a.T, gy)


class Sine(Function):
    def forward(self, a):
        return np.sin(a)

    def backward(self, gy):
        return gy * Cosine()(self.inputs[0])


class Cosine(Function):
    def forward(self, a):
        return np.cos(a)

    def backward(self, gy):
        return gy * Sine()(self.inputs[0])


class Share(Function):
    def forward(self, a):
        return a.mean()

    def backward(self, gy):
        (a,) = self.inputs
        return gy * Variable(np.full(a.data.shape, 1 / a.data.size))
