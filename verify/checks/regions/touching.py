"""Points on the edges of a run's questions that are known with little or no search.

A question about a linear form of entries is solved for one of them; of others, the first of few lines is searched.
Questions about other entries do not touch each other, so that one point may lie on the edges of many.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import NamedTuple

import flint

from verify.checks.regions.forms import Form, form
from verify.graph import balls
from verify.model.exact import within
from verify.proof.ranges import Domain
from verify.tracing.observe import Observation
from verify.tracing.search import crossings
from verify.tracing.symbols.trace import Condition

_MOST = 40  # questions of a run, the last ones: the largest of several is known at the end
_SEARCHED = 2  # lines whose questions are not linear
_POINTS = 2  # each with as many edges as there is room for
_BITS = 128
_SIXTY_FOURTHS = 64


class Tie(NamedTuple):
    """The edge of a question: a value of one entry of an input, the others being those of the sample."""

    name: str
    edge: Fraction
    entries: frozenset[str]  # of inputs, that the question is about
    others: tuple[tuple[str, Fraction], ...] = ()  # which are moved first, so that floats lie on the edge

    @property
    def at(self) -> dict[str, Fraction]:
        """Return the entries that are moved."""
        return {**dict(self.others), self.name: self.edge}


def points(seen: Observation, bounds: Domain) -> Iterator[list[Tie]]:
    """Return points of a run as the edges that they lie on, no two of which are about the same entries.

    Of questions about several entries one is enough, as of the largest: each has its own, and they are asked in turn.
    """
    left = _in_turns(_ties(seen, bounds)) if seen.conditions else []
    for _ in range(_POINTS):
        used: set[str] = set()
        taken, rest = list[Tie](), list[Tie]()
        for tie in left:
            (taken if used.isdisjoint(tie.entries) else rest).append(tie)
            used |= tie.entries
        if taken:
            yield taken
        left = [tie for tie in rest if len(tie.entries) == 1]


def counted(seen: Observation, bounds: Domain) -> list[list[Tie]]:
    """Return the edges on which several entries may lie, each with all of them: code may count these."""
    groups: dict[Fraction, dict[frozenset[str], Tie]] = {}
    for tie in _ties(seen, bounds) if seen.conditions else ():
        if len(tie.entries) == 1:
            groups.setdefault(tie.edge, {}).setdefault(tie.entries, tie)
    return [[*group.values()] for group in groups.values() if len(group) > 1]


def _in_turns(ties: Iterable[Tie]) -> list[Tie]:
    """Return each edge once, in such an order that entries which are asked the same questions take turns with these."""
    groups: dict[frozenset[str], dict[Fraction, Tie]] = {}
    for tie in ties:
        groups.setdefault(tie.entries, {}).setdefault(tie.edge, tie)
    lists = [[*group.values()] for group in groups.values()]
    turned = (edges[k:] + edges[:k] for place, edges in enumerate(lists) for k in [place % len(edges)])
    return [tie for turn in zip_longest(*turned) for tie in turn if tie is not None]


def at_all(ties: Iterable[Tie]) -> dict[str, Fraction]:
    """Return the entries that are moved onto some edges."""
    return {name: value for tie in ties for name, value in tie.at.items()}


def are_apart(seen: Observation, ties: Sequence[Tie]) -> bool:
    """Tell whether all questions of a run that are 0 on some edges are about one form an edge: it has two sides then.

    Of a product of matrices with one column all entries are 0 where that is 0. The choices that code makes for each of
    them may be none of the derivatives that there are of the whole, as people take it: that is not asked about here.
    What has no value there is not asked there, as of a closed form that gives way to a series: a run at the point tells
    what is asked in its place.
    """
    nodes = list(dict.fromkeys(condition.node for condition in seen.conditions))
    with flint.ctx.workprec(_BITS):
        values = balls.at(seen.trace, nodes, {**seen.trace.sample, **at_all(ties)})
    zeros = [node for node in nodes if values[node].is_finite() and values[node].contains(0)]
    return len({form(seen.trace, node).key for node in zeros}) == len(ties)


def _ties(seen: Observation, bounds: Domain) -> Iterator[Tie]:
    graph, inputs = seen.trace, {node for quantity in seen.inputs.values() for node in quantity.nodes}
    conditions = {c.node: c for c in reversed(seen.conditions) if c.node not in graph.steps}
    searched: set[object] = set()
    for condition in [*conditions.values()][:_MOST]:
        about = form(graph, condition.node)
        if all(node in inputs for node, _ in about.key):
            terms = {graph.payloads[node]: ratio for node, ratio in about.key}
            yield from _solved(graph.sample, terms, about, bounds)
        elif len(searched) < _SEARCHED and condition.where not in searched:
            searched.add(condition.where)
            yield from _searched(seen, condition, bounds, inputs)


def _solved(
    sample: Mapping[str, Fraction], terms: Mapping[str, tuple[int, int]], about: Form, bounds: Domain
) -> Iterator[Tie]:
    """Return where a linear form is 0: of two entries, with the smaller one raised, as the largest of many asks."""
    for name in sorted(terms, key=sample.__getitem__) if len(terms) > 1 else terms:
        others = (Fraction(*ratio) * sample[other] for other, ratio in terms.items() if other != name)
        edge = -sum(others, about.shift) / Fraction(*terms[name])
        if within(edge, bounds.get(name, (None, None))):
            yield Tie(name, edge, frozenset(terms))
            return


def _searched(seen: Observation, condition: Condition, bounds: Domain, inputs: Collection[int]) -> Iterator[Tie]:
    """Return where a question is 0 that is not linear, as of products, the factors being what floats divide by."""
    graph, nodes = seen.trace, [node for node in seen.trace.leaves(condition.node) if node in inputs]
    owner = next((q.nodes for q in seen.inputs.values() if nodes and nodes[0] in q.nodes), ())
    moved = {graph.payloads[node]: _short(graph.sample[graph.payloads[node]], node in owner) for node in nodes}
    others = {name: value for name, value in moved.items() if within(value, bounds.get(name, (None, None)))}
    for crossing in crossings(seen, condition, bounds, others) if nodes else ():
        if crossing.edge is not None:
            yield Tie(crossing.name, crossing.edge, frozenset(moved), tuple(others.items()))
            return


def _short(value: Fraction, fine: bool) -> Fraction:
    """Return a number nearby whose products and sums are floats: a power of 2, or a `fine` one."""
    near = Fraction(round(value * _SIXTY_FOURTHS), _SIXTY_FOURTHS)
    if fine or not near:
        return near or value
    power = Fraction(2) ** round(math.log2(abs(near)))
    return power if near > 0 else -power
