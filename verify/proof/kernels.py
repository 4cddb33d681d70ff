"""Functions that are not rational, as elements of a finite field: a map that respects their laws.

* exp(u) becomes g**u, where g has the prime order q, q divides p - 1, and u is evaluated in F_q: another field, one
  level below. So exp(a + b) is exp(a) exp(b), exp(-a) is 1 / exp(a), exp(a / 2)**2 is exp(a). Gonnet (1984) is the
  ancestor. That the values behave like independent elements is an assumption, though no counterexample is known; that
  no algebraic law is missed rests on Ax (1971). Hence whoever proves with it checks at points as well (`decide`).
* tanh(u) is (e - 1) / (e + 1) with e = exp(2 u).
* sin(u) and cos(u) are a random point of the unit circle, the same for equal u, mirrored for -u.
* All others are random elements, the same for equal arguments; the odd ones change sign with their argument.
  So are exp and tanh where their exponents have no field one level below.

What holds for such elements holds for the functions; what only holds by other laws is not found.
"""

from __future__ import annotations

import functools
import random

from verify.graph.functions import FUNCTIONS

EXPONENTIAL = ("exp", "tanh")


class RedrawError(Exception):
    """The random point is a pole of the formula: draw another."""


class Kernels:
    """The functions at one random point of F_p, for the p - 1 that the prime `below` divides, if there is a level.

    With no level below, `prime` may be the product of two: that is a point of either field at once (`field`).
    """

    def __init__(self, prime: int, rng: random.Random, below: int = 0) -> None:
        self.prime = prime
        self.rng = rng
        self.below = below
        self.elements: dict[tuple[str, int], int] = {}

    @functools.cached_property
    def generator(self) -> int:
        """Return an element whose order is the prime `below`; it takes as long as many products."""
        cofactor = (self.prime - 1) // self.below if self.below else 2
        return pow(self.rng.randrange(2, self.prime - 1), cofactor, self.prime)

    def exponential(self, name: str, exponent: int) -> int:
        """Return exp or tanh of what is `exponent` one level below."""
        if name == "exp":
            return pow(self.generator, exponent, self.prime)
        e = pow(self.generator, 2 * exponent, self.prime)
        return (e - 1) * self._inverse(e + 1) % self.prime

    def other(self, name: str, argument: int) -> int:
        """Return one of the functions that are no more than elements."""
        parity = FUNCTIONS[name].parity
        mirrored = parity != 0 and argument > self.prime // 2
        if mirrored:
            argument = self.prime - argument
        value = self._on_circle(name, argument) if name in ("sin", "cos") else self._element(name, argument)
        return -value % self.prime if mirrored and parity < 0 else value

    def _on_circle(self, name: str, argument: int) -> int:
        t = self._element("circle", argument)
        above = 2 * t if name == "sin" else 1 - t * t
        return above * self._inverse(1 + t * t) % self.prime

    def _element(self, name: str, argument: int) -> int:
        key = (name, argument)
        if key not in self.elements:
            self.elements[key] = self.rng.randrange(1, self.prime)
        return self.elements[key]

    def _inverse(self, value: int) -> int:
        try:
            return pow(value, -1, self.prime)
        except ValueError:
            raise RedrawError from None
