"""Code that decides by the number of its calls: told where no round of calls goes that far."""

import numpy as np
import pytest

import verify

MADE = [0]
_total = 0


class Cube:
    number = 0

    def __init__(self):
        self.count, self.rate, self.log = 0, 1.0, []

    def forward(self, x):
        self.x = x.copy()
        return x**3

    def backward(self, dout):
        return 3 * dout * self.x**2


class Late(Cube):
    def forward(self, x):
        self.count += 1
        return super().forward(x)

    def backward(self, dout):
        return dout * self.x**2 * (3 if self.count < 70 else 3.1)


class Decaying(Cube):
    def backward(self, dout):
        self.rate *= 0.99
        slope = 3 * self.x**2
        if self.rate < 0.1:
            slope = 3.1 * self.x**2
        return dout * slope


class Full(Cube):
    def backward(self, dout):
        self.log.append(1)
        return dout * self.x**2 * (3 if len(self.log) < 80 else 3.1)


class OfClass(Cube):
    def backward(self, dout):
        OfClass.number += 1
        return dout * self.x**2 * (3 if OfClass.number < 10_000 else 3.1)


class OfModule(Cube):
    def backward(self, dout):
        MADE[0] += 1
        return dout * self.x**2 * (3 if MADE[0] < 10_000 else 3.1)


class OfGlobal(Cube):
    def backward(self, dout):
        global _total
        _total += 1
        return dout * self.x**2 * (3 if _total < 10_000 else 3.1)


class Everyday(Cube):
    """Counts for statistics, greets in its first call, goes through entries, and takes back what it has put away."""

    def __init__(self):
        super().__init__()
        self.kept, self.grad = [], 0

    def forward(self, x):
        self.count += 1
        if self.count == 1:
            print("the first call")
        if self.count % 100 == 0:
            print(f"call {self.count}")
        self.kept.append(x.copy())
        return x**3

    def backward(self, dout):
        x, self.place = self.kept.pop(), 0
        grad = np.zeros_like(x)
        while self.place < len(x):
            grad[self.place] = 3 * dout[self.place] * x[self.place] ** 2
            self.place += 1
        if len(self.kept) > 100:
            raise RuntimeError("backward was not called")
        return grad


class OfFirst(Late):
    def backward(self, dout):
        scale = 3 if self.count >= 1 else 0
        return dout * scale * self.x**2


def found(make):
    return [f for f in verify.check(verify.layer(make, inputs={"x": "3"})).findings if f.code == "GP127"]


@pytest.mark.parametrize("make", [Late, Decaying, Full, OfClass, OfModule, OfGlobal])
def test_what_happens_after_more_calls_is_not_known(make):
    """The line that decides is named: a number, a sum that shrinks, a list that is full."""
    (finding,) = found(make)
    assert "how often it was called" in finding.detail
    assert not finding.fails


@pytest.mark.parametrize("make", [Cube, Everyday, OfFirst])
def test_a_count_that_decides_nothing_is_none(make):
    """So is one whose both sides are tried, and one of a class whose method is not the one that runs."""
    assert found(make) == []
