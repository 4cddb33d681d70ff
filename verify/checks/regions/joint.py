"""Sides of several questions at once: what shows only where a width is above 0 and a height is too.

Each side of each question may have been visited, and two of them never together: boxes that overlap along one axis
only. So runs are made until each two and each three sides that were visited, of the questions that a run asks, were
taken together in some run, as far as there are inputs that do. From a known run one question is answered in another
way, and all others as they were (`approach`): the answers that lead to most new combinations come first.

Questions are told apart by their places in a run. Where there are many, those are one that one formula asks on one
path of calls and in one of their turns: two calls of a helper, or two turns of a loop, stay two. That all questions
of one kind are answered alike counts as a side too: no entry is above a threshold, and some entry is below another.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, count, starmap
from operator import and_, countOf
from typing import TYPE_CHECKING, NamedTuple

from verify.checks.claims.claims import Exact
from verify.checks.regions.approach import approach
from verify.checks.regions.forms import Left
from verify.checks.regions.limits import Limit
from verify.checks.regions.sites import Passed, Site
from verify.tracing.region import Point
from verify.tracing.search import crossings

if TYPE_CHECKING:
    from verify.checks.regions.explore import Explorer

_MOST_APART = 12  # questions of a run that are told apart
_MOST_SIDES = 24  # of a run, of which combinations are counted
_MOST_RUNS = 32  # of an explorer, for combinations
_BUDGET = 8_000  # nodes of these runs, and of the graphs in which moves are looked for, for each of _TRIED
_ALL = -1  # in place of one of the questions at a site: all of them, answered alike
_TRIED = 2  # moves that are looked for, for each run that may be made

Key = tuple[Site, int]  # a question: its call and formula, and which of those there
Answer = int  # a bit for each answer to each question: 2 n for no, 2 n + 1 for yes to the nth
Runs = int  # a bit for each run


class _Move(NamedTuple):
    """A run, and a question of it that is to be answered in another way."""

    run: Exact
    question: Passed
    key: Key


def join(explorer: Explorer) -> None:
    """Run combinations of sides of several questions, until none is left that might be reached."""
    questions = [question for question in explorer.sites.passed(explorer.start.seen) if _is_open(explorer, question)]
    if len({question.condition.node for question in questions}) > 1 and not _Join(explorer, questions).run():
        explorer.limits.add(Limit.COMBINATIONS)


def _is_open(explorer: Explorer, question: Passed) -> bool:
    """Tell whether both answers to a question are regions."""
    both = question.other and not question.on_edge and not question.condition.tie and question.taken != {0}
    return bool(both) and question.condition.node not in explorer.start.seen.trace.steps


class _Join:
    """The combinations of answers that runs have given, and the moves that may lead to others."""

    def __init__(self, explorer: Explorer, questions: Sequence[Passed]) -> None:
        self.explorer, self.apart = explorer, len(questions) <= _MOST_APART
        self.taken: dict[Answer, Runs] = {}  # the runs that gave each answer
        self.moves: list[tuple[int, int, _Move]] = []  # a heap: how many new combinations each promises, at most
        self.number, self.places = count(), count()
        self.answers: dict[int, list[Answer]] = {}  # by run
        self.uniform: dict[int, list[tuple[Site, Answer]]] = {}  # by run, of sites with several questions
        self.keys: dict[Key, int] = {}  # the questions in the order in which they were first asked

    def run(self) -> bool:
        """Make runs for combinations; tells whether no move is left that promises one."""
        explorer = self.explorer
        for run in (explorer.start, *explorer.runs, *explorer.extras):
            self._add(run)
        runs = min(_MOST_RUNS, _BUDGET // len(explorer.start.seen.trace))
        end = explorer.made + (explorer.extend(runs) if self.moves else 0)
        tried, first = 0, len(explorer.extras)
        while (move := self._best()) is not None and tried < _TRIED * runs:
            if explorer.made >= end or not explorer.affordable:
                break
            tried += 1
            if (point := self._point(move)) is not None:
                number = len(explorer.extras)
                explorer.visit_extra({**move.run.seen.at, **point})
                for run in explorer.extras[number:]:
                    self._add(run)
        explorer.follow(first)
        return move is None

    def _questions(self, run: Exact) -> Iterator[tuple[Key, Passed]]:
        places: Counter[Site] = Counter()
        for question in self.explorer.sites.passed(run.seen):
            if _is_open(self.explorer, question):
                yield (question.site, places[question.site] if self.apart else 0), question
                places[question.site] += 1

    def _add(self, run: Exact) -> None:
        """Take in the combinations of a run, and the moves from it."""
        questions = list(self._questions(run))
        answers = list(dict.fromkeys(self._answer(key, question.condition.holds) for key, question in questions))[
            :_MOST_SIDES
        ]
        self.answers[id(run)] = answers
        own = 1 << next(self.places)
        self.uniform[id(run)] = self._one_sided(questions)
        everything = [*answers, *(answer for _, answer in self.uniform[id(run)])]
        self.taken.update({answer: self.taken.get(answer, 0) | own for answer in everything})
        moves = {(key, question.condition.holds): _Move(run, question, key) for key, question in questions}
        for move in moves.values():
            if promised := self._promised(move):
                heapq.heappush(self.moves, (-promised, next(self.number), move))

    def _one_sided(self, questions: Sequence[tuple[Key, Passed]]) -> list[tuple[Site, Answer]]:
        """Return the sites of several questions that a run has answered alike, as `np.any` and `np.all` ask of them."""
        sides: dict[Site, list[bool]] = {}
        for _, question in questions:
            sides.setdefault(question.site, []).append(question.condition.holds)
        alike = {site: holds[0] for site, holds in sides.items() if len(holds) > 1 and len({*holds}) == 1}
        return [(site, self._answer((site, _ALL), holds)) for site, holds in alike.items()]

    def _answer(self, key: Key, holds: bool) -> Answer:
        return 1 << (2 * self.keys.setdefault(key, len(self.keys)) + holds)

    def _best(self) -> _Move | None:
        """Return the move that promises most new combinations; promises only get smaller, so that few are renewed."""
        while self.moves:
            _, number, move = heapq.heappop(self.moves)
            promised = self._promised(move)
            if promised and (not self.moves or promised >= -self.moves[0][0]):
                return move
            if promised:
                heapq.heappush(self.moves, (-promised, number, move))
        return None

    def _promised(self, move: _Move) -> int:
        """Count the combinations with the other answer to a question that no run has taken."""
        new, taken = self._answer(move.key, not move.question.condition.holds), self.taken
        either, runs = new | self._answer(move.key, move.question.condition.holds), taken.get(new, 0)
        others = [taken[answer] & runs for answer in self.answers[id(move.run)] if not answer & either]
        alike = [taken[answer] & runs for site, answer in self.uniform[id(move.run)] if site != move.question.site]
        together = starmap(and_, combinations(others, 2))  # counted for each move: without a loop of Python's
        return others.count(0) + alike.count(0) + countOf(together, 0)

    def _point(self, move: _Move) -> Point | None:
        """Return a point where one question is answered in another way, and as many others as may be are as before."""
        explorer, question, seen = self.explorer, move.question, move.run.seen
        passed = [other for other in explorer.sites.passed(seen) if other is not question]
        conditions = [other.condition for other in passed]
        for crossing in crossings(seen, question.condition, explorer.bounds):
            for value in crossing.past:
                if explorer.start.region.holds({**seen.trace.sample, crossing.name: value}, conditions):
                    return {crossing.name: value}
        before = seen.conditions.index(question.condition)
        for others in (passed, [other for other in passed if seen.conditions.index(other.condition) < before]):
            wanted = [(other, other.taken) for other in others] + [(question, question.other)]
            if _exclude_each_other(wanted):
                continue
            signs = [(other.condition.node, sides) for other, sides in wanted]
            point = approach(seen.trace, signs, seen.trace.sample, explorer.bounds)
            if point is not None:
                return point
        return None


def _exclude_each_other(wanted: Sequence[tuple[Passed, frozenset[int]]]) -> bool:
    """Tell whether no inputs give questions these signs: `x > 2` and `x + 1 < 0`, which no search need look for.

    The signs of one linear form, shifted, say so exactly (`Left`); of others nothing is said.
    """
    left = Left()
    for question, signs in wanted:
        possible = left.possible(question.form, signs)
        if not possible:
            return True
        left.answer(question.form, possible)
    return False
