"""The primes of random walks are what roots and exponentials rely on, and as many as the bounds say."""

import numpy as np
import sympy

from tests.effort import LONG
from verify.tape.primes import BITS, CHAINS, chains, spoiled


def test_chains_are_primes_with_a_generator_of_the_squares():
    """p = 2 q + 1, both prime, of the right size; g has the order q."""
    for p, q, g in chains("a seed", 6):
        assert p == 2 * q + 1
        assert sympy.isprime(p)
        assert sympy.isprime(q)
        assert 2**BITS < p < 2 ** (BITS + 1)
        assert pow(g, q, p) == 1 != g


def test_chains_come_from_the_seed():
    """A longer list begins with the shorter one, another seed gives other primes."""
    assert chains("x", 2) == chains("x", 5)[:2]
    assert not {chain.p for chain in chains("x", 4)} & {chain.p for chain in chains("y", 4)}


def counted(begin, end):
    """Count the primes q in a range, from an even number on, with 2 q + 1 prime: with a sieve of Eratosthenes."""
    length = (end - begin) // 2
    q, p = np.ones(length, bool), np.ones(length, bool)  # for begin + 1, begin + 3, ...
    for prime in sympy.primerange(3, 2 ** ((BITS + 1) // 2)):
        half = pow(2, -1, prime)
        q[-(begin + 1) * half % prime :: prime] = False
        p[-(2 * begin + 3) * half * half % prime :: prime] = False
    return int((q & p).sum())


def test_the_number_of_chains():
    """As many as were counted; in `make test`, a part of the range is compared with what is expected of all of it."""
    low, high, step = 2 ** (BITS - 1), 2**BITS, 2**24
    begins = range(low, high, step) if LONG else range(low, high, 16 * step)
    total = sum(counted(begin, begin + step) for begin in begins)
    if LONG:
        assert total == CHAINS
    assert abs(total * (high - low) / (step * len(begins)) - CHAINS) < CHAINS / 50


def test_few_primes_divide_a_number():
    """None divides one that is smaller than all of them; one divides those a little larger."""
    assert spoiled(np.array([0.0, 29.9, 30.0, 3000.0])).tolist() == [0, 0, 1 / CHAINS, 100 / CHAINS]
