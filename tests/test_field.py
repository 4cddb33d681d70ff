"""What is equal is found equal, what differs is found different, and the bound is honest."""

import itertools
from fractions import Fraction
from functools import partial

import pytest

from verify.model.result import Verdict
from verify.proof.decide import decide
from verify.proof.field import PRIMES, Laws, equal
from verify.tracing.region import Lazy
from verify.tracing.symbols.symbolic import Symbol

HALF = Fraction(1, 2)


def test_the_primes_are_a_chain():
    """Each prime is twice the next plus one: what roots and exponentials rely on."""
    from sympy import isprime

    assert all(isprime(p) for p in PRIMES)
    assert all(p == 2 * q + 1 for p, q in itertools.pairwise(PRIMES))
    assert PRIMES[-1] > 2**123


EQUAL = {
    "binomial": lambda x, y: ((x + y) ** 2, x * x + 2 * x * y + y * y),
    "common denominator": lambda x, y: (1 / x + 1 / y, (x + y) / (x * y)),
    "telescope": lambda x, y: (1 / x - 1 / (x + 1), 1 / (x * (x + 1))),
    "root as it is": lambda x, y: ((x + y) ** HALF * x, x * (y + x) ** HALF),
    "inverse root": lambda x, y: (1 / (x * y) ** HALF, (x * y) ** -HALF),
    "cube root cubed": lambda x, y: (((x + y) ** Fraction(1, 3)) ** 4, (x + y) ** Fraction(4, 3)),
}
EQUAL_WITH_ROOTS = {
    "quotient by the radicand": lambda x, y: ((x * x + y) ** HALF / (x * x + y), 1 / (x * x + y) ** HALF),
    "rationalised": lambda x, y: (1 / (x**HALF - y**HALF), (x**HALF + y**HALF) / (x - y)),
    "nested": lambda x, y: ((x + y**HALF) ** HALF * (x + y**HALF) ** HALF, x + y**HALF),
    "cube": lambda x, y: ((x + y) ** Fraction(1, 3) * (x + y) ** Fraction(2, 3), x + y),
    "fourth and square": lambda x, y: (x ** Fraction(1, 4) * x ** Fraction(1, 4), x**HALF),
}
DIFFERENT = {
    "constant": lambda x, y: (x * y, x * y * Fraction(10**9 + 1, 10**9)),
    "sign": lambda x, y: (x - y, y - x),
    "term": lambda x, y: (x * x + y, x * x),
    "swapped": lambda x, y: (x / y, y / x),
    "root sign": lambda x, y: (x**HALF, -(x**HALF)),
    "root of a square is not x": lambda x, y: ((x * x) ** HALF, x),
    "root of a sum": lambda x, y: ((x + y) ** HALF, x**HALF + y**HALF),
    "root of a square, expanded": lambda x, y: ((x * x + 2 * x * y + y * y) ** HALF, x + y),
    "wrong by one root's sign": lambda x, y: (((x * x) ** HALF - x) * ((y * y) ** HALF - y), x - x),
    "in the order of roots": lambda x, y: (x**HALF * y, x * y**HALF),
}


@pytest.mark.parametrize("name", EQUAL)
def test_equal_without_a_law_of_roots(graph, xy, name):
    """Identities of rational functions, roots being mere elements, are found in two walks."""
    a, b = EQUAL[name](*xy)
    alike, bound = equal(graph, [(a.node, b.node)], 0)
    assert alike == [True]
    assert bound >= 100


@pytest.mark.parametrize("name", EQUAL_WITH_ROOTS)
def test_equal_by_a_law_of_roots(graph, xy, name):
    """sqrt(u)**2 = u and what follows from it is found once roots are adjoined."""
    a, b = EQUAL_WITH_ROOTS[name](*xy)
    alike, bound = equal(graph, [(a.node, b.node)], 0, Laws.ROOTS)
    assert alike == [True]
    assert bound >= 100


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("laws", Laws)
@pytest.mark.parametrize("name", DIFFERENT)
def test_different(graph, xy, name, laws, seed):
    """What differs somewhere is never found equal: not even where it is equal for some signs of the roots."""
    a, b = DIFFERENT[name](*xy)
    assert equal(graph, [(a.node, b.node)], seed, laws)[0] == [False]


def test_each_pair_has_its_own_answer(graph, xy):
    """Pairs are decided together, and each for itself."""
    x, y = xy
    pairs = [(x * y + x, x * (y + 1)), (x, y), (x / x, x**0)]
    assert equal(graph, [(a.node, Symbol.lift(x, b).node) for a, b in pairs], 0)[0] == [True, False, True]


def test_a_degree_near_the_prime_proves_nothing(graph, xy):
    """x ** (2 ** 130) has more roots than the field has elements: no bound, no proof."""
    power = xy[0] ** (2**130)
    assert equal(graph, [(power.node, (power + 1).node)], 0) == ([False], 0)
    assert equal(graph, [(power.node, power.node)], 0) == ([False], 0)


def test_the_bound_weakens_with_the_degree(graph, xy):
    """A higher degree costs security, or walks."""
    x, _ = xy
    low = equal(graph, [((x + 1).node, (x + 1).node)], 0)[1]
    high = equal(graph, [((x ** (2**40)).node, (x ** (2**40)).node)], 0)[1]
    assert low > high >= 100


def test_a_pole_is_drawn_again(graph, xy):
    """A formula that divides by the zero function has no point, and is not equal to anything."""
    x, _ = xy
    broken = 1 / ((x + 1) ** 2 - x * x - 2 * x - 1)
    assert equal(graph, [(broken.node, broken.node)], 0) == ([False], 0)


@pytest.mark.parametrize("prime", PRIMES)
def test_what_hides_in_one_prime_is_seen_in_the_other(graph, xy, prime):
    """A term with the factor p is 0 in the field of p, and two fields are asked at once."""
    x, y = xy
    assert equal(graph, [((x + prime * y).node, x.node)], 0)[0] == [False]


def test_what_hides_in_both_primes_is_seen_at_points(graph, xy):
    """A term with the factor p q is 0 in both fields: that proves nothing, since no point of the reals agrees."""
    x, y = xy
    pair = (x + PRIMES[0] * PRIMES[1] * y).node, x.node
    assert equal(graph, [pair], 0)[0] == [True]
    point = {"x": Fraction(3, 7), "y": Fraction(2, 3)}
    [decision] = decide(graph, [pair], lambda: [point], 0)
    assert decision.verdict is Verdict.REFUTED


def test_a_point_is_made_when_it_is_asked_for(graph, xy):
    """Where the functions are free elements one point of the reals is enough, and no other is made."""
    x, y = xy
    made = []
    points = [{"x": Fraction(3, place + 7), "y": Fraction(2, 3)} for place in range(5)]
    lazy = Lazy([partial(lambda point: made.append(point) or point, point) for point in points])
    [decision] = decide(graph, [((x * (y + 1)).node, (x * y + x).node)], lambda: lazy, 0)
    assert decision.verdict is Verdict.PROVED
    assert made == points[-1:]
