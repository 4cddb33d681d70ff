"""A layer called again: a copy of it from before its first call, with a history, asked for outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from inspect import getattr_static
from typing import Any

import numpy as np

from verify.cases import earlier
from verify.checks.contracts.arrays import share
from verify.checks.contracts.calls import Call
from verify.checks.contracts.copies import duplicate, within
from verify.checks.contracts.holdings import at, held_by
from verify.checks.contracts.units import Unit
from verify.model.reasons import Reason
from verify.tracing.following import SubjectError, following
from verify.tracing.seeds import generator, generators, is_generator

Rewind = Callable[[], None]
Gradients = tuple[list[Any], list[Any]]  # what methods return, and what they leave in the layer


class Layer:
    """A fresh copy of a layer, each of whose calls starts from the same random state; or the layer itself, `live`.

    A copy holds an array of its own where the layer holds a view of another one.
    """

    def __init__(self, unit: Unit, rewind: Rewind, gradients: Sequence[Any], *, live: bool = False) -> None:
        try:
            self.itself = unit.live if live else duplicate(unit.fresh)
        except Exception as problem:
            raise SubjectError(f"the layer cannot be copied twice: {problem}", reason=Reason.CODE_RAISED) from problem
        self._rewind = rewind
        self._gradient_paths = gradients
        self._own = [value for value in within(self.itself) if is_generator(value)]
        self._random = [(source, source.get()) for source in map(generator, self._own)]

    def play(self, calls: Sequence[Call], arguments: Sequence[Sequence[Any]] | None = None) -> list[Any]:
        """Call methods one after the other; returns what they return, raises SubjectError.

        The arguments are copies of those that were noticed, unless others are given.
        """
        argument_lists = arguments or [duplicate(call.arguments) for call in calls]
        return [self._play_call(call, values) for call, values in zip(calls, argument_lists, strict=True)]

    def _play_call(self, call: Call, values: Sequence[Any]) -> Any:
        self._start()
        with following():
            for name, value in duplicate(call.assigned).items():
                setattr(self.itself, name, value)
            return self._method(call.name)(*values, **duplicate(call.options))

    def _method(self, name: str) -> Callable[..., Any]:
        """Return a method as its class has it: a wrapper in its place, on the object, would call the original."""
        held: Callable[..., Any] = getattr_static(type(self.itself), name).__get__(self.itself, type(self.itself))
        return held

    @property
    def has_generators(self) -> bool:
        """Tell whether the layer holds random generators of its own."""
        return bool(self._random)

    def draws(self, calls: Sequence[Call]) -> bool:
        """Tell whether calls draw random numbers."""
        return any(self._draws(call) for call in calls)

    def _draws(self, call: Call) -> bool:
        self._start()
        before = self._states()
        self._play_call(call, duplicate(call.arguments))
        return self._states() != before

    def _states(self) -> list[bytes]:
        return [source.mark for source in (*generators(), *(own for own, _ in self._random))]

    def _start(self) -> None:
        """Put all generators back to where each call starts, after the draws that came before."""
        self._rewind()
        for own, (source, state) in zip(self._own, self._random, strict=True):
            source.put(state)
            earlier.draw_from(own)

    def own_arrays(self) -> list[Any]:
        """Return copies of the arrays that the layer holds, but for the gradients that it leaves."""
        held = [(path, array) for path, array in held_by(self.itself) if isinstance(array, np.ndarray)]
        return [array.copy() for path, array in held if path not in self._gradient_paths]

    def backward(self, calls: Sequence[Call]) -> Gradients:
        """Call methods; returns copies of the gradients that they return, and leave in the layer."""
        return self.answer(calls)[1]

    def answer(
        self, calls: Sequence[Call], arguments: Sequence[Sequence[Any]] | None = None
    ) -> tuple[list[Any], Gradients]:
        """Call methods; returns what they return, with copies of that and of the gradients that they leave."""
        returned = self.play(calls, arguments)
        return returned, (deepcopy(returned), deepcopy([at(self.itself, path) for path in self._gradient_paths]))


def gradient_paths(unit: Unit, gradients: Any) -> list[Any]:
    """Return the paths in a layer at which it has left gradients that the subject returned."""
    return [path for path, array in held_by(unit.live) if isinstance(array, np.ndarray) and share(array, gradients)]
