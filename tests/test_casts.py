"""Symbols that code turns into floats or whole numbers, and goes on to compute with."""

import math

import numpy as np
import pytest
from effort import slow, some
from idioms import BOTH, collector, name, verdicts

import verify
from verify.model.result import Verdict
from verify.tracing.stand_ins.casts import CASTS, cast

WAYS, way = collector()
convert = float
HISTORY = []


class Layer:
    def forward(self, x):
        self.x = float(x)
        return self.x * self.x


LAYER = Layer()


@way("")
def at_the_entrance(x):
    return LAYER.forward(x)


@way()
def loss(x):
    return float((x * x).sum())


@way()
def loss_of_numpy(x):
    return np.float64((x * x).sum())


@way()
def loss_as_an_item(x):
    return (x * x).sum().item()


@way()
def entries(x):
    y = np.zeros(3)
    for i in range(3):
        y[i] = convert(x[i]) ** 2
    return y


@way()
def lists(x):
    return np.array([float(v) * v for v in x.tolist()], dtype=np.float64)


@way()
def iterated(x):
    return np.fromiter((float(v) * v for v in x), float) / 2 + np.fromiter(x * x, dtype=np.float64, count=3) / 2


@way()
def mapped(x):
    return math.fsum(map(float, x * x))


@way(verify.real("", low=1, high=2))
def with_math(x):
    return math.sqrt(float(x) ** 4)


@way()
def whole_arrays(x):
    return np.double(x) * np.asarray(x, dtype=float)


@way()
def types_are_types(x):
    y = np.zeros(x.shape, dtype=float)
    y[:] = np.array([float(v) for v in x], dtype=np.float64)
    assert isinstance(y[0], float)
    assert isinstance(1.0, float)
    assert not isinstance(1, float)
    assert y.dtype == float
    assert y.dtype == np.float64
    assert issubclass(np.float64, float)
    assert float.fromhex("0x1p3") == float("8") == float(8)
    assert np.finfo(np.float64).eps == np.finfo(float).eps
    assert {float: 1}[float] == 1
    return y * x


@way()
def kept_for_people(x):
    HISTORY.append(float(x.mean()))
    return x * x


@way("")
def whole_number(x):
    return x * x + 0 * int(4 * x) + 0 * np.int64(x)


@way()
def whole_numbers(x):
    steps = (4 * x).astype(int)
    table = np.zeros(9)
    return x * x + table[np.clip(steps, 0, 8)]


@way()
def stored_in_whole_numbers(x):
    steps = np.zeros(3, int)
    steps[:] = 4 * x
    steps[0] = 2 * x[0]
    return x * x + 0 * steps


@pytest.mark.parametrize(("square", "x"), some(WAYS), ids=name)
def test_what_is_made_a_number(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


@slow
def test_the_whole_check():
    """Regions, contracts and floats come to the same."""
    assert verdicts(at_the_entrance, "", quick=False) == BOTH


def test_a_rounding_is_a_branch():
    """A whole number says which inputs a claim is for; a layer that is wrong beyond it is found."""

    def forward(x):
        return x * (1 + int(x))

    def backward(dout, x):
        return dout * (1 + int(x)) if x < 3 else dout

    case = verify.pair(forward, backward, x=verify.real("", low=0, high=6))
    assert not verify.check(case).good
    right = verify.pair(forward, lambda dout, x: dout * (1 + int(x)), x=verify.real("", low=0, high=2))
    assert verify.check(right).comparisons[0].verdict is Verdict.PROVED


def test_an_array_of_several_is_no_number():
    """Python's own error says so, on symbols as on floats."""
    result = verify.check(verify.pair(lambda x: float(x) * x, lambda dout, x: dout, x="3"), quick=True)
    assert result.comparisons[0].verdict is Verdict.ERROR


def test_a_stand_in_is_its_type():
    """Classes may be derived from it, and everything else that a type is asked."""
    stand_in = CASTS[float]

    class Celsius(stand_in):
        pass

    assert Celsius.__mro__[1] is float
    assert Celsius(2.5) == 2.5
    assert issubclass(bool, cast(int))
    assert not issubclass(str, stand_in)
    assert len({stand_in, float}) == 1
    assert stand_in("1.5") == 1.5
    assert np.dtype(stand_in) == np.float64
    assert np.zeros(2, CASTS[np.float32]).dtype == np.float32
