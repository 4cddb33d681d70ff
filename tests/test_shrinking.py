"""A counterexample is made small: zeros by halves, then ones, then short numbers, as long as both sides differ."""

from fractions import Fraction

import numpy as np
import pytest
from effort import slow

import verify
from verify.checks.claims import shrinking
from verify.graph.graph import Graph


class AnyPoint:
    """A region that holds every point, unless a condition of the test says otherwise."""

    def __init__(self, sample, holds=lambda point: True):
        self.sample, self.upstream, self.conditions, self._holds = sample, set(), [], holds

    def about(self, names):
        return []

    def holds(self, point, conditions):
        return self._holds(point)

    def touched(self, point, conditions):
        return set()


def product_of(graph, names):
    node = graph.whole(1)
    for name in names:
        node = graph.product(node, graph.variable(name))
    return node


def shrink(size, mattering, holds=lambda point: True, value=Fraction(7, 3)):
    """Shrink a point of many inputs, of which the product of some is what the two sides differ by."""
    graph = Graph()
    names = [f"x[{i}]" for i in range(size)]
    everything = graph.total([graph.variable(name) for name in names])
    other = graph.sum(everything, product_of(graph, [names[i] for i in mattering]))
    sample = dict.fromkeys(names, value)
    return shrinking.shrunk(graph, AnyPoint(sample, holds), everything, other, sample, names)


@pytest.mark.parametrize("mattering", [[0], [399], [3, 200], [17, 18, 250]])
def test_of_many_inputs_only_those_that_matter_are_left(mattering):
    """Of 400 inputs all are 0 but those without which there is no difference, and these are 1."""
    point = shrink(400, mattering)
    assert {name: value for name, value in point.items() if value} == {f"x[{i}]": 1 for i in mattering}


def test_large_numbers_are_halved():
    """Where the region takes large numbers only, a short whole one near its border is left."""
    point = shrink(2, [0, 1], lambda point: point["x[0]"] > 18, Fraction(98765, 43))
    assert 18 < point["x[0]"] <= 72
    assert point["x[0]"].denominator == 1
    assert point["x[1]"] == 1


def test_only_so_many_attempts_are_made(monkeypatch):
    """With no visits allowed the point stays as it is."""
    monkeypatch.setattr(shrinking, "_MOST_VISITS", 0)
    assert set(shrink(20, [3]).values()) == {Fraction(7, 3)}


def affine(factor):
    @verify.case(x="5 4", W="4 6", b="6")
    def subject(x, W, b):
        y = np.tanh(x @ W + b)
        dout = yield y
        d = dout * (1 - factor(y))
        return d @ W.T, x.T @ d, d.sum(axis=0)

    return verify.check(subject)


@slow
def test_a_layer_with_weights_needs_few_numbers():
    """A wrong affine layer is shown by three numbers at most, and the point still tells both sides apart."""
    rows = affine(lambda y: y).comparisons
    assert [row.verdict for row in rows if row.quantity == "gradient"] == [verify.Verdict.REFUTED] * 3
    for row in rows:
        if row.counterexample:
            assert 0 < len([value for _, value in row.counterexample.inputs if value != "0"]) <= 3
            assert row.counterexample.expected != row.counterexample.actual
    assert affine(np.square).good
