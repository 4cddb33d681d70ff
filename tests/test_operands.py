"""What a line that raised worked on: its arrays with their shapes."""

import numpy as np
import pytest

import verify
from verify.tracing.operands import raising_frame, shapes_at

X, 가중치 = np.ones((3, 4)), np.ones((5, 4))


class Layer:
    def __init__(self):
        self.W = np.ones((5, 4))
        self.asked = 0

    @property
    def slow(self):
        self.asked += 1
        return self.W

    def product(self, x):
        return x @ self.W

    def transposed(self, x):
        self.x = x
        return self.W.T @ self.x.T

    def by_property(self, x):
        return x @ self.slow.dot(self.W)

    def own(self, x):
        raise ValueError(f"no x of {x.shape}")

    def checks(self, x):
        return self.own(x)


def assigned(x):
    y = np.zeros(4)
    y[:] = x[:, :2]


def added(x):
    x = x.copy()
    x += 가중치


def joined(x):
    return np.concatenate([x, x.T])


def branched(x):
    if x > 0:
        return x
    return -x


def listed(x):
    return [row.reshape(5) for row in x]


def summed(x):
    return x.sum(axis=2)


def parsed(x):
    return x * int("four")


def keyed(x):
    return x * {}["four"]


LAYER = Layer()


@pytest.mark.parametrize(
    ("function", "shapes"),
    [
        (LAYER.product, "x of shape (3, 4) and self.W of shape (5, 4)"),
        (LAYER.transposed, "self.W of shape (5, 4) and self.x of shape (3, 4)"),
        (LAYER.by_property, "self.W of shape (5, 4)"),
        (LAYER.own, ""),
        (LAYER.checks, ""),
        (assigned, "y of shape (4,) and x of shape (3, 4)"),
        (added, "x of shape (3, 4) and 가중치 of shape (5, 4)"),
        (joined, "x of shape (3, 4)"),
        (branched, "x of shape (3, 4)"),
        (listed, "row of shape (4,)"),
        (summed, "x of shape (3, 4)"),
        (parsed, ""),
        (keyed, ""),
        (lambda x: x[:, 7] * 가중치, "x of shape (3, 4)"),
    ],
)
def test_shapes_of_the_arrays_at_fault(function, shapes):
    """They are those of the expression that raised, whatever raised within NumPy; the user's own message has none."""
    with pytest.raises((ValueError, IndexError, KeyError)) as caught:
        function(X)
    assert shapes_at(caught.value, raising_frame(caught.value)) == shapes


def test_symbols_have_no_shapes():
    """An exception on symbols is about what they are: the run on floats after it tells shapes that do not fit."""
    with pytest.raises(ValueError, match="axis") as caught:
        summed(X.astype(object))
    assert shapes_at(caught.value, raising_frame(caught.value)) == ""


def test_no_code_is_run():
    """A property is not asked again for a shape: it is asked by the line itself only."""
    layer = Layer()
    with pytest.raises(ValueError, match="shapes") as caught:
        layer.by_property(X)
    shapes_at(caught.value, raising_frame(caught.value))
    assert layer.asked == 1


def test_a_case_whose_shapes_do_not_fit():
    """The row names the user's function, not NumPy's, the shapes, and the line."""
    row = verify.check(verify.pair(summed, lambda dout, x: dout, x="3 4"), quick=True).comparisons[0]
    assert row.evidence.function == "summed"
    assert row.evidence.detail == (
        f"AxisError: axis 2 is out of bounds for array of dimension 2, with x of shape (3, 4), at {row.place}"
    )
