"""Random draws that are the same in every run: the generators seeded, and put back."""

from __future__ import annotations

import functools
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from verify.tracing.patches import users_names


class Generator:
    """A generator of random numbers: how its state is read and set."""

    def __init__(self, get: Callable[[], Any], put: Callable[[Any], None]) -> None:
        self.get = get
        self.put = put

    @property
    def mark(self) -> bytes:
        """Return what tells the state that it is in from others."""
        return pickle.dumps(self.get())


_KINDS = (np.random.Generator, np.random.RandomState, random.Random)
_GLOBAL = (Generator(random.getstate, random.setstate), Generator(np.random.get_state, np.random.set_state))
_BITS = 128  # that are drawn from each generator to tell whether anything was drawn before
_bits, _numbers = random.getrandbits, np.random.random_sample  # whatever the user's code puts in their place
_seed_ours, _seed_numpys, _get_state = random.seed, np.random.seed, np.random.get_state
_random: Any = np.random  # whose stubs leave these out
_get_bits, _set_bits = _random.get_bit_generator, _random.set_bit_generator
_OURS = np.random.MT19937()  # what the global generator draws from while it is held
_held = False


@contextmanager
def held() -> Iterator[None]:
    """Put the global generators back at the end; within another `held` that is left to it.

    Their states are long: to read and set them takes as long as a run of a small layer. So NumPy's draws from other
    bits meanwhile, and its own stay as they are. With them goes a number that it may have drawn in advance, of normal
    numbers, which come in pairs: that is set where there is one.
    """
    global _held
    if _held:
        yield
        return
    state, whole, bits = _GLOBAL[0].get(), _get_state(legacy=False), _get_bits()
    _set_bits(_OURS)
    _held = True
    try:
        yield
    finally:
        _held = False
        _set_bits(bits)
        _GLOBAL[0].put(state)
        if whole["has_gauss"]:
            _GLOBAL[1].put(whole)


def _seed(seed: int) -> None:
    _seed_ours(seed)
    _seed_numpys(seed)


def _drawn() -> tuple[int, list[float]]:
    """Draw from the global generators: what comes next tells whether anything came before."""
    return _bits(_BITS), _numbers(2).tolist()


@functools.lru_cache(maxsize=1)
def _first(seed: int) -> tuple[int, list[float]]:
    """Return what the global generators give first when they are seeded."""
    _seed(seed)
    return _drawn()


@contextmanager
def seeded(seed: int) -> Iterator[Callable[[], bool]]:
    """Seed the global generators, and put all back at the end; yields what tells then whether anything was drawn.

    Generators that the user's modules have made themselves start each run in the state that they are in.
    """
    users = _users_generators()
    states = [generator.get() for generator in users]
    before = [generator.mark for generator in users]
    drawn: list[bool] = []
    with held():
        first = _first(seed)
        _seed(seed)
        try:
            yield lambda: drawn[0]
        finally:
            after = [generator.mark for generator in users]
            drawn.append(after != before or _drawn() != first)
            for generator, state in zip(users, states, strict=True):
                generator.put(state)


def rewinder(seed: int) -> Callable[[], None]:
    """Return what puts all generators back to where `seeded` starts, called before anything is drawn.

    To seed NumPy's global generator takes a sixth of the time of setting its state, and gives the same one.
    """
    states = [(generator, generator.get()) for generator in _users_generators()]

    def rewind() -> None:
        _seed(seed)
        for generator, state in states:
            generator.put(state)

    return rewind


def generators() -> list[Generator]:
    """Return the global generators, and those that the user's modules have made."""
    return [*_GLOBAL, *_users_generators()]


def _users_generators() -> list[Generator]:
    spaces = users_names()
    if not _have_generators(spaces):  # few modules have any, or none
        return []
    return [generator(value) for space in spaces for value in space.values() if is_generator(value)]


def _have_generators(spaces: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a value may be a generator, by the types: modules have few of them, and many names."""
    kinds: set[type] = set()
    try:
        for space in spaces:
            kinds.update(map(type, space.values()))
        if kinds <= _DULL:
            return False
        if any(map(_draws, kinds)):
            return True
    except TypeError:  # a class of classes may take away what sets need
        return True
    _DULL.clear()  # of what there was before, nothing is held
    _DULL.update(kinds)
    return False


_DULL: set[type] = set()  # the types of all values of the modules when they were last looked at and none drew


@functools.lru_cache(maxsize=4096)
def _draws(kind: type) -> bool:
    """Tell whether what is of a type draws random numbers, or may say that it is of another type which does."""
    return issubclass(kind, _KINDS) or any("__class__" in vars(base) for base in kind.__mro__ if base is not object)


def is_generator(value: Any) -> bool:
    """Tell whether a value draws random numbers from a state of its own, which those of the system have not."""
    kind = type(value)  # objects that do work when they are asked their class are not asked
    return issubclass(kind, _KINDS) and not issubclass(kind, random.SystemRandom)


def generator(value: Any) -> Generator:
    """Return how the state of what draws random numbers is read and set."""
    if isinstance(value, np.random.Generator):
        bits = value.bit_generator
        return Generator(lambda: bits.state, lambda state: setattr(bits, "state", state))
    if isinstance(value, np.random.RandomState):
        return Generator(value.get_state, value.set_state)
    return Generator(value.getstate, value.setstate)
