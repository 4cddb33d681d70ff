"""Which questions at one line of code are alike, so that a side that one of them took counts for all of them.

Entries of an array ask one question: their formulas are the same but for indices. A helper that is called twice asks
two, and so does a loop over layers that runs one line again and again. So questions are told apart by the calls that
lead to them (`asking_path`), by how many of the same calls they are built on, one on the other, and by the formula of
what is asked about in terms of what was asked about before.

Behind branches a formula may be another one in each region. So only the formulas of the first run, and few of them, are
told apart; a question about any other formula is like all others of its kind. To tell apart costs runs, and to take for
alike may leave a side without a run: neither makes a claim false.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, cast

from verify.checks.regions.forms import constant, factored
from verify.graph.graph import Graph
from verify.model.identity import Place
from verify.tracing.observe import Observation

_MOST_TURNS = 4  # of one line, after which further ones are alike
_MOST_FORMULAS = 6  # of one line and turn
_MOST_KEPT = 1_000_000  # nodes that are kept for other runs

Call = tuple[Place, str, int]  # a line, a relation, and the path that leads there
Terms = frozenset[int]


class Question(NamedTuple):
    """The terms of the sum whose sign is asked for, and which questions that is built on.

    `turn` counts those of the same call, one on the other; `base` has the terms of all of them.
    """

    terms: Terms
    turn: int
    base: Terms

    @property
    def told_apart(self) -> int:
        """Return the turn as far as turns are told apart: many are alike."""
        return min(self.turn, _MOST_TURNS)


class Questions:
    """The questions of a run in order, and which of them are built on earlier ones.

    A later question is built on one if it is computed from all terms of its sum, and has others itself: `x > 2` is not
    built on `x > 1`, nor is one entry of a product of matrices on another.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._turns: dict[int, dict[tuple[Terms, Call], int]] = {}  # turns, by the last term

    def next(self, call: Call, node: int) -> Question:
        """Return the next question, about a node."""
        own, nodes = self._read(node)
        turn, earlier_terms = 0, set[int]()
        for earlier, other, number in self._earlier(nodes):
            if earlier != own:
                earlier_terms |= earlier
                turn = max(turn, number + 1) if other == call else turn
        same = self._turns.setdefault(max(own), {})
        same[own, call] = max(turn, same.get((own, call), 0))
        return Question(own, turn, frozenset(earlier_terms))

    def _read(self, node: int) -> tuple[Terms, Terms]:
        """Return what a node adds up, and what it is computed from: all runs are on one graph and ask much the same."""
        memory = self._graph.memory("questions")
        if node not in memory:
            read = _terms(self._graph, node), frozenset(self._graph.reach([node]))
            if len(memory) * len(read[1]) > _MOST_KEPT:
                return read
            memory[node] = read
        return cast("tuple[Terms, Terms]", memory[node])

    def _earlier(self, nodes: Terms) -> Iterator[tuple[Terms, Call, int]]:
        for last in self._turns.keys() & nodes:
            for (terms, call), turn in self._turns[last].items():
                if terms <= nodes:
                    yield terms, call, turn


class Formulas:
    """The formulas of a first run, by kinds of questions."""

    def __init__(self) -> None:
        self._of_kind: dict[object, dict[int, None]] = {}

    def learn(self, kind: object, formula: int) -> None:
        """Tell a formula apart from now on, as far as there are few of a kind."""
        formulas = self._of_kind.setdefault(kind, {})
        if len(formulas) < _MOST_FORMULAS:
            formulas[formula] = None

    def passed_over(self, kind: object, formula: int) -> bool:
        """Tell whether a formula is not told apart for want of room: there are as many of its kind as may be."""
        formulas = self._of_kind.get(kind, {})
        return len(formulas) == _MOST_FORMULAS and formula not in formulas

    def distinguish(self, kind: object, formula: int) -> int:
        """Return a formula if it is told apart from others of a kind, else 0."""
        return formula if formula in self._of_kind.get(kind, ()) else 0


def kinds(seen: Observation) -> set[object]:
    """Return what tells the questions of a run apart: call, turn and formula, without the entries that it is about."""
    graph, questions = seen.trace, Questions(seen.trace)
    owners = {node: name for name, quantity in seen.inputs.items() for node in quantity.nodes}
    result = set[object]()
    for condition in seen.conditions:
        call = condition.where, condition.relation, condition.path
        question = questions.next(call, condition.node)
        result.add((call, question.told_apart, formula(graph, question, owners)))
    return result


def formula(graph: Graph, question: Question, names: Mapping[int, str]) -> int:
    """Return the formula of a question without indices, as a hash: of `names`, and of what was asked about before.

    A sum of three like terms is one of two, as at the border of an image.
    """
    memory, key = graph.memory("formulas of questions"), question[::2]
    if key not in memory:
        memory[key] = _formula(graph, question, names)
    return cast("int", memory[key])


def _formula(graph: Graph, question: Question, names: Mapping[int, str]) -> int:
    hashes: dict[int, int] = {}
    parts: dict[int, frozenset[int]] = {}
    for number in graph.reach(question.terms, question.base):
        op, arguments = graph.ops[number], graph.args[number]
        if op in ("sum", "product"):
            inner = (parts[a] if a in parts and graph.ops[a] == op else {hashes.get(a, 0)} for a in arguments)
            parts[number] = frozenset().union(*inner)
            hashes[number] = hash((op, parts[number]))
        else:
            name = names.get(number) if op == "variable" else graph.payloads[number]
            hashes[number] = hash((op, name, *(hashes.get(a, 0) for a in arguments)))
    return hash(frozenset(hashes.get(term, 0) for term in question.terms))


def _terms(graph: Graph, node: int) -> Terms:
    """Return what a node adds up, without factors and constants; the node itself if there is nothing."""
    terms, reached, todo = set[int](), {node}, [node]
    while todo:
        number = todo.pop()
        product = factored(graph, number)
        arguments = (product[1],) if product else graph.args[number] if graph.ops[number] == "sum" else ()
        if arguments:
            todo += [argument for argument in arguments if argument not in reached]
            reached.update(arguments)
        elif constant(graph, number) is None:
            terms.add(number)
    return frozenset(terms or {node})
