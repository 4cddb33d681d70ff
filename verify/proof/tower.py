"""A point of the finite field with square roots adjoined: where sqrt(u)**2 is u, and nothing is said of its sign.

An element is a sum of products of distinct roots, {set of roots as bits: coefficient}. A root t with t**2 = u is a new
bit; u may have roots in it, which then have lower bits. An equation that holds among such elements holds whatever the
signs of the roots are, so for the positive roots of the real numbers too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.model.exact import simplest_rational
from verify.proof.kernels import Kernels, RedrawError

Element = dict[int, int]

MOST_TERMS = 64  # of an element; with m roots it may have 2**m


class TooManyRootsError(Exception):
    """The roots of the formula multiply out to more terms than can be computed with."""


class Tower:
    """The graph read at a random point of F_p with its roots adjoined.

    `order` is a multiple of the denominators of all exponents; `cosines` are elements for functions of constants.
    Where the prime less 1 has no factor in common with an odd order, every element of F_p has just one such root.
    """

    def __init__(
        self,
        kernels: Kernels,
        order: int,
        exponents: Mapping[int, Element],
        joint: Callable[[str, Sequence[int], Any], int] | None = None,
        cosines: Mapping[int, int] | None = None,
    ) -> None:
        self.prime = kernels.prime
        self._joint = joint
        self.rng = kernels.rng
        self.exponents = exponents
        self.kernels = kernels
        self.cosines = cosines or {}
        self.odd = _parts(order)[1]
        self.variables: dict[str, int] = {}
        self.radicands: list[Element] = []
        self.roots: dict[tuple[tuple[int, int], ...], Element] = {}
        self.odd_roots: dict[tuple[tuple[int, int], ...], int] = {}
        self.others: dict[tuple[str, tuple[tuple[int, int], ...]], int] = {}

    def variable(self, name: str) -> Element:
        return {0: self.variables.setdefault(name, self.rng.randrange(1, self.prime))}

    def constant(self, value: Fraction) -> Element:
        if value.denominator % self.prime == 0:
            raise RedrawError
        return self._clean({0: value.numerator * pow(value.denominator, -1, self.prime)})

    def typed(self, value: float) -> Element:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> Element:
        return self.variable("")

    def sum(self, a: Element, b: Element) -> Element:
        return self._clean({roots: a.get(roots, 0) + b.get(roots, 0) for roots in {*a, *b}})

    def product(self, a: Element, b: Element) -> Element:
        total: Element = {}
        for left, x in a.items():
            for right, y in b.items():
                term = {left ^ right: x * y % self.prime}
                for index, radicand in enumerate(self.radicands):
                    if left & right & (1 << index):
                        term = self.product(term, radicand)
                total = self.sum(total, term)
        if len(total) > MOST_TERMS:
            raise TooManyRootsError
        return total

    def power(self, a: Element, exponent: Fraction) -> Element:
        if exponent.denominator == 1:
            return self._power(a, exponent.numerator)
        # p / (odd * 2**k) is s / 2**k + t / odd for some whole s and t, and u**(p/q) the product of these powers.
        halves, odd = _parts(exponent.denominator)
        s = exponent.numerator * pow(odd, -1, 2**halves) % 2**halves
        t = (exponent.numerator - s * odd) // 2**halves
        return self.product(self._power(self._halved(a, halves), s), self._power(self._odd_root(a, odd), t))

    def function(self, name: str, a: Element, number: int) -> Element:
        """Return a function of an element; of one with roots just this is known, that it is the same each time."""
        if number in self.cosines:
            return self._clean({0: self.cosines[number]})
        argument = self.exponents.get(number, a)
        if not any(argument):
            kernel = self.kernels.exponential if number in self.exponents else self.kernels.other
            return self._clean({0: kernel(name, argument.get(0, 0))})
        key = (name, tuple(sorted(argument.items())))
        return {0: self.others.setdefault(key, self.rng.randrange(1, self.prime))}

    def joint(self, op: str, values: list[Element], payload: Any) -> Element:
        """Return a function of several elements without roots in them; raises TooManyRootsError for others."""
        if self._joint is None or any(any(value) for value in values):
            raise TooManyRootsError
        return self._clean({0: self._joint(op, [value.get(0, 0) for value in values], payload)})

    def _power(self, a: Element, whole: int) -> Element:
        if whole < 0:
            a, whole = self._inverse(a), -whole
        result: Element = {0: 1}
        while whole:
            if whole & 1:
                result = self.product(result, a)
            a, whole = self.product(a, a), whole >> 1
        return result

    def _clean(self, element: Element) -> Element:
        return {roots: rest for roots, value in element.items() if (rest := value % self.prime)}

    def _inverse(self, a: Element) -> Element:
        """Return 1 / a: with the highest root t in it, 1 / (x + y t) is (x - y t) / (x**2 - y**2 u)."""
        highest = max(a, default=0).bit_length()
        if not highest:
            if not a:
                raise RedrawError
            return {0: pow(a[0], -1, self.prime)}
        bit = 1 << (highest - 1)
        conjugate = {roots: -value % self.prime if roots & bit else value for roots, value in a.items()}
        return self.product(conjugate, self._inverse(self.product(a, conjugate)))

    def _halved(self, a: Element, times: int) -> Element:
        """Return a ** (1 / 2**times), the same root for equal elements."""
        for _ in range(times):
            key = tuple(sorted(a.items()))
            if key not in self.roots:
                self.radicands.append(a)
                self.roots[key] = {1 << (len(self.radicands) - 1): 1}
            a = self.roots[key]
        return a

    def _odd_root(self, a: Element, odd: int) -> Element:
        """Return a ** (1 / odd); where `a` has square roots in it, an element of which just that is known."""
        if not any(a):
            if math.gcd(odd, self.prime - 1) > 1:  # as of a field that has roots of unity
                raise TooManyRootsError
            return self._clean({0: pow(a.get(0, 0), pow(odd, -1, self.prime - 1), self.prime)})
        key = tuple(sorted(a.items()))
        root = self.odd_roots.setdefault(key, self.rng.randrange(1, self.prime))
        return {0: pow(root, self.odd // odd, self.prime)} if odd > 1 else a


def _parts(order: int) -> tuple[int, int]:
    """Return k and the odd number of which `order` is the product with 2**k."""
    halves = (order & -order).bit_length() - 1
    return halves, order >> halves
