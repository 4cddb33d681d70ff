"""What can go wrong, as one small family: every message is written for the person who reads it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, ClassVar

from verify.model.identity import NOWHERE, Place
from verify.model.reasons import Reason

COMPILED = "; see `gradproof explain compiled`"  # the page that tells what is said of compiled code


class GradproofError(Exception):
    """Base of all errors that gradproof raises on purpose."""


class InputError(GradproofError):
    """The run could not be made: a bad expression, file, option or target (exit status 2)."""


class WorkerError(Exception):
    """An exception of gradproof's own in a worker; the text is its traceback."""


class TargetError(InputError):
    """The user's code failed while it was imported (a row of its own in a run, and the other targets go on).

    `place` is the line that raised.
    """

    def __init__(self, message: str, place: Place = NOWHERE, *, reason: Reason) -> None:
        super().__init__(message)
        self.place, self.reason = place, reason


class ReplacedError(TargetError):
    """The user's code has replaced a function of a library, or a constant, with which verdicts are computed."""

    def __init__(self, name: str) -> None:
        text = f"the code replaces {name}, which gradproof itself computes with: its results could not be trusted"
        super().__init__(text, reason=Reason.REPLACED_LIBRARY)


class ProtocolError(GradproofError):
    """A subject does not keep to the generator protocol (a row with the verdict ERROR)."""

    def __init__(self, message: str, reason: Reason) -> None:
        super().__init__(message)
        self.reason = reason


class UnclaimedError(ProtocolError):
    """A subject returns None for every gradient."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Reason.NOTHING_CLAIMED)


class TraceError(GradproofError):
    """User code asked a symbol for what only a number has (a row with the verdict UNDECIDED).

    `message` says what, `place` is the line that asked, `advice` follows it; `reason` is that of the class, unless
    another one is named; `function` is the one that the message names, if any. `raised` holds the texts with their
    places and reasons since it was last cleared: user code may catch the exception, and go on as if nothing had been
    asked; what it then computes is no formula of what it computes on floats.
    """

    raised: ClassVar[list[tuple[str, Place, Reason]]] = []
    reason = Reason.UNKNOWN_FUNCTION

    def __init__(
        self,
        message: str,
        place: Place = NOWHERE,
        advice: str = "",
        reason: Reason | None = None,
        function: str = "",
    ) -> None:
        super().__init__(f"{message}{', at ' if place else ''}{place}{advice}")
        self.message, self.place, self.advice, self.function = message, place, advice, function
        self.reason = reason or type(self).reason
        TraceError.raised.append((str(self), place, self.reason))

    def of(self, function: str) -> TraceError:
        """Return the same error about a function in which it was raised, the one that the user's code calls.

        A function that this one calls within NumPy or SciPy is not named: the user has never written it.
        """
        inner = self.function and self.reason is Reason.UNKNOWN_FUNCTION
        message = f"{function} with these arguments cannot be traced" if inner else f"{function}: {self.message}"
        named = self.__class__.__new__(self.__class__)
        TraceError.__init__(named, message, self.place, self.advice, self.reason, function)
        return named


class CompiledError(TraceError):
    """User code called compiled code with symbols: there is no Python to follow."""

    reason = Reason.COMPILED_CODE

    def __init__(self, message: str, place: Place = NOWHERE) -> None:
        super().__init__(message, place, COMPILED)


class UnboundedError(TraceError):
    """Nothing is known of how a function rounds: what the code computes with it on floats is not judged."""


class DivisionError(TraceError):
    """Code divided by what is 0 by its formula, not at one point only but in a whole region."""

    reason = Reason.ZERO_DIVISION

    def __init__(self, place: Place) -> None:
        super().__init__("a division by zero", place)


class ThreadError(TraceError):
    """A thread computed with symbols beside the one that the run was handed to: two nodes could get one number."""

    reason = Reason.THREADS

    def __init__(self, place: Place) -> None:
        super().__init__("several threads computed with symbols at the same time", place)


class UnheldError(TraceError):
    """A symbol was to go where only a number can, by what user code has kept from before the run or got from a library.

    `places` has the lines since it was last cleared: the case is run once more then, with stand-ins everywhere.
    """

    places: ClassVar[list[Place]] = []
    reason = Reason.PLAIN_NUMBER

    def __init__(self, message: str, place: Place = NOWHERE, *more: Any, **options: Any) -> None:
        super().__init__(message, place, *more, **options)
        UnheldError.places.append(place)


class ForeignSymbolError(UnheldError):
    """A symbol of one run came up in another: the code has kept it, and is not what it was."""

    reason = Reason.KEPT_SYMBOL


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return a `; did you mean 'x'?` for the known word closest to `word`, or nothing."""
    listed = list(choices)
    close = difflib.get_close_matches(word, listed, n=1, cutoff=0.6)
    close += [choice for choice in listed if choice.lower() == word.lower() and choice != word]
    return f"; did you mean {close[0]!r}?" if close else ""
