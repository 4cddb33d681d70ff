import numpy as np


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class Attention:
    """Scaled dot products of queries and keys (T, D) weigh values (T, D)."""

    def forward(self, q, k, v):
        self.q, self.k, self.v = q, k, v
        self.scale = 1 / np.sqrt(q.shape[-1])
        self.a = softmax(q @ k.T * self.scale)
        return self.a @ v

    def backward(self, dout):
        da = dout @ self.v.T
        ds = self.a * (da - (da * self.a).sum(axis=-1, keepdims=True)) * self.scale
        return ds @ self.k, ds.T @ self.q, self.a.T @ dout


class UnscaledAttention(Attention):
    def backward(self, dout):
        dq, dk, dv = super().backward(dout)
        return dq / self.scale, dk / self.scale, dv
