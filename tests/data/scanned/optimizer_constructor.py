import numpy as np


class Dense:
    def __init__(self, n_in, n_out, optimizer):
        self.W = np.random.uniform(-1, 1, (n_in, n_out))
        self.optimizer = optimizer

    def forward(self, X):
        self.X = X
        return X.dot(self.W)

    def backward(self, dY):
        dX = dY.dot(self.W.T)
        self.W = self.optimizer.update(self.W, self.X.T.dot(dY))
        return dX


class Mixed:
    def __init__(self, n_in, n_out, optimizer):
        self.W = np.random.uniform(-1, 1, (n_in, n_out))
        self.optimizer = optimizer

    def forward(self, X):
        self.X = X
        return np.tanh(X.dot(self.W))

    def backward(self, dY):
        self.W = self.optimizer.update(self.W, self.X.T.dot(dY))
        return dY.dot(self.W.T)
