"""Arrays that remember how they were made."""

import numpy as np


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self._pull = lambda: None

    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))

        def pull():
            self.grad = self.grad + out.grad
            other.grad = other.grad + out.grad

        out._pull = pull
        return out

    def __mul__(self, other):
        out = Tensor(self.data * other.data, (self, other))

        def pull():
            self.grad = self.grad + out.grad * other.data
            other.grad = other.grad + out.grad * self.data

        out._pull = pull
        return out

    def relu(self):
        out = Tensor(np.maximum(self.data, 0), (self,))

        def pull():
            self.grad = self.grad + out.grad * (self.data > 0)

        out._pull = pull
        return out

    def sigmoid(self):
        s = 1 / (1 + np.exp(-self.data))
        out = Tensor(s, (self,))

        def pull():
            self.grad = self.grad + out.grad * s * (1 + s)

        out._pull = pull
        return out

    def sum(self):
        out = Tensor(self.data.sum(), (self,))

        def pull():
            self.grad = self.grad + out.grad * np.ones_like(self.data)

        out._pull = pull
        return out

    def backward(self):
        order = []

        def walk(node):
            if node not in order:
                for parent in node.parents:
                    walk(parent)
                order.append(node)

        walk(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            node._pull()
