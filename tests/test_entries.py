"""Both sides of a whole wrong gradient: values at the counterexample, and a sign for each entry."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify.checks.claims.entries import Sides, arrays, emptied
from verify.graph.graph import Graph
from verify.model.result import Rest


class Scaled:
    """A layer whose gradient is wrong by a factor in some entries only."""

    factors = np.array([[1, 2, 1], [4, 1, 1]])

    def forward(self, x):
        self.x = x
        return x**2

    def backward(self, dout):
        return 2 * self.x * dout * self.factors[: len(self.x)]


class Softmax:
    """The diagonal of its Jacobian only."""

    def forward(self, x):
        e = np.exp(x)
        self.y = e / e.sum(axis=1, keepdims=True)
        return self.y

    def backward(self, dout):
        return dout * self.y * (1 - self.y)


class Doubled(Softmax):
    """Right but for the first entry."""

    def backward(self, dout):
        dx = self.y * (dout - (dout * self.y).sum(axis=1, keepdims=True))
        dx[0, 0] *= 2
        return dx


class Tripled:
    """Wrong, of a single number too."""

    def forward(self, x):
        return x * 3

    def backward(self, dout):
        return dout * 2


def wrong(layer, shape="2 3", name="x", **inputs):
    """Return the row of the first wrong gradient of a layer."""
    result = verify.check(verify.layer(layer, inputs=inputs or {name: shape}), quick=True)
    return next(row for row in result.comparisons if row.counterexample)


def test_each_entry_has_a_sign():
    """A dot where it is right, and the tenths of the larger side by which it is off: 2 for 1 is five of ten."""
    row = wrong(Scaled)
    assert row.marks == ".5.7.."
    assert row.marks.count(".") == row.entries - row.failing


def test_both_sides_are_listed_where_they_are_not_0():
    """Of a softmax the row of the counterexample, with certain digits; all others are 0 on both sides."""
    row = wrong(Softmax)
    assert [entry.index for entry in row.arrays.entries] == [(0, 0), (0, 1), (0, 2)]
    assert row.arrays.rest is Rest.ZERO
    assert row.arrays.differing == sum(entry.differs for entry in row.arrays.entries) == 2
    told = next(entry for entry in row.arrays.entries if entry.index == row.index)
    assert (told.expected, told.actual) == (row.counterexample.expected, row.counterexample.actual)


def test_the_values_are_those_of_the_code():
    """At the counterexample, with 0 for all that it does not name, floats of both gradients have these digits."""
    row = wrong(Softmax)
    point = dict(row.counterexample.inputs)
    x, dout = (
        np.array([[float(Fraction(point.get(f"{name}[{i},{j}]", "0"))) for j in range(3)] for i in range(2)])
        for name in ("x", "dout")
    )
    layer = Softmax()
    y = layer.forward(x)
    returned, exact = layer.backward(dout), y * (dout - (dout * y).sum(axis=1, keepdims=True))
    listed = {entry.index: entry for entry in row.arrays.entries}
    for index in np.ndindex(2, 3):
        entry = listed.get(index)
        pair = (entry.actual, entry.expected) if entry else ("0", "0")
        for text, value in zip(pair, (returned[index], exact[index]), strict=True):
            number = float(Fraction(text)) if "/" in text else float(text.rstrip("…"))
            assert number == pytest.approx(value, rel=1e-12, abs=1e-300)


def test_of_a_large_array_those_that_differ_most_are_listed():
    """Four of them, in the order of the array, and the others are counted."""

    class Large:
        def forward(self, x):
            return x.sum() * np.ones(1)

        def backward(self, dout):
            return dout * np.arange(2, 22)

    row = wrong(Large, "20")
    assert [entry.index for entry in row.arrays.entries] == [(16,), (17,), (18,), (19,)]
    assert (row.arrays.rest, row.arrays.differing) == (Rest.OPEN, 20)


def test_the_others_are_equal():
    """Where one entry is wrong, the others are equal, and not 0."""
    row = wrong(Doubled)
    assert [entry.differs for entry in row.arrays.entries] == [True, False, False]
    assert row.arrays.rest is Rest.ZERO
    assert row.marks == "5....."


def test_inputs_that_cannot_be_0_are_not_told_of():
    """Inputs that are positive keep their values in the other rows: of what depends on these nothing is said."""

    class Root:
        def forward(self, x):
            self.y = np.sqrt(x)
            return self.y

        def backward(self, dout):
            return (dout + 1) / self.y

    row = wrong(Root, x=verify.real("3", low=0))
    assert [entry.index for entry in row.arrays.entries] == [row.index]
    assert row.arrays.rest is Rest.OPEN
    assert len(row.marks.strip("0123456789")) == 0


def test_a_single_number_has_no_array():
    """Nothing is told of an input that is one number."""
    row = wrong(Tripled, "")
    assert row.arrays is None
    assert row.marks == ""


class _Everywhere:
    """A region of all points at which a number is not 0."""

    def __init__(self, sample, upstream, needed=()):
        self.sample, self.upstream, self.needed = sample, set(upstream), needed

    def about(self, names):
        return list(names)

    def holds(self, point, names):
        return all(point[name] for name in self.needed)

    def touched(self, point, names):
        return set()


def test_all_others_are_0_or_those_of_the_upstream():
    """Both points are tried where they lie in the region, and what is named stays."""
    sample = {"x": Fraction(2), "y": Fraction(3), "d": Fraction(5), "e": Fraction(7)}
    everywhere = emptied(Graph(), _Everywhere(sample, "de"), sample, {"x", "d"})
    assert everywhere == [sample | {"y": 0, "e": 0}, sample | {"e": 0}]
    assert emptied(Graph(), _Everywhere(sample, "de", "y"), sample, {"x", "d"}) == [sample | {"e": 0}]
    assert emptied(Graph(), _Everywhere(sample, "de", "ye"), sample, {"x", "d"}) == []


def test_what_cannot_be_computed_differs_in_nothing():
    """An entry that is not finite at the point is listed as not known, and is not called different."""
    graph = Graph()
    x, y = graph.variable("x[0]"), graph.variable("x[1]")
    undefined = graph.power(graph.sum(x, graph.whole(-1)), Fraction(-1))
    sides = Sides(graph, (2,), [undefined, y], [x, x])
    both = arrays(sides, {"x[0]": Fraction(1), "x[1]": Fraction(2)}, {"x[0]", "x[1]"}, ())
    assert [entry.differs for entry in both.entries] == [False, True]
    assert both.entries[0].expected == "not known"
