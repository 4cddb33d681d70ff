"""The graph read in a finite field: formulas that agree at random points of it are the same function.

Schwartz (1980), Zippel (1979), DeMillo and Lipton (1978): a polynomial of degree d that is not zero vanishes at a
random point of F_p with probability at most d / p. Rational functions are compared by the numerator of their
difference, whose degree is bounded along the graph. With w independent points the bound is (d / p)**w. The theorem is
about polynomials over F_p: one whose coefficients are all divisible by p is 0 there. Only somebody who puts p itself
into a layer has such; that `decide` also looks at points of the reals catches it.

Functions and roots come in three ways.

* *Elements*: exp(u), log(u) and u**(1/q) are one more random element each, the same for equal values of u. What holds
  for any elements holds for the functions, so nothing but the theorem is needed; but this does not know that
  exp(a) exp(b) is exp(a + b), nor that sqrt(u)**2 is u.
* *Exponential*: exp(u) becomes g**u (`kernels`).
* Cosines and sines of rational parts of a turn are algebraic numbers, in a prime that has them (`unity`), in each way.
* *Roots*: they are adjoined to the field (`tower`), without a sign. What holds there holds for roots of either
  sign, so for the positive ones too; a coefficient of a difference is a rational function of the inputs, of at most
  2**m times the degree when there are m square roots (each inverse multiplies by the conjugates).
"""

from __future__ import annotations

import functools
import math
import random
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from itertools import islice
from typing import Any, NamedTuple

import flint

from verify.graph.functions import FUNCTIONS
from verify.graph.graph import Graph
from verify.graph.joints import JOINT
from verify.model.exact import simplest_rational
from verify.proof import joints, unity
from verify.proof.joints import Joints, degree_of
from verify.proof.kernels import EXPONENTIAL, Kernels, RedrawError
from verify.proof.tower import TooManyRootsError, Tower
from verify.proof.unity import Circle

# The longest chain below 2**127 of primes each of which is twice the next plus one: a level for each exponential in an
# exponent. So p - 1 has no small odd factor, and every odd q has an inverse modulo p - 1.
PRIMES = (
    2**127 - 98331489,
    (2**127 - 98331489) // 2,
    (2**127 - 98331489) // 4,
    (2**127 - 98331489) // 8,
)
# Two walks in one: a number modulo the product of two primes is an element of either field (the Chinese remainder
# theorem), both are independent, and two numbers are the same if they are in both fields. So a difference that is not 0
# vanishes with a chance of at most d / p * d / q, as on two walks, one in each field. A pole in either is drawn anew.
# Functions have the same element for arguments that are the same in both: that is for equal formulas, and for others in
# fewer cases than in one field. None of this needs an exponent, whose field is that of one prime alone.
_TWO = PRIMES[:2]
_field = functools.cache(flint.fmpz_mod_ctx)
SECURITY = 100  # a wrong "equal" has to be less likely than 2**-SECURITY
_LEAST_BITS = 32  # that one walk has to be worth
_MOST_DRAWS = 16  # for one walk: a point may be a pole


class Laws(Enum):
    """What is known of values that are not rational, each including the one before; the value says it in words."""

    NONE = "whatever values the functions and roots in them have"
    EXPONENTIAL = "by the law of exponentials"
    ROOTS = "with square roots of either sign"


class _Walk:
    """The graph at one random point of a field; `exponents` are the values of exponents one level below, by node.

    An exponential whose exponent is not among them is an element like the other functions.
    """

    def __init__(
        self, kernels: Kernels, order: int, exponents: Mapping[int, int], joints: Joints, cosines: Mapping[int, int]
    ) -> None:
        self.prime = kernels.prime
        self.joints = joints
        self.field = _field(kernels.prime)
        self.rng = kernels.rng
        self.order = order  # the common denominator of the exponents of all powers
        self.exponents = exponents
        self.kernels = kernels
        self.cosines = cosines  # of rational parts of a turn, by node
        self.variables: dict[str, int] = {}
        self.roots: dict[int, int] = {}
        self.inverses: dict[int, int] = {}

    def read(self, graph: Graph, nodes: Iterable[int]) -> dict[int, int]:
        """Compute the nodes and all below them; sums and products, which are most of a graph, without a call."""
        p = self.prime
        values: dict[int, int] = {}
        ops, args, payloads = graph.ops, graph.args, graph.payloads
        for number in graph.reach(nodes):
            op = ops[number]
            if op == "sum":
                a, b = args[number]
                values[number] = (values[a] + values[b]) % p
            elif op == "product":
                a, b = args[number]
                values[number] = values[a] * values[b] % p
            elif op == "power":
                values[number] = self.power(values[args[number][0]], payloads[number])
            elif op in _LEAVES:
                values[number] = _LEAVES[op](self, payloads[number])
            elif op in JOINT:
                values[number] = self.joint(op, [values[i] for i in args[number]], payloads[number])
            else:
                values[number] = self.function(op, values[args[number][0]], number)
        return values

    def variable(self, name: str) -> int:
        """Return the element of an input."""
        element = self.variables.get(name)
        if element is None:
            element = self.variables[name] = self.rng.randrange(1, self.prime)
        return element

    def constant(self, value: Fraction) -> int:
        """Return a rational as an element."""
        if value.denominator == 1:
            return value.numerator % self.prime
        try:
            return value.numerator * pow(value.denominator, -1, self.prime) % self.prime
        except ValueError:
            raise RedrawError from None

    def power(self, a: int, exponent: Fraction) -> int:
        """Return a power; a root is an element of its own."""
        whole = exponent.numerator
        if exponent.denominator != 1:
            a = self.roots.setdefault(a, self.rng.randrange(1, self.prime))
            whole = int(exponent * self.order)
        if whole < 0:
            a, whole = self.inverses.get(a) or self._inverse(a), -whole
        return a if whole == 1 else pow(a, whole, self.prime)

    def _inverse(self, a: int) -> int:
        """Return the inverse of an element: a formula and its slope often have the same one."""
        try:
            inverse = self.inverses[a] = int(self.field(a).inverse())  # in a third of the time that `pow` takes
        except ZeroDivisionError:
            raise RedrawError from None
        return inverse

    def function(self, name: str, a: int, number: int) -> int:
        """Return a function of an element."""
        if number in self.cosines:
            return self.cosines[number]
        if number in self.exponents:
            return self.kernels.exponential(name, self.exponents[number])
        return self.kernels.other(name, a)

    def joint(self, op: str, values: list[int], payload: Any) -> int:
        """Return a function of several elements."""
        return self.joints.value(op, values, payload)


