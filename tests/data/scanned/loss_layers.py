import numpy as np


class MeanSquared:
    def forward(self, y_pred, y_true):
        """y_pred: predictions of shape (N, D), as y_true"""
        self.y_pred, self.y_true = y_pred, y_true
        return 0.5 * np.mean((y_pred - y_true) ** 2)

    def backward(self):
        return (self.y_pred - self.y_true) / self.y_true.shape[0]


class BinaryCrossEntropy:
    def forward(self, y_pred, y_true):
        self.y_pred, self.y_true = y_pred, y_true
        return -np.mean(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))

    def backward(self):
        p, t = self.y_pred, self.y_true
        return (p - t) / (p * (1 - p)) / t.size


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=-1, keepdims=True)
        e = np.exp(shifted)
        self.p = e / e.sum(axis=-1, keepdims=True)
        self.labels = labels
        self.batch = logits.shape[0]
        return -np.sum(np.log(self.p[range(self.batch), labels])) / self.batch

    def backward(self):
        grad = self.p.copy()
        grad[range(self.batch), self.labels] -= 1
        return grad / self.batch
