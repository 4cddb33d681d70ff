"""A number of backward that is one of the exact gradient with fewer digits: 0.79788456 for sqrt(2 / pi), 2.5066."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction

import flint

from verify.checks.claims.explain import alike
from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.substitution import replaced

_BITS = 128
_CLOSE = 0.1  # relative: a number that is further off is another one
_MOST_OWN, _MOST_EXACT = 4, 12
_TIMES = (Fraction(1), Fraction(2), Fraction(3), Fraction(1, 2), Fraction(1, 3))


def imprecise(s: Suspect) -> str:
    """Find a number that has to be another one close to it, which the exact gradient has or multiplies out."""
    if not s.fits:
        return ""
    graph, used = s.graph, s.graph.reach(s.expected)
    exact = {*used}
    own = [node for node in graph.reach(s.actual.nodes) if graph.number(node) is not None and node not in exact]
    if not own or len(own) > _MOST_OWN:
        return ""
    varying = graph.varying(used)
    constants = [node for node in used if node not in varying]
    if not 0 < len(constants) <= _MOST_EXACT:
        return ""
    candidates = list(_multiples(s, constants))
    with flint.ctx.workprec(_BITS):
        values = {
            node: float(ball.mid()) for node, ball in balls.at(graph, [*own, *candidates], s.region.sample).items()
        }
    for node, other in itertools.product(own, candidates):
        if 0 < abs(values[node] - values[other]) <= _CLOSE * abs(values[other]) and alike(
            graph, replaced(graph, s.actual.nodes, {node: other}), s.expected
        ):
            return f"the constant {values[node]!r} is not exact: {values[other]!r} makes the gradient right"
    return ""


def _multiples(s: Suspect, constants: list[int]) -> Iterator[int]:
    """Yield constants times small numbers, products and quotients of two, and 1 divided by each of these."""
    graph = s.graph
    nodes = [graph.product(graph.constant(factor), node) for factor, node in itertools.product(_TIMES, constants)]
    nodes += [graph.product(first, second) for first, second in itertools.combinations(constants, 2)]
    yield from nodes
    yield from (graph.power(node, Fraction(-1)) for node in nodes if graph.value(node) != 0)
    for first, second in itertools.permutations(constants, 2):
        if graph.value(second) != 0:
            yield graph.product(first, graph.power(second, Fraction(-1)))
