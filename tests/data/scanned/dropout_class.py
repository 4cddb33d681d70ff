import numpy as np


class Dropout:
    def __init__(self, dropout_ratio=0.5):
        self.dropout_ratio = dropout_ratio
        self.mask = None

    def forward(self, x, train_flg=True):
        if train_flg:
            self.mask = np.random.rand(*x.shape) > self.dropout_ratio
            return x * self.mask
        return x * (1.0 - self.dropout_ratio)

    def backward(self, dout):
        return dout * self.mask


class Damp:
    """Scales while training; its backward forgets that it does not in evaluation."""

    def __init__(self, factor=0.25):
        self.factor = factor

    def forward(self, x, training=True):
        return x * self.factor if training else x

    def backward(self, dout):
        return dout * self.factor
