"""Questions that code asks only after others at the same line were answered: a loop that ends at the first valid step.

There one run asks about one entry, and another about two. A side counts as visited when any entry took it, so that each
step of such a loop is a combination of its own: the questions that come late get a run on either side, as long as there
are runs. Where a line always asks as many questions, `mixes` moves those of one run.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from verify.checks.regions.sites import Passed
from verify.model.identity import Place
from verify.tracing.observe import Observation

if TYPE_CHECKING:
    from verify.checks.regions.explore import Explorer

_MOST_RUNS = 24  # of an explorer, for questions that come late

Question = tuple[int, str]  # a node and the relation that is asked for
Answers = tuple[tuple[int, str, bool], ...]  # of all questions of a run at one line


def chain(explorer: Explorer, *, explored: bool) -> list[Place]:
    """Run both sides of each question that comes late; return the lines of those where one side is left.

    Where other sides have not been `explored` so far, those of the first run are as well: further questions may follow.
    """
    search = _Chain(explorer, explored=explored)
    return list(dict.fromkeys(search.run()))


class _Chain:
    """The runs of an explorer, with what answers each ended at a line, and the sides taken by each node."""

    def __init__(self, explorer: Explorer, *, explored: bool) -> None:
        self.explorer, self.explored = explorer, explored
        self.runs: list[Observation] = []
        self.sides: defaultdict[Question, set[bool]] = defaultdict(set)
        self.end: int | None = None  # runs of the explorer, once there is a question that comes late
        self.ends: defaultdict[Place, set[Answers]] = defaultdict(set)
        for run in (explorer.start, *explorer.runs, *explorer.extras):
            self._add(run.seen)

    def run(self) -> Iterator[Place]:
        """Run the other side of each question that comes late, also in the runs that are made; yield what is left."""
        for seen in self.runs:
            for question in self._late(seen):
                if not self._crossed(seen, question) and not self.explorer.impossible(seen, question):
                    yield question.site.where

    def _late(self, seen: Observation) -> Iterator[Passed]:
        """Return the questions of a run, behind no branch, that come at a line after one at which another run ended."""
        sites, late = self.explorer.sites, set[Place]()
        new = {question.site for question in sites.open(seen)} if seen is self.runs[0] and not self.explored else set()
        answers: defaultdict[Place, Answers] = defaultdict(tuple)
        for question in sites.passed(seen):
            where, both = question.site.where, question.other and not question.on_edge and not question.site.branched
            if both and (where in late or question.site in new) and question.condition.node not in seen.trace.steps:
                yield question
            if (*answers[where], (*_key(question), not question.condition.holds)) in self.ends[where]:
                late.add(where)
            answers[where] = (*answers[where], (*_key(question), question.condition.holds))

    def _crossed(self, seen: Observation, question: Passed) -> bool:
        """Tell whether there is a run on the other side of a question, after it was looked for."""
        key, missing = _key(question), not question.condition.holds
        if missing in self.sides[key]:
            return True
        for point in self.explorer.beyond(seen, question) if self._may_run() else ():
            run = self.explorer.visit_extra({**seen.at, **point}) if self._may_run() else None
            if run is not None:
                self._add(run)
            if missing in self.sides[key]:
                return True
        return False

    def _may_run(self) -> bool:
        if self.end is None:
            self.end = self.explorer.made + self.explorer.extend(_MOST_RUNS)
        return self.explorer.made < self.end and self.explorer.affordable

    def _add(self, seen: Observation) -> None:
        self.runs.append(seen)
        answers: defaultdict[Place, Answers] = defaultdict(tuple)
        for question in self.explorer.sites.passed(seen):
            where = question.site.where
            answers[where] = (*answers[where], (*_key(question), question.condition.holds))
            if not question.condition.tie:
                self.sides[_key(question)].add(question.condition.holds)
        for where, complete in answers.items():
            self.ends[where].add(complete)


def _key(question: Passed) -> Question:
    return question.condition.node, question.site.relation
