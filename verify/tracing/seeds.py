"""Random draws that are the same in every run: the generators seeded, and put back."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.tracing.patches import users_modules


class Generator:
    """A generator of random numbers: how its state is read and set."""

    def __init__(self, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self.get = get
        self.put = put


@contextmanager
def seeded(seed: int) -> Iterator[Callable[[], bool]]:
    """Seed the global generators, and put all back at the end; yields what tells then whether anything was drawn.

    Generators that the user's modules have made themselves start each run in the state that they are in.
    """
    every = generators()
    before = [generator.get() for generator in every]
    random.seed(seed)
    np.random.seed(seed)
    start = [pickle.dumps(generator.get()) for generator in every]
    drawn: list[bool] = []
    try:
        yield lambda: drawn[0]
    finally:
        drawn.append([pickle.dumps(generator.get()) for generator in every] != start)
        for generator, state in zip(every, before, strict=True):
            generator.put(state)


def rewinder() -> Callable[[], None]:
    """Return what puts all generators back into the state that they are in now."""
    states = [(generator, generator.get()) for generator in generators()]

    def rewind() -> None:
        for generator, state in states:
            generator.put(state)

    return rewind


def generators() -> list[Generator]:
    """Return the global generators, and those that the user's modules have made."""
    found = [Generator(random.getstate, random.setstate), Generator(np.random.get_state, np.random.set_state)]
    return found + [
        generator(value) for module in users_modules() for value in vars(module).values() if is_generator(value)
    ]


def is_generator(value: Any) -> bool:
    """Tell whether a value draws random numbers."""
    return isinstance(value, (np.random.Generator, np.random.RandomState, random.Random))


def generator(value: Any) -> Generator:
    """Return how the state of what draws random numbers is read and set."""
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator
        return Generator(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(value, np.random.RandomState):
        return Generator(value.get_state, value.set_state)
    return Generator(value.getstate, value.setstate)
