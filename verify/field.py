"""The graph read in a finite field: formulas that agree at random points of it are the same function.

Schwartz (1980), Zippel (1979), DeMillo and Lipton (1978): a polynomial of degree d that is not zero vanishes at a
random point of F_p with probability at most d / p. Rational functions are compared by the numerator of their
difference, whose degree is bounded along the graph. With w independent points the bound is (d / p)**w. The theorem is
about polynomials over F_p: one whose coefficients are all divisible by p is 0 there. Only somebody who puts p itself
into a layer has such; that `decide` also looks at points of the reals catches it.

Roots come in two ways.

* *Free*: u**(1/q) is one more random element, the same for equal values of u. What holds for any element holds for
  the root, so nothing but the theorem is needed; but this does not know that sqrt(u)**2 is u.
* *Rooted*: the roots are adjoined to the field (`tower`), without a sign. What holds there holds for roots of either
  sign, so for the positive ones too; a coefficient of a difference is a rational function of the inputs, of at most
  2**m times the degree when there are m square roots (each inverse multiplies by the conjugates).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from verify.exact import simplest_rational
from verify.graph import FUNCTIONS, Graph
from verify.kernels import EXPONENTIAL, Kernels, RedrawError
from verify.tower import TooManyRootsError, Tower

# The longest chain below 2**127 of primes each of which is twice the next plus one: a level for each exponential in an
# exponent. So p - 1 has no small odd factor, and every odd q has an inverse modulo p - 1.
PRIMES = (
    2**127 - 98331489,
    (2**127 - 98331489) // 2,
    (2**127 - 98331489) // 4,
    (2**127 - 98331489) // 8,
)
SECURITY = 100  # a wrong "equal" has to be less likely than 2**-SECURITY
_LEAST_BITS = 32  # that one walk has to be worth
_MOST_DRAWS = 16  # for one walk: a point may be a pole


class _TooDeepError(Exception):
    """There are more exponentials in exponents than primes in the chain."""


class _Walk:
    """The graph at one random point of a field; `exponents` are the values of exponents one level below, by node."""

    def __init__(self, prime: int, rng: random.Random, order: int, exponents: Mapping[int, int]) -> None:
        self.prime = prime
        self.rng = rng
        self.order = order  # the common denominator of the exponents of all powers
        self.exponents = exponents
        self.kernels = Kernels(prime, rng)
        self.variables: dict[str, int] = {}
        self.roots: dict[int, int] = {}

    def variable(self, name: str) -> int:
        return self.variables.setdefault(name, self.rng.randrange(1, self.prime))

    def constant(self, value: Fraction) -> int:
        if value.denominator % self.prime == 0:
            raise RedrawError
        return value.numerator * pow(value.denominator, -1, self.prime) % self.prime

    def typed(self, value: float) -> int:
        return self.constant(simplest_rational(value))

    def pi(self, payload: None) -> int:
        return self.variable("")  # transcendental: an element of its own

    def sum(self, a: int, b: int) -> int:
        return (a + b) % self.prime

    def product(self, a: int, b: int) -> int:
        return a * b % self.prime

    def power(self, a: int, exponent: Fraction) -> int:
        whole = exponent.numerator
        if exponent.denominator != 1:
            a = self.roots.setdefault(a, self.rng.randrange(1, self.prime))
            whole = int(exponent * self.order)
        if a == 0 and whole < 0:
            raise RedrawError
        return pow(a, whole, self.prime)

    def function(self, name: str, a: int, number: int) -> int:
        if name in EXPONENTIAL:
            return self.kernels.exponential(name, self.exponents[number])
        return self.kernels.other(name, a)


class _Degrees:
    """The graph read as bounds on the degrees of numerator and denominator, roots counted as variables."""

    def __init__(self, order: int) -> None:
        self.order = order

    def variable(self, name: str) -> tuple[int, int]:
        return 1, 0

    def constant(self, value: Fraction) -> tuple[int, int]:
        return 0, 0

    def typed(self, value: float) -> tuple[int, int]:
        return 0, 0

    def pi(self, payload: None) -> tuple[int, int]:
        return 1, 0

    def sum(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return max(a[0] + b[1], b[0] + a[1]), a[1] + b[1]

    def product(self, a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
        return a[0] + b[0], a[1] + b[1]

    def power(self, a: tuple[int, int], exponent: Fraction) -> tuple[int, int]:
        above, below = a
        size = abs(exponent)
        if exponent.denominator != 1:  # a power of the root u**(1/order), a variable at least
            above = below = max(1, *a)
            size *= self.order
        above, below = above * int(size), below * int(size)
        return (above, below) if exponent > 0 else (below, above)

    def function(self, name: str, a: tuple[int, int], number: int) -> tuple[int, int]:
        return max(2, *a), max(2, *a)  # an element, or a quotient of degree 2 in one; two arguments may collide


def equal(graph: Graph, pairs: Sequence[tuple[int, int]], seed: int, *, rooted: bool = False) -> tuple[list[bool], str]:
    """Tell for each pair of nodes whether they agree on every walk, and the bound on a wrong "equal" as text.

    An empty bound means that nothing is proved this way (a degree near the prime, too many roots).
    """
    nodes = graph.reach([node for pair in pairs for node in pair])
    powers = [i for i in nodes if graph.ops[i] == "power" and graph.payloads[i].denominator != 1]
    order = math.lcm(*[graph.payloads[i].denominator for i in powers])
    roots = len({graph.args[i] for i in powers} | {graph.args[i] for i in nodes if graph.ops[i] in FUNCTIONS})
    walks, security = _plan(_degree(graph, pairs, order), order, roots, rooted=rooted)
    rng = random.Random(seed)
    alike = [bool(walks)] * len(pairs)
    for _ in range(walks):
        still = [i for i, same in enumerate(alike) if same]
        values = _walk(graph, [node for i in still for node in pairs[i]], rng, order, rooted=rooted)
        if values is None:
            return [False] * len(pairs), ""
        for i in still:
            alike[i] = values[pairs[i][0]] == values[pairs[i][1]]
    return alike, f"2^-{security}" if walks else ""


def _plan(degree: int, order: int, roots: int, *, rooted: bool) -> tuple[int, int]:
    """Return how many walks are needed and the security in bits that they give; no walks if it cannot be had."""
    # Two radicands that are not equal may get equal values, as any two formulas may: hence the pairs of roots.
    bits = math.log2(PRIMES[-1]) - math.log2(max(1, degree)) - 2 * math.log2(1 + roots)
    if rooted:
        bits -= roots * math.log2(order)
    if bits < _LEAST_BITS:
        return 0, 0
    walks = max(2, math.ceil(SECURITY / bits))
    return walks, math.floor(walks * bits)


def _degree(graph: Graph, pairs: Sequence[tuple[int, int]], order: int) -> int:
    """Bound the degree of the numerator of every difference."""
    degrees = graph.read([node for pair in pairs for node in pair], _Degrees(order))
    return max((max(degrees[a][0] + degrees[b][1], degrees[b][0] + degrees[a][1]) for a, b in pairs), default=0)


def _walk(graph: Graph, nodes: list[int], rng: random.Random, order: int, *, rooted: bool) -> dict[int, Any] | None:
    """Return the values of the nodes at a random point, None where no point is found at which all are defined."""
    for _ in range(_MOST_DRAWS):
        try:
            return _at_level(graph, nodes, rng, order, 0, rooted=rooted)
        except RedrawError:
            continue
        except (TooManyRootsError, _TooDeepError):
            return None
    return None


def _at_level(
    graph: Graph, nodes: list[int], rng: random.Random, order: int, level: int, *, rooted: bool
) -> dict[int, Any]:
    """Read the nodes in one field, and the exponents in them in the next, whose prime is the order of exponentials."""
    if level == len(PRIMES):
        raise _TooDeepError
    exponentials = [i for i in graph.reach(nodes) if graph.ops[i] in EXPONENTIAL]
    exponents: dict[int, Any] = {}
    if exponentials:
        below = _at_level(graph, [graph.args[i][0] for i in exponentials], rng, order, level + 1, rooted=rooted)
        exponents = {i: below[graph.args[i][0]] for i in exponentials}
    reading = Tower if rooted else _Walk
    return graph.read(nodes, reading(PRIMES[level], rng, order, exponents))
