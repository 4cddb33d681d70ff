"""The tape read at random points of finite fields, all walks at once: one or a few array operations a block.

A walk does not count for an element that has a pole in it, or needs the root of what has none there; that is passed on
to all that is computed from it. `usable` tells for which arguments of functions enough walks count.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from verify.proof.field import Laws
from verify.proof.kernels import EXPONENTIAL
from verify.tape.constants import rationals
from verify.tape.draws import Draws
from verify.tape.kernels import Kernels
from verify.tape.masks import all_of, any_of
from verify.tape.parts import Part
from verify.tape.pieces import pieces, slices_of_terms
from verify.tape.primes import Chain, moduli
from verify.tape.residues import Residues, inverses, less_once, matmul, powers, products, reduced, totals
from verify.tape.tape import Elements, Mask

_FEW = 2**16  # elements, whose values are kept as they are computed with
_FEW_CONSTANTS = 8
_DIGIT = 11  # bits of an exponent that are looked up at once
_DIGITS = 3  # of an exponent below 2**31
_UNITY = np.uint64(1)

Value = tuple[Residues, Mask | None]  # and in which walks it is defined, if not in all


class Rules(Protocol):
    """What a reading goes by: the common denominator of the exponents of all powers, and what is known of functions.

    `rooted` tells which elements depend on roots, where roots have their law.
    """

    order: int
    laws: Laws
    rooted: Mask

    def usable(self, arguments: Elements, counted: npt.NDArray[np.int64]) -> Mask:
        """Tell for which arguments of functions enough walks count."""


class Walks:
    """Values of elements, a row for each walk, modulo its primes at one level: p at level 0, q at level 1."""

    def __init__(self, size: int, parts: Sequence[Part], seed: str, chain: Sequence[Chain], rules: Rules) -> None:
        self.size = size
        self.parts = parts
        self.rules = rules
        self.chain = chain
        self.seed = seed
        self.values = np.empty((len(chain), size), np.uint64 if size <= _FEW else np.uint32)  # half the memory
        self.valid: Mask | None = None
        self.exponents: Walks | None = None

    def read(self, level: int, exponents: Walks | None = None) -> None:
        """Compute all parts; `exponents` are the values of exponents one level below, where exponentials have a law."""
        self.primes = tuple(link[level] for link in self.chain)
        self.p = moduli(self.primes)
        self.draws = Draws(f"{self.seed} {level}", self.primes)
        self.kernels = Kernels(self.p, self.draws)
        self.exponents = exponents
        for part in (piece for whole in self.parts for piece in pieces(whole)):
            value, valid = self._value(part)
            if valid is not None and self.valid is None:
                self.valid = np.ones((len(self.p), self.size), bool)
            if self.valid is not None:
                self.valid[:, part.elements] = True if valid is None else valid
                value = value if valid is None else np.where(valid, value, np.uint64(0))
            self.values[:, part.elements] = value

    def take(self, elements: Elements) -> Residues:
        """Return values of elements."""
        return self.values.take(elements, axis=1).astype(np.uint64, copy=False)

    def supported(self, *arrays: Elements) -> Mask | None:
        """Tell in which walks all of some arrays of elements are defined, entry by entry; None stands for all."""
        if self.valid is None:
            return None
        mask: Mask = np.logical_and.reduce([self.valid.take(elements, axis=1) for elements in arrays])
        return None if all_of(mask) else mask

    def _value(self, part: Part) -> Value:
        match part.op:
            case "variable" | "pi":
                return self.draws.next(part.size), None
            case "constant" | "typed":
                return self._constants(rationals(part))
            case "sum":
                a, b = part.args
                return less_once(self.take(a) + self.take(b), self.p), self.supported(a, b)
            case "product":
                a, b = part.args
                return products(self.take(a), self.take(b), self.p), self.supported(a, b)
            case "total":
                return self._totals(part.args[0], part.payload)
            case "matmul":
                return self._matmul(*part.args)
            case "power":
                return self._power(part.args[0], part.payload)
            case _:
                return self._function(part.op, part.args[0])

    def _constants(self, values: Sequence[Fraction]) -> Value:
        """Return rationals modulo each prime."""
        if len(values) <= _FEW_CONSTANTS and all(value.denominator == 1 for value in values):
            return np.array([[value.numerator % prime for value in values] for prime in self.primes], np.uint64), None
        above = _remainders([value.numerator for value in values], self.primes)
        below = _remainders([value.denominator for value in values], self.primes)
        inverse, poles = inverses(below, self.p)
        return products(above, inverse, self.p), None if poles is None else ~poles

    def _totals(self, terms: Elements, starts: Elements) -> Value:
        valid = self.supported(terms)
        if valid is not None:
            valid = np.logical_and.reduceat(valid, starts, axis=1)
        return totals(self.take(terms), starts, self.p), valid

    def _matmul(self, a: Elements, b: Elements) -> Value:
        """Return products of matrices, a slice of their terms after the other: 2**32 residues fit."""
        value, valid = np.zeros((len(self.p), a.shape[0] * a.shape[1] * b.shape[2]), np.uint64), None
        for left, right in slices_of_terms(a, b):
            value += matmul(self.values.take(left, axis=1), self.values.take(right, axis=1), self.p)
            valid = _both(valid, self._supported_products(left, right))
        return reduced(value, self.p), valid

    def _supported_products(self, a: Elements, b: Elements) -> Mask | None:
        """Tell in which walks rows and columns are defined, for each product of two of them."""
        left, right = self.supported(a), self.supported(b)
        if left is None and right is None:
            return None
        valid = np.ones((len(self.p), *a.shape[:2], b.shape[2]), bool)
        if left is not None:
            valid &= left.all(axis=3, keepdims=True)
        if right is not None:
            valid &= right.all(axis=2, keepdims=True)
        return valid.reshape(len(self.p), -1)

    def _power(self, base: Elements, exponent: Fraction) -> Value:
        value, valid = self.take(base), self.supported(base)
        if exponent.denominator == 1:
            return self._raised(value, [exponent.numerator] * len(self.p), valid)
        if self.rules.laws is Laws.ROOTS:
            return self._root(value, exponent, valid)
        root, valid = self._element("root", base)
        return self._raised(root, [int(exponent * self.rules.order)] * len(self.p), valid)

    def _raised(self, value: Residues, exponents: Sequence[int], valid: Mask | None) -> Value:
        """Return whole powers of one sign in all walks."""
        poles = None
        if exponents[0] < 0:
            value, poles = inverses(value, self.p)
        if any(abs(exponent) != 1 for exponent in exponents):
            value = powers(value, [abs(exponent) for exponent in exponents], self.p)
        return value, _both(valid, None if poles is None else ~poles)

    def _root(self, value: Residues, exponent: Fraction, valid: Mask | None) -> Value:
        """Return powers of the root that is a square itself; of an odd order, of the only root there is.

        The squares are a group of order q, in which the power v**(n / m) is v**(n * m**-1 modulo q): all that is true
        of powers of positive numbers is true of these. A walk in which v has no root does not count, for an even m.
        """
        even = exponent.denominator % 2 == 0
        orders = [(prime - 1) // 2 if even else prime - 1 for prime in self.primes]
        try:
            size = [abs(exponent.numerator) * pow(exponent.denominator, -1, order) % order for order in orders]
        except ValueError:  # q divides the denominator
            return np.zeros_like(value), np.zeros(value.shape, bool)
        if even:
            square = powers(value, [(prime - 1) // 2 for prime in self.primes], self.p) == _UNITY
            valid = _both(valid, square | (value == 0))
        return self._raised(powers(value, size, self.p), [1 if exponent > 0 else -1] * len(size), valid)

    def _function(self, name: str, arguments: Elements) -> Value:
        if self.exponents is None or name not in EXPONENTIAL:
            return self._element(name, arguments)
        rooted = self.rules.rooted[arguments]
        if not any_of(rooted):
            return self._exponential(name, arguments)
        value, valid = self._by_number(name, arguments)
        if not all_of(rooted):
            plain, defined = self._exponential(name, arguments[~rooted])
            value[:, ~rooted] = plain
            if defined is not None:
                valid = np.ones(value.shape, bool)
                valid[:, ~rooted] = defined
        return value, valid

    def _exponential(self, name: str, arguments: Elements) -> Value:
        """Return exp(u) as g**u; tanh(u) is (e - 1) / (e + 1) for e = exp(2 u), and -1 is no power of g."""
        assert self.exponents is not None
        exponent, valid = self.exponents.take(arguments), self.exponents.supported(arguments)
        if name == "exp":
            return self._raise_generators(exponent), valid
        e = self._raise_generators(reduced(exponent + exponent, self.exponents.p))
        inverse, _ = inverses(reduced(e + _UNITY, self.p), self.p)
        return products(reduced(e + (self.p - _UNITY), self.p), inverse, self.p), valid

    def _raise_generators(self, exponents: Residues) -> Residues:
        digits = [(exponents >> np.uint64(_DIGIT * place)) & np.uint64(2**_DIGIT - 1) for place in range(_DIGITS)]
        table = _table(tuple(self.chain))
        walks = np.arange(len(self.p))[:, None]
        result: Residues = table[walks, 0, digits[0]]
        for place in range(1, _DIGITS):
            result = products(result, table[walks, place, digits[place]], self.p)
        return result

    def _element(self, name: str, arguments: Elements) -> Value:
        """Return a function as random elements; of arguments with roots just the same one is known to be the same."""
        rooted = self.rules.rooted[arguments]
        if all_of(rooted):
            return self._by_number(name, arguments)
        plain = arguments[~rooted]
        valid = self.supported(plain)
        counted = np.full(len(plain), len(self.p)) if valid is None else valid.sum(axis=0)
        value = self.kernels.at(name, self.take(plain), valid)
        usable = self.rules.usable(plain, counted)
        if not all_of(usable):
            valid = _both(valid, np.broadcast_to(usable, value.shape))
        if not any_of(rooted):
            return value, valid
        result = self._by_number(name, arguments)[0]
        result[:, ~rooted] = value
        defined = np.ones(result.shape, bool)
        defined[:, ~rooted] = True if valid is None else valid
        return result, defined

    def _by_number(self, name: str, arguments: Elements) -> Value:
        return self.kernels.of(name, arguments.tolist()), None


def _both(a: Mask | None, b: Mask | None) -> Mask | None:
    return b if a is None else a if b is None else a & b


def _remainders(numbers: Sequence[int], primes: Sequence[int]) -> Residues:
    """Return whole numbers modulo each prime."""
    try:
        array = np.array(numbers, np.int64)
    except OverflowError:
        return np.array([[number % prime for number in numbers] for prime in primes], np.uint64)
    return np.array([array % prime for prime in primes]).astype(np.uint64)


@lru_cache(maxsize=8)
def _table(chain: tuple[Chain, ...]) -> Residues:
    """Return the powers of each g for each value of each digit of an exponent."""
    p = moduli(tuple(link.p for link in chain))
    table = np.ones((len(chain), _DIGITS, 2**_DIGIT), np.uint64)
    base = np.array([[link.g] for link in chain], np.uint64)
    for place in range(_DIGITS):
        for bit in range(_DIGIT):
            table[:, place, 2**bit : 2 ** (bit + 1)] = products(table[:, place, : 2**bit], base, p)
            base = products(base, base, p)
    return table
