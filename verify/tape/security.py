"""How unlikely a wrong "equal" is.

Schwartz (1980), Zippel (1979), DeMillo and Lipton (1978): a polynomial of degree d that is not 0 modulo p vanishes at a
point drawn from (F_p without 0) with a chance of at most d / (p - 1). One that is not 0 is 0 modulo a random p with the
chance `spoiled` at most. Their sum bounds the chance that one walk takes two different functions for equal; walks are
independent of each other, so the bounds of walks are multiplied.

Not every walk counts: it may have a pole, or a radicand without a root. That a set S of the walks counts, and that two
different functions agree in all of S, has at most the chance of one walk to the power of the size of S, whatever makes
walks count; so the chance that this happens for any set of that size is at most as many times larger as there are such
sets, and for any size at most the sum over all sizes. `price` is the logarithm of that.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from verify.tape.primes import BITS, spoiled

SECURITY = 100  # a wrong "equal" has to be less likely than 2**-SECURITY
ATTEMPTS = 4  # at most, at equality: each may be wrong
MOST_WALKS = 24
_LEAST_BITS = 1.0  # of a walk: with less, so many walks as there are at most prove nothing anyhow
# Walks for a pair may all count or not all, it may be the pair or its kernels that are wrong, in any attempt.
_CASES = 2 * 2 * ATTEMPTS

Bits = npt.NDArray[np.float64]


def bits(degree: Bits, height: Bits, level: int = 0, *, chained: bool = True) -> Bits:
    """Return what one walk is worth for numerators of such degrees and logarithms of coefficients, 0 if too little.

    It is one modulo a prime of a chain, at level 0 or 1, or modulo a single one.
    """
    with np.errstate(all="ignore"):
        chance = degree / 2.0 ** (BITS - level) + spoiled(height, chained=chained)
        worth = -np.log2(np.maximum(chance, 2.0 ** -(BITS + 1)))
    return np.where(worth >= _LEAST_BITS, worth, 0.0)  # also for NaN


def price(walks: int, counted: npt.NDArray[np.int64]) -> Bits:
    """Return the bits that walks which did not count take away, and those for the other things that may go wrong."""
    result: Bits = _prices(walks)[counted]
    return result


@lru_cache(maxsize=64)
def _prices(walks: int) -> Bits:
    """Return the price for each number of walks that count."""
    prices = [math.log2(math.comb(walks, size)) + math.log2(walks) for size in range(walks)]
    return math.log2(_CASES) + np.array([*prices, 0.0])


def walks_for(worth: Bits, extra: float = 0.0) -> int:
    """Return how many walks make each worth `SECURITY`, of those for which `MOST_WALKS` are enough."""
    possible = worth[worth > 0]
    counts = np.ceil((SECURITY + math.log2(_CASES) + extra) / possible)
    return int(counts[counts <= MOST_WALKS].max(initial=0))
