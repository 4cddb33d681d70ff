"""What became of a search for a right backward pass, as edits, fixes, and the repair of a case.

Plain data.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from verify.model.identity import Place
from verify.model.result import CaseResult
from verify.mutation.result import Mutant

SCHEMA_VERSION = "1.0"
Edits = tuple[Mutant, ...]  # that do not overlap, each of some file as it is


class State(Enum):
    """What a search ended with; the value is the sentence that users read."""

    FIXED = "an edit is proved"
    AGREEING = "an edit agrees to the accuracy of the code's constants"
    RIGHT = "nothing to fix: the case passes"
    OPEN = "no edit was proved"
    UNABLE = "no edit can be tried"


class Before(NamedTuple):
    """A case as it is, which edits are judged beside: its result, and the files and functions that run forward.

    The result has no more than what refutes the case first, unless it is the `whole` one. The call is `assumed` to be
    one that these sentences say, where scan has set up the case.
    """

    result: CaseResult
    forward: frozenset[tuple[str, str]] = frozenset()
    whole: bool = True
    assumed: tuple[str, ...] = ()


class Candidates(NamedTuple):
    """A case as a search begins: its edits, the most likely first, and in how many entries its gradients are wrong.

    With a `state` there is nothing to look for, for the reason in `why`; without, that says what else fails. `wrong` is
    0 where the gradients are right at the sample: then the check of the whole case alone can judge an edit. Lines that
    are `likely` wrong have come first.
    """

    edits: Edits = ()
    wrong: int = 0
    state: State | None = None
    why: str = ""
    before: Before | None = None
    likely: tuple[Place, ...] = ()


class Hazard(NamedTuple):
    """A finding that does not fail a case, and was not reported before some edits."""

    code: str
    detail: str


class Change(NamedTuple):
    """A piece of a file that an edit replaces by a text: from a line and a column of it up to others.

    Lines and columns are counted from 1, columns in characters; the end is the first character that stays.
    """

    file: str
    line: int
    column: int
    last_line: int
    last_column: int
    text: str


class Proof(NamedTuple):
    """Whether a case passes with some edits, every gradient proved; if not, `why`, and else which hazards are new.

    `before` is the case without edits, where it had to be checked as a whole for that. The gradients that are
    `agreeing` are not proved: they are right for some choice of the code's constants within their rounding.
    """

    holds: bool
    why: str = ""
    hazards: tuple[Hazard, ...] = ()
    before: Before | None = None
    agreeing: tuple[str, ...] = ()

    @property
    def proves(self) -> bool:
        """Return whether every gradient is proved."""
        return self.holds and not self.agreeing


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits under which every gradient of a case is proved, in every region, and its contracts are no worse.

    Those that are `agreeing` are right to the accuracy of the code's constants, and not proved.

    `diff` is the change as a unified diff, `changes` are the pieces that it replaces, an edit each; `sources` are the
    digests of the files that it is a change of, by path.
    `hazards` are those that nobody could see while the gradients were wrong, `defaults` those of the code that equal a
    number which the change writes.
    """

    edits: Edits
    diff: str
    changes: tuple[Change, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    hazards: tuple[Hazard, ...] = ()
    agreeing: tuple[str, ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()

    @property
    def where(self) -> Place:
        """Return the line of the first edit."""
        return self.edits[0].where

    @property
    def state(self) -> State:
        """Return what a search ended with that found this."""
        return State.AGREEING if self.agreeing else State.FIXED


@dataclass(frozen=True, slots=True)
class Repair:
    """A case and what became of its repair: the `fix`, or `why` there is none, and how many edits were `tried`.

    `before` is the case as it is, where that could be checked. Without a fix, `code` is NumPy code of the exact
    gradients that is proved, or only `agrees` to the accuracy of the code's constants, or `codeless` says why there is
    none.
    """

    name: str
    where: Place
    state: State
    fix: Fix | None = None
    why: str = ""
    tried: int = 0
    before: Before | None = None
    code: str = ""
    codeless: str = ""
    agrees: bool = False
