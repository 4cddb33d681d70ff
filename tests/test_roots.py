"""All places where a formula of one variable may change its sign."""

import random
from fractions import Fraction

import flint
import pytest
from effort import some

from verify.checks.regions.roots import roots
from verify.graph import balls
from verify.graph.graph import FUNCTIONS, Graph

F = Fraction


def formulas():
    """Return formulas of x with their roots."""
    graph = Graph()
    x = graph.variable("x")

    def plus(a, number):
        return graph.sum(a, graph.constant(F(number)))

    def times(number, a):
        return graph.product(graph.constant(F(number)), a)

    def exp(a):
        return graph.function("exp", a)

    return graph, {
        "x - 20": (plus(x, -20), [20]),
        "x^2 - 2": (plus(graph.power(x, F(2)), -2), [-(2**0.5), 2**0.5]),
        "x^3 - x": (graph.sum(graph.power(x, F(3)), times(-1, x)), [-1, 0, 1]),
        "x^2 + 1": (plus(graph.power(x, F(2)), 1), []),
        "1/x": (graph.power(x, F(-1)), [0]),
        "1/(x - 1) - 2": (plus(graph.power(plus(x, -1), F(-1)), -2), [1, 1.5]),
        "exp(x) - 5": (plus(exp(x), -5), [1.6094379124341003]),
        "1 - exp(x)": (plus(times(-1, exp(x)), 1), [0]),
        "exp(x) + 1": (plus(exp(x), 1), []),
        "tanh(2 x + 1) - 1/2": (plus(graph.function("tanh", plus(times(2, x), 1)), F(-1, 2)), [-0.22534692783297258]),
        "log(x) - 1": (plus(graph.function("log", x), -1), [0, 2.718281828459045]),
        "sqrt(x) - 3": (plus(graph.power(x, F(1, 2)), -3), [0, 9]),
        "x exp(x)": (graph.product(x, exp(x)), [0]),
        "x + exp(x)": (graph.sum(x, exp(x)), None),
    }


@pytest.mark.parametrize("name", formulas()[1])
def test_roots(name):
    """Zeros, poles and the ends of a function's domain; None where they cannot be told."""
    graph, known = formulas()
    node, expected = known[name]
    found = roots(graph, node, "x", {})
    if expected is None:
        assert found is None
    else:
        assert sorted(float(root.low) for root in found) == pytest.approx(expected, abs=1e-15)
        assert all(root.high - root.low < F(1, 2**40) for root in found)


@pytest.mark.parametrize("seed", some(range(150), 8))
def test_no_sign_changes_anywhere_else(seed):
    """Between two neighbours of the roots of a random formula all its values have the same sign."""
    rng, graph = random.Random(seed), Graph()
    nodes = [graph.variable("x"), graph.constant(F(rng.randint(-4, 4), 2)), graph.constant(F(3))]
    operations = [
        lambda a, b: graph.sum(a, b),
        lambda a, b: graph.product(a, b),
        lambda a, b: graph.power(a, rng.choice([F(2), F(-1), F(1, 2), F(1, 3), F(3)])),
        lambda a, b: graph.function(rng.choice(list(FUNCTIONS)), a),
    ]
    for _ in range(rng.randint(1, 6)):
        nodes.append(rng.choice(operations)(rng.choice(nodes), rng.choice(nodes)))
    found = roots(graph, nodes[-1], "x", {})
    if found is None or graph.ops[nodes[-1]] == "constant":
        return
    ends = sorted(found)
    cells = {}
    with flint.ctx.workprec(300):
        for _ in range(60):
            at = rng.choice([F(rng.randint(-4000, 4000), 1000), F(rng.randint(-99, 99))])
            ball = balls.at(graph, [nodes[-1]], {"x": at})[nodes[-1]]
            if ball.is_finite() and not ball.contains(0):
                cells.setdefault(sum(root.low <= at for root in ends), set()).add(bool(ball > 0))
    assert all(len(signs) == 1 for signs in cells.values())
