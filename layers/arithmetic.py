"""One layer for each operation of arithmetic.

`forward` computes, and remembers what `backward` needs; `backward(dout)` takes the derivative of the final result
with respect to this layer's output and returns it with respect to each input. Nothing here asks what kind of number
it is given.
"""

from typing import Any

Number = Any  # a float, an array, a Fraction, a symbol, an interval: whatever can be added and multiplied


class AddLayer:
    """x + y."""

    def forward(self, x: Number, y: Number) -> Number:
        return x + y

    def backward(self, dout: Number) -> tuple[Number, Number]:
        return dout * 1, dout * 1


class SubLayer:
    """x - y."""

    def forward(self, x: Number, y: Number) -> Number:
        return x - y

    def backward(self, dout: Number) -> tuple[Number, Number]:
        return dout * 1, -dout


class MulLayer:
    """x * y; each input's derivative is the other input."""

    def forward(self, x: Number, y: Number) -> Number:
        self.x, self.y = x, y
        return x * y

    def backward(self, dout: Number) -> tuple[Number, Number]:
        return dout * self.y, dout * self.x


class DivLayer:
    """x / y. Dividing by y twice, not by y * y once, which overflows sooner."""

    def forward(self, x: Number, y: Number) -> Number:
        self.x, self.y = x, y
        return x / y

    def backward(self, dout: Number) -> tuple[Number, Number]:
        dx = dout / self.y
        return dx, -dx * self.x / self.y


class PowLayer:
    """x ** exponent, for a constant exponent."""

    def __init__(self, exponent: Number) -> None:
        self.exponent = exponent

    def forward(self, x: Number) -> Number:
        self.x = x
        return x**self.exponent

    def backward(self, dout: Number) -> Number:
        return dout * self.exponent * self.x ** (self.exponent - 1)


class NegLayer:
    """-x."""

    def forward(self, x: Number) -> Number:
        return -x

    def backward(self, dout: Number) -> Number:
        return -dout
