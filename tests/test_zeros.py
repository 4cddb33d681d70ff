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


def touching(m):
    """Return x**2 - 4 x + 4 + (x - 2)**4, which is 0 at 2 and positive elsewhere."""
    x, off = x_0(m), m.minus(x_0(m), m.number(2))
    square = m.graph.total([m.graph.power(x, F(2)), m.graph.product(m.number(-4), x), m.number(4)])
    return m.graph.sum(square, m.graph.power(off, F(4)))


def touching_exponential(m):
    """Return exp(x - 1) - x, which is 0 at 1 and positive elsewhere."""
    return m.minus(m.graph.function("exp", m.minus(x_0(m), m.number(1))), x_0(m))


NODES |= {
    "a double zero of a polynomial": touching,
    "the same, negative elsewhere": lambda m: m.minus(m.minus(touching(m), touching(m)), touching(m)),
    "a double zero of an exponential": touching_exponential,
    "a double zero of two exponentials": lambda m: m.graph.total(
        [
            m.graph.function("exp", m.minus(x_0(m), m.number(3))),
            m.graph.function("exp", m.minus(m.number(3), x_0(m))),
            m.number(-2),
        ]
    ),
    "a double zero along a line": lambda m: m.graph.total(
        [
            m.graph.power(x_0(m), F(2)),
            m.graph.product(m.number(-2), m.graph.product(x_0(m), m.nodes["y[0]"])),
            m.graph.power(m.nodes["y[0]"], F(2)),
            m.graph.power(m.minus(x_0(m), m.nodes["y[0]"]), F(4)),
        ]
    ),
}
NONE = {
    "one more than a double zero": lambda m: m.graph.sum(touching(m), m.number(F(1, 10**9))),
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


def squared_exponential(m, off=0):
    """Return (exp(x) - 2)**2, multiplied out, and a number."""
    single, double = (m.graph.function("exp", m.graph.product(m.number(k), x_0(m))) for k in (1, 2))
    return m.graph.total([double, m.graph.product(m.number(-4), single), m.number(4 + F(off))])


def test_floats_beside_a_double_zero_that_is_no_rational():
    """The logarithm of 2, at which exp(2 x) - 4 exp(x) + 4 is 0, has the floats beside it, and no exact point."""
    made = Made()
    node = squared_exponential(made)
    assert not list(zeros(made.seen, node, {}))
    assert 0.6931471805599453 in {float(at["x[0]"]) for points in beside(made.seen, node, {}) for at in points}


def test_no_floats_beside_where_a_sum_turns_without_being_zero():
    """A sum whose least value is 1e-9 has no zero to be beside of."""
    made = Made()
    assert not list(beside(made.seen, squared_exponential(made, "1e-9"), {}))


def test_the_derivative_of_a_divisor_leaves_no_conditions():
    """Signs that are asked for while a derivative is written are no conditions of the run."""
    made = Made()
    list(zeros(made.seen, made.graph.power(squares(made, *made.nodes.values()), F(1, 2)), {}))
    assert not made.graph.conditions
