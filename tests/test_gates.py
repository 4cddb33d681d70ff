"""Of code on whole arrays, too, a counterexample names the inputs by which branches are taken."""

import numpy as np
import pytest
from effort import slow

import verify
from verify.checks.gradients import apart
from verify.checks.gradients.apart import OTHERS


class Gated:
    """A product of matrices behind a gate, doubled in backward."""

    def forward(self, x, gate, w):
        self.w, self.is_open = w, gate > 0.5
        return np.where(self.is_open, x, 0) @ w

    def backward(self, dout):
        return np.where(self.is_open, 2 * (dout @ self.w.T), 0)


class Transposed(Gated):
    """The gate of an entry has another index than the entry."""

    def forward(self, x, gate, w):
        return super().forward(x, gate.T, w)


class Open(Gated):
    """No gate at all."""

    def forward(self, x, gate, w):
        return super().forward(x, np.ones_like(x), w) + 0 * gate.sum()


def computed(make, values, entry, shapes):
    """Return a central difference and what backward returns for an entry, where what has no value is 0."""
    arrays = {name: np.zeros(shape) for name, shape in shapes.items()}
    for text, value in values.items():
        name, _, index = text.rstrip("]").partition("[")
        arrays[name][tuple(map(int, index.split(",")))] = float(value)
    upstream, layer = arrays.pop("dout"), make()
    layer.forward(**arrays)
    returned = layer.backward(upstream)[entry]
    ends = []
    for step in (1e-3, -1e-3):
        moved = arrays["x"].copy()
        moved[entry] += step
        ends.append((make().forward(**{**arrays, "x": moved}) * upstream).sum())
    return (ends[0] - ends[1]) / 2e-3, returned


@slow
@pytest.mark.parametrize(("make", "gates"), [(Gated, 1), (Transposed, 1), (Open, 0)])
def test_a_gate_is_named(make, gates):
    """With what is named and zeros the code computes what is said; that all others are 0 is said, and so."""
    shapes = {"x": (64, 64), "gate": (64, 64), "w": (64, 520), "dout": (64, 520)}
    given = {name: verify.fixed("{} {}".format(*shapes[name])) for name in ("gate", "w")}
    (row,) = verify.check(verify.layer(make, inputs={"x": "64 64", **given}), quick=True).comparisons
    values = dict(row.counterexample.inputs)
    assert values.pop(OTHERS) == "0"
    assert sum(name.startswith("gate") for name in values) == gates
    stated = float(row.counterexample.expected), float(row.counterexample.actual)
    assert computed(make, values, row.index, shapes) == pytest.approx(stated)
    if gates:
        without = {name: value for name, value in values.items() if not name.startswith("gate")}
        assert computed(make, without, row.index, shapes) != pytest.approx(stated)


class Scratch:
    """Code that reads memory that nobody wrote to, and does not use it."""

    def forward(self, x):
        self.x, self.unused = x, np.empty(3).sum()
        return x**2

    def backward(self, dout):
        return 3 * self.x * dout


def test_memory_that_nobody_wrote_to_is_no_input(monkeypatch):
    """A counterexample names inputs only, also where the tape has numbers that stand for memory."""
    monkeypatch.setattr(apart, "LARGE", -1)
    (row,) = verify.check(verify.layer(Scratch, inputs={"x": "8 6"}), quick=True).comparisons
    assert [name for name, _ in row.counterexample.inputs] == ["x[1,5]", "dout[1,5]", OTHERS]
