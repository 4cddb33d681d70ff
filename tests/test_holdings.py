"""What a layer holds: in attributes, containers and slots, under the names that Python gives them."""

from collections import deque

import numpy as np
import pytest
from effort import some
from test_contracts import codes

import verify
from verify.checks.contracts.holdings import at, held_by, outline


class Base:
    __slots__ = ("x",)


class Private(Base):
    __slots__ = ("__hidden", "also", "unset")

    def __init__(self):
        self.x, self.also = np.zeros(1), [np.ones(2)]
        self.__hidden = np.ones(3)


class Open(Base):
    """A class without slots of its own has a dict as well."""

    def __init__(self):
        self.x, self.more = np.zeros(1), deque([np.ones(2)])


PATHS = {
    Private: {("x",), ("also", 0), ("_Private__hidden",)},
    Open: {("x",), ("more", 0)},
}


@pytest.mark.parametrize("kind", PATHS)
def test_arrays_in_slots_are_held(kind):
    """Slots of a class and of its bases are looked at, a private one under its own name, one without a value not."""
    layer = kind()
    paths = dict(held_by(layer))
    assert paths.keys() == PATHS[kind]
    assert all(at(layer, path) is array for path, array in paths.items())


def test_slots_are_a_part_of_how_a_layer_was_made():
    """Two layers that differ in a slot are not alike."""
    first, second = Private(), Private()
    assert outline(first) == outline(second)
    second.x = np.zeros(5)
    assert outline(first) != outline(second)


class Parameters:
    __slots__ = ("W", "dW", "x")

    def __init__(self, W):
        self.W, self.dW = W, np.zeros_like(W)


class Scaled:
    """A layer whose parameters lie in an object with slots: backward adds to their gradient, steps, or does neither."""

    def __init__(self, W):
        self.parameters = Parameters(W)

    def forward(self, x):
        self.parameters.x = x.copy()
        return x * self.parameters.W

    def backward(self, dout):
        self.parameters.dW = (dout * self.parameters.x).sum(axis=0)
        return dout * self.parameters.W

    @property
    def dW(self):  # noqa: N802 - as layers call it
        return self.parameters.dW


class Adding(Scaled):
    def backward(self, dout):
        self.parameters.dW += (dout * self.parameters.x).sum(axis=0)
        return dout * self.parameters.W


class Stepping(Scaled):
    def backward(self, dout):
        dx = super().backward(dout)
        self.parameters.W = self.parameters.W - self.parameters.dW / 8
        return dx


class OfItsOwn:
    """A layer with slots itself."""

    __slots__ = ("W", "dW", "x")

    def __init__(self, W):
        self.W, self.dW = W, np.zeros_like(W)

    def forward(self, x):
        self.x = x.copy()
        return x * self.W

    def backward(self, dout):
        self.dW += (dout * self.x).sum(axis=0)
        return dout * self.W


@pytest.mark.parametrize(
    ("layer", "expected"), some([(Scaled, set()), (Adding, {"GP112"}), (Stepping, {"GP103"}), (OfItsOwn, {"GP112"})])
)
def test_contracts_look_into_slots(layer, expected):
    """A gradient that adds up, and a parameter that is moved, are found there; the right layer has no finding."""
    assert codes(verify.layer(layer, inputs={"x": "N D"}, params={"W": "D"})) == expected
