"""Primes for random evaluation, drawn at random for each walk: single ones p, or chains p = 2 q + 1, both prime.

A formula whose coefficients are all divisible by p is 0 modulo p, though it is another function. Against a fixed prime,
somebody can put it into a layer. Against one that is drawn after the formula is fixed, nobody can: an integer below
2**bits that is not 0 has at most bits / 30 prime factors above 2**30, of `CHAINS` that may be drawn, and bits / 31
above 2**31, of `SINGLES` (`spoiled`).

Of single primes there are 16 times as many, which is worth four bits a walk; they are enough where no function has a
law. They are 3 modulo 4, so that -1 is no square. So is p = 2 q + 1 with q odd; there the squares modulo p are a group
of prime order q, in which every root of an order below q is unique, and exponents of its elements are residues
modulo q.
"""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any, NamedTuple

import flint
import numpy as np
import numpy.typing as npt

BITS = 31  # p lies between 2**BITS and 2**(BITS + 1), so that products fit 64 bits; q is half of it
SINGLES = 49_092_241  # primes that are 3 modulo 4 between 2**31 and 2**32, counted with a sieve
CHAINS = 3_060_794  # that may be drawn: the primes q between 2**30 and 2**31 with 2 q + 1 prime, counted with a sieve

Moduli = npt.NDArray[np.uint64]


class Chain(NamedTuple):
    """Two primes p = 2 q + 1, and a random generator of the squares modulo p, whose order is q."""

    p: int
    q: int
    g: int


@lru_cache(maxsize=64)
def singles(seed: str, count: int) -> tuple[Chain, ...]:
    """Return single primes drawn uniformly and independently, each as a chain with no generator and any q."""
    rng = random.Random(f"singles {seed}")
    return tuple(_draw_single(rng) for _ in range(count))


def _draw_single(rng: random.Random) -> Chain:
    while True:
        p = rng.randrange(2**BITS + 3, 2 ** (BITS + 1), 4)
        if flint.fmpz(p).is_prime():
            return Chain(p, p // 2, 0)


@lru_cache(maxsize=64)
def chains(seed: str, count: int) -> tuple[Chain, ...]:
    """Return chains drawn uniformly and independently of each other; a longer list begins with the shorter one."""
    rng = random.Random(f"chains {seed}")
    return tuple(_draw(rng) for _ in range(count))


def _draw(rng: random.Random) -> Chain:
    while True:
        q = rng.randrange(2 ** (BITS - 1) + 1, 2**BITS, 2)
        p = 2 * q + 1
        if q % 3 == 2 and flint.fmpz(q).is_prime() and flint.fmpz(p).is_prime():  # 3 divides q or p otherwise
            return Chain(p, q, pow(rng.randrange(2, q), 2, p))


def spoiled(bits: Any, *, chained: bool = True) -> Any:
    """Bound the chance that a random p, or q, divides an integer of so many bits that is not 0."""
    return np.floor(bits / (BITS - 1)) / CHAINS if chained else np.floor(bits / BITS) / SINGLES


def moduli(numbers: tuple[int, ...]) -> Moduli:
    """Return primes as a column, a walk a row."""
    return np.array(numbers, np.uint64)[:, None]
