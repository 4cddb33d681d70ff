"""How far values may be off for the constants in the code."""

from fractions import Fraction

from verify.checks.regions.hull import covered
from verify.checks.regions.roundings import roundings
from verify.graph.graph import Graph

F = Fraction


def test_a_constant_gives_a_few_ulps():
    """x times a typed 0.7978845608028654 is off by some 1e-15, and x itself by nothing."""
    graph = Graph()
    x = graph.variable("x")
    typed = graph.product(graph.typed(0.7978845608028654), x)
    own, with_constant = roundings(graph, [x, typed], {"x": F(2)})
    assert own == 0
    assert F(1, 10**16) < with_constant < F(1, 10**13)


def test_what_is_undefined_has_no_limit():
    """A constant over 0 may be off by anything."""
    graph = Graph()
    node = graph.product(graph.typed(0.7978845608028654), graph.power(graph.variable("x"), F(-1)))
    assert roundings(graph, [node], {"x": F(0)}) is None


def test_a_vector_is_covered_within_its_slack_only():
    """Each entry that all corners share counts by itself."""
    corners, slack = [[F(0), F(5)], [F(1), F(5)]], [F(1, 100), F(1, 100)]
    assert covered([F(1, 2), F(5) + F(1, 200)], corners, slack)
    assert not covered([F(1, 2), F(5) + F(1, 50)], corners, slack)
    assert covered([F(1) + F(1, 200), F(5)], corners, slack)
    assert not covered([F(1) + F(1, 50), F(5)], corners, slack)
