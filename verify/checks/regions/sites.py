"""The places where a case branches, and the sides that its runs have taken there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from typing import NamedTuple

from verify.checks.regions.forms import Form, Left, form
from verify.graph.graph import Graph
from verify.model.identity import Place
from verify.proof.ranges import Domain, signs
from verify.tracing.observe import Observation
from verify.tracing.region import NEGATED, written
from verify.tracing.scalar import RELATIONS
from verify.tracing.trace import Condition

_SIGNS = frozenset((-1, 0, 1))
_EDGE = frozenset((0,))


class Site(NamedTuple):
    """A question that code asks at one place of inputs: on the same line `x > 20` and `x > 0` are two sites.

    `offset` is what is compared with: the constant in the difference that the sign is asked of.
    """

    where: Place
    relation: str
    offset: Fraction
    inputs: frozenset[str]


class Passed(NamedTuple):
    """A condition that a run has passed, and the signs that lead to either side, after what was passed before."""

    site: Site
    condition: Condition
    taken: frozenset[int]
    other: frozenset[int]

    @property
    def on_edge(self) -> bool:
        """Tell whether the other side is nothing but the edge: a tie, x == 0."""
        return self.other == _EDGE


Sides = dict[Site, set[bool]]


class Sites:
    """The sites that runs have passed, and the sides they took; a side that is impossible in the domain is none.

    Branches on nothing but the upstream are not among them: a gradient is linear in it, which is looked at elsewhere.
    """

    def __init__(self, domain: Domain, sides: Sides | None = None) -> None:
        self.domain = domain
        self.sides: Sides = {} if sides is None else sides
        self._signs: dict[int, frozenset[int]] = {}  # by node: all runs are on one graph
        self._forms: dict[int, Form] = {}
        self._inputs: dict[int, frozenset[str]] = {}
        self._passed: dict[int, tuple[Observation, list[Passed]]] = {}  # by identity of the run, which is kept alive

    def add(self, seen: Observation, *, edges_only: bool = False) -> None:
        """Take in what a run passed; on the very edge, it has taken a side only where that is all there is of it.

        A run that lies on any edge says nothing of other sides: its gradients were not decided.
        """
        for one in self.passed(seen):
            found = self.sides.setdefault(one.site, set())
            if one.taken == _EDGE or not (one.condition.tie or edges_only):
                found.add(one.condition.holds)

    def open(self, seen: Observation) -> Iterator[Passed]:
        """Return those conditions of a run whose other side no run has taken; that may change meanwhile.

        Those of roundings are left out: each whole number is a side of its own (`steps`).
        """
        for one in self.passed(seen):
            if (
                one.other
                and one.condition.node not in seen.trace.steps
                and (not one.condition.holds) not in self.taken(one.site)
            ):
                yield one

    def taken(self, site: Site) -> Collection[bool]:
        """Return the sides of a site that runs have taken."""
        return self.sides.get(site, ())

    def passed(self, seen: Observation) -> list[Passed]:
        """Return the conditions of a run that depend on inputs, in order."""
        if id(seen) not in self._passed:
            self._passed[id(seen)] = seen, self._found(seen)
        return self._passed[id(seen)][1]

    def _found(self, seen: Observation) -> list[Passed]:
        graph = seen.trace
        owners = {node: name for name, quantity in seen.inputs.items() for node in quantity.nodes}
        found: list[Passed] = []
        answers = Left()
        for condition in seen.conditions:
            node, relation = condition.node, RELATIONS[condition.relation]
            if node not in self._inputs:
                self._inputs[node] = frozenset(owners[n] for n in graph.reach([node]) if n in owners)
            if inputs := self._inputs[node]:
                asked = self._form(graph, node)
                possible = answers.possible(asked, self._possible(graph, node))
                taken = frozenset(s for s in possible if relation(s) == condition.holds)
                answers.answer(asked, taken)
                site = Site(condition.where, condition.relation, _offset(graph, node), inputs)
                found.append(Passed(site, condition, taken, possible - taken))
        return found

    def _form(self, graph: Graph, node: int) -> Form:
        if node not in self._forms:
            self._forms[node] = form(graph, node)
        return self._forms[node]

    def _possible(self, graph: Graph, node: int) -> frozenset[int]:
        if node not in self._signs:
            self._signs[node] = signs(graph, node, self.domain)
        return self._signs[node]


def _offset(graph: Graph, node: int) -> Fraction:
    """Return the constant term of a sum, as it stands outermost."""
    terms = graph.args[node] if graph.ops[node] == "sum" else ()
    return next((value for term in terms if (value := graph.value(term)) is not None), Fraction(0))


def side(graph: Graph, one: Passed) -> str:
    """Write the other side of a condition: `x[0] - 20 > 0`."""
    relation = "==" if one.on_edge else one.site.relation
    if not one.on_edge and one.condition.holds:
        relation = NEGATED[relation]
    return f"{written(graph, one.condition.node)} {relation} 0"


def taken(graph: Graph, one: Passed) -> str:
    """Write the side of a condition that was taken."""
    relation = one.site.relation if one.condition.holds else NEGATED[one.site.relation]
    return f"{written(graph, one.condition.node)} {relation} 0"
