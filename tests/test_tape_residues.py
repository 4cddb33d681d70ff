"""Arithmetic on arrays of residues is that of whole numbers."""

import random

import numpy as np
import pytest

from verify.tape import residues
from verify.tape.primes import chains, moduli
from verify.tape.residues import inverses, matmul, powers, products, totals

P = moduli(tuple(chain.p for chain in chains("residues", 3)))
PRIMES = [int(p) for p in P.ravel()]


def drawn(rng, *shape):
    """Return random residues, the largest ones among them."""
    values = [[rng.choice([rng.randrange(p), p - 1, 0, 1]) for _ in range(int(np.prod(shape)))] for p in PRIMES]
    return np.array(values, np.uint64).reshape(3, *shape)


@pytest.mark.parametrize("count", [1, 7, 9, 100, 2001])
def test_products_totals_and_powers(count):
    """For few entries as for many, which are reduced another way."""
    rng = random.Random(count)
    a, b = drawn(rng, count), drawn(rng, count)
    exponents = [5, 6, 2**31]
    starts = np.arange(0, count, 3)
    for walk, p in enumerate(PRIMES):
        left, right = a[walk].tolist(), b[walk].tolist()
        assert products(a, b, P)[walk].tolist() == [x * y % p for x, y in zip(left, right, strict=True)]
        assert totals(a, starts, P)[walk].tolist() == [sum(left[i : i + 3]) % p for i in starts]
        assert powers(a, exponents, P)[walk].tolist() == [pow(x, exponents[walk], p) for x in left]


@pytest.mark.parametrize("count", [1, 7, 9, 100, 2001])
def test_inverses(count):
    """Each product with the inverse is 1; where there is none, that is told, and the others are right all the same."""
    a = drawn(random.Random(count), count)
    inverse, poles = inverses(a, P)
    assert ((a == 0) == (np.zeros(a.shape, bool) if poles is None else poles)).all()
    assert (products(a, inverse, P)[a != 0] == 1).all()
    inverse, poles = inverses(np.where(a == 0, np.uint64(3), a), P)
    assert poles is None


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 4), (1, 2, 700, 3)])
def test_matrix_products(shape):
    """As with whole numbers, for stacks too."""
    s, n, k, m = shape
    rng = random.Random(k)
    a, b = drawn(rng, s, n, k), drawn(rng, s, k, m)
    result = matmul(a.astype(np.uint32), b.astype(np.uint32), P).reshape(3, s, n, m)
    exact = np.matmul(a.astype(object), b.astype(object)) % np.array(PRIMES, object).reshape(3, 1, 1, 1)
    assert result.tolist() == exact.tolist()


@pytest.mark.parametrize("terms", [residues.MOST_TERMS - 1, residues.MOST_TERMS, residues.MOST_TERMS + 1])
def test_matrix_products_at_the_limit_of_exactness(terms):
    """All factors as large as they can be, as many as float64 holds the sum of, and one more."""
    largest = (P - np.uint64(1)).astype(np.uint32)
    a = np.broadcast_to(largest[:, :, None, None], (3, 1, 1, terms))
    b = np.ascontiguousarray(a.swapaxes(2, 3))
    assert matmul(a, b, P).ravel().tolist() == [terms * (p - 1) ** 2 % p for p in PRIMES]
    assert residues.MOST_TERMS * (2**17 - 2) ** 2 < 2**53


def test_no_sum_in_a_matrix_product_overflows():
    """high * 2**16 + middle and the like stay below 2**64 once high is reduced."""
    most = residues.MOST_TERMS * (2**17) ** 2
    assert 2**32 * 2**16 + most < 2**64
