"""The limits of what is tried to prove an approximation: each is told where it was reached."""

from fractions import Fraction

import pytest
from effort import slow, some
from test_approximation import softplus
from test_approximation_nested import arc, shifted_arc
from test_approximation_order import sinc, sinc_slope, softmax

import verify
from verify.checks.approximation import crossing, enclosure, leaves, replaced, terms, univariate
from verify.graph.graph import Graph
from verify.model.reasons import Reason
from verify.model.result import Verdict


def texts(layer):
    """Return what is said of the gradients of a layer that are open."""
    rows = [row for row in verify.check(layer()).comparisons if row.verdict is Verdict.UNDECIDED]
    assert {row.evidence.reason for row in rows} <= {Reason.APPROXIMATION}
    return [row.evidence.detail for row in rows]


def bounded_softplus():
    """Return log(1 + exp(x)) as x from 20 on, up to a number: that is enclosed in pieces."""
    return verify.derivative(*softplus(), x=verify.real("", low=0, high=40), name="layer")


def another_largest():
    """Return a softmax over series beyond whose threshold another entry is the largest."""
    return softmax(sinc, sinc_slope, [0.1, 2.0, 0.5, 0.2], 0.0)


LIMITS = [
    (crossing, "_MOST_LINES", 0, arc, crossing.LINES),
    (leaves, "_MOST_PAIRS", 0, shifted_arc, leaves.PAIRS),
    (leaves, "_DEEPEST", 0, shifted_arc, leaves.DEPTH),
    (replaced, "_MOST_PAIRS", 0, another_largest, replaced.PAIRS),
    (terms, "_MOST_TERMS", 0, arc, "a formula has more than 0 terms when it is multiplied out"),
    (enclosure, "_WORK", 0, bounded_softplus, "the formulas are too long for the number of pieces needed"),
    (enclosure, "_MOST_PIECES", 0, bounded_softplus, "not proved within 0 pieces of the region"),
]


@pytest.fixture
def forgotten():
    """Forget the enclosures of other tests before one, and those of its limits after it."""
    univariate.forget()
    yield
    univariate.forget()


@slow
@pytest.mark.usefixtures("forgotten")
@pytest.mark.parametrize(("module", "name", "value", "layer", "text"), some(LIMITS, 16))
def test_a_limit_that_leaves_a_gradient_open_is_told(module, name, value, layer, text, monkeypatch):
    """A layer that agrees is left open with less of what is tried, and the report says with less of what."""
    monkeypatch.setattr(module, name, value)
    if module is leaves:  # what is not matched operand by operand may be replaced as a whole
        monkeypatch.setattr(replaced, "_MOST_PAIRS", 0)
    found = texts(layer)
    assert found
    assert all(text in detail for detail in found)


def test_operands_that_differ_are_counted():
    """A sum of thirteen terms, all of which differ, is not matched one by one, and that is told."""
    graph = Graph()
    nodes = [graph.variable(f"x{i}") for i in range(13)]
    near = [
        graph.product(graph.constant(Fraction(100 + i, 100)), graph.power(x, Fraction(3))) for i, x in enumerate(nodes)
    ]
    close = [
        graph.product(graph.constant(Fraction(101 + i, 100)), graph.power(x, Fraction(3))) for i, x in enumerate(nodes)
    ]
    point = {f"x{i}": Fraction(1) for i in range(13)}
    for number, limits in ((12, set()), (13, {leaves.TERMS})):
        matching = leaves.Matching(graph, point, lambda p, q: None)
        matching.leaves(graph.total(near[:number]), graph.total(close[:number]))
        assert (leaves.TERMS in matching.limits) is bool(limits)
