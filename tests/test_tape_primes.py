"""The primes of random walks are what roots and exponentials rely on, and as many as the bounds say."""

import numpy as np
import sympy
from effort import LONG

from verify.tape.primes import BITS, CHAINS, SINGLES, chains, singles, spoiled


def test_chains_are_primes_with_a_generator_of_the_squares():
    """p = 2 q + 1, both prime, of the right size; g has the order q."""
    for p, q, g in chains("a seed", 6):
        assert p == 2 * q + 1
        assert sympy.isprime(p)
        assert sympy.isprime(q)
        assert 2**BITS < p < 2 ** (BITS + 1)
        assert pow(g, q, p) == 1 != g


def test_singles_are_primes_without_a_root_of_minus_one():
    """They are 3 modulo 4, of the right size, and come from the seed."""
    for p, _, _ in singles("a seed", 6):
        assert sympy.isprime(p)
        assert p % 4 == 3
        assert 2**BITS < p < 2 ** (BITS + 1)
    assert singles("x", 2) == singles("x", 5)[:2]
    assert not {single.p for single in singles("x", 4)} & {single.p for single in singles("y", 4)}


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


def singles_counted(begin, end):
    """Count the primes in a range that are 3 modulo 4, from a multiple of 4 on: with a sieve of Eratosthenes."""
    p = np.ones((end - begin) // 4, bool)  # for begin + 3, begin + 7, ...
    for prime in sympy.primerange(3, 2 ** ((BITS + 1) // 2)):
        p[-(begin + 3) * pow(4, -1, prime) % prime :: prime] = False
    return int(p.sum())


def test_the_number_of_singles():
    """As many as were counted; in `make test`, a part of the range is compared with what is expected of all of it."""
    low, high, step = 2**BITS, 2 ** (BITS + 1), 2**25
    begins = range(low, high, step) if LONG else range(low, high, 16 * step)
    total = sum(singles_counted(begin, begin + step) for begin in begins)
    if LONG:
        assert total == SINGLES
    assert abs(total * (high - low) / (step * len(begins)) - SINGLES) < SINGLES / 50


def test_few_primes_divide_a_number():
    """None divides one that is smaller than all of them; one divides those a little larger."""
    divided = spoiled(np.array([0.0, 30.9, 31.0, 3100.0]), chained=False)
    assert divided.tolist() == [0, 0, 1 / SINGLES, 100 / SINGLES]
    assert spoiled(np.array([0.0, 29.9, 30.0, 3000.0])).tolist() == [0, 0, 1 / CHAINS, 100 / CHAINS]
