"""Random draws that are the same in every run: the generators seeded, and put back."""

from __future__ import annotations

import functools
import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.tracing.patches import users_modules


class Generator:
    """A generator of random numbers: how its state is read and set, and what tells two states of it apart."""

    def __init__(
        self, get: Callable[[], Any], put: Callable[[Any], None], mark: Callable[[Any], Any] = pickle.dumps
    ) -> None:
        self.get = get
        self.put = put
        self.mark = mark


def _numpys_mark(state: Any) -> Any:
    """Return the state of NumPy's global generator as what can be compared at once."""
    return state[1].tobytes(), *state[2:]


_KINDS = (np.random.Generator, np.random.RandomState, random.Random)
_GLOBAL = (  # a state of the first is a tuple of numbers, which compares as it is
    Generator(random.getstate, random.setstate, lambda state: state),
    Generator(np.random.get_state, np.random.set_state, _numpys_mark),
)


@functools.lru_cache(maxsize=1)
def _marks(seed: int) -> list[Any]:
    """Return the marks of the global generators as they are when seeded; called when they have just been."""
    return [generator.mark(generator.get()) for generator in _GLOBAL]


@contextmanager
def seeded(seed: int) -> Iterator[Callable[[], bool]]:
    """Seed the global generators, and put all back at the end; yields what tells then whether anything was drawn.

    Generators that the user's modules have made themselves start each run in the state that they are in.
    """
    every = generators()
    before = [generator.get() for generator in every]
    random.seed(seed)
    np.random.seed(seed)
    users = [generator.mark(state) for generator, state in zip(every, before, strict=True) if generator not in _GLOBAL]
    start = [*_marks(seed), *users]  # the user's own generators are not seeded
    drawn: list[bool] = []
    try:
        yield lambda: drawn[0]
    finally:
        drawn.append([generator.mark(generator.get()) for generator in every] != start)
        for generator, state in zip(every, before, strict=True):
            generator.put(state)


def rewinder(seed: int) -> Callable[[], None]:
    """Return what puts all generators back to where `seeded` starts, called before anything is drawn.

    To seed NumPy's global generator takes a sixth of the time of setting its state, and gives the same one.
    """
    states = [(generator, generator.get()) for generator in _users_generators()]

    def rewind() -> None:
        random.seed(seed)
        np.random.seed(seed)
        for generator, state in states:
            generator.put(state)

    return rewind


def generators() -> list[Generator]:
    """Return the global generators, and those that the user's modules have made."""
    return [*_GLOBAL, *_users_generators()]


def _users_generators() -> list[Generator]:
    return [generator(value) for module in users_modules() for value in vars(module).values() if is_generator(value)]


def is_generator(value: Any) -> bool:
    """Tell whether a value draws random numbers from a state of its own, which those of the system have not."""
    return isinstance(value, _KINDS) and not isinstance(value, random.SystemRandom)


def generator(value: Any) -> Generator:
    """Return how the state of what draws random numbers is read and set."""
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator
        return Generator(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(value, np.random.RandomState):
        return Generator(value.get_state, value.set_state)
    return Generator(value.getstate, value.setstate)
