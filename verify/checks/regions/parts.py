"""What a case computes, in parts that share no input, no upstream and no question: the last entry, say, and all others.

One run leaves all answers open (`symbols.unread`). If it comes to its end, the code did not read its masks: in each
region it does the same operations on the same entries, and takes one of two nodes where it chooses. The outputs and
gradients of a part are then functions of its own variables and answers alone, and so are its exact gradients.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from verify.cases.case import TracedCase
from verify.graph.substitution import Rewritten
from verify.model.errors import ProtocolError, TraceError, UnheldError
from verify.tracing.following import SubjectError, UnheldRun
from verify.tracing.observe import Observation, observe
from verify.tracing.symbols.trace import Trace
from verify.tracing.symbols.unread import Question, UnreadTrace


@dataclass(slots=True)
class Part:
    """Names of variables, questions on the graph of the runs, and results by their places in `results`."""

    variables: list[str] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    results: list[int] = field(default_factory=list)


def results(seen: Observation) -> list[int]:
    """Return the nodes of all outputs and gradients of a run, in order."""
    return [node for quantity in (*seen.outputs, *seen.gradients.values()) for node in quantity.nodes]


class Unread:
    """A run with open answers, held against runs of the same variant that have answers."""

    def __init__(self, case: TracedCase, seen: Observation, seed: int) -> None:
        self.trace = UnreadTrace()
        self.seen = seen.again(self.trace)
        self.run: Observation | None = None
        places = len(UnheldError.places)
        try:
            self.run = observe(case, seen.variant, seed, seen=self.seen, at=seen.at)
        except (SubjectError, ProtocolError, UnheldRun):
            del UnheldError.places[places:]  # what has no place here may have one with answers
            TraceError.raised.clear()

    def agrees(self, other: Observation) -> bool:
        """Tell whether a run with answers asked the same, and came to the same nodes as this one does with them."""
        if self.run is None or other.gradients.keys() != self.run.gradients.keys() or self.trace.unset:
            return False
        values = self._variables(other)
        answers = self._answers(other, values)
        if len(answers) != len(other.conditions) or len(answers) != len(self.trace.questions):
            return False
        for variable, (answer, a, b) in self.trace.choices.items():
            values[variable] = self._read([a if answer.holds(answers) else b], other.trace, values)[0]
        return self._read(results(self.run), other.trace, values) == results(other)

    def _answers(self, other: Observation, values: dict[int, int]) -> dict[Question, bool]:
        """Return how another run has answered the questions, as far as it asked them."""
        conditions, questions = other.trace.conditions, self._questions(other.trace, values)
        return {ours: conditions[theirs].holds for ours, theirs in questions.items() if theirs in conditions}

    def _variables(self, other: Observation) -> dict[int, int]:
        """Return the variables of another run in the places of ours."""
        assert self.run is not None
        ours = [*self.run.inputs.values(), *self.run.upstreams]
        theirs = [*other.inputs.values(), *other.upstreams]
        return {a: b for q, r in zip(ours, theirs, strict=True) for a, b in zip(q.nodes, r.nodes, strict=True)}

    def _questions(self, graph: Trace, values: dict[int, int]) -> dict[Question, Question]:
        """Return what was asked, and what that is on the graph of the other runs."""
        nodes = [node for node, _ in self.trace.questions]
        there = self._read(nodes, graph, dict(values))
        return {question: (node, question[1]) for question, node in zip(self.trace.questions, there, strict=True)}

    def _read(self, nodes: list[int], graph: Trace, values: dict[int, int]) -> list[int]:
        self.trace.read(nodes, Rewritten(graph), values)
        return [values[node] for node in nodes]

    def parts(self, other: Observation) -> list[Part]:
        """Return the parts, for the graph of another run; none where one question hangs on another."""
        if self.run is None or not self.trace.questions or any(map(self._hangs_on_others, self.trace.questions)):
            return []
        groups = self._groups(self.run)
        questions, names = self._questions(other.trace, self._variables(other)), self.trace.payloads
        made: dict[Hashable, Part] = {}
        for item in groups.items:
            part = made.setdefault(groups.first(item), Part())
            if isinstance(item, int):
                part.variables.append(names[item])
            elif item in questions:
                part.questions.append(questions[item])
            else:
                part.results.append(item[1])
        return list(made.values())

    def _hangs_on_others(self, question: Question) -> bool:
        """Tell whether a question is about what was chosen, or about an upstream, of which a gradient is linear."""
        assert self.run is not None
        leaves = set(self.trace.leaves(question[0]))
        return not leaves.isdisjoint(self.trace.choices) or not leaves.isdisjoint(self.run.upstream_nodes)

    def _groups(self, run: Observation) -> _Groups:
        """Join each result with all that it may depend on, an output with its upstream, a gradient with its input."""
        groups, trace = _Groups(), self.trace
        for question in trace.questions:
            groups.join([question, *trace.leaves(question[0])])
        partners = [node for upstream in run.upstreams for node in upstream.nodes]
        partners += [node for name in run.gradients for node in run.inputs[name].nodes]
        reached: dict[int, set[Hashable]] = {}
        for place, (node, partner) in enumerate(zip(results(run), partners, strict=True)):
            joined = {*self._reached(node, reached), *trace.leaves(partner)}
            groups.join([("result", place), *joined])
        return groups

    def _reached(self, node: int, reached: dict[int, set[Hashable]]) -> Iterable[Hashable]:
        """Return the variables and questions that a node may depend on, whatever the answers are."""
        for leaf in self.trace.leaves(node):
            if leaf not in self.trace.choices:
                yield leaf
                continue
            if leaf not in reached:
                answer, *sides = self.trace.choices[leaf]
                reached[leaf] = {
                    *answer.questions,
                    *(item for side in sides for item in self._reached(side, reached)),
                }
            yield from reached[leaf]


class _Groups:
    """Items that are joined, directly or by way of others."""

    def __init__(self) -> None:
        self.items: dict[Any, Any] = {}  # each with one that it was joined to

    def first(self, item: Any) -> Any:
        """Return the item that stands for all that are joined with one."""
        while self.items[item] != item:
            item = self.items[item]
        return item

    def join(self, items: Iterable[Any]) -> None:
        """Join items, of which there is one at least."""
        roots = [self.first(self.items.setdefault(item, item) and item) for item in items]
        self.items.update(dict.fromkeys(roots, roots[0]))
