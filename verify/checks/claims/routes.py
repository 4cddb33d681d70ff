"""Where each entry of the upstream goes: the right numbers in the wrong entries, where several of them are added up.

Pooling, gathering, padding and the like send entries of the upstream, times numbers, to entries of the input. Both
gradients are such sums, whose coefficients are exact: what differs between them needs no further proof.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction

from verify.checks.claims.suspect import Suspect
from verify.graph.graph import Graph

_MOST_ENTRIES, _MOST_NODES = 4_096, 50_000
_Sum = dict[int, Fraction]  # coefficients by the nodes of the upstream, 1 by -1
_CONSTANT = -1


def rerouted(s: Suspect) -> str:
    """Find that each entry of the upstream gets to as many entries as it should, times the same, and to other ones."""
    nodes = [*s.expected, *s.actual.nodes]
    if not s.fits or len(s.expected) > _MOST_ENTRIES or len(s.graph.reach(nodes)) > _MOST_NODES:
        return ""
    sums = _sums(s.graph, nodes, {node for node in s.upstream if s.graph.ops[node] == "variable"})
    if sums is None:
        return ""
    exact, actual = (_routes([sums[node] for node in side]) for side in (s.expected, s.actual.nodes))
    if exact == actual or any(_numbers(exact, node) != _numbers(actual, node) for node in exact.keys() | actual.keys()):
        return ""
    node = next(node for node in exact if exact[node] != actual[node])
    lacking, extra = (
        min(a.items() - b.items())[0] for a, b in ((exact[node], actual[node]), (actual[node], exact[node]))
    )
    name = s.graph.payloads[node]
    return f"the upstream gets to the wrong entries: {name} to entry {s.index(extra)} instead of {s.index(lacking)}"


def _numbers(routes: Mapping[int, Mapping[int, Fraction]], node: int) -> Counter[Fraction]:
    return Counter(routes.get(node, {}).values())


def _routes(sums: list[_Sum]) -> dict[int, dict[int, Fraction]]:
    """Return by the entries of the upstream to which entries they get, and times what."""
    routes: dict[int, dict[int, Fraction]] = {}
    for place, terms in enumerate(sums):
        for node, factor in terms.items():
            routes.setdefault(node, {})[place] = factor
    return routes


def _sums(graph: Graph, nodes: list[int], upstream: set[int]) -> Mapping[int, _Sum] | None:
    """Return nodes as sums of entries of the upstream times numbers, None where one of them is no such sum."""
    sums: dict[int, _Sum] = {}
    for node in graph.reach(nodes):
        terms = _sum(graph, node, upstream, sums)
        if terms is None:
            return None
        sums[node] = terms
    return sums


def _sum(graph: Graph, node: int, upstream: set[int], sums: Mapping[int, _Sum]) -> _Sum | None:
    if node in upstream:
        return {node: Fraction(1)}
    constant = graph.number(node)
    if constant is not None:
        return {_CONSTANT: Fraction(constant)} if constant else {}
    if graph.ops[node] == "sum":
        left, right = (sums[argument] for argument in graph.args[node])
        terms = {key: left.get(key, Fraction(0)) + right.get(key, Fraction(0)) for key in left.keys() | right.keys()}
        return {key: factor for key, factor in terms.items() if factor}
    if graph.ops[node] == "product":
        number, terms = sorted(
            (sums[argument] for argument in graph.args[node]), key=lambda each: each.keys() != {_CONSTANT}
        )
        return (
            {key: number[_CONSTANT] * factor for key, factor in terms.items()} if number.keys() == {_CONSTANT} else None
        )
    return None
