"""Layers that count their calls, or collect what these leave: what is wrong after some of them only is found."""

from collections import deque

import numpy as np
import pytest
from test_contracts import codes, findings

import verify


class Counting:
    """A cube that counts its forwards, and is wrong from some number of them on."""

    def __init__(self, last=10**9):
        self.number, self.last = 0, last

    def forward(self, x):
        self.x = x.copy()
        self.number += 1
        return x**3

    def backward(self, dout):
        return dout * 3 * self.x**2 * (1 if self.number < self.last else 2)


class Collecting:
    """A cube that collects its inputs, and forgets the last one once it has some number of them."""

    def __init__(self, most=10**9, make=list):
        self.inputs, self.most = make(), most

    def forward(self, x):
        self.inputs.append(x.copy())
        return x**3

    def backward(self, dout):
        return dout * 3 * self.inputs[-1 if len(self.inputs) < self.most else 0] ** 2


class InClosure:
    """A cube whose calls are counted by a function of its own."""

    def __init__(self, last=10**9):
        number = 0

        def count():
            nonlocal number
            number += 1
            return number

        self.count, self.last = count, last

    def forward(self, x):
        self.x, self.number = x.copy(), self.count()
        return x**3

    backward = Counting.backward


class InSlots:
    """A cube that counts in a slot."""

    __slots__ = ("last", "number", "x")

    __init__ = Counting.__init__
    forward = Counting.forward
    backward = Counting.backward


WRONG = {
    **{f"from call {last} on": (lambda last=last: Counting(last)) for last in (3, 4, 7, 12, 40)},
    "after some inputs": lambda: Collecting(4),
    "after some inputs in a deque": lambda: Collecting(5, deque),
    "counted by a function": lambda: InClosure(6),
    "counted in a slot": lambda: InSlots(6),
}
RIGHT = {
    "counts": Counting,
    "collects": Collecting,
    "keeps the last two": lambda: Collecting(make=lambda: deque(maxlen=2)),
    "by a function": InClosure,
    "in a slot": InSlots,
}


@pytest.mark.parametrize("name", WRONG)
def test_a_layer_that_is_wrong_after_some_calls_is_found(name):
    """Further rounds of calls are made, more than the numbers that the layer holds."""
    assert "GP110" in codes(verify.layer(WRONG[name], inputs={"x": "N D"}))


@pytest.mark.parametrize("name", RIGHT)
def test_a_layer_that_only_counts_is_right(name):
    """To count calls is no fault, where the number does not enter a gradient."""
    assert codes(verify.layer(RIGHT[name], inputs={"x": "N D"})) == set()


def test_the_number_of_rounds_is_told():
    """The finding says in which round the gradient is another one."""
    (finding,) = findings(verify.layer(lambda: Counting(7), inputs={"x": "N D"}))
    assert "in round 7 of calls, " in finding.detail


def test_a_layer_that_raises_in_a_later_call_is_found():
    """A buffer that is full after some calls is one of these."""

    class Full(Counting):
        def forward(self, x):
            self.buffer = getattr(self, "buffer", np.zeros(5))
            self.buffer[self.number] = x.size
            return super().forward(x)

    assert "GP110" in codes(verify.layer(Full, inputs={"x": "N D"}))
