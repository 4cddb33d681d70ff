"""A run on whole arrays that folds nothing: what `arithmetic.recorder` records number by number, here array by array.

What it cannot record, `UntapedError` leaves to the recorder: functions that are composed of several (`np.expm1`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np

from verify.model.where import asked_at
from verify.tape.enclosures import Enclosures
from verify.tape.recording import Recording
from verify.tape.tape import Elements
from verify.tracing.symbols.taped import TapedTrace, UntapedError

_MOST_CALLS = 2_000  # of functions of single numbers, each of which is a block


class RecordedTrace(TapedTrace):
    """A tape of operations as they are executed, with a sample."""

    as_executed = True

    def __init__(self) -> None:
        super().__init__()
        self.tape = self.recording = Recording()
        self.enclosures = Enclosures(self.tape)
        self._calls = 0

    def quotient(self, a: Any, b: Any) -> Any:
        """Return a / b."""
        return self._anew(self.tape.quotients, a, b)

    def power(self, a: Any, exponent: Fraction) -> Any:
        """Return a ** exponent."""
        return self._anew(lambda base: self.tape.powers(base, exponent), a)

    def function(self, name: str, a: Any) -> Any:
        """Return a function of the graph's FUNCTIONS."""
        return self._anew(lambda argument: self.tape.functions(name, argument), a)

    def _anew(self, operate: Callable[..., Elements], *args: Any) -> Any:
        """Do an operation; the same one on the same number may give another float the next time."""
        if any(isinstance(arg, np.ndarray) for arg in args):
            return operate(*np.broadcast_arrays(*args))
        self._calls += 1
        if self._calls > _MOST_CALLS:
            _unrecorded("many operations on single numbers")
        return int(operate(*(np.array([arg]) for arg in args))[0])

    def multiplied(self, numbers: Iterable[int]) -> int:
        """Return the product of elements, in their order."""
        first, *rest = list(numbers) or [1]
        for number in rest:
            first = self.product(first, number)
        return int(first)

    def composing(self) -> AbstractContextManager[None]:
        """Refuse: what floats round once is composed of several operations here."""
        _unrecorded("a function that is composed of several")


def _unrecorded(operation: str) -> NoReturn:
    raise UntapedError(operation, asked_at())
