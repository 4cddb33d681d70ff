"""A counterexample names the inputs by which branches are taken, if they are not 0, and no others."""

from fractions import Fraction

import numpy as np
import pytest

import verify


class Gated:
    """The square where a gate is open, with some slope in its place."""

    def __init__(self, slope=3):
        self.slope = slope

    def forward(self, x, gate):
        self.x, self.is_open = x, gate > 0.5
        return np.where(self.is_open, x**2, x)

    def backward(self, dout):
        return np.where(self.is_open, self.slope * self.x, 1) * dout


class AboveMean:
    """Each input that is larger than the mean of others, doubled in backward."""

    def forward(self, x, others):
        self.is_above = x > others.mean()
        return x * self.is_above

    def backward(self, dout):
        return 2 * dout * self.is_above


class Between:
    """A clipped input, of which the gradient is that of the other inputs."""

    def forward(self, x, low, high):
        self.is_inside = (x > low) & (x < high)
        return np.where(self.is_inside, x, np.where(x <= low, low, high))

    def backward(self, dout):
        return dout * ~self.is_inside


class Wide(Gated):
    """The gate comes out of a product of matrices."""

    def forward(self, x, gate):
        return super().forward(x, (gate @ np.ones((gate.shape[1], x.shape[1]))))


def huber(pred, target):
    """A loss with linear sides, whose gradient has one sign on both."""
    r = pred - target
    near = np.abs(r) <= 1.0
    return np.where(near, 0.5 * r**2, np.abs(r) - 0.5).sum(), np.where(near, r, 1.0)


class Huber:
    """The loss as a layer."""

    def forward(self, pred, target):
        loss, self.gradient = huber(pred, target)
        return loss

    def backward(self, dout):
        return dout * self.gradient


KINDS = {
    "a target": (Huber, {"pred": "4", "target": verify.fixed("4")}),
    "a gate": (Gated, {"x": "2 3", "gate": verify.fixed("2 3")}),
    "a gate that is computed": (Wide, {"x": "2 3", "gate": verify.fixed("2 4")}),
    "a mean": (AboveMean, {"x": "4", "others": verify.fixed("4")}),
    "bounds": (Between, {"x": "5", "low": verify.fixed("5"), "high": verify.fixed("5")}),
    "a gate between bounds": (Gated, {"x": "2 3", "gate": verify.fixed("2 3", low=0, high=1)}),
}
EPSILON = 1e-6


def refuted(make, inputs):
    """Return the first wrong row of a layer whose first input alone has a gradient."""
    rows = verify.check(verify.layer(make, inputs=inputs), quick=True).comparisons
    return next(row for row in rows if row.verdict is verify.Verdict.REFUTED)


def shape(text):
    return tuple(map(int, (text if isinstance(text, str) else text.shape).split()))


def computed(make, inputs, entry, values):
    """Return a central difference and what backward returns for an entry, where inputs that have no value are 0."""
    arrays = {name: np.zeros(shape(described)) for name, described in inputs.items()}
    upstream = np.zeros_like(make().forward(**arrays))
    for text, value in values:
        name, _, index = text.rstrip("]").partition("[")
        into = {**arrays, "dout": upstream}[name]
        into[tuple(map(int, index.split(","))) if index else ()] = float(Fraction(value))
    first, layer = next(iter(arrays)), make()
    layer.forward(**arrays)
    returned = layer.backward(upstream)[entry]
    ends = []
    for step in (EPSILON, -EPSILON):
        moved = arrays[first].copy()
        moved[entry] += step
        ends.append((make().forward(**{**arrays, first: moved}) * upstream).sum())
    return (ends[0] - ends[1]) / (2 * EPSILON), returned


@pytest.mark.parametrize(("make", "inputs"), KINDS.values(), ids=KINDS)
def test_with_its_inputs_and_zeros_the_code_gives_what_it_says(make, inputs):
    """All others are 0: that is what a reader types. Without one of them the values are others."""
    row = refuted(make, inputs)
    stated = float(Fraction(row.counterexample.expected)), float(Fraction(row.counterexample.actual))
    values = row.counterexample.inputs
    assert computed(make, inputs, row.index, values) == pytest.approx(stated, abs=1e-5)
    (named,) = (pair for pair in values if pair[0].startswith(list(inputs)[1]))
    without = [pair for pair in values if pair != named]
    assert computed(make, inputs, row.index, without) != pytest.approx(stated, abs=1e-5)


def test_numbers_that_are_named_are_simple():
    """A gate is opened by 1, not by what the sample has."""
    row = refuted(*KINDS["a gate"])
    assert dict(row.counterexample.inputs)[f"gate[{row.index[0]},{row.index[1]}]"] == "1"


@pytest.mark.parametrize("factor", [3, 5])
def test_what_is_not_needed_is_not_named(factor):
    """An input that a branch compares with is left out where it is 0."""

    class Larger:
        def forward(self, x, y):
            self.x, self.is_larger = x, x > y
            return np.where(self.is_larger, x**2, 0 * x)

        def backward(self, dout):
            return np.where(self.is_larger, factor * self.x * dout, 0)

    row = refuted(Larger, {"x": "3", "y": verify.fixed("3")})
    assert not [name for name, value in row.counterexample.inputs if name.startswith("y")]


class Random(Gated):
    """No run is like the one before it."""

    calls = 0

    def backward(self, dout):
        type(self).calls += 1
        return super().backward(dout) * (1 + type(self).calls)


def test_where_runs_do_not_repeat_what_is_compared_is_named():
    """Nothing can be tried then."""
    rows = verify.check(verify.layer(Random, inputs=KINDS["a gate"][1]), quick=True).comparisons
    assert all(row.verdict is not verify.Verdict.PROVED for row in rows)


def test_many_runs_are_not_made():
    """Of a large layer the inputs that are compared are named after a few."""
    row = refuted(Wide, {"x": "12 12", "gate": verify.fixed("12 12")})
    assert row.verdict is verify.Verdict.REFUTED


def test_other_entries_have_the_values_of_their_own_branches():
    """At such a point other entries may take other branches than at the sample: their values are those of the code."""

    class Ramp:
        def forward(self, x, gate):
            self.is_open = gate > 0.5
            return np.where(self.is_open, 2 * x, 3 * x).sum(axis=1)

        def backward(self, dout):
            return np.where(self.is_open, 5, 3) * dout[:, None]

    row = refuted(Ramp, {"x": "2 3", "gate": verify.fixed("2 3")})
    assert {(entry.index, entry.expected, entry.actual) for entry in row.arrays.entries} == {
        (place, *(("2", "5") if place == row.index else ("3", "3"))) for place in [(row.index[0], i) for i in range(3)]
    }


class Silent(Gated):
    """Where no gate is open no gradient is returned."""

    def backward(self, dout):
        return super().backward(dout) if self.is_open.any() else None


class Chosen(Gated):
    """The output has the rows that are open, of which there may be none."""

    def forward(self, x, gate):
        self.x, self.rows = x, [i for i in range(len(x)) if gate[i, 0] > 0.5]
        return x[self.rows] ** 2

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[self.rows] = 3 * self.x[self.rows] * dout
        return dx


@pytest.mark.parametrize("make", [Silent, Chosen])
def test_code_that_returns_something_else_elsewhere(make):
    """Outputs and gradients of other shapes are not taken for the same."""
    row = refuted(make, {"x": "4 3", "gate": verify.fixed("4 3")})
    assert any(name.startswith("gate") for name, _ in row.counterexample.inputs)
