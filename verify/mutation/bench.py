"""Mutants at work in a worker process: the original is checked once, then one after the other takes its place."""

from __future__ import annotations

import io
from collections.abc import Sequence
from contextlib import redirect_stderr

from verify.cases.case import Case
from verify.discovery.collect import cases_of
from verify.discovery.messages import Unit
from verify.discovery.sources import standing_in
from verify.model.errors import GradproofError
from verify.mutation.judge import Original, judged
from verify.mutation.mutants import changed
from verify.mutation.result import How, Judged, Mutant, Outcome, Planted
from verify.runner.worlds import Worlds

_ELSEWHERE = "with the mistake planted, the module no longer has this case"


class Tool:
    """The case that is at work, of which there is one at a time."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._subject: tuple[Unit, int, How] | None = None
        self._original: Original

    def planted(self, unit: Unit, number: int, cases: Sequence[Case], how: How) -> Planted:
        """Take a case, and return the mutants of it."""
        self._worlds.enter(unit.folders)
        self._subject, self._original = (unit, number, how), Original.of(cases[number], how)
        return self._original.planted()

    def judged(self, unit: Unit, number: int, cases: Sequence[Case], how: How, mutant: Mutant) -> Judged:
        """Judge a mutant of a case."""
        if self._subject != (unit, number, how):
            self.planted(unit, number, cases, how)
        silent = redirect_stderr(io.StringIO())  # what a mutant says of itself is nobody's concern
        with silent, standing_in(mutant.file, changed(mutant)), self._worlds.apart(unit.folders):
            try:
                mistaken = cases_of(unit)
            except GradproofError as problem:
                return Judged(mutant, Outcome.CAUGHT, str(problem))
            if [case.name for case in mistaken] != [case.name for case in cases]:
                return Judged(mutant, Outcome.CAUGHT, _ELSEWHERE)
            return judged(self._original, mistaken[number], mutant)
