"""Arithmetic on arrays of residues, a row for each walk and its prime: exact, one or a few array operations each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from verify.tape.masks import any_of
from verify.tape.primes import Moduli
from verify.tape.tape import Elements, Mask

Residues = npt.NDArray[np.uint64]  # a row for each walk, below its prime of at most 32 bits
Words = npt.NDArray[np.uint32]  # the same, as they are kept
Floats = npt.NDArray[np.float64]

_FEW = 512  # below, rows are reduced all at once: a division by one number is faster, once it has begun
_SMALL = 8192  # products of entries, for which BLAS is not worth it
_LEAVES = 32  # of a tree of products that are inverted one after the other
_HALF, _HALF_WORD = np.uint64(16), np.uint32(16)
_LOW = np.uint32(0xFFFF)
MOST_TERMS = 2**18  # of a matrix product at once: 2**18 * (2**17)**2 is below 2**53, up to which float64 is exact


def reduced(a: Residues, p: Moduli) -> Residues:
    """Reduce in place."""
    if a.shape[1] < _FEW:
        return np.remainder(a, p, out=a)
    for row, prime in zip(a, p.ravel(), strict=True):
        row -= row // prime * prime
    return a


def less_once(a: Residues, p: Moduli) -> Residues:
    """Reduce what is below 2 p: of a and a - p, which is huge where it is below 0, the smaller one."""
    result: Residues = np.minimum(a, a - p)
    return result


def products(a: Residues, b: Residues, p: Moduli) -> Residues:
    """Return a * b: below 2**64 before it is reduced."""
    return reduced(a * b, p)


def totals(terms: Residues, starts: Elements, p: Moduli) -> Residues:
    """Return the sums of consecutive terms; 2**32 terms fit."""
    return reduced(np.add.reduceat(terms, starts, axis=1), p)


def inverses(a: Residues, p: Moduli) -> tuple[Residues, Mask | None]:
    """Return the inverses, and where there is none, if anywhere.

    Montgomery (1987): the inverse of a product gives those of its factors; so a tree of products takes three of them an
    element.
    """
    poles = a == 0
    if not any_of(poles):
        return _inverses(a, p), None
    return _inverses(np.where(poles, np.uint64(1), a), p), poles


def _inverses(a: Residues, p: Moduli) -> Residues:
    count = a.shape[1]
    if count <= _LEAVES:
        return np.array(list(map(_inverted, a.tolist(), p.ravel().tolist())), np.uint64).reshape(a.shape)
    half = count // 2
    left, right = a[:, :half], a[:, half : 2 * half]
    upper = np.concatenate([products(left, right, p), a[:, 2 * half :]], axis=1)
    inverse = _inverses(upper, p)
    return np.concatenate(
        [products(inverse[:, :half], right, p), products(inverse[:, :half], left, p), inverse[:, half:]], axis=1
    )


def _inverted(row: list[int], prime: int) -> list[int]:
    """Return the inverses of a few numbers by that of the product of all."""
    products_before = [1]
    for number in row:
        products_before.append(products_before[-1] * number % prime)
    inverse, result = pow(products_before.pop(), -1, prime), [0] * len(row)
    for place in range(len(row) - 1, -1, -1):
        result[place] = inverse * products_before[place] % prime
        inverse = inverse * row[place] % prime
    return result


def powers(a: Residues, exponents: Sequence[int], p: Moduli) -> Residues:
    """Return a ** exponent, an exponent from 0 on for each walk, by squaring."""
    result = np.ones_like(a)
    for place in reversed(range(max(exponents).bit_length())):
        result = products(result, result, p)
        factor = [exponent >> place & 1 for exponent in exponents]
        if all(factor):
            result = products(result, a, p)
        elif any(factor):
            rows = np.flatnonzero(factor)
            result[rows] = products(result[rows], a[rows], p[rows])
    return result


def matmul(a: Residues | Words, b: Residues | Words, p: Moduli) -> Residues:
    """Return products of matrices (walks, s, n, k) and (walks, s, k, m), through BLAS, exactly.

    Both are split in halves of 16 bits; with Karatsuba's product of the sums of the halves, of 17 bits, three products
    of float64 are enough, each a whole number below 2**53. Small ones are taken term by term.
    """
    if a[0].size * b.shape[3] <= _SMALL:
        left, right = a[:, :, :, None].astype(np.uint64), b.swapaxes(2, 3)[:, :, None].astype(np.uint64)
        terms = reduced((left * right).reshape(len(p), -1), p)
        return reduced(terms.reshape(-1, a.shape[3]).sum(axis=1).reshape(len(p), -1), p)
    a, b = a.astype(np.uint32, copy=False), b.astype(np.uint32, copy=False)
    result = np.zeros((len(p), a.shape[1] * a.shape[2] * b.shape[3]), np.uint64)
    for start in range(0, a.shape[3], MOST_TERMS):
        chosen = slice(start, start + MOST_TERMS)
        for walk, prime in enumerate(p):
            row = result[walk : walk + 1]
            row += _matmul(a[walk, :, :, chosen], b[walk, :, chosen, :], prime[None])
            reduced(row, prime[None])
    return result


def _matmul(a: Words, b: Words, p: Moduli) -> Residues:
    """Return a product in one row: high * 2**32 + middle * 2**16 + low, of which none overflows 64 bits."""
    high, low, both = (
        np.matmul(left, right).astype(np.int64).view(np.uint64).reshape(1, -1)
        for left, right in zip(_halves(a), _halves(b), strict=True)
    )
    both -= high
    both -= low
    for part in (both, low):
        reduced(high, p)
        high <<= _HALF
        high += part
    return reduced(high, p)


def _halves(a: Words) -> tuple[Floats, Floats, Floats]:
    """Return the upper and the lower half of the bits, and the sum of these."""
    high, low = ((half.view(np.int32)).astype(np.float64) for half in (a >> _HALF_WORD, a & _LOW))
    return high, low, high + low
