"""Points at which a node is exactly 0."""

from fractions import Fraction

import pytest

from verify.checks.regions.zeros import beside, zeros
from verify.proof import rationals
from verify.tracing.observe import Observation, Quantity, Variant
from verify.tracing.symbols.trace import Trace

F = Fraction


class Made:
    """A graph of two inputs x and y of a few entries, and what sums and products of them are short to write."""

    def __init__(self):
        self.graph = Trace()
        values = {"x[0]": F("0.7"), "x[1]": F("-1.3"), "y[0]": F("2.1"), "y[1]": F("0.4")}
        self.nodes = {name: self.graph.input(name, value) for name, value in values.items()}
        self.seen = Observation(Variant({}, {}), self.graph)
        for name in "xy":
            self.seen.inputs[name] = Quantity((2,), [self.nodes[f"{name}[{i}]"] for i in range(2)])

    def number(self, value):
        return self.graph.constant(F(value))

    def minus(self, a, b):
        return self.graph.sum(a, self.graph.product(self.number(-1), b))


def x_0(m):
    return m.nodes["x[0]"]


def squares(m, *nodes):
    return m.graph.total(m.graph.power(node, F(2)) for node in nodes)


NODES = {
    "x": x_0,
    "3 x - 1": lambda m: m.minus(m.graph.product(m.number(3), x_0(m)), m.number(1)),
    "x y": lambda m: m.graph.product(x_0(m), m.nodes["y[0]"]),
    "x + y": lambda m: m.graph.sum(x_0(m), m.nodes["y[0]"]),
    "x**2": lambda m: m.graph.power(x_0(m), F(2)),
    "a sum of squares": lambda m: squares(m, *m.nodes.values()),
    "a squared distance": lambda m: squares(m, *(m.minus(m.nodes[f"x[{i}]"], m.nodes[f"y[{i}]"]) for i in range(2))),
    "a norm": lambda m: m.graph.power(squares(m, *m.nodes.values()), F(1, 2)),
    "squares around points": lambda m: squares(
        m, m.minus(x_0(m), m.number(3)), m.minus(m.nodes["y[0]"], m.number(F(1, 2)))
    ),
    "tanh(x)": lambda m: m.graph.function("tanh", x_0(m)),
    "log(x)": lambda m: m.graph.function("log", x_0(m)),
}
NONE = {
    "exp(x)": lambda m: m.graph.function("exp", x_0(m)),
    "1 + x**2": lambda m: m.graph.sum(m.number(1), m.graph.power(x_0(m), F(2))),
    "1/x": lambda m: m.graph.power(x_0(m), F(-1)),
}


@pytest.mark.parametrize("name", NODES)
def test_a_node_is_zero_at_the_points(name):
    """Each point makes the node 0 in exact arithmetic, and there is one."""
    made = Made()
    node = NODES[name](made)
    points = list(zeros(made.seen, node, {}))
    assert points
    assert all(rationals.rational(made.graph, node, {**made.graph.sample, **point}) == 0 for point in points)


@pytest.mark.parametrize("name", NONE)
def test_what_is_never_zero_has_no_points(name):
    """No point is made up."""
    made = Made()
    assert not list(zeros(made.seen, NONE[name](made), {}))


def test_a_zero_outside_of_the_domain_is_none():
    """Bounds are no part of the domain: with x > 0, x is never 0."""
    made = Made()
    assert not list(zeros(made.seen, x_0(made), {"x[0]": (F(0), None)}))


def test_the_floats_beside_a_zero_that_is_no_rational():
    """Five floats lie around the root of x**3 = 2, the nearest first; of a rational zero, and of none, there are none."""
    made = Made()
    node = made.minus(made.graph.power(x_0(made), F(3)), made.number(2))
    (points,) = beside(made.seen, node, {})
    floats = [float(point["x[0]"]) for point in points]
    assert len(set(floats)) == 5
    assert floats[0] == 2 ** (1 / 3)
    assert max(abs(at - floats[0]) for at in floats) <= 1e-15
    assert all(F(at) == point["x[0]"] for at, point in zip(floats, points, strict=True))
    assert not list(beside(made.seen, NODES["3 x - 1"](made), {}))
    assert not list(beside(made.seen, NONE["1 + x**2"](made), {}))


def test_zeros_beyond_the_domain_have_no_floats_beside_them():
    """With x below 1, x**3 is never 2."""
    made = Made()
    node = made.minus(made.graph.power(x_0(made), F(3)), made.number(2))
    assert not list(beside(made.seen, node, {"x[0]": (None, F(1))}))
