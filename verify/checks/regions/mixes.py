"""Combinations of sides at one site: some entries on one side of a question, the others on the other.

A site counts as visited when each side was taken by any entry. Code may still go wrong where the last entry is below a
threshold and the first is above it: the last entry that counts, the first valid step, a mask that is set in part. Of
few entries all combinations are run; of more: all on one side, all but one entry, the first k and the last k of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice, product
from typing import TYPE_CHECKING

from verify.checks.regions.sites import Line, Passed, Site
from verify.graph import balls
from verify.model.identity import Place
from verify.tracing.search import crossings

if TYPE_CHECKING:
    from verify.checks.regions.explore import Explorer

_COMPLETE = 4  # entries of which all combinations are run: 16 of them
_MOST_ENTRIES = 12  # of a site that are moved one by one
_MANY = 64  # entries of a site, beyond which only the first and the last are moved
_MOST_RUNS = 32  # of an explorer, for combinations
_MOST_TIED = 6  # questions about the same entries, as of their largest, which are answered in another way each
_CROSSINGS = 4  # moves that are tried for one entry

Answers = tuple[bool, ...]
Moves = Mapping[str, Fraction]


def mix(explorer: Explorer) -> list[Place]:
    """Run combinations of sides at each site that several entries pass; return the lines of sites where some are left.

    Each combination has a run of its own, and its gradients are decided there as anywhere.
    """
    sites = _questions(explorer)
    first, end = len(explorer.extras), explorer.made + (explorer.extend(_MOST_RUNS) if sites else 0)
    left = []
    for questions in sites:
        few = _few(questions)
        if not _Mix(explorer, few).run(end) or few != questions:
            left.append(questions[0].site.where)
    explorer.follow(first)
    return left


def _questions(explorer: Explorer) -> list[list[Passed]]:
    """Return the questions of each site about several entries in the first run, and then those of each line.

    Both answers to each are regions. Two calls of a helper are two sites, as are two turns of a loop and two formulas:
    entries of one are moved without those of the other. Where a line has more than one site, all of its questions are
    moved as well.
    """
    seen = explorer.start.seen
    groups: dict[Site | Line, dict[int, Passed]] = {}
    for question in explorer.sites.passed(seen):
        both = question.other and not question.on_edge and not question.condition.tie and question.taken != {0}
        if both and question.condition.node not in seen.trace.steps:
            for group in (question.site, question.site.line):
                groups.setdefault(group, {})[question.condition.node] = question
    sized = sorted(groups.items(), key=lambda item: isinstance(item[0], Line))
    several = {tuple(by_node): [*by_node.values()] for _, by_node in sized if len(by_node) > 1}
    return [*several.values()]


def _few(questions: list[Passed]) -> list[Passed]:
    """Return the first and the last questions of very many."""
    return (
        questions
        if len(questions) <= _MANY
        else [*questions[: _MOST_ENTRIES // 2], *questions[-(_MOST_ENTRIES // 2) :]]
    )


class _Mix:
    """The questions of one site, and a move that takes each of them alone to its other side."""

    def __init__(self, explorer: Explorer, questions: Sequence[Passed]) -> None:
        self.explorer, self.questions = explorer, questions
        self.nodes = [question.condition.node for question in questions]
        self.base: Answers = tuple(question.condition.holds for question in questions)
        self.relation = questions[0].site.relation

    def run(self, end: int) -> bool:
        """Run combinations until the explorer has made `end` runs; tells whether all that there are have been run."""
        done = self._done()
        moves: dict[int, Moves | None] = {}
        for answers in self._combinations():
            if self.explorer.made >= end or not self.explorer.affordable:
                break
            flipped = [i for i, holds in enumerate(answers) if holds != self.base[i]]
            moves.update({i: self._move(i) for i in flipped if i not in moves})
            point = None if answers in done else _union([moves[i] for i in flipped])
            if point is not None and self._answers(point) == answers:
                self.explorer.visit_extra({**self.explorer.start.seen.at, **point})
                done.add(answers)
        possible: int = 2 ** len(self.questions)
        return len(done) >= possible

    def _combinations(self) -> Iterator[Answers]:
        """Return the answers that are tried; of questions about the same entries, each in another way alone."""
        variables = [self._variables(node) for node in self.nodes]
        if sum(map(len, variables)) == len(set().union(*variables)):
            return combinations(len(self.nodes))
        order = sorted(range(len(self.nodes)), key=lambda i: len(variables[i]))[:_MOST_TIED]
        return (tuple(holds != (place == i) for place, holds in enumerate(self.base)) for i in order)

    def _variables(self, node: int) -> set[int]:
        graph = self.explorer.start.seen.trace
        return set(graph.leaves(node))

    def _done(self) -> set[Answers]:
        """Return the combinations that runs have taken already."""
        done = {self.base}
        for run in (*self.explorer.runs, *self.explorer.extras):
            sides = {condition.node: condition.holds for condition in run.seen.conditions if not condition.tie}
            if all(node in sides for node in self.nodes):
                done.add(tuple(sides[node] for node in self.nodes))
        return done

    def _move(self, i: int) -> Moves | None:
        """Return values of one input that take a question to its other side, and no other question of the site."""
        wanted = tuple(holds != (i == place) for place, holds in enumerate(self.base))
        candidates = crossings(self.explorer.start.seen, self.questions[i].condition, self.explorer.bounds)
        for crossing in islice(candidates, _CROSSINGS):
            for value in crossing.past:
                if self._answers({crossing.name: value}) == wanted:
                    return {crossing.name: value}
        return None

    def _answers(self, point: Moves) -> Answers | None:
        """Return the answers at a point; None where one is an edge or not certain."""
        graph = self.explorer.start.seen.trace
        at = balls.at(graph, self.nodes, {**graph.sample, **point})
        if any(at[node].contains(0) or not at[node].is_finite() for node in self.nodes):
            return None
        return tuple((at[node] > 0) == (self.relation in (">", ">=")) for node in self.nodes)


def _union(moves: Sequence[Moves | None]) -> Moves | None:
    merged: dict[str, Fraction] = {}
    for move in moves:
        if move is None or not merged.keys().isdisjoint(move):
            return None
        merged |= move
    return merged


def combinations(number: int) -> Iterator[Answers]:
    """Return the combinations of answers that are tried of a number of entries, each once."""
    if number <= _COMPLETE:
        yield from product((False, True), repeat=number)
        return
    earlier: set[Answers] = set()
    for answers in _patterns(number):
        if answers not in earlier:
            earlier.add(answers)
            yield answers


def _patterns(number: int) -> Iterator[Answers]:
    """Return all on one side, each entry alone, all but each entry, then the first k and the last k entries."""
    places = range(number)
    alone = [*places][: _MOST_ENTRIES // 2] + [*places][-(_MOST_ENTRIES // 2) :]
    for side in (True, False):
        yield (side,) * number
    for k in alone:
        for side in (True, False):
            yield tuple((place == k) == side for place in places)
    for k in alone:
        for side in (True, False):
            yield tuple((place < k) == side for place in places)
    for side in (True, False):
        yield tuple((place % 2 == 0) == side for place in places)
