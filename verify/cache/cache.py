"""Cases whose results are kept: those of files that have not changed are not run again.

The unit of this is a file of cases, which has a process of its own: what its cases keep in their modules, the next ones
find there. Its results are kept if all of its sources do nothing but compute (`purity.py`), if its process touched no
other file, and if nothing changed meanwhile; and they are taken if all that they rest on is as it was then.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from verify.cache import printed
from verify.cache.imports import ImpureError
from verify.cache.machine import surroundings
from verify.cache.sources import Sources
from verify.cache.store import Entry, load, save
from verify.discovery.messages import Unit
from verify.discovery.targets import is_path, units
from verify.model.errors import GradproofError
from verify.model.result import CaseResult
from verify.model.where import relative
from verify.runner.crew import Case, Checked, Checks
from verify.runner.heard import Heard
from verify.runner.workers import CollectedCase, Record, Workers

if TYPE_CHECKING:
    from collections.abc import Mapping


class _Read(NamedTuple):
    """The sources of a unit as they were before it was run, and when they had been written."""

    sources: Sources
    states: list[tuple[int, ...]]


class Cache:
    """The stored results of the cases of a run."""

    def __init__(self, workers: Workers, seed: int) -> None:
        self._workers, self._seed = workers, seed
        self._surroundings = surroundings()
        self._entries: dict[Unit, Entry] = {}
        self._read: dict[Unit, _Read] = {}
        self._results: dict[Unit, dict[int, tuple[CaseResult, str]]] = {}
        self._chosen: Mapping[Unit, tuple[int, ...]] = {}
        self._refused: dict[str, str] = {}
        self._sound: set[Unit] = set()
        self._is_silent = True
        self._targets: Sequence[str] = ()
        self._layers: str | None = None
        workers.records = {}

    def look(self, targets: Sequence[str], layers: str | None) -> None:
        """Look for stored results of targets, and start a process for the rest."""
        self._targets, self._layers = targets, layers
        for target in targets:
            if is_path(target) or target.endswith(".toml"):
                with contextlib.suppress(GradproofError):  # the worker says what is wrong with it
                    self._workers.located[target] = units(target, layers)
        located = [unit for target in targets for unit in self._workers.located.get(target, [])]
        for unit in located:
            self._look(unit)
        if len(self._entries) < len(set(located)) or len(self._workers.located) < len(set(targets)):
            self._workers.begin()

    def checked(self, crew: Checks, cases: Sequence[Case], seed: int) -> Generator[Checked]:
        """Yield what becomes of each case, in order, of those that are kept without a run."""
        without = [unit for unit in self._read if self._workers.listing(unit) == []]
        self._chosen = {**dict.fromkeys(without, ()), **_numbers(cases)}
        rest = [case for case in cases if self._result(case) is None]
        heard = Heard(sys.stderr)
        with (
            self._workers.heard(heard),
            contextlib.redirect_stderr(heard),
            contextlib.closing(crew.checked(rest, seed)) as running,
        ):
            for case in cases:
                if result := self._result(case):
                    self._is_silent &= not result[1]
                    sys.stderr.write(result[1])
                    yield Checked(result[0], 0.0)
                else:
                    heard.taken()
                    checked = next(running)
                    self._take(case, checked.result, heard.taken())
                    yield checked

    def keep(self) -> None:
        """Keep what was checked, of the files that allow it."""
        new = [unit for unit in self._chosen if unit in self._read and not self._is_known(unit)]
        if new and surroundings() == self._surroundings:
            for unit in new:
                results = self._results.get(unit, {})
                if tuple(results) == self._chosen[unit] and self._is_sound(unit):
                    self._sound.add(unit)
                    save(self._entry(unit, self._chosen[unit], tuple(results.values())))

    def keep_text(self, argv: Sequence[str], before: tuple[Any, ...], text: str, status: int) -> None:
        """Keep what was printed, if all of it rests on stored results; `before` is the state before the run."""
        located = {target: self._workers.located.get(target, []) for target in self._targets}
        every = [unit for listed in located.values() for unit in listed]
        stored = [unit for unit in every if unit in self._sound or (unit in self._chosen and self._is_known(unit))]
        if self._is_silent and all(located.values()) and stored == every:
            units_of = tuple((target, self._layers, printed.led_to(listed)) for target, listed in located.items())
            rests_on = printed.merged(self._read[unit].sources for unit in stored)
            state = before, self._surroundings, units_of, rests_on, printed.failures()
            printed.keep(argv, printed.Printed(*state, text, status))

    def notes(self) -> Iterator[str]:
        """Yield a line for each file that was not run, and for each of which nothing is kept, with the reason."""
        for unit in self._chosen:
            if self._is_known(unit):
                yield f"gradproof: {unit.file} has not changed and is not run again\n"
        for file, why in self._refused.items():
            yield f"gradproof: no results of {file} are stored: {why}\n"

    def _look(self, unit: Unit) -> None:
        entry = load(self._key(unit))
        if entry and entry.surroundings == self._surroundings and entry.sources.are_as_before():
            self._entries[unit] = entry
            self._workers.know(unit, entry.listing)
            self._read[unit] = _Read(entry.sources, entry.sources.states())
            return
        from verify.cache.reading import sources  # not needed where nothing has changed

        try:
            self._read[unit] = _Read(rests_on := sources(unit), rests_on.states())
        except ImpureError as problem:
            self._refused[unit.file or unit.target] = _explained(problem)
        except (OSError, SyntaxError, ValueError, RecursionError) as problem:
            self._refused[unit.file or unit.target] = f"it cannot be read ({type(problem).__name__})"

    def _key(self, unit: Unit) -> str:
        workers = self._workers
        return repr((tuple(unit), workers.quick, workers.limit, workers.memory, self._seed))

    def _result(self, case: Case) -> tuple[CaseResult, str] | None:
        """Return the result of a case that is kept, with what was printed meanwhile."""
        if not isinstance(case, CollectedCase) or not self._is_known(case.unit):
            return None
        entry = self._entries[case.unit]
        return entry.results[entry.numbers.index(case.number)]

    def _is_known(self, unit: Unit) -> bool:
        """Tell whether there are results of just those cases of a unit that are to be checked."""
        return unit in self._entries and self._entries[unit].numbers == self._chosen[unit]

    def _take(self, case: Case, result: CaseResult, output: str) -> None:
        self._is_silent &= not output
        if isinstance(case, CollectedCase):
            self._results.setdefault(case.unit, {})[case.number] = result, output

    def _is_sound(self, unit: Unit) -> bool:
        """Tell whether what a unit's process has touched, and what is there now, is what its results rest on."""
        read, record = self._read[unit], (self._workers.records or {}).get(unit, Record(whole=False))
        others = record.touched - {os.path.realpath(file) for file, _ in read.sources.files}
        if others:
            self._refused[unit.file] = f"it touched {relative(min(others))}"
        return record.whole and not others and read.sources.are_as_before() and read.sources.states() == read.states

    def _entry(self, unit: Unit, numbers: tuple[int, ...], results: tuple[tuple[CaseResult, str], ...]) -> Entry:
        listing = self._workers.listing(unit) or []
        return Entry(self._key(unit), self._surroundings, self._read[unit].sources, listing, numbers, results)


def _numbers(cases: Sequence[Case]) -> dict[Unit, tuple[int, ...]]:
    """Return which cases of each unit are checked, in order."""
    numbers: dict[Unit, tuple[int, ...]] = {}
    for case in cases:
        if isinstance(case, CollectedCase):
            numbers[case.unit] = (*numbers.get(case.unit, ()), case.number)
    return numbers


def _explained(problem: ImpureError) -> str:
    why, *where = problem.args
    return f"{why}, at {relative(where[0])}:{where[1]}" if where else why
