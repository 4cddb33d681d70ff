"""Mistakes beside small constants of forward, which backward ignores or treats in another way: a hint for people.

With 0 in the places of the constants the mistake is one of those that have a name, or there is none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

import flint

from verify.checks.claims.suspect import Suspect
from verify.graph import balls
from verify.graph.graph import Graph
from verify.graph.substitution import replaced
from verify.model.exact import simplest_rational

Nodes = Sequence[int]
Naming = Callable[[Suspect], str]
SMALL = Fraction(1, 1000)  # the largest epsilon in use: that of Keras' batch normalisation
_MOST = 6  # such constants that a mistake is looked for beside
_BITS = 256  # at which two formulas of ordinary numbers that differ do so in hundreds of bits


def _ignored(s: Suspect, name: Naming) -> str:
    """Name the mistake of a gradient that also ignores small constants of forward: log(y + 1e-7)."""
    used = set(s.graph.reach(s.actual.nodes))
    small = [node for node in s.graph.reach(s.expected) if node not in used and is_small(s.graph, node)]
    if not 0 < len(small) <= _MOST:
        return ""
    mistake = name(replace(s, expected=without(s.graph, s.expected, small)))
    return mistake and f"{mistake}; besides, backward ignores {_written(s, small)} in forward"


def _elsewhere(s: Suspect, name: Naming) -> str:
    """Name the mistake but for small constants that both sides add, in different places: x / (norm + 1e-8)."""
    small = _added(s)
    if not s.fits or not 0 < len(small) <= _MOST:
        return ""
    texts = _written(s, small)
    expected, actual = (without(s.graph, nodes, small) for nodes in (s.expected, s.actual.nodes))
    if _agree(s, actual, expected):
        return f"it would be right with 0 in place of {texts}, which backward differentiates as if it were not there"
    shares, output = [without(s.graph, nodes, small) for nodes in s.shares], without(s.graph, s.output, small)
    actually = replace(s.actual, nodes=actual)
    mistake = name(replace(s, expected=expected, actual=actually, shares=shares, output=output))
    return mistake and f"{mistake}; besides, backward does not treat {texts} as forward does"


BESIDE = (_ignored, _elsewhere)


def _added(s: Suspect) -> list[int]:
    """Return the small constants that are added to something, and no factors."""
    nodes = s.graph.reach([*s.expected, *s.actual.nodes])
    terms = {term for node in nodes if s.graph.ops[node] == "sum" for term in s.graph.args[node]}
    others = {part for node in nodes if s.graph.ops[node] != "sum" for part in s.graph.args[node]}
    return sorted(node for node in terms - others if is_small(s.graph, node))


def _written(s: Suspect, constants: Iterable[int]) -> str:
    return " and ".join(dict.fromkeys(str(float(s.graph.payloads[node])) for node in constants))


def _agree(s: Suspect, left: Nodes, right: Nodes) -> bool:
    """Tell whether nodes have the same values at the sample and beside it: roots, which no law of the field knows."""
    sample = s.region.sample
    moved = {name: value * (1 + Fraction(number, 97)) for number, (name, value) in enumerate(sample.items(), 1)}
    with flint.ctx.workprec(_BITS):
        for point in (sample, moved):
            values = balls.at(s.graph, [*left, *right], point)
            pairs = [(values[a], values[b]) for a, b in zip(left, right, strict=True)]
            if not all(a.is_finite() and b.is_finite() and a.overlaps(b) for a, b in pairs):
                return False
    return True


def is_small(graph: Graph, node: int) -> bool:
    """Tell whether a node is a number that may be an epsilon."""
    number = graph.payloads[node] if graph.ops[node] in ("constant", "typed") else 0
    value: Fraction = simplest_rational(number) if isinstance(number, float) else Fraction(number)
    return 0 < abs(value) <= SMALL


def without(graph: Graph, nodes: Nodes, constants: Iterable[int]) -> list[int]:
    """Return nodes with 0 in place of some constants."""
    return replaced(graph, nodes, dict.fromkeys(constants, graph.constant(Fraction(0))))
