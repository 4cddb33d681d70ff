"""Cosines and sines of rational parts of a turn: algebraic numbers, read in fields that have the roots of unity.

cos(2 pi k / n) is (z**k + z**-k) / 2 for z = exp(2 pi i / n), and sin(a) is cos(a - pi / 2). So all of them in a
formula lie in Q(z), z a primitive N-th root of unity, N the common denominator of the turns. Discrete Fourier
transforms are inverse to each other by no other law than that of z.

Why a proof in F_p is one, for a prime p with N dividing p - 1: there is an element of order N in F_p, and to map z to
it is a map of rings from Z[z] to F_p (the N-th cyclotomic polynomial splits there), which respects sums, products and
inverses. A difference D that is not 0 is a rational function with coefficients in Q(z); its images under the maps of z
to the other primitive roots are no more 0 than it is. So whichever element of order N is drawn stands for z, and the
theorem of Schwartz and Zippel (`field`) holds for the image of D, unless all of its coefficients become 0 in F_p: the
case that `field` has as well for coefficients that p divides, caught by the points of the reals in `decide`. Other
functions stay free elements; exponents keep all linear relations with whole coefficients, the only ones that
exponentials of functions know (Ax 1971), whichever root is drawn one level below.
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

import flint

from verify.graph.graph import Graph

LEVELS = 4  # exponentials in exponents that have fields, as in `field`
_START = 2**124  # the least prime of a chain is above
_MOST = 2**20  # roots of unity: more are free elements
_QUARTER = Fraction(1, 4)


class Circle(NamedTuple):
    """The turns of the cosines of a graph, by node, and how many roots of unity hold them all."""

    turns: Mapping[int, Fraction]
    order: int


def circle(graph: Graph, nodes: Iterable[int]) -> Circle:
    """Return the cosines and sines of rational parts of a turn among nodes, all of them as cosines."""
    if not graph.has_pi:
        return Circle({}, 1)
    ops, args = graph.ops, graph.args
    turns = {
        number: turn
        for number in nodes
        if ops[number] in ("cos", "sin") and (turn := _turn(graph, args[number][0], ops[number])) is not None
    }
    order = math.lcm(*(turn.denominator for turn in turns.values()))
    return Circle(turns, order) if order <= _MOST else Circle({}, 1)


def _turn(graph: Graph, argument: int, op: str) -> Fraction | None:
    """Return which part of a turn an argument is, less a quarter for a sine; None where it is no rational part."""
    half = Fraction(1)
    if graph.ops[argument] == "product":
        factor, argument = graph.args[argument]
        if factor not in graph.constants:
            return None
        half = graph.constants[factor]
    return (half / 2 - _QUARTER * (op == "sin")) % 1 if graph.ops[argument] == "pi" else None


@functools.cache
def chain(order: int) -> tuple[int, ...]:
    """Return primes that have so many roots of unity each, of which each divides the one before less 1.

    So there is a field for exponents below each, as in `field`.
    """
    primes = [_above(_START // order * order, order)]
    for _ in range(LEVELS - 1):
        primes.append(_above(0, order * primes[-1]))
    return tuple(reversed(primes))


def _above(start: int, step: int) -> int:
    """Return the first prime above a number that is 1 modulo a step, which divides that number."""
    candidate = start + step + 1
    while not flint.fmpz(candidate).is_prime():
        candidate += step
    return candidate


def values(points: Circle, prime: int, rng: random.Random) -> dict[int, int]:
    """Return the cosines as elements of a field, by node, for a random root of unity."""
    if not points.turns:
        return {}
    root, half = _root(points.order, prime, rng), pow(2, -1, prime)
    powers = {turn: pow(root, int(turn * points.order), prime) for turn in set(points.turns.values())}
    cosines = {turn: (power + pow(power, -1, prime)) * half % prime for turn, power in powers.items()}
    return {number: cosines[turn] for number, turn in points.turns.items()}


def _root(order: int, prime: int, rng: random.Random) -> int:
    """Return a random element of an order: one of which no power by a proper divisor is 1."""
    factors = [int(factor) for factor, _ in flint.fmpz(order).factor()]
    while True:
        root = pow(rng.randrange(2, prime), (prime - 1) // order, prime)
        if all(pow(root, order // factor, prime) != 1 for factor in factors):
            return root