_LEAVES: dict[str, Callable[[_Walk, Any], int]] = {
    "variable": lambda walk, name: walk.variable(name),
    "constant": lambda walk, value: walk.constant(value),
    "typed": lambda walk, value: walk.constant(simplest_rational(value)),
    "pi": lambda walk, _: walk.variable(""),  # transcendental: an element of its own
}
_FREE = ("variable", "pi")  # leaves that are elements of their own


class _Degrees:
    """The graph read as bounds on the degrees of numerator and denominator, roots and functions as variables."""

    def __init__(self, order: int, powers: int, cosines: Container[int]) -> None:
        self.order = order
        self.powers = powers  # of a matrix, in the polynomial that stands for its exponential
        self.cosines = cosines  # algebraic numbers

    def read(self, graph: Graph, nodes: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Bound the nodes and all below them; sums and products, which are most of a graph, without a call."""
        degrees: dict[int, tuple[int, int]] = {}
        ops, args, payloads = graph.ops, graph.args, graph.payloads
        for number in graph.reach(nodes):
            op = ops[number]
            if op == "product":
                (a, b), (c, d) = map(degrees.__getitem__, args[number])
                degrees[number] = a + c, b + d
            elif op == "sum":
                (a, b), (c, d) = map(degrees.__getitem__, args[number])
                left, right = a + d, c + b
                degrees[number] = left if left > right else right, b + d
            elif op in _LEAVES:
                degrees[number] = (1, 0) if op in _FREE else (0, 0)
            elif op == "power":
                degrees[number] = self.power(degrees[args[number][0]], payloads[number])
            elif op in JOINT:
                degrees[number] = self.joint(op, [degrees[i] for i in args[number]], payloads[number])
            else:
                degrees[number] = self.function(op, degrees[args[number][0]], number)
        return degrees

    def power(self, a: tuple[int, int], exponent: Fraction) -> tuple[int, int]:
        above, below = a
        whole = exponent.numerator
        if exponent.denominator != 1:  # a power of the root u**(1/order), a variable at least
            above = below = max(1, *a)
            whole = int(exponent * self.order)
        return (above * whole, below * whole) if whole > 0 else (below * -whole, above * -whole)

    def function(self, name: str, a: tuple[int, int], number: int) -> tuple[int, int]:
        if number in self.cosines:
            return 0, 0
        return max(2, *a), max(2, *a)  # an element, or a quotient of degree 2 in one; two arguments may collide

    def joint(self, op: str, values: list[tuple[int, int]], payload: Any) -> tuple[int, int]:
        return degree_of(op, values, self.powers)


def equal(graph: Graph, pairs: Sequence[tuple[int, int]], seed: int, laws: Laws = Laws.NONE) -> tuple[list[bool], int]:
    """Tell for each pair of nodes whether they agree on every walk, with the bits of certainty.

    "Equal" is wrong with a chance below 2^-bits. No bits mean that nothing is proved this way (a degree near the prime,
    too many roots).
    """
    nodes = graph.reach([node for pair in pairs for node in pair])
    points, kinds = unity.circle(graph, nodes), set(map(graph.ops.__getitem__, nodes))
    has_joints = not kinds.isdisjoint(JOINT)
    powers = [i for i in nodes if graph.ops[i] == "power" and graph.payloads[i].denominator != 1]
    order = math.lcm(*[graph.payloads[i].denominator for i in powers])
    functions = (i for i in nodes if graph.ops[i] in FUNCTIONS and i not in points.turns)
    elements = len({graph.args[i] for i in powers} | {graph.args[i] for i in functions})
    try:
        counts = (joints.sheets(graph, nodes), joints.powers(graph, nodes)) if has_joints else (1, 0)
    except TooManyRootsError:
        return [False] * len(pairs), 0
    several = Several(*counts, points)
    degree = _degree(graph, pairs, order, several)
    walks, security = _plan(degree, order, elements, joints.bits_of(several.sheets), rooted=laws is Laws.ROOTS)
    if walks == len(_TWO) and laws is Laws.NONE and not has_joints and not points.turns:
        several = several._replace(at_once=True)
    rng = random.Random(seed)
    alike = [bool(walks)] * len(pairs)
    for _ in range(1 if several.at_once else walks):
        still = [i for i, same in enumerate(alike) if same]
        sheets = _walk(graph, [node for i in still for node in pairs[i]], rng, order, laws, several)
        if sheets is None:
            return [False] * len(pairs), 0
        for i in still:
            alike[i] = all(values[pairs[i][0]] == values[pairs[i][1]] for values in sheets)
    return alike, security if walks else 0


class Several(NamedTuple):
    """What functions of several arguments ask for: the number of sheets, and the powers of matrices (`joints`).

    And what cosines of rational parts of a turn do: the primes that have these (`unity`). Where functions and roots are
    free elements and there is nothing of this, two walks may be made `at_once`.
    """

    sheets: int
    powers: int
    circle: Circle
    at_once: bool = False

    @property
    def primes(self) -> tuple[int, ...]:
        """Return the primes of all levels; the product of two stands for both."""
        if self.at_once:
            return (math.prod(_TWO),)
        return unity.chain(self.circle.order) if self.circle.turns else PRIMES


def _plan(degree: int, order: int, elements: int, lost: float, *, rooted: bool) -> tuple[int, int]:
    """Return how many walks are needed and the security in bits that they give; no walks if it cannot be had.

    Each of them is worth as many bits less as are `lost`.
    """
    # Two arguments that are not equal may get equal values, as any two formulas may: hence the pairs of elements.
    bits = math.log2(PRIMES[-1]) - math.log2(max(1, degree)) - 2 * math.log2(1 + elements) - lost
    if rooted:
        bits -= elements * math.log2(order)
    if bits < _LEAST_BITS:
        return 0, 0
    walks = max(2, math.ceil(SECURITY / bits))
    return walks, math.floor(walks * bits)


def _degree(graph: Graph, pairs: Sequence[tuple[int, int]], order: int, several: Several) -> int:
    """Bound the degree of the numerator of every difference."""
    reading = _Degrees(order, several.powers, several.circle.turns)
    degrees = reading.read(graph, [node for pair in pairs for node in pair])
    return max((max(degrees[a][0] + degrees[b][1], degrees[b][0] + degrees[a][1]) for a, b in pairs), default=0)


def _walk(
    graph: Graph, nodes: list[int], rng: random.Random, order: int, laws: Laws, several: Several
) -> list[dict[int, Any]] | None:
    """Return the values of the nodes at a random point on all sheets, None where they are defined at no point."""
    for _ in range(max(_MOST_DRAWS, joints.draws(several.sheets))):
        try:
            return _at_level(graph, nodes, rng, order, 0, laws, several)
        except RedrawError:
            continue
        except TooManyRootsError:
            return None
    return None


def _at_level(
    graph: Graph, nodes: list[int], rng: random.Random, order: int, level: int, laws: Laws, several: Several
) -> list[dict[int, Any]]:
    """Read the nodes in one field, and the exponents in them in the next, whose prime is the order of exponentials.

    In the last field of the chain an exponential is an element like any other function's value. Sheets in two fields
    are not known to be those of one point: there is no proof by this with roots of polynomials in exponents.
    """
    exponents: dict[int, Any] = {}
    primes = several.primes
    if laws is not Laws.NONE and level + 1 < len(primes):
        exponentials = [i for i in graph.reach(nodes) if graph.ops[i] in EXPONENTIAL]
        if exponentials:
            (below,) = _at_level(graph, [graph.args[i][0] for i in exponentials], rng, order, level + 1, laws, several)
            exponents = {i: below[graph.args[i][0]] for i in exponentials}
    prime = primes[level]
    kernels = Kernels(prime, rng, primes[level + 1] if level + 1 < len(primes) else 0)
    functions = Joints(prime, rng, several.powers, splits=not level)
    cosines = unity.values(several.circle, prime, rng)
    if laws is Laws.ROOTS:
        tower = Tower(kernels, order, exponents, functions.value, cosines)
        read = functools.partial(graph.read, nodes, tower)
    else:
        read = functools.partial(_Walk(kernels, order, exponents, functions, cosines).read, graph, nodes)
    first = read()
    return [first, *(read() for _ in islice(functions.sheets(), 1, None))] if several.sheets > 1 else [first]
