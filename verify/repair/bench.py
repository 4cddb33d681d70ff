"""Edits at work in a worker process: the failing case is checked once, then with one edit after the other."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import TypeVar

from verify.cases.case import Case
from verify.discovery.collect import cases_again
from verify.discovery.messages import Unit
from verify.discovery.sources import standing_in
from verify.model.errors import GradproofError
from verify.model.identity import Place
from verify.mutation.result import How
from verify.repair.applying import applied
from verify.repair.patience import TooLongError, at_most
from verify.repair.proof import judged, with_edits
from verify.repair.result import Before, Candidates, Edits, Proof
from verify.repair.swapping import Functions, swapped
from verify.repair.trial import Failing
from verify.repair.twins import failure, runs_any
from verify.runner.worlds import Worlds
from verify.tracing.seeds import held

_ELSEWHERE = "with the edit, the module no longer has this case"
_SPOILT = "the case {}, which passes now, fails: {}"
_LEAST, _TIMES = 0.1, 20  # seconds of the processor for an edit, and times what the case takes without: it never ends
_Result = TypeVar("_Result")


@contextmanager
def _silence() -> Iterator[None]:
    """Drop what code prints: it runs with edits, or as often as there are regions."""
    with redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
        yield


def _edited(edits: Edits) -> dict[str, bytes]:
    """Return the files that edits are in, each as it is with them."""
    files = sorted({edit.file for edit in edits})
    return {file: applied(Path(file).read_bytes(), [e for e in edits if e.file == file]) for file in files}


def _patient(failing: Failing, case: Case) -> int | None:
    """Return how many entries are wrong with a case as it is now, or None where it takes too long."""
    try:
        with _silence(), at_most(_LEAST + _TIMES * failing.seconds):
            return failing.wrong(case)
    except TooLongError:
        return None


class Tool:
    """The failing case that is at work, of which there is one at a time."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._subject: tuple[Unit, int, How] | None = None
        self._failing: Failing
        self._functions: Functions | None = None  # none where edits in them leave something behind

    def candidates(self, unit: Unit, number: int, cases: Sequence[Case], how: How) -> Candidates:
        """Take a case, and return the edits of it."""
        self._take(unit, number, cases, how, Failing.of)
        with _silence():
            return self._failing.candidates()

    def singles(self, unit: Unit, number: int, cases: Sequence[Case], how: How, likely: Sequence[Place]) -> Edits:
        """Return all edits of a case in one place, those of some likely lines first."""
        self._take(unit, number, cases, how)
        with _silence():
            return self._failing.singles(likely)

    def further(self, unit: Unit, number: int, cases: Sequence[Case], how: How) -> list[Edits]:
        """Return more edits of a case, some of several places."""
        self._take(unit, number, cases, how)
        with _silence():
            return self._failing.further()

    def wrong(
        self, unit: Unit, number: int, cases: Sequence[Case], how: How, trials: Sequence[Edits]
    ) -> list[int | None]:
        """Return for each of some edits how many entries are wrong with them; None where they are of no use.

        They are tried in the functions that there are; where that leaves something behind, each is imported.
        """
        self._take(unit, number, cases, how)
        judge = partial(_patient, self._failing)
        imported = partial(self._with, unit, number, cases, judge=judge, refused=lambda _: None)
        if self._functions is not None:
            with held(cases[number].subject):  # the random generators, which are put back once
                left = [self._swapped(self._functions, cases[number], edits, judge, imported) for edits in trials]
            if self._is_as_it_was():
                return left
            self._functions = None
        return [imported(edits) for edits in trials]

    def _is_as_it_was(self) -> bool:
        with _silence():
            return self._failing.is_as_it_was()

    def _swapped(
        self,
        functions: Functions,
        case: Case,
        edits: Edits,
        judge: Callable[[Case], _Result],
        imported: Callable[[Edits], _Result],
    ) -> _Result:
        """Return what is made of a case with edits in the functions that there are; where they cannot be, imported."""
        with _silence():  # compilers warn
            pairs = functions.changed(_edited(edits))
        if not pairs:
            return imported(edits)
        with swapped(pairs):
            return judge(case)

    def proof(self, unit: Unit, number: int, cases: Sequence[Case], how: How, edits: Edits, before: Before) -> Proof:
        """Check a case with some edits beside what it was `before`, which another process may have found."""
        self._worlds.enter(unit.folders)
        check = partial(with_edits, cases[number], before, edits=edits, how=how)
        after = self._with(unit, number, cases, edits, check, str)
        self._worlds.enter(unit.folders)
        with _silence():
            return judged(cases[number], before, after, how)

    def whole(self, unit: Unit, number: int, cases: Sequence[Case], how: How, before: Before) -> Before:
        """Return a case without edits as a whole check finds it."""
        self._take(unit, number, cases, how)
        with _silence():
            return before._replace(result=self._failing.checked(), whole=True)

    def spoilt(self, unit: Unit, number: int, cases: Sequence[Case], how: How, edits: Edits) -> str:
        """Say which of the other cases that run what some edits change passes, and fails with them, or nothing."""
        self._worlds.enter(unit.folders)
        with _silence():
            twins = [i for i, case in enumerate(cases) if i != number and runs_any(case, edits, how)]
        for twin in twins:
            why = self._with(unit, twin, cases, edits, partial(failure, how=how), str)
            self._worlds.enter(unit.folders)
            with _silence():
                if why and not failure(cases[twin], how):
                    return _SPOILT.format(cases[twin].name, why)
        return ""

    def exact(
        self, unit: Unit, number: int, cases: Sequence[Case], how: How, before: Before | None, everywhere: bool
    ) -> tuple[list[Edits], str]:
        """Return edits that write the exact gradients of a case into its code, or why there are none.

        They are those of the gradients that are wrong at the sample, or `everywhere`.
        """
        from verify.repair.exactly import exact_edits

        self._take(unit, number, cases, how)
        with _silence():
            return exact_edits(self._failing, before, everywhere=everywhere)

    def code(self, unit: Unit, number: int, cases: Sequence[Case], how: How) -> tuple[str, str, bool]:
        """Return NumPy code of the exact gradients, or nothing, why there is none, and whether it only agrees."""
        from verify.exact.candidate import exact_code

        self._worlds.enter(unit.folders)
        with _silence():
            code = exact_code(cases[number], how.seed)
        return code.text, code.why, code.agrees

    def _take(
        self,
        unit: Unit,
        number: int,
        cases: Sequence[Case],
        how: How,
        begin: Callable[[Case, How], Failing] = Failing.of_failing,
    ) -> None:
        if self._subject != (unit, number, how):
            self._worlds.enter(unit.folders)
            with _silence():
                self._subject, self._failing = (unit, number, how), begin(cases[number], how)
            self._functions = Functions()

    def _with(
        self,
        unit: Unit,
        number: int,
        cases: Sequence[Case],
        edits: Edits,
        judge: Callable[[Case], _Result],
        refused: Callable[[str], _Result],
    ) -> _Result:
        """Return what is made of a case with edits in its sources, or of the reason why there is none."""
        with ExitStack() as stack:
            stack.enter_context(_silence())
            for file, source in _edited(edits).items():
                stack.enter_context(standing_in(file, source))
            stack.enter_context(self._worlds.apart(unit.folders))
            try:
                edited = cases_again(unit, cases)
            except GradproofError as problem:
                return refused(str(problem))
            if [case.name for case in edited] != [case.name for case in cases]:
                return refused(_ELSEWHERE)
            return judge(edited[number])
