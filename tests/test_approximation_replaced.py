"""Formulas that are written in another way beyond a threshold, with approximations replaced by what they stand for."""

from fractions import Fraction

import pytest

from verify.checks.approximation.frames import Pivot
from verify.checks.approximation.leaves import Matching
from verify.checks.approximation.replaced import PAIRS, Replacing
from verify.graph.graph import Graph

POINT = {"x": Fraction(1, 50), "y": Fraction(1, 3)}


class Formulas:
    """sin(x) / x by its series and in full, in a softmax with y less one entry or the other."""

    def __init__(self):
        self.graph = graph = Graph()
        self.x, self.y = graph.variable("x"), graph.variable("y")
        terms = [(1, 0), (Fraction(-1, 6), 2), (Fraction(1, 120), 4)]
        powers = [graph.product(graph.constant(Fraction(c)), graph.power(self.x, Fraction(k))) for c, k in terms]
        self.series = graph.total(powers)
        self.full = graph.quotient(graph.function("sin", self.x), self.x)

    def softmax(self, entry, less, factor=1):
        graph = self.graph
        minus = graph.product(graph.constant(Fraction(-1)), less)
        first, second = (graph.function("exp", graph.sum(a, minus)) for a in (entry, self.y))
        return graph.product(graph.constant(Fraction(factor)), graph.quotient(first, graph.sum(first, second)))

    def leaves(self, p, q, leaf=lambda p, q: (p, q)):
        matching = Matching(self.graph, POINT, leaf)
        return Replacing(self.graph, matching, [Pivot((self.x,))], lambda: [POINT], 0).leaves(p, q), matching


def test_another_largest_entry():
    """A softmax less another entry is the same function once the series has its formula's place."""
    f = Formulas()
    leaves, _ = f.leaves(f.softmax(f.series, f.series), f.softmax(f.full, f.y))
    assert leaves == [(f.series, f.full)]


@pytest.mark.parametrize("factor", [2, 1 + Fraction(1, 10**15)])
def test_another_function(factor):
    """Formulas that differ in more than their approximations, however little, have no leaves."""
    f = Formulas()
    assert f.leaves(f.softmax(f.series, f.series, factor), f.softmax(f.full, f.y))[0] is None


def test_an_unproved_approximation():
    """What is not proved to approximate its partner is not replaced, so that the formulas differ."""
    f = Formulas()
    assert f.leaves(f.softmax(f.series, f.series), f.softmax(f.full, f.y), lambda p, q: None)[0] is None


def test_a_limit(monkeypatch):
    """More pairs than may be compared are told of."""
    monkeypatch.setattr("verify.checks.approximation.replaced._MOST_PAIRS", 1)
    f = Formulas()
    _, matching = f.leaves(f.softmax(f.series, f.series), f.softmax(f.full, f.y))
    assert matching.limits == {PAIRS}


def test_the_same_formula():
    """Equal nodes differ in nothing."""
    f = Formulas()
    assert f.leaves(f.full, f.full)[0] == []


def test_pairs_are_guessed():
    """A pair that only its values bring together says nothing of a misprint, which would refute other entries."""
    f, guessed = Formulas(), []
    matching = Matching(f.graph, POINT, lambda p, q: guessed.append(matching.guessed))
    Replacing(f.graph, matching, [Pivot((f.x,))], lambda: [POINT], 0).leaves(
        f.softmax(f.series, f.series), f.softmax(f.full, f.y)
    )
    assert guessed
    assert all(guessed)
    assert not matching.guessed
