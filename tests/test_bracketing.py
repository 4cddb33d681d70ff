"""The float closest to a threshold, on the way to one beyond it."""

from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from verify.checks.approximation import bracketing
from verify.checks.approximation.bracketing import closest_beyond
from verify.graph.graph import Graph

CASES = {  # a formula, its threshold, where the way begins and ends
    "a number": (lambda g, x: x, "0.1", "0.03", "2"),
    "a number from above": (lambda g, x: x, "0.1", "5", "0.001"),
    "less than nothing": (lambda g, x: x, "-0.1", "0.05", "-40"),
    "a line": (lambda g, x: g.sum(g.constant(Fraction(1)), g.product(g.constant(Fraction(-3)), x)), "0.1", "0.9", "0"),
    "a square": (lambda g, x: g.power(x, Fraction(2)), "0.01", "0.01", "3"),
    "a curve": (lambda g, x: g.function("tanh", x), "0.1", "0.001", "30"),
    "a steep curve": (lambda g, x: g.function("exp", g.product(g.constant(Fraction(50)), x)), "7", "-3", "1"),
}


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("case", CASES)
def test_the_closest_float_is_the_one_that_halving_finds(case, kind, monkeypatch):
    """Secants lead to the same float as halving: it is beyond the threshold, and the one before it is not."""
    build, at, start, end = CASES[case]
    graph = Graph()
    x = graph.variable("x")
    node = graph.sum(build(graph, x), graph.constant(-Fraction(at)))
    point = {"x": Fraction(float(kind(start)))}
    above = bracketing._Along(graph, SimpleNamespace(node=node), point, "x").value(kind(start)) > 0
    condition = SimpleNamespace(node=node, relation=">", holds=bool(above))
    closest = closest_beyond(graph, condition, point, "x", Fraction(end), kind)
    along = bracketing._Along(graph, condition, point, "x")
    assert along.is_crossed(closest)
    assert not along.is_crossed(np.nextafter(closest, kind(start)))
    monkeypatch.setattr(bracketing, "_SECANTS", 0)
    assert closest == closest_beyond(graph, condition, point, "x", Fraction(end), kind)


def test_a_threshold_closer_than_floats_tell_is_passed():
    """Where a number beyond is the same float as the one where the way begins, the next float is taken."""
    graph = Graph()
    node = graph.sum(graph.variable("x"), graph.constant(Fraction(-1)))
    condition = SimpleNamespace(node=node, relation=">", holds=False)
    beyond = 1 + Fraction(1, 2**80)
    assert closest_beyond(graph, condition, {"x": Fraction(1)}, "x", beyond, np.float64) == np.nextafter(1.0, 2.0)
