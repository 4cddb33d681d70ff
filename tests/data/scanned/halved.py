"""Windows that an image has to be a multiple of."""


class AveragePool:
    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.size
        return x.reshape(n, c, h // s, s, w // s, s).mean(axis=(3, 5))

    def backward(self, dout):
        s = self.size
        return dout.repeat(s, axis=2).repeat(s, axis=3) / s**2


class MaxPool:
    """Wrong where two entries of a window are its maximum: both get all of the gradient."""

    def __init__(self, size=2):
        self.size = size

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.size
        self.x = x.copy()
        self.out = x.reshape(n, c, h // s, s, w // s, s).max(axis=(3, 5))
        return self.out.copy()

    def backward(self, dout):
        s = self.size
        mask = self.x == self.out.repeat(s, axis=2).repeat(s, axis=3)
        return mask * dout.repeat(s, axis=2).repeat(s, axis=3)


class Unshuffle:
    """Each window of 2 by 2 becomes four channels."""

    def forward(self, image):
        n, c, h, w = image.shape
        parts = image.reshape(n, c, h // 2, 2, w // 2, 2)
        return parts.transpose(0, 1, 3, 5, 2, 4).reshape(n, 4 * c, h // 2, w // 2)

    def backward(self, dout):
        n, c, h, w = dout.shape
        parts = dout.reshape(n, c // 4, 2, 2, h, w)
        return parts.transpose(0, 1, 4, 2, 5, 3).reshape(n, c // 4, 2 * h, 2 * w)
