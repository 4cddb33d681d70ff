"""Seeds that code leaves to the operating system: numbers that are the same in every run, and no two alike in one.

`default_rng()`, `RandomState()` or `seed()` without a seed ask for entropy. Were each of them given the same, what
`backward` draws from a generator of its own would equal what `forward` drew, which it does for no user.
"""

from __future__ import annotations

import hashlib
import random
import sys
from types import FrameType
from typing import Any

import numpy.random

from verify.cases import earlier
from verify.model.where import may_be_users

_bits: Any = numpy.random.bit_generator  # whose stubs leave out what it imports
_LARGEST = 512  # bits that are asked for at once
_randbits_of_numpy = getattr(_bits, "randbits", None)  # by which NumPy asks the system; without it, it is not held
_seed_class, _seed_global = random.Random.seed, random.seed
_ours: random.Random = getattr(_seed_global, "__self__")  # noqa: B009 - whose methods are the functions of `random`
_run = [0, 0]  # the seed of this run, and how often entropy was asked for in it


def start(seed: int) -> None:
    """Begin a run: the same seed gives the same entropy."""
    _run[:] = seed, 0


def was_asked() -> bool:
    """Tell whether code has asked for entropy in this run."""
    return _run[1] > 0


def _next(bits: int) -> int:
    _run[1] += 1
    text = f"{_run[0]} {earlier.count()} {_run[1]}".encode()
    return int.from_bytes(hashlib.blake2b(text).digest(), "big") >> max(0, _LARGEST - bits)


def _randbits(bits: int) -> int:
    """Stand for the entropy that NumPy's generators ask for: nobody else asks there."""
    return _next(bits)


def _seed(self: random.Random, a: Any = None, version: int = 2) -> None:
    """Seed a generator of `random`, one of user code without a seed by our entropy."""
    _seed_class(self, _next(_LARGEST) if a is None and _is_asked_by_user() else a, version)


def _seed_all(a: Any = None, version: int = 2) -> None:
    _seed(_ours, a, version)


def _is_asked_by_user() -> bool:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 - whoever made or seeded the generator
    while frame is not None and frame.f_code.co_filename in (random.__file__, __file__):
        frame = frame.f_back
    return frame is not None and may_be_users(frame.f_code.co_filename)


def replaced() -> list[tuple[Any, str, Any, Any]]:
    """Return what asks for entropy: module or class, name, original, replacement."""
    of_numpy = [(_bits, "randbits", _randbits_of_numpy, _randbits)] if _randbits_of_numpy else []
    return [
        *of_numpy,
        (random.Random, "seed", _seed_class, _seed),
        (random, "seed", _seed_global, _seed_all),
    ]
