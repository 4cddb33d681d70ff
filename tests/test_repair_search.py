"""The search keeps to its budget: what it asks for after the edits has some seconds more, and no others."""

import pytest

import verify.repair.search as module
from verify.discovery.messages import Answer, Unit
from verify.model.identity import NOWHERE
from verify.model.result import CaseResult
from verify.mutation.result import How
from verify.repair.result import Before, Candidates, State
from verify.repair.search import Search
from verify.runner.workers import CollectedCase


class Slow:
    """A crew that answers after so many seconds of a clock as it is asked for, or at the limit; `limits` has these."""

    size = 1

    def __init__(self, before, seconds):
        self.now, self.limits, self._seconds = 0.0, {}, seconds
        self._answers = {"candidates": Candidates((), 1, before=before), "exact": ([], ""), "whole": before}

    def monotonic(self):
        return self.now

    def answer(self, task, *_, limit=1000.0):
        self.limits[task.method] = limit
        self.now += min(self._seconds.get(task.method, 0.0), limit)
        return Answer("done", self._answers.get(task.method, ()))

    def fresh(self):
        """Have no process in which anything could be proved."""
        raise OSError


@pytest.mark.parametrize(
    ("seconds", "taken"),
    [
        ({"exact": 500.0}, 12.0),
        ({"whole": 500.0}, 12.0),
        ({"further": 500.0}, 3.0),
        ({"singles": 500.0, "exact": 500.0}, 13.0),
    ],
    ids=["exact", "whole", "further", "singles and exact"],
)
def test_the_budget_is_kept(monkeypatch, seconds, taken):
    """Edits end with the budget; the exact gradient, and what is said instead of it, have ten seconds more."""
    result = CaseResult("case", NOWHERE, "", "", "", (), ("", ""), ())
    crew = Slow(Before(result, whole=False), {"candidates": 2.0, **seconds})
    monkeypatch.setattr(module, "time", crew)
    repair = Search(crew, CollectedCase(Unit("mine.py"), 0, "case", NOWHERE), How(), 3.0).repair()
    assert repair.state is State.OPEN
    assert crew.now == pytest.approx(taken)
