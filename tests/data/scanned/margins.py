import numpy as np


class TripletLoss:
    def __init__(self, margin=0.2):
        self.margin = margin

    def forward(self, anchor, positive, negative):
        self.a, self.p, self.n = anchor, positive, negative
        near = np.sum((anchor - positive) ** 2, axis=1)
        far = np.sum((anchor - negative) ** 2, axis=1)
        self.active = (near - far + self.margin > 0)[:, None]
        return np.sum(np.maximum(0, near - far + self.margin))

    def backward(self):
        da = 2 * (self.n - self.p) * self.active
        dp = 2 * (self.p - self.a) * self.active
        dn = 2 * (self.a - self.n) * self.active
        return da, dp, dn


class HingeLoss:
    def forward(self, score, label):
        """label is 1 or -1"""
        self.score, self.label = score, label
        return np.maximum(0, 1 - score * label).mean()

    def backward(self):
        return np.where(self.score * self.label < 1, self.label, 0) / self.score.size
