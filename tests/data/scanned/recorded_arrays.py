"""Functions on the variables of a small engine that keeps arrays as gradients."""

import numpy as np


def as_tuple(value):
    return value if isinstance(value, tuple) else (value,)


class Variable:
    def __init__(self, data):
        self.data = data
        self.grad = None
        self.maker = None

    def backward(self):
        pending = [self.maker]
        while pending:
            function = pending.pop()
            gradients = function.backward(function.result.grad)
            for variable, gradient in zip(function.taken, as_tuple(gradients), strict=True):
                if gradient is None:
                    continue
                variable.grad = gradient if variable.grad is None else variable.grad + gradient
                if variable.maker is not None:
                    pending.append(variable.maker)


class Function:
    def __call__(self, *variables):
        self.taken = variables
        self.result = Variable(np.asarray(self.forward(*[variable.data for variable in variables])))
        self.result.maker = self
        return self.result

    def forward(self, *arrays):
        raise NotImplementedError

    def backward(self, gradient):
        raise NotImplementedError


class Reciprocal(Function):
    def forward(self, x):
        return 1 / x

    def backward(self, gradient):
        return -gradient * self.result.data**2


class Power(Function):
    def __init__(self, c):
        self.c = c

    def forward(self, x):
        return x**self.c

    def backward(self, gradient):
        (x,) = self.taken
        return self.c * x.data ** (self.c - 1) * gradient


class Times(Function):
    def forward(self, a, b):
        return a * b

    def backward(self, gradient):
        a, b = self.taken
        return gradient * a.data, gradient * b.data


class Total(Function):
    def forward(self, x):
        return (x * x).sum()

    def backward(self, gradient):
        return 2 * gradient * self.taken[0].data


class CrossEntropy(Function):
    def forward(self, scores, labels):
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        self.shares = powers / powers.sum(axis=1, keepdims=True)
        return -np.log(self.shares[np.arange(len(labels)), labels]).mean()

    def backward(self, gradient):
        labels = self.taken[1].data
        slope = self.shares.copy()
        slope[np.arange(len(labels)), labels] -= 1
        return gradient * slope / len(labels), None
