"""Small layers that have, between them, something for every operator: what tests/test_mutation_operators.py plants in."""

import numpy as np

import verify


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x.copy()
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return np.dot(dout, np.transpose(self.W))


class Centre:
    def forward(self, x):
        return x - x.mean(axis=1, keepdims=True)

    def backward(self, dout):
        return dout - dout.mean(axis=1, keepdims=True)


class Total:
    def forward(self, x):
        self.x = x.copy()
        return (x**2 / 3).sum(axis=1, keepdims=True) / len(x)

    def backward(self, dout):
        n = len(self.x)
        return 2 * self.x * dout / 3 / n


class Wave:
    def forward(self, x):
        self.x = x.copy()
        return np.sin(x)

    def backward(self, dout):
        return dout * np.cos(self.x)


class Leaky:
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, x):
        self.mask, self.negative = x > 0, x <= 0
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, dout):
        return dout * self.mask + self.alpha * dout * self.negative


class Gate:
    def forward(self, x):
        self.x = x.copy()
        return np.where(x > 0, x, 0)

    def backward(self, dout):
        return np.where(self.x > 0, dout, 0)


class Slope:
    def forward(self, x):
        self.slope = np.where(x > 1, 1, 2 * np.ones_like(x))
        return np.where(x > 1, x + 1, 2 * x)

    def backward(self, dout):
        return dout * self.slope


class Tanh:
    def forward(self, x):
        y = np.tanh(x)
        self.slope = 1 - y * y
        return y

    def backward(self, dout):
        return dout * self.slope


class Lookup:
    def __init__(self, W):
        self.W = W

    def forward(self, ids):
        self.ids = ids.copy()
        return self.W[ids]

    def backward(self, dout):
        self.dW = np.zeros_like(self.W)
        np.add.at(self.dW, self.ids, dout)


class Power:
    def __init__(self, p=2.5):
        self.p = p

    def forward(self, x):
        self.x = x.copy()
        return x**self.p

    def backward(self, dout):
        return self.p * dout * self.x ** (self.p - 1)


class Length:
    def forward(self, x):
        self.x = x.copy()
        return (x * x + 1e-5) ** 0.5

    def backward(self, dout):
        return dout * self.x / (self.x * self.x + 1e-5) ** 0.5


class Windows:
    def __init__(self, stride=1, pad=0):
        self.stride, self.pad = stride, pad

    def forward(self, x):
        self.shape = x.shape
        x = np.pad(x, self.pad)
        count = (len(x) - 3) // self.stride + 1
        return np.stack([x[i : i + self.stride * count : self.stride] for i in range(3)])

    def backward(self, dout):
        dx = np.zeros_like(dout, shape=self.shape[0] + 2 * self.pad)
        count = (len(dx) - 3) // self.stride + 1
        for i in range(3):
            dx[i : i + self.stride * count : self.stride] += dout[i]
        return dx[self.pad : self.pad + self.shape[0]]


class Loss:
    def forward(self, x):
        self.x = x.copy()
        return (np.exp(x) - x).sum(axis=1) - np.exp(x - 1).sum(axis=1)

    def backward(self, dout):
        dx = np.expm1(self.x)
        dx -= np.exp(self.x - 1)
        dx *= dout[:, None]
        return dx


class Entropy:
    def forward(self, x):
        self.x = x.copy()
        return (1 + x) * np.log(1 + x) - x

    def backward(self, dout):
        return dout * np.log1p(self.x)


class Softmax:
    def forward(self, x):
        self.x = x.copy()
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(self, dout):
        e = np.exp(self.x - self.x.max(axis=1, keepdims=True))
        y = e / np.sum(e, axis=1, keepdims=True)
        return y * (dout - np.sum(dout * y, axis=1, keepdims=True))


class Product:
    def forward(self, x, y):
        self.x, self.y = x.copy(), y.copy()
        return x * y

    def backward(self, dout):
        return dout * self.y, dout * self.x


class Dropout:
    kept = np.array([1, 0, 1, 1])

    def forward(self, x, train=True):
        self.train = train
        return x * self.kept if train else 1 * x

    def backward(self, dout):
        return dout * self.kept if self.train else 1 * dout


class Sum:
    def forward(self, x):
        self.shape = x.shape
        return sum(x[:, i] for i in range(x.shape[1]))

    def backward(self, dout):
        dx = np.zeros_like(dout, shape=self.shape)
        dx[:, 0] = dout
        dx[:, 1:] = dout[:, None]
        return dx


class Repeat:
    def forward(self, x):
        return np.stack([x, 2 * x])

    def backward(self, dout):
        return sum((i + 1) * dout[i] for i in range(2))


class Swap:
    def forward(self, x):
        return x.transpose(0, 2, 1) + x.swapaxes(1, 2) ** 2 * 0

    def backward(self, dout):
        return (dout.transpose(0, 2, 1) + dout.swapaxes(1, 2)) / 2


affine = verify.layer(Affine, params={"W": "D M", "b": "M"}, inputs={"x": "N D"})
centre = verify.layer(Centre, inputs={"x": "N D"})
total = verify.layer(Total, inputs={"x": "N D"})
wave = verify.layer(Wave, inputs={"x": "N D"})
leaky = verify.layer(Leaky, inputs={"x": "N D"}, options={"alpha": [0.1, 0.3]})
gate = verify.layer(Gate, inputs={"x": "N D"})
slope = verify.layer(Slope, inputs={"x": "N D"})
tanh = verify.layer(Tanh, inputs={"x": "N D"})
lookup = verify.layer(Lookup, params={"W": "V D"}, inputs={"ids": verify.integer("N 4", below="V")})
power = verify.layer(Power, inputs={"x": verify.real("N D", low=0)})
length = verify.layer(Length, inputs={"x": "N"})
windows = verify.layer(Windows, inputs={"x": "6"}, options={"stride": [1, 2], "pad": [0, 1]})
loss = verify.layer(Loss, inputs={"x": "N D"})
entropy = verify.layer(Entropy, inputs={"x": verify.real("N", low=0)})
softmax = verify.layer(Softmax, inputs={"x": "N D"})
product = verify.layer(Product, inputs={"x": "N D", "y": "N D"})
dropout = verify.layer(Dropout, inputs={"x": "N 4"}, options={"train": [True, False]})
sums = verify.layer(Sum, inputs={"x": "N 3"})
repeat = verify.layer(Repeat, inputs={"x": "N D"})
swap = verify.layer(Swap, inputs={"x": "N 2 3"})
