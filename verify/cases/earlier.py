"""Draws of random numbers that came before a run: a layer is called again and again, and its generators go on.

What is right for the first numbers of a generator may be wrong for the next: a mask that `backward` draws anew equals
that of `forward` by chance. So runs may be asked for as they are `after` some draws of each generator that outlives a
call: those of the program, and those that a layer holds when it is made or is passed. A generator that code makes in a
call, from a seed of its own, starts there in each call, and is left as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

_KINDS = {("numpy.random._generator", "Generator"), ("numpy.random.mtrand", "RandomState"), ("random", "Random")}
_DEEPEST = 3  # objects that hold a generator, one within the other
_count, _aged = 0, list[Any]()


@contextmanager
def after(number: int) -> Iterator[list[Any]]:
    """Let each run start after so many draws of all generators that outlive a call; yields those of layers."""
    global _count, _aged
    before, _count, _aged = (_count, _aged), number, []
    try:
        yield _aged
    finally:
        _count, _aged = before


def count() -> int:
    """Return how many draws came before the runs that are made now."""
    return _count


def draw_from(generator: Any) -> None:
    """Draw the numbers that came before from a generator."""
    for _ in range(_count):
        (generator.random_sample if hasattr(generator, "random_sample") else generator.random)()


def age(generator: Any) -> None:
    """Draw the numbers that came before from a generator that a layer has."""
    draw_from(generator)
    _aged.append(generator)


def aged(value: Any) -> Any:
    """Return a value, its generators as they are after the draws that came before."""
    if _count:
        for generator in {id(held): held for held in _held(value, _DEEPEST)}.values():
            age(generator)
    return value


def _held(value: Any, depth: int) -> Iterator[Any]:
    """Yield the generators in an object, its attributes and containers."""
    if _is_generator(type(value).__mro__):
        yield value
    elif depth and not isinstance(value, type):
        for part in _parts(value):
            yield from _held(part, depth - 1)


def _parts(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return [*value]
    return [*value.values()] if isinstance(value, Mapping) else [*getattr(value, "__dict__", {}).values()]


@lru_cache(maxsize=4096)
def _is_generator(kinds: tuple[type, ...]) -> bool:
    """Tell by names whether what is of a type, with its bases, draws from its state: expressions import no NumPy."""
    names = {(base.__module__, base.__name__) for base in kinds}
    return not names.isdisjoint(_KINDS) and ("random", "SystemRandom") not in names
