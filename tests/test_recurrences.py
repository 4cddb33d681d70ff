"""Gamma and Bessel functions of neighbouring arguments and orders: values stay, laws are proved, near misses are not."""

from fractions import Fraction

import numpy as np
import pytest

import verify
from verify import Verdict
from verify.graph import balls
from verify.graph.functions import of
from verify.graph.graph import Graph
from verify.proof.expansions import Expansions
from verify.proof.recurrences import BESSEL, lowered

special = pytest.importorskip("scipy.special")


@pytest.mark.parametrize("name", ["gamma", "loggamma", "polygamma[0]", "polygamma[1]", "polygamma[2]"])
@pytest.mark.parametrize("step", [Fraction(1), Fraction(7, 2), Fraction(-2), Fraction(-3, 4), Fraction(5, 4)])
def test_gamma_functions_keep_their_values(name, step):
    """An argument with a constant is brought to one between 0 and 1, up and down, at points of both signs."""
    graph = Graph()
    if "[" in name:
        name = of("polygamma", [Fraction(name[-2])])
    argument = graph.sum(graph.variable("x"), graph.constant(step))
    node, anew = graph.function(name, argument), lowered(graph, Expansions(graph), name, argument)
    assert (node != anew) == (not 0 <= step < 1)
    for x in (Fraction(9, 4), Fraction(1, 8), Fraction(-7, 8), Fraction(-29, 8)):
        values = balls.at(graph, [node, anew], {"x": x})
        if values[node].is_finite():
            assert values[node].overlaps(values[anew])
            assert values[anew].rad() < 1e-9


@pytest.mark.parametrize("kind", BESSEL)
@pytest.mark.parametrize("order", [Fraction(n, 2) for n in (-5, -2, -1, 0, 1, 2, 3, 4, 7, 10)])
def test_bessel_functions_keep_their_values(kind, order):
    """An order is brought to those from 0 to below 2, up and down."""
    graph = Graph()
    x, name = graph.variable("x"), of(kind, [order])
    node, anew = graph.function(name, x), lowered(graph, Expansions(graph), name, x)
    assert (node != anew) == (not 0 <= order < 2)
    for at in (Fraction(9, 4), Fraction(5, 8)):
        values = balls.at(graph, [node, anew], {"x": at})
        assert values[node].overlaps(values[anew])
        assert values[anew].rad() < 1e-9


LAWS = {
    "log gamma": (
        lambda x: special.gammaln(x + 3),
        lambda x: special.psi(x) + 1 / x + 1 / (x + 1) + 1 / (x + 2),
        lambda x: special.psi(x) + 1 / x + 1 / (x + 1) + 1 / (x + 3),
    ),
    "gamma": (
        lambda x: special.gamma(x + 2),
        lambda x: (x + 1) * x * special.gamma(x) * special.psi(x + 2),
        lambda x: (x + 2) * x * special.gamma(x) * special.psi(x + 2),
    ),
    "digamma": (
        lambda x: special.psi(x + 1),
        lambda x: special.polygamma(1, x) - 1 / x**2,
        lambda x: special.polygamma(1, x) + 1 / x**2,
    ),
    "J": (
        lambda x: special.jv(2, x),
        lambda x: special.j1(x) - 2 * special.jv(2, x) / x,
        lambda x: special.j1(x) - special.jv(2, x) / x,
    ),
    "I": (
        lambda x: special.iv(1, x),
        lambda x: special.iv(2, x) + special.i1(x) / x,
        lambda x: special.iv(2, x) - special.i1(x) / x,
    ),
    "K": (
        lambda x: special.kv(1.5, x),
        lambda x: -(special.kv(0.5, x) + special.kv(2.5, x)) / 2,
        lambda x: -(special.kv(0.5, x) - special.kv(2.5, x)) / 2,
    ),
}


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_proved(name):
    """A derivative that is right by a recurrence is proved; one that misses a factor or a sign is refuted."""
    forward, right, wrong = LAWS[name]
    for slope, verdict in ((right, Verdict.PROVED), (wrong, Verdict.REFUTED)):
        case = verify.derivative(forward, slope, x=verify.real("2", low=0))
        assert [row.verdict for row in verify.check(case, quick=True).comparisons] == [verdict]
    assert np.all(np.isfinite(right(np.array([0.5, 2.0]))))
