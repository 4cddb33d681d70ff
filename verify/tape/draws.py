"""Random elements of the fields: the same ones whenever the same seed asks for as many of the same primes.

To set up a generator takes as long as several operations on small arrays. What it gives first depends on its seed and
on the primes alone, and is kept: a reading begins with these elements, and goes on with what its own generator draws.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from verify.tape.primes import Moduli, moduli

Residues = npt.NDArray[np.uint64]

_FIRST = 512  # elements that are kept
_FEW = 256  # elements that are drawn for all walks in one call


class Draws:
    """The elements that a seed gives for some primes, in order; none is 0."""

    def __init__(self, seed: str, primes: tuple[int, ...]) -> None:
        self._seed, self._primes = seed, primes
        self._place = 0
        self._rng: np.random.Generator | None = None

    def next(self, count: int) -> Residues:
        """Return so many elements for each walk, which are not written to."""
        first, self._place = self._place, self._place + count
        if self._place <= _FIRST:
            return _first_draws(self._seed, self._primes)[:, first : self._place]
        if self._rng is None:
            self._place = _FIRST + count  # what is left of the first ones is not used
            self._rng = _generator(f"{self._seed} further")
        return drawn(count, moduli(self._primes), self._rng)


def drawn(count: int, p: Moduli, rng: np.random.Generator) -> Residues:
    """Draw so many elements for each walk that are not 0."""
    if count < _FEW:  # one call for all walks is faster then
        return rng.integers(1, p, (len(p), count), np.uint64)
    rows = [rng.integers(1, prime, count, np.uint32) for prime in p.ravel().tolist()]
    return np.array(rows, np.uint64).reshape(len(p), count)


@lru_cache(maxsize=64)
def _first_draws(seed: str, primes: tuple[int, ...]) -> Residues:
    elements = drawn(_FIRST, moduli(primes), _generator(seed))
    elements.setflags(write=False)
    return elements


def _generator(seed: str) -> np.random.Generator:
    return np.random.default_rng(int.from_bytes(blake2b(seed.encode(), digest_size=16).digest(), "big"))
