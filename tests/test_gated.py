"""On an edge, too, a counterexample names the inputs by which branches are taken, and the edge that its entry is on."""

import numpy as np
import pytest

import verify


class Gated:
    """A rectifier where a gate is open, with a number at 0 that is no subgradient."""

    at_zero = 2

    def forward(self, x, gate):
        self.x, self.is_open = x, gate > 0.5
        return np.where(self.is_open, np.maximum(x, 0), x)

    def backward(self, dout):
        slope = np.where(self.x == 0, self.at_zero, self.x > 0)
        return np.where(self.is_open, slope, 1) * dout


class Right(Gated):
    at_zero = 1


class Mean(Gated):
    """One gate for all."""

    def forward(self, x, gate):
        return super().forward(x, gate.mean() * np.ones_like(x))


class Plain(Gated):
    """No gate."""

    def forward(self, x, gate):
        return super().forward(x, 1 + 0 * gate)


class Chosen(Gated):
    """The output has the entries whose gate is open, of which there may be others, or none."""

    def forward(self, x, gate):
        self.x, self.chosen = x, [i for i in range(len(x)) if gate[i] > 0.5]
        return np.maximum(x[self.chosen], 0)

    def backward(self, dout):
        dx = np.zeros_like(self.x)
        dx[self.chosen] = np.where(self.x[self.chosen] == 0, self.at_zero, self.x[self.chosen] > 0) * dout
        return dx


def rows(make):
    """Return what is refuted of a layer with gates."""
    result = verify.check(verify.layer(make, inputs={"x": "3", "gate": verify.fixed("3")}))
    return [row for row in result.comparisons if row.verdict is verify.Verdict.REFUTED]


@pytest.mark.parametrize(("make", "gates"), [(Gated, 1), (Mean, 1), (Plain, 0)])
def test_the_gate_of_an_edge_is_named(make, gates):
    """With what is named and zeros, backward returns what is said, on the edge that is named."""
    (row,) = rows(make)
    values = {"x": np.zeros(3), "gate": np.zeros(3), "dout": np.zeros(3)}
    for name, value in row.counterexample.inputs:
        variable, _, place = name.rstrip("]").partition("[")
        values[variable][int(place)] = float(value)
    layer = make()
    layer.forward(values["x"], values["gate"])
    assert layer.backward(values["dout"])[row.index] == float(row.counterexample.actual)
    assert sum(name.startswith("gate") for name, _ in row.counterexample.inputs) == gates
    assert f"x[{row.index[0]}] = 0 the gradient" in row.evidence.detail


def test_a_choice_is_no_mistake():
    """What is right on the edge has no counterexample."""
    assert rows(Right) == []


def test_code_that_returns_other_shapes_elsewhere():
    """What is named is enough where the output has another shape with zeros: there are as many upstreams as said."""
    (row,) = rows(Chosen)
    named = dict(row.counterexample.inputs)
    x, gate = ([float(named.get(f"{name}[{i}]", 0)) for i in range(3)] for name in ("x", "gate"))
    layer = Chosen()
    upstreams = [float(named.get(f"dout[{i}]", 0)) for i in range(len(layer.forward(np.array(x), np.array(gate))))]
    assert layer.backward(np.array(upstreams))[row.index] == float(row.counterexample.actual)
