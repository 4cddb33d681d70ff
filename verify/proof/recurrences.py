"""Functions of neighbouring arguments or orders by one of them: gamma functions and Bessel functions.

* gamma(u + 1) = u gamma(u), so loggamma(u + 1) = loggamma(u) + log|u|, and polygamma(n, u + 1) is polygamma(n, u) +
  (-1)**n n! / u**(n + 1) (DLMF 5.5.1, 5.5.2, 5.15.5): the constant in an argument is brought between 0 and 1.
* J, Y: C(v + 1) = 2 v/x C(v) - C(v - 1) (10.6.1); I and K have other signs (10.29.1): orders become v and v + 1 with v
  from 0 to below 1.

Each is an identity of analytic functions. At the single points that a right side has as poles, both formulas of a pair
that is defined there are continuous.
"""

from __future__ import annotations

import math
from fractions import Fraction

from verify.graph.functions import FUNCTIONS, head, of
from verify.graph.graph import Graph
from verify.proof.expansions import Expansion, Expansions

GAMMA = ("gamma", "loggamma", "polygamma")
# C(v + 1) is `s` 2 v/x C(v) + `t` C(v - 1): the signs s and t.
BESSEL = {"besselj": (1, -1), "bessely": (1, -1), "besseli": (-1, 1), "besselk": (1, 1)}
_MOST_STEPS = 12


def lowered(graph: Graph, expansions: Expansions, name: str, argument: int) -> int:
    """Return a function of these by those of the lowest arguments or orders; itself where that is too far.

    Raises TooLongError where its argument has too many terms.
    """
    if head(name) in BESSEL:
        return _bessel(graph, name, argument)
    terms = expansions.of(argument)
    constant = terms.get(frozenset(), Fraction(0))
    steps = math.floor(constant)
    if not steps or len(terms) == 1 or abs(steps) > _MOST_STEPS:
        return graph.function(name, argument)
    return _gamma(graph, expansions, name, {**terms, frozenset(): constant - steps}, steps)


def _gamma(graph: Graph, expansions: Expansions, name: str, terms: Expansion, steps: int) -> int:
    """Return a gamma function so many steps above the argument of some terms, or below."""
    start = expansions.node(terms)
    result = graph.function(name, start)
    for k in range(min(steps, 0), max(steps, 0)):
        passed = graph.sum(start, graph.constant(Fraction(k)))
        result = _stepped(graph, name, result, passed, 1 if steps > 0 else -1)
    return result


def _stepped(graph: Graph, name: str, value: int, passed: int, step: int) -> int:
    """Return a gamma function one step further: from `passed` to one more, or back to it."""
    if name == "gamma":
        return graph.product(value, graph.power(passed, Fraction(step)))
    if name == "loggamma":  # of the magnitude
        factor, change = Fraction(step, 2), graph.function("log", graph.power(passed, Fraction(2)))
    else:
        order = int(FUNCTIONS[name].parameters[0])
        factor = Fraction(step * (-1) ** order * math.factorial(order))
        change = graph.power(passed, Fraction(-order - 1))
    return graph.sum(value, graph.product(graph.constant(factor), change))


def _bessel(graph: Graph, name: str, argument: int) -> int:
    """Return a Bessel function by those of orders from 0 to below 2."""
    kind, order = head(name), Fraction(FUNCTIONS[name].parameters[0])
    low = order - math.floor(order)
    if abs(order) > _MOST_STEPS or low <= order < low + 2:
        return graph.function(name, argument)
    at, above = (graph.function(of(kind, [v]), argument) for v in (low, low + 1))
    middle, turn = (graph.constant(Fraction(sign)) for sign in BESSEL[kind])
    double = graph.product(graph.constant(Fraction(2)), graph.power(argument, Fraction(-1)))
    v = low
    while v + 1 < order:
        v += 1
        scaled = graph.product(middle, graph.product(graph.product(double, graph.constant(v)), above))
        at, above = above, graph.sum(scaled, graph.product(turn, at))
    while v > order:  # C(v - 1) is t (C(v + 1) - s 2 v/x C(v)), as t is 1 or -1
        scaled = graph.product(middle, graph.product(graph.product(double, graph.constant(v)), at))
        minus = graph.product(graph.constant(Fraction(-1)), scaled)
        at, above = graph.product(turn, graph.sum(above, minus)), at
        v -= 1
    return above if order > low else at
