"""Random draws that are the same in every run: the generators seeded, and put back."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.tracing.patches import users_modules


class _Generator:
    """A generator of random numbers: how its state is read and set."""

    def __init__(self, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self.get = get
        self.put = put


@contextmanager
def seeded(seed: int) -> Iterator[Callable[[], bool]]:
    """Seed the global generators, and put all back at the end; yields what tells then whether anything was drawn.

    Generators that the user's modules have made themselves start each run in the state that they are in.
    """
    generators = [_Generator(random.getstate, random.setstate), _Generator(np.random.get_state, np.random.set_state)]
    generators += [_of(value) for module in users_modules() for value in vars(module).values() if _is_generator(value)]
    before = [generator.get() for generator in generators]
    random.seed(seed)
    np.random.seed(seed)
    start = [pickle.dumps(generator.get()) for generator in generators]
    drawn: list[bool] = []
    try:
        yield lambda: drawn[0]
    finally:
        drawn.append([pickle.dumps(generator.get()) for generator in generators] != start)
        for generator, state in zip(generators, before, strict=True):
            generator.put(state)


def _is_generator(value: Any) -> bool:
    return isinstance(value, (np.random.Generator, np.random.RandomState, random.Random))


def _of(value: Any) -> _Generator:
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator
        return _Generator(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(value, np.random.RandomState):
        return _Generator(value.get_state, value.set_state)
    return _Generator(value.getstate, value.setstate)
