"""Random draws that are the same in every run: the generators seeded, and put back."""

from __future__ import annotations

import functools
import pickle
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from verify.cases import earlier
from verify.cases.earlier import draw_from
from verify.model.where import is_users
from verify.tracing import entropy
from verify.tracing.patches import users_modules
from verify.tracing.stand_ins.belongings import is_looked_into, reached
from verify.tracing.stand_ins.callees import callees


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
_bits, _number, _numbers = (
    random.getrandbits,
    random.random,
    np.random.random_sample,
)  # whatever the user's code puts in their place
_seed_ours, _seed_numpys, _get_state = random.seed, np.random.seed, np.random.get_state
_random: Any = np.random  # whose stubs leave these out
_get_bits, _set_bits = _random.get_bit_generator, _random.set_bit_generator
_OURS = np.random.MT19937()  # what the global generator draws from while it is held
_held = False
_MOST = 2_000  # values of the user's that are looked through, of what a case calls and of all else, once for a case
_inside: list[Any] = []  # the generators that were found there while they are held
_installed: list[Any] = []  # those that the modules of installed packages name, as long as no other is imported
_looked_at: list[Any] = [None, []]  # the modules that were looked through for these; the names in the user's own


@contextmanager
def held(subject: Any = None) -> Iterator[None]:
    """Put the global generators back at the end; within another `held` that is left to it.

    Generators that objects of the user's keep are looked for, first in the modules of what the subject calls.

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
        _inside[:] = [
            value
            for objects in _users_objects(subject)
            for value in islice(reached(objects), _MOST)
            if is_generator(value)
        ]
        yield
    finally:
        _held = False
        _inside.clear()
        _installed.clear()
        _looked_at[:] = None, []
        _set_bits(bits)
        _GLOBAL[0].put(state)
        if whole["has_gauss"]:
            _GLOBAL[1].put(whole)


def restart() -> None:
    """Put the global generators where the import of each file starts: what it draws there is the same in every run."""
    _seed_ours(0)
    _seed_numpys(0)


def _seed(seed: int) -> None:
    _seed_ours(seed)
    _seed_numpys(seed)
    entropy.start(seed)
    for _ in range(earlier.count()):
        _number()
        _numbers()


def _drawn() -> tuple[int, list[float]]:
    """Draw from the global generators: what comes next tells whether anything came before."""
    return _bits(_BITS), _numbers(2).tolist()


@functools.lru_cache(maxsize=2)
def _first(seed: int, _: int) -> tuple[int, list[float]]:
    """Return what the global generators give first when they are seeded, after so many draws."""
    _seed(seed)
    return _drawn()


@contextmanager
def seeded(seed: int) -> Iterator[Callable[[], bool]]:
    """Seed the global generators, and put all back at the end; yields what tells then whether anything was drawn.

    Generators that the user's modules have made themselves start each run in the state that they are in.
    """
    drawn: list[bool] = []
    with held():
        users = _users_generators()
        states = [generator(value).get() for value in users]
        first = _first(seed, earlier.count())
        _seed(seed)
        for value in users:
            draw_from(value)
        before = [generator(value).mark for value in users]
        try:
            yield lambda: drawn[0]
        finally:
            after = [generator(value).mark for value in users]
            drawn.append(after != before or entropy.was_asked() or _drawn() != first)
            for value, state in zip(users, states, strict=True):
                generator(value).put(state)


def rewinder(seed: int) -> Callable[[], None]:
    """Return what puts all generators back to where `seeded` starts, called within it before anything is drawn.

    A run that is asked for after earlier draws starts there, if this is called without such.

    To seed NumPy's global generator takes a sixth of the time of setting its state, and gives the same one.
    """
    users = _users_generators()
    states = [generator(value).get() for value in users]

    def rewind() -> None:
        _seed(seed)
        for value, state in zip(users, states, strict=True):
            generator(value).put(state)
            draw_from(value)

    return rewind


def generators() -> list[Generator]:
    """Return the global generators, and those that the user's modules have made."""
    return [*_GLOBAL, *map(generator, _users_generators())]


def _users_generators() -> list[Any]:
    """Return the generators in modules, classes and objects of the user's, each once."""
    named = _named(_own_names())
    return [*{id(value): value for value in (*named, *_installed, *_inside)}.values()]


def _own_names() -> list[dict[str, Any]]:
    """Return the names in the user's own modules; where any was imported, look for generators in all others too.

    Before each run the user's own are asked, as a run may make a generator; those of packages once for a case.
    """
    modules = users_modules()
    if _looked_at[0] is not modules:
        own = [is_users(getattr(module, "__file__", None) or "<") for module in modules]
        _installed[:] = _named([vars(module) for module, is_own in zip(modules, own, strict=True) if not is_own])
        _looked_at[:] = modules, [vars(module) for module, is_own in zip(modules, own, strict=True) if is_own]
    names: list[dict[str, Any]] = _looked_at[1]
    return names


def _named(spaces: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the generators that modules name; few have any, and many names."""
    return [value for space in spaces if _may_draw(space) for value in [*space.values()] if is_generator(value)]


def _may_draw(space: Mapping[str, Any]) -> bool:
    """Tell whether a value of a module may be a generator, by the few types that they all have."""
    try:
        return any(map(_draws, set(map(type, [*space.values()]))))
    except TypeError:  # a class of classes may take away what sets need
        return True


def _users_objects(subject: Any) -> Iterator[list[Any]]:
    """Yield the classes and objects in modules of what a case calls, and in all others of the user's own."""
    own = {_module_of(subject), *(_module_of(place.value) for place in callees(subject))}
    modules = [module for module in users_modules() if is_users(getattr(module, "__file__", None) or "<")]
    for is_called in (True, False):  # however many others there are, those are looked through
        yield [
            value
            for module in modules
            if (module.__name__ in own) is is_called
            for value in [*vars(module).values()]
            if _may_keep(value)
        ]


def _module_of(value: Any) -> Any:
    """Return the name of the module of a function or class; nothing else is asked for anything."""
    return value.__module__ if issubclass(type(value), (FunctionType, type)) else None


def _may_keep(value: Any) -> bool:
    """Tell whether a value is an object that keeps others, and no function or module."""
    return not issubclass(type(value), (ModuleType, FunctionType)) and is_looked_into(value)


@functools.lru_cache(maxsize=4096)
def _draws(kind: type) -> bool:
    """Tell whether what is of a type draws random numbers."""
    return issubclass(kind, _KINDS)


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
