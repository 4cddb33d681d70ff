"""Layers that count their calls, or collect what these leave: what is wrong after some of them only is found."""

from collections import deque

import numpy as np
import pytest
from effort import some
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


class Cube:
    """A cube whose backward has a factor, and which keeps an array that grows with each call."""

    def __init__(self):
        self.factor, self.calls = 1, np.zeros((1, 1))
        self.ready = False
        self.factors = iter([1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2])

    def forward(self, x):
        self.x = x.copy()
        self.meet()
        return x**3

    def meet(self):
        """Do what a forward does beside its output."""

    def leave(self):
        """Do what a backward does beside its gradient."""

    def backward(self, dout):
        gradient = dout * 3 * self.x**2 * self.factor
        self.leave()
        return gradient


class SetUpByForward(Cube):
    """It takes one factor in the call that sets it up, and another one in all later calls."""

    def meet(self):
        self.factor, self.ready = 2 if self.ready else 1, True


class SpentByBackward(Cube):
    """Its backward uses up what forward has kept, and refuses a second call, so that nobody may ask it twice."""

    def leave(self):
        self.factor, self.x = 0.5, None

    def backward(self, dout):
        if self.x is None:
            raise RuntimeError("forward comes first")
        return super().backward(dout)


class FilledByBackward(Cube):
    """Its first backward keeps a slope of the right shape, which later calls scale."""

    slope = None

    def meet(self):
        self.factor = 1 if self.slope is None else 3

    def leave(self):
        self.slope = self.slope if self.slope is not None else self.x**2


class FromQueue(Cube):
    """It takes its factors from a list, and the last one for ever."""

    def meet(self):
        self.queue = getattr(self, "queue", [2, 1])
        self.factor = self.queue.pop() if len(self.queue) > 1 else self.queue[0]


class CountedInArray(Cube):
    """It counts in an array."""

    def meet(self):
        self.calls += 1
        self.factor = 1 if self.calls[0, 0] < 3 else 2


class CountedByIterator(Cube):
    """It counts with an iterator."""

    def meet(self):
        self.factor = next(self.factors)


class CountedByBackward(Cube):
    """Its backward counts, and forward reads that."""

    def leave(self):
        self.calls[...] = np.minimum(self.calls + 1, 1)

    def meet(self):
        self.factor = 1 + float(self.calls[0, 0])


class Affine:
    """A product with weights whose gradients add up, which `zero_grad` declares."""

    def __init__(self, W, wrong=""):
        self.W, self.wrong, self.ready = W, wrong, False
        self.grads = {"W": np.zeros_like(W)}

    def zero_grad(self):
        self.grads["W"][...] = 0

    def forward(self, x):
        self.x, self.later, self.ready = x.copy(), self.ready, True
        return x @ self.W

    def backward(self, dout):
        self.grads["W"] += self.x.T @ dout * (2 if self.later and self.wrong == "W" else 1)
        return dout @ self.W.T * (-1 if self.later and self.wrong == "x" else 1)


class Quiet(Cube):
    """It counts, keeps a slope and takes from an iterator, and nothing of this enters its gradient."""

    def meet(self):
        self.calls += 1
        next(self.factors, None)

    def leave(self):
        self.slope, self.ready = self.x**2, True


class IntoBuffer(Cube):
    """It writes its gradients into a buffer that it makes in its first call."""

    buffer = None

    def backward(self, dout):
        if self.buffer is None or self.buffer.shape != dout.shape:
            self.buffer = np.empty_like(dout)
        np.multiply(dout, 3 * self.x**2, out=self.buffer)
        return self.buffer.copy()


class SetUpOnce(Cube):
    """It makes its factor in the first call, and keeps it."""

    def meet(self):
        self.factor = self.factor if self.ready else 1
        self.ready = True


WRONG = {
    "set up by forward": SetUpByForward,
    "spent by backward": SpentByBackward,
    "filled by backward": FilledByBackward,
    "from a queue": FromQueue,
    "counted in an array": CountedInArray,
    "counted by an iterator": CountedByIterator,
    "counted by backward": CountedByBackward,
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
    "keeps what it does not read": Quiet,
    "writes into a buffer": IntoBuffer,
    "sets up once": SetUpOnce,
}


@pytest.mark.parametrize("name", some(WRONG, 8))
def test_a_layer_that_is_wrong_after_some_calls_is_found(name):
    """Further rounds of calls are made, more than the numbers that the layer holds."""
    assert "GP110" in codes(verify.layer(WRONG[name], inputs={"x": "N D"}))


@pytest.mark.parametrize("name", some(RIGHT, 6))
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


@pytest.mark.parametrize("wrong", ["", "W", "x"])
def test_gradients_that_add_up_may_not_be_scaled_later(wrong):
    """With `zero_grad` between the rounds each has to give the same gradients: those left in the layer, and returned."""
    case = verify.layer(lambda W: Affine(W, wrong), params={"W": "D M"}, inputs={"x": "N D"})
    result = verify.check(case)
    assert {row.verdict.name for row in result.comparisons} == {"PROVED"}
    assert codes(case) == ({"GP110"} if wrong else set())


def test_the_second_round_is_told():
    """The first round, which is proved, is right, and the finding says which one is not."""
    (finding,) = findings(verify.layer(SetUpByForward, inputs={"x": "N D"}))
    assert finding.detail == "in round 2 of calls, SetUpByForward.backward returns a different gradient"
