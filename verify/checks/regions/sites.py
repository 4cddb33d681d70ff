"""The places where a case branches, and the sides that its runs have taken there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from verify.checks.regions.alike import Formulas, Questions, formula
from verify.checks.regions.forms import Form, Left, constant, form
from verify.checks.regions.limits import Limit
from verify.graph.graph import Graph
from verify.model.identity import Place
from verify.proof.ranges import Domain, Range, signs
from verify.tracing.observe import Observation
from verify.tracing.region import NEGATED, written
from verify.tracing.symbols.scalar import RELATIONS
from verify.tracing.symbols.trace import Condition

_SIGNS = frozenset((-1, 0, 1))
_EDGE = frozenset((0,))


class Line(NamedTuple):
    """A question that code asks at one line of inputs: `x > 20` and `x > 0` are two, on whatever path.

    `offset` is what is compared with: the constant in the difference that the sign is asked of, as a ratio, which is
    hashed in a tenth of the time that a Fraction takes.
    """

    where: Place
    relation: str
    offset: tuple[int, int]
    inputs: frozenset[str]


AnyFormula = tuple[Place, str, frozenset[str], int, int]


class Call(NamedTuple):
    """A question at a line, as one path of calls leads there; `turn` counts those that it is built on (`alike`)."""

    line: Line
    path: int
    turn: int

    @property
    def any_formula(self) -> AnyFormula:
        """Return what does not depend on the formula that comes there, as the constant in it does."""
        return self.line.where, self.line.relation, self.line.inputs, self.path, self.turn


class Site(NamedTuple):
    """A question about one formula, as far as formulas are told apart."""

    call: Call
    formula: int
    branched: bool  # whether the formula is one behind branches, which may be another one in each region

    @property
    def line(self) -> Line:
        """Return the question without the way that leads to it."""
        return self.call.line

    @property
    def where(self) -> Place:
        """Return the file and the line."""
        return self.call.line.where

    @property
    def relation(self) -> str:
        """Return the relation to 0 that is asked for."""
        return self.call.line.relation


class Passed(NamedTuple):
    """A condition that a run has passed, and the signs that lead to either side, after what was passed before."""

    site: Site
    condition: Condition
    taken: frozenset[int]
    other: frozenset[int]
    form: Form
    exactly: tuple[Call, int]  # the call with its turn, however many there are, and the formula

    @property
    def on_edge(self) -> bool:
        """Tell whether the other side is nothing but the edge: a tie, x == 0."""
        return self.other == _EDGE


class _Formula(NamedTuple):
    """A node whose sign is asked for: the inputs that it is computed from, its form, and the signs that it may have."""

    inputs: frozenset[str]
    form: Form
    possible: frozenset[int]
    offset: tuple[int, int]


class Sides:
    """The sides of each site that runs have taken, and the formulas that are told apart."""

    def __init__(self) -> None:
        self.taken: dict[Site, set[bool]] = {}
        self.of_calls: dict[AnyFormula, set[bool]] = {}
        self.apart: dict[tuple[Call, int], set[bool]] = {}  # of turns and formulas that are taken for alike
        self.formulas = Formulas()
        self.first = True  # no run has been taken in yet


class Sites:
    """The sites that runs have passed, and the sides they took; a side that is impossible in the domain is none.

    Branches on nothing but the upstream are not among them: a gradient is linear in it, which is looked at elsewhere.
    """

    def __init__(self, domain: Domain, sides: Sides | None = None) -> None:
        self.domain = domain
        self.sides = Sides() if sides is None else sides
        self._formulas: dict[int, _Formula | None] = {}  # by node: all runs are on one graph
        self._ranges: dict[int, Range] = {}  # by node, in the domain
        self._passed: dict[int, tuple[Observation, list[Passed]]] = {}  # by identity of the run, which is kept alive

    def add(self, seen: Observation, *, edges_only: bool = False) -> None:
        """Take in what a run passed; on the very edge, it has taken a side only where that is all there is of it.

        A run that lies on any edge says nothing of other sides: its gradients were not decided.
        """
        for question in self.passed(seen):
            sides = self.sides.taken.setdefault(question.site, set())
            if question.taken == _EDGE or not (question.condition.tie or edges_only):
                sides.add(question.condition.holds)
                if question.exactly[0].turn > question.site.call.turn or self._is_passed_over(question):
                    self.sides.apart.setdefault(question.exactly, set()).add(question.condition.holds)
                self.sides.of_calls.setdefault(question.site.call.any_formula, set()).add(question.condition.holds)

    def open(self, seen: Observation) -> Iterator[Passed]:
        """Return those conditions of a run whose other side no run has taken; that may change meanwhile.

        Those of roundings are left out: each whole number is a side of its own (`steps`).
        """
        for question in self.passed(seen):
            if (
                question.other
                and question.condition.node not in seen.trace.steps
                and (not question.condition.holds) not in self.taken(question.site)
            ):
                yield question

    def taken(self, site: Site) -> Collection[bool]:
        """Return the sides of a site that runs have taken."""
        return self.sides.taken.get(site, ())

    def _is_passed_over(self, question: Passed) -> bool:
        """Tell whether a formula of the first run was not told apart: there were too many of its kind."""
        call, formula_ = question.site.call, question.exactly[1]
        return not question.site.branched and self.sides.formulas.passed_over(call, formula_)

    def taken_for_alike(self, seen: Observation) -> Iterator[tuple[Passed, Limit]]:
        """Return the conditions of a run whose other side only what counts for alike has taken, and why."""
        for question in self.passed(seen):
            sides = self.sides.apart.get(question.exactly, ()) if question.other and not question.on_edge else None
            if sides and (not question.condition.holds) not in sides:
                is_late = question.exactly[0].turn > question.site.call.turn
                yield question, Limit.TURNS if is_late else Limit.KINDS

    def is_taken_otherwise(self, question: Passed) -> bool:
        """Tell whether the other side was taken with another formula, where each region may have its own."""
        return question.site.branched and (not question.condition.holds) in self.sides.of_calls.get(
            question.site.call.any_formula, ()
        )

    def left(self, seen: Observation, question: Passed) -> Domain:
        """Return what the answers of a run before a condition have left of the domain, entry by entry."""
        bounds, graph = dict(self.domain), seen.trace
        for earlier in takewhile(lambda earlier: earlier is not question, self.passed(seen)):
            key, direction, shift = earlier.form
            ((node, _), *others) = key
            if not others and graph.ops[node] == "variable":
                name, signs = graph.payloads[node], {sign * direction for sign in earlier.taken}
                low, high = bounds.get(name, (None, None))
                if -1 not in signs:
                    low = -shift if low is None else max(low, -shift)
                if 1 not in signs:
                    high = -shift if high is None else min(high, -shift)
                bounds[name] = low, high
        return bounds

    def adopt(self, seen: Observation, runs: Sequence[Observation]) -> None:
        """Take what a run that is put together of others has passed: of each condition, what its run passed.

        All of them ask the same questions in the same order, and what an answer leaves open hangs on earlier answers
        about the same inputs, which are those of that run as well.
        """
        passed = {id(question.condition): question for run in runs for question in self.passed(run)}
        own = [passed[id(condition)] for condition in seen.conditions if id(condition) in passed]
        self._passed[id(seen)] = seen, own

    def passed(self, seen: Observation) -> list[Passed]:
        """Return the conditions of a run that depend on inputs, in order."""
        if id(seen) not in self._passed:
            self._passed[id(seen)] = seen, self._passed_conditions(seen)
        return self._passed[id(seen)][1]

    def _passed_conditions(self, seen: Observation) -> list[Passed]:
        graph = seen.trace
        owners = {node: name for name, quantity in seen.inputs.items() for node in quantity.nodes}
        passed: list[Passed] = []
        answers, questions = Left(), Questions(graph)
        for condition in seen.conditions:
            if (about := self._about(graph, condition.node, owners)) is not None:
                possible = answers.possible(about.form, about.possible)
                taken = _answering(possible, condition.relation, condition.holds)
                answers.answer(about.form, taken)
                question = questions.next((condition.where, condition.relation, condition.path), condition.node)
                line = Line(condition.where, condition.relation, about.offset, about.inputs)
                call, exact = (Call(line, condition.path, turn) for turn in (question.told_apart, question.turn))
                own = formula(graph, question, owners)
                site = self._site(call, own, branched=bool(question.base))
                passed.append(Passed(site, condition, taken, possible - taken, about.form, (exact, own)))
        self.sides.first = False
        return passed

    def _about(self, graph: Graph, node: int, owners: Mapping[int, str]) -> _Formula | None:
        """Return what is known of a node whose sign is asked for; None of one that depends on no input."""
        if node not in self._formulas:
            inputs = frozenset(owners[n] for n in graph.leaves(node) if n in owners)
            self._formulas[node] = self._learnt(graph, node, inputs) if inputs else None
        return self._formulas[node]

    def _learnt(self, graph: Graph, node: int, inputs: frozenset[str]) -> _Formula:
        sum_form = form(graph, node)
        offset = _offset(graph, node, sum_form).as_integer_ratio()
        return _Formula(inputs, sum_form, signs(graph, node, self.domain, self._ranges), offset)

    def _site(self, call: Call, formula_: int, *, branched: bool) -> Site:
        if self.sides.first:
            self.sides.formulas.learn(call, formula_)
        return Site(call, self.sides.formulas.distinguish(call, formula_), branched)


@cache
def _answering(possible: frozenset[int], relation: str, holds: bool) -> frozenset[int]:
    """Return those of some signs for which a relation to 0 has an answer."""
    return frozenset(sign for sign in possible if RELATIONS[relation](sign) == holds)


def _offset(graph: Graph, node: int, sum_form: Form) -> Fraction:
    """Return what one term is compared with; of more terms, the constant of their sum, as it stands outermost."""
    if len(sum_form.key) == 1 and sum_form.shift:
        return sum_form.shift
    terms = graph.args[node] if graph.ops[node] == "sum" else ()
    return next((value for term in terms if (value := constant(graph, term)) is not None), Fraction(0))


def side(graph: Graph, question: Passed) -> str:
    """Write the other side of a condition: `x[0] - 20 > 0`."""
    relation = "==" if question.on_edge else question.site.relation
    if not question.on_edge and question.condition.holds:
        relation = NEGATED[relation]
    return f"{written(graph, question.condition.node)} {relation} 0"


def taken(graph: Graph, question: Passed) -> str:
    """Write the side of a condition that was taken."""
    relation = question.site.relation if question.condition.holds else NEGATED[question.site.relation]
    return f"{written(graph, question.condition.node)} {relation} 0"
