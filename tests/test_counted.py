"""Floats that NumPy makes of whole numbers and truth values, and that code writes symbols into."""

import numpy as np
import pytest
from effort import some
from idioms import BOTH, collector, name, verdicts

import verify
from verify.tracing.arrays import arrays
from verify.tracing.stand_ins.counted import Counted, holding
from verify.tracing.symbols.trace import Trace

WAYS, way = collector()
PLACES = np.arange(3)
LABELS = np.array([2, 0, 1])


@way()
def mask_of_a_comparison(x):
    mask = (x > 0).astype(float)
    mask *= x * x
    return mask + (x <= 0) * x * x


@way()
def mask_times_one(x):
    mask = 1.0 * (x > 0)
    mask *= x
    return mask * x + np.where(x > 0, 0.0, 1.0) * x * x


@way()
def chosen_by_a_mask(x):
    y = np.where(x > 0, 1.0, 0.0)
    y[x > 0] = (x * x)[x > 0]
    y[~(x > 0)] = (x * x)[~(x > 0)]
    return y


@way()
def of_places(x):
    y = PLACES / 2
    y[PLACES % 3] = x
    z = np.sqrt(np.arange(3) + 1)
    z[:] = x
    return y * z


@way()
def one_hot(x):
    hot = np.eye(3)[LABELS]
    hot *= x
    return hot.sum(axis=0) * x


@way()
def mean_of_labels(x):
    y = np.zeros(3) + LABELS.mean() - 1
    y += x
    mask = np.zeros(3, bool)
    mask |= x > 0
    return y * x * (mask | ~mask)


@pytest.mark.parametrize(("square", "x"), some(WAYS, 6), ids=name)
def test_floats_of_whole_numbers(square, x):
    """The right gradient is proved, a wrong one refuted."""
    assert verdicts(square, x) == BOTH


def test_labels_of_a_case():
    """Whole inputs are such arrays too."""

    def forward(x, t):
        y = np.eye(3)[t] * 1.0
        y *= x
        return y

    def backward(dout, x, t):
        return dout * np.eye(3)[t]

    case = verify.pair(forward, backward, x="2 3", t=verify.integer("2", below=3))
    assert verify.check(case, quick=True).good


def test_results_are_those_of_numpy():
    """Values, shapes and types are NumPy's, in the memory of the array that was given; floats hold symbols."""
    plain = np.array([[3, 1], [2, 5]])
    with arrays.running(Trace()):
        first, (mask,) = holding((plain, (plain > 2,)))
        assert type(first) is type(mask) is Counted
        first[0, 0] = 7
        assert plain[0, 0] == 7
        assert type(first + 1) is type(first.T) is type(np.sort(first)) is Counted
        assert (np.sort(first, axis=None) == np.sort(plain, axis=None)).all()
        assert first.dtype == plain.dtype
        first += 1
        assert plain[0, 0] == 8
        assert isinstance(first / 2, arrays.SymbolArray)
        assert float((first / 2)[0, 0]) == 4
        assert float(first.mean()) == plain.mean()
    assert holding(plain) is plain
