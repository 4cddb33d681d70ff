"""Roundings: floor, ceil, rint and whole parts of inputs, each value of which is a region of its own.

A run is told one whole number. What the code asks of it afterwards is a question about a constant, which is no branch
of that run, and may be answered otherwise at another whole number. So the numbers are visited at which such a question
changes its answer; all there are in the domain, where they are few; else the neighbours, and some of all magnitudes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from verify.checks.regions.alike import Question, formula
from verify.graph import balls
from verify.graph.graph import Graph
from verify.model.identity import NOWHERE, Place
from verify.model.result import Branch
from verify.proof.ranges import bounds_of
from verify.tracing.observe import Observation
from verify.tracing.region import written
from verify.tracing.search import crossings
from verify.tracing.symbols.trace import Condition

if TYPE_CHECKING:
    from verify.checks.regions.explore import Explorer

_FEW = 24  # whole numbers in the domain, all of which are visited
_MOST_RUNS = 32  # for one rounding
_MOST_ROUNDINGS = 6  # of an explorer; the entries of an array that are rounded at one line are one
_SIZES = (2, 3, 10, 30, 100, 1000, 10**4, 10**6)
_MOST_QUESTIONS = 8  # about whole numbers, in one run
_HALF = Fraction(1, 2)


class Key(NamedTuple):
    """What is rounded: at a line, on one path of calls and in one of their turns, a formula of the entries of inputs.

    Two calls of a helper round two numbers, and so do two turns of a loop, though the line is one.
    """

    where: Place
    path: int
    turn: int
    inputs: frozenset[str]
    formula: int


class _Rounding(NamedTuple):
    """What was rounded in one run, to which whole number, and the constants that the run asked about afterwards."""

    seen: Observation
    node: int
    value: Fraction
    questions: tuple[Fraction, ...]


class Steps:
    """The roundings of an explorer's runs: the whole numbers that were visited, and those that are left."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.visited: dict[Key, dict[Fraction, _Rounding]] = {}

    def add(self, seen: Observation) -> None:
        """Take in the roundings of a run."""
        graph = seen.trace
        if not graph.steps:
            return
        owners = {node: name for name, quantity in seen.inputs.items() for node in quantity.nodes}
        questions = tuple(islice(graph.compared, _MOST_QUESTIONS))
        for passed in self.explorer.sites.passed(seen):
            if passed.condition.node in graph.steps and not passed.condition.tie:
                node, value = graph.steps[passed.condition.node]
                call, own = passed.site.call, Question(frozenset({node}), 0, frozenset())
                key = Key(passed.site.where, call.path, call.turn, call.line.inputs, formula(graph, own, owners))
                self.visited.setdefault(key, {}).setdefault(value, _Rounding(seen, node, value, questions))

    def visit(self) -> None:
        """Run the case at other whole numbers of each rounding."""
        for run in (self.explorer.start, *self.explorer.runs):
            self.add(run.seen)
        for key in [*self.visited][:_MOST_ROUNDINGS]:
            end = self.explorer.made + _MOST_RUNS
            values = self.visited[key]
            first = next(iter(values.values()))
            tried: set[Fraction] = set()
            while (target := self._next(values, tried)) is not None:
                if self.explorer.made >= end or not self.explorer.affordable:
                    break
                tried.add(target)
                for point in islice(_points(self.explorer, first, target), 2):
                    seen = self.explorer.visit_extra({**first.seen.at, **point})
                    if seen is not None and not self.explorer.is_undecided(seen):
                        self.add(seen)
                    if target in values:
                        break

    def _next(self, values: dict[Fraction, _Rounding], tried: set[Fraction]) -> Fraction | None:
        first = next(iter(values.values()))
        low, high = _possible(self.explorer, first)
        targets = (t for t in _targets(values, low, high) if (low is None or t >= low) and (high is None or t <= high))
        return next((target for target in targets if target not in values and target not in tried), None)

    def unvisited(self) -> Iterator[Branch]:
        """Return the roundings of which some whole numbers were not visited."""
        for key, values in self.visited.items():
            first = next(iter(values.values()))
            low, high = _possible(self.explorer, first)
            if low is None or high is None or high - low + 1 > len(values):
                text = f"floor({written(first.seen.trace, first.node)}) other than {_listed(sorted(values))}"
                yield Branch(key.where, text, 1, self.explorer.variant.written)


def _listed(values: list[Fraction]) -> str:
    texts = [str(value) for value in values]
    return ", ".join(texts if len(texts) <= 8 else [*texts[:3], "…", *texts[-3:]])


def _possible(explorer: Explorer, rounding: _Rounding) -> tuple[int | None, int | None]:
    """Return the least and the largest whole number that there can be in the domain; None for no end."""
    low, high = bounds_of(rounding.seen.trace, rounding.node, explorer.bounds)
    least = None if low.at is None else math.floor(low.at)
    largest = None if high.at is None else math.ceil(high.at) - 1 if high.open else math.floor(high.at)
    return least, largest


def _targets(values: dict[Fraction, _Rounding], low: int | None, high: int | None) -> Iterator[Fraction]:
    """Return whole numbers that are of interest: all, if they are few; where answers change; then of all sizes."""
    if low is not None and high is not None and high - low < _FEW:
        yield from map(Fraction, range(low, high + 1))
    first = next(iter(values))
    yield from (first + 1, first - 1)
    yield from _changes([*values.values()])
    for size in (0, 1, *_SIZES):
        yield from (Fraction(size), Fraction(-size))


def _changes(roundings: list[_Rounding]) -> Iterator[Fraction]:
    """Return the whole numbers about which a question changes its answer, if it is linear in the number rounded to."""
    for a, b in pairwise(roundings):
        if len(a.questions) == len(b.questions):
            for p, q in zip(a.questions, b.questions, strict=True):
                if p != q:
                    root = a.value - p * (b.value - a.value) / (q - p)
                    yield from (Fraction(math.floor(root) + beside) for beside in (0, 1, -1, 2))


def _points(explorer: Explorer, rounding: _Rounding, target: Fraction) -> Iterator[dict[str, Fraction]]:
    """Return points at which a whole number comes out, its node being halfway to the next."""
    seen = rounding.seen
    graph: Graph = seen.trace
    node = graph.sum(rounding.node, graph.constant(-target - _HALF))
    for crossing in crossings(seen, Condition(node, ">", True, NOWHERE, False), explorer.bounds):
        for value in ([crossing.edge] if crossing.edge is not None else []) + list(crossing.past):
            point = {crossing.name: value}
            ball = balls.at(graph, [rounding.node], {**seen.trace.sample, **point})[rounding.node]
            if ball.floor().unique_fmpz() == int(target):
                yield point
                break
