"""What became of planted errors, as plain data: mutants, the outcome of each, and the survey of a case.

Imports the standard library and nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from verify.model.identity import Place

SCHEMA_VERSION = "2.0"

# The classes of mistakes in real backward passes.
KINDS = {
    "M1": "upstream",
    "M2": "scale",
    "M3": "reduction",
    "M4": "missing term",
    "M5": "accumulation",
    "M6": "state",
    "M7": "local derivative",
    "M8": "formula",
    "M9": "stride and border",
    "M10": "edge",
    "M11": "mask",
}


class Outcome(Enum):
    """What became of a mutant; the value is the sentence that users read."""

    CAUGHT = "the case fails with it"
    EQUIVALENT = "no mistake: proved to give the same gradients as the original"
    SURVIVED = "the case passes with it, and it is not proved harmless"


class Mutant(NamedTuple):
    """A source file with one mistake in it: the bytes from `start` to `end` are replaced by `text`.

    `kind` is the class of the mistake (M1 ... M11), `operator` says what it is, `sees` what tells it from the original:
    the `formula`, the `state` that is kept between calls, the `floats`, or `options` that a case tries or does not.
    `where` is its file and line for people, `before` and `after` are the lines in question, `first` and `last` the
    numbers of the statement's lines.
    """

    file: str
    where: Place
    function: str
    kind: str
    operator: str
    sees: str
    before: str
    after: str
    start: int
    end: int
    text: bytes
    first: int
    last: int


class How(NamedTuple):
    """How cases are checked."""

    seed: int = 0
    quick: bool = False
    strict: bool = False


class Judged(NamedTuple):
    """A mutant with its outcome and the reason for it: what caught it, or why it survived."""

    mutant: Mutant
    outcome: Outcome
    why: str


class Planted(NamedTuple):
    """The mutants of a case, or the `problem` for which it has none; `failing` if that is that it does not pass."""

    mutants: tuple[Mutant, ...] = ()
    problem: str = ""
    failing: bool = False


@dataclass(frozen=True, slots=True)
class Survey:
    """A case and all of its mutants; `problem` is why there are none, `failing` that the case fails by itself."""

    name: str
    where: Place
    judged: tuple[Judged, ...] = ()
    problem: str = ""
    failing: bool = False

    @property
    def count(self) -> Counter[Outcome]:
        """Count the outcomes."""
        return Counter(judged.outcome for judged in self.judged)

    @property
    def survivors(self) -> list[Judged]:
        """Return the mutants that survived."""
        return [judged for judged in self.judged if judged.outcome is Outcome.SURVIVED]

    @property
    def worthless(self) -> bool:
        """Tell whether the case catches nothing, though there is something to catch."""
        return bool(self.survivors) and not self.count[Outcome.CAUGHT]


_Edit = tuple[str, int, int, bytes]


def _edit(mutant: Mutant) -> _Edit:
    return mutant.file, mutant.start, mutant.end, mutant.text


def caught(surveys: Sequence[Survey]) -> set[_Edit]:
    """Return the mutants that some case catches."""
    return {_edit(judged.mutant) for survey in surveys for judged in survey.judged if judged.outcome is Outcome.CAUGHT}


def survivors(survey: Survey, surveys: Sequence[Survey]) -> list[Judged]:
    """Return the mutants of a case that neither it nor any other case catches."""
    caught_edits = caught(surveys)
    return [judged for judged in survey.survivors if _edit(judged.mutant) not in caught_edits]


def total(surveys: Sequence[Survey]) -> Counter[Outcome]:
    """Count the mutants of all cases, each once: caught by any of them, or surviving in any, or else equivalent."""
    outcomes: dict[_Edit, Outcome] = {}
    for judged in (judged for survey in surveys for judged in survey.judged):
        outcome = outcomes.setdefault(_edit(judged.mutant), judged.outcome)
        outcomes[_edit(judged.mutant)] = min(outcome, judged.outcome, key=_ORDER.index)
    return Counter(outcomes.values())


_ORDER = (Outcome.CAUGHT, Outcome.SURVIVED, Outcome.EQUIVALENT)


def score(count: Counter[Outcome]) -> str:
    """Write which part of the mutants that are mistakes is caught, rounded down, or nothing where there are none."""
    mistakes = count[Outcome.CAUGHT] + count[Outcome.SURVIVED]
    if not mistakes:
        return ""
    per_mille = 1000 * count[Outcome.CAUGHT] // mistakes
    return f"{per_mille // 10}{f'.{per_mille % 10}' if per_mille % 10 else ''} %"


def exit_status(surveys: Sequence[Survey]) -> int:
    """Return 0 if all mistakes are caught, 1 if one survives or a case fails without any, 2 if none was planted."""
    count = total(surveys)
    if count[Outcome.SURVIVED] or any(survey.failing for survey in surveys):
        return 1
    return 0 if count[Outcome.CAUGHT] else 2
