"""Series along a line: limits of what is 0/0."""

from fractions import Fraction

import flint
import pytest

from verify.graph.graph import Graph
from verify.proof.logarithmic import along

F = Fraction


def limit(build, at=0, step=1):
    graph = Graph()
    x = graph.variable("x")
    node = build(graph, x)
    series = along(graph, [node], {"x": F(at)}, {"x": F(step)})[node]
    return None if series is None else series.limit


def over(graph, a, b):
    return graph.product(a, graph.power(b, F(-1)))


def plus(graph, a, constant):
    return graph.sum(a, graph.constant(F(constant)))


LIMITS = {
    "sin(x)/x": (lambda g, x: over(g, g.function("sin", x), x), 1),
    "(exp(x)-1)/x": (lambda g, x: over(g, plus(g, g.function("exp", x), -1), x), 1),
    "(cos(x)-1)/x**2": (lambda g, x: over(g, plus(g, g.function("cos", x), -1), g.power(x, F(2))), F(-1, 2)),
    "tanh(x)/x": (lambda g, x: over(g, g.function("tanh", x), x), 1),
    "log(1+x)/x": (lambda g, x: over(g, g.function("log", plus(g, x, 1)), x), 1),
    "x**2/x": (lambda g, x: over(g, g.power(x, F(2)), x), 0),
    "(sqrt(x+4)-2)/x": (lambda g, x: over(g, plus(g, g.power(plus(g, x, 4), F(1, 2)), -2), x), F(1, 4)),
    "(sin(x)-x)/x**3": (
        lambda g, x: over(g, g.sum(g.function("sin", x), g.product(g.constant(F(-1)), x)), g.power(x, F(3))),
        F(-1, 6),
    ),
    "sqrt(x**3)/x": (lambda g, x: over(g, g.power(g.power(x, F(3)), F(1, 2)), x), 0),
}
NONE = {
    "1/x": lambda g, x: g.power(x, F(-1)),
    "1/log(x)": lambda g, x: g.power(g.function("log", x), F(-1)),
    "sin(x)/x**2": lambda g, x: over(g, g.function("sin", x), g.power(x, F(2))),
    "exp(1/x)": lambda g, x: g.function("exp", g.power(x, F(-1))),
    "sqrt(x)/x": lambda g, x: over(g, g.power(x, F(1, 2)), x),
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_limit_of_a_quotient_of_zeros_is_exact(name):
    """What cancels has a limit, which comes out as an exact rational."""
    build, expected = LIMITS[name]
    assert limit(build) == expected


@pytest.mark.parametrize("name", NONE)
def test_what_grows_without_limit_has_none(name):
    """A pole, a logarithm of 0 and what they are inside of have no limit that is known."""
    assert limit(NONE[name]) is None


def test_the_other_direction_has_a_limit_of_its_own():
    """sqrt(x + 1) - 1 over x is looked at from below as well; sqrt(x) is not defined there."""
    build, _ = LIMITS["(sqrt(x+4)-2)/x"]
    assert limit(build, step=-1) == F(1, 4)
    assert limit(lambda g, x: g.power(x, F(1, 2)), step=-1) is None


def test_an_irrational_limit_is_a_ball_around_it():
    """exp(x) * sin(x - 1) / (x - 1) tends to e at 1."""
    found = limit(
        lambda g, x: g.product(g.function("exp", x), over(g, g.function("sin", plus(g, x, -1)), plus(g, x, -1))), at=1
    )
    with flint.ctx.workprec(256):
        assert found.overlaps(flint.arb(1).exp())


def test_what_may_be_zero_ends_the_series():
    """exp(x) - exp(1) is 0 at 1 to all digits of balls, which is no proof: the limit of its quotient is not known."""

    def build(g, x):
        e = g.function("exp", g.constant(F(1)))
        return over(g, g.sum(g.function("exp", x), g.product(g.constant(F(-1)), e)), plus(g, x, -1))

    assert limit(build, at=1) is None


def log(g, node):
    return g.function("log", node)


WITH_LOGARITHMS = {
    "x*log(x)": (lambda g, x: g.product(x, log(g, x)), 0),
    "x*log(x)**3 + 2": (lambda g, x: plus(g, g.product(x, g.power(log(g, x), F(3))), 2), 2),
    "log(x**2 + x**3) - 2*log(x)": (
        lambda g, x: g.sum(log(g, g.sum(g.power(x, F(2)), g.power(x, F(3)))), g.product(g.constant(F(-2)), log(g, x))),
        0,
    ),
    "log(sin(x)) - log(x)": (
        lambda g, x: g.sum(log(g, g.function("sin", x)), g.product(g.constant(F(-1)), log(g, x))),
        0,
    ),
    "exp(2*log(x))/x**2": (
        lambda g, x: over(g, g.function("exp", g.product(g.constant(F(2)), log(g, x))), g.power(x, F(2))),
        1,
    ),
    "sqrt(x)*log(x)": (lambda g, x: g.product(g.power(x, F(1, 2)), log(g, x)), 0),
}
UNBOUNDED = {
    "log(x)": log,
    "log(x)**2 + 1/(1 + x)": lambda g, x: g.sum(g.power(log(g, x), F(2)), over(g, g.constant(F(1)), plus(g, x, 1))),
    "log(x)*(x + 1)/x": lambda g, x: over(g, g.product(log(g, x), plus(g, x, 1)), x),
    "log(x) + log(sin(x))": lambda g, x: g.sum(log(g, x), log(g, g.function("sin", x))),
}


@pytest.mark.parametrize("name", WITH_LOGARITHMS)
def test_the_limit_with_a_logarithm_of_what_vanishes(name):
    """A power outweighs every logarithm, and logarithms that cancel leave a limit."""
    build, expected = WITH_LOGARITHMS[name]
    value = limit(build)
    assert value == expected or value.contains(expected)


@pytest.mark.parametrize("name", UNBOUNDED)
def test_a_logarithm_that_grows_is_known_to(name):
    """A logarithm of what vanishes, with nothing that outweighs it, has no limit, and that is known."""
    graph = Graph()
    x = graph.variable("x")
    node = UNBOUNDED[name](graph, x)
    assert along(graph, [node], {"x": F(0)}, {"x": F(1)})[node].infinite


def test_the_slope_of_what_has_a_logarithm_is_not_that_of_its_power():
    """The coefficient of x in x*log(x) + 3*x is not known, for the slope at 0 is no number."""
    graph = Graph()
    x = graph.variable("x")
    node = graph.sum(graph.product(x, log(graph, x)), graph.product(graph.constant(F(3)), x))
    assert along(graph, [node], {"x": F(0)}, {"x": F(1)})[node].term(1) is None
