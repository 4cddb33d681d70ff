"""Bounds on degrees and coefficients are bounds, and tight where many terms have one denominator."""

import math
import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from effort import LONG, some

from verify.proof.field import Laws
from verify.tape.degrees import ABOVE, HIGH, WHOLE, Degrees
from verify.tape.parts import parts
from verify.tape.tape import MINUS_ONE, ONE, Tape

NAMES = sympy.symbols("x y z")
CASES = 400 if LONG else 60


def bound(tape, left, right):
    left, right = np.atleast_1d(left), np.atleast_1d(right)
    read = parts(tape, np.concatenate([left, right]))
    degrees = Degrees(tape, read, 2, Laws.NONE)
    return degrees, *degrees.of_differences(left, right)


def formula(tape, rng, length, ops, values=None):
    """Return a random formula as an element and as SymPy has it."""
    values = values or list(zip(tape.variables([Fraction(1)] * 3).reshape(3, 1), NAMES, strict=True))
    constants = (Fraction(2), Fraction(-3, 4), Fraction(5, 6))
    values += [(np.array([tape.constant(c)]), sympy.Rational(c.numerator, c.denominator)) for c in constants]
    for _ in range(length):
        (a, left), (b, right) = rng.choice(values), rng.choice(values[-4:])
        op = rng.choice(ops)
        if op == "sum":
            values.append((tape.sums(a, b), left + right))
        elif op == "product":
            values.append((tape.products(a, b), left * right))
        elif op == "square":
            values.append((tape.powers(b, Fraction(2)), right**2))
        elif op == "total":
            terms = np.concatenate([a, b, b, a, values[-1][0]])
            values.append((tape.totals(terms, np.array([0])), 2 * left + 2 * right + values[-1][1]))
        elif op == "matmul":
            row = np.concatenate([a, b])
            values.append((tape.matmul(row.reshape(1, 1, 2), row[::-1].reshape(1, 2, 1)).ravel(), 2 * left * right))
        elif sympy.cancel(right) != 0:
            values.append((tape.powers(b, Fraction(-1)), 1 / right))
    return values[-1]


@pytest.mark.parametrize("seed", range(CASES))
def test_no_numerator_has_a_larger_degree(seed):
    """Of random differences, as SymPy brings them to a common denominator and cancels."""
    rng, tape = random.Random(seed), Tape()
    a, left = formula(tape, rng, 6, ["sum", "product", "square", "total", "matmul", "inverse", "inverse"])
    b, right = formula(tape, rng, 4, ["sum", "product", "inverse"])
    _, degree, _ = bound(tape, a, b)
    numerator, _ = sympy.fraction(sympy.cancel(left - right))
    if numerator != 0:
        assert sympy.Poly(numerator, *NAMES).total_degree() <= degree[0]


@pytest.mark.parametrize("seed", range(CASES))
def test_no_coefficient_is_larger(seed):
    """Of polynomials times the common denominator of constants, as often as the bound says it is there."""
    rng, tape = random.Random(seed), Tape()
    a, left = formula(tape, rng, 7, ["sum", "product", "square", "total", "matmul"])
    degrees, _, _ = bound(tape, a, a)
    row = degrees.rows[degrees.kinds[a[0]]]
    whole = sympy.Poly(sympy.expand(left) * round(2**degrees.scale) ** int(row[WHOLE]), *NAMES)
    assert all(coefficient.is_Integer for coefficient in whole.coeffs())
    assert whole.total_degree() <= row[ABOVE] or whole == 0
    assert sum(map(abs, whole.coeffs())) <= 2 ** (row[HIGH] + 1e-9)


def test_one_denominator_counts_once():
    """A row of a softmax, the sum over it, its gradient: one denominator, with which nothing grows."""
    tape = Tape()
    x, g = tape.variables([Fraction(1)] * 50), tape.variables([Fraction(1)] * 50)
    total = np.repeat(tape.totals(x, np.array([0])), 50)
    y = tape.quotients(x, total)
    inner = np.repeat(tape.totals(tape.products(g, y), np.array([0])), 50)
    gradient = tape.products(y, tape.sums(g, tape.negatives(inner)))
    _, degree, _ = bound(tape, gradient, y)
    assert set(degree) == {3 * 1.001}
    again = tape.totals(tape.products(gradient, tape.quotients(x, total)), np.array([0]))
    assert bound(tape, again, again)[1][0] < 7


def test_two_denominators_in_many_terms_count_once_each():
    """Sums whose terms have one of two denominators, or both, have their least common multiple."""
    tape = Tape()
    x, (u, v) = tape.variables([Fraction(1)] * 30), tape.variables([Fraction(1)] * 2)
    by_u, by_v = (tape.quotients(x, np.full(30, w)) for w in (u, v))
    both = tape.quotients(by_u, np.full(30, v))
    terms = np.concatenate([by_u, by_v, both, tape.powers(by_u, Fraction(3))])
    total = tape.totals(terms, np.array([0]))
    degrees, degree, _ = bound(tape, total, total)
    row = degrees.rows[degrees.kinds[total[0]]]
    assert row[0] == 4  # u**3 v
    assert degree[0] < 6


def test_different_denominators_add_up():
    """Each term with a denominator of its own: their product, and it is not forgotten in what follows."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 300)
    inverse = tape.powers(x, Fraction(-1))
    total = tape.totals(inverse, np.array([0]))
    degrees, degree, _ = bound(tape, total, x[:1])
    assert degrees.rows[degrees.kinds[total[0]]][0] == 300
    assert degree[0] >= 301
    sums = tape.sums(total, tape.quotients(total, tape.sums(total, x[:1])))
    assert bound(tape, sums, x[:1])[1][0] >= 600


def test_constants_that_cancel_are_bounded_as_they_stand():
    """A difference of huge numbers has coefficients as large as they are."""
    tape = Tape()
    x = tape.variables([Fraction(1)])
    huge, minus = (np.array([tape.constant(Fraction(sign * 10**50))]) for sign in (1, -1))
    value = tape.sums(tape.products(huge, x), tape.products(minus, x))
    _, _, high = bound(tape, value, np.array([0]))
    assert math.log2(2 * 10**50) <= high[0] < 1.01 * math.log2(2 * 10**50)


def test_sums_of_unknown_denominators_are_multiplied():
    """Where monomials are not computed any more, no denominator is taken for another."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 4)
    minus = np.full(4, MINUS_ONE)
    inverse = tape.powers(tape.sums(x, minus), Fraction(-1))
    pairs = tape.products(inverse[:2], inverse[2:])
    total = tape.totals(np.concatenate([pairs, pairs]), np.array([0]))
    read = parts(tape, total)
    exact = Degrees(tape, read, 1, Laws.NONE)
    assert exact.rows[exact.kinds[total[0]]][0] == 4
    exact.denominators.left = 0
    exact.count = 1
    for part in read:
        exact.kinds[part.elements] = exact._kinds(part)
    assert exact.rows[exact.kinds[total[0]]][0] == 8


@pytest.mark.parametrize("seed", some(range(CASES), 8))
def test_degrees_in_other_coordinates(seed):
    """With sigmoids y = 1 / (1 + e) and inverse roots as the indeterminates, for e = (1 - y) / y."""
    rng, tape = random.Random(seed), Tape()
    x = tape.variables([Fraction(1)] * 3)
    e = tape.functions("exp", x[:2])
    s = tape.sums(np.full(2, ONE), e)
    y, squared = tape.powers(s, Fraction(-1)), tape.powers(s, Fraction(-2))
    root = [tape.powers(x[2:], Fraction(-k, 2)) for k in (1, 3)]
    symbols, r = NAMES[:2], NAMES[2]
    values = [(root[0], r), (root[1], r**3)]
    for i, symbol in enumerate(symbols):
        exponential = (1 - symbol) / symbol
        of_one = [(e, exponential), (s, 1 + exponential), (y, symbol), (squared, symbol**2)]
        values += [(elements[i : i + 1], formula) for elements, formula in of_one]
    rng.shuffle(values)
    (a, left), (b, right) = (
        formula(tape, rng, 7, ["sum", "product", "product", "square", "total"], values) for _ in "ab"
    )
    everything = np.concatenate([a, b, y, *root])
    read = parts(tape, everything)
    degrees = Degrees(tape, read, 2, Laws.NONE)
    if any(part.op == "power" and part.payload.denominator == 1 and x[2] in part.args[0] for part in read):
        return  # the square of a root is what is under it, and no indeterminate
    assert degrees.coordinates.of_inverses
    assert degrees.coordinates.of_inverse_roots
    numerator, _ = sympy.fraction(sympy.cancel(left - right))
    if numerator != 0:  # up to powers of the indeterminates, none of which is ever 0
        _, polynomial = sympy.Poly(numerator, *NAMES).terms_gcd()
        assert polynomial.total_degree() <= degrees.of_differences(a, b)[0][0]


def test_a_gradient_through_sigmoids_has_a_small_degree():
    """The derivative of 1 / (1 + e) has no denominator, however it is multiplied out, nor has a sum of many."""
    tape = Tape()
    x, g, h = (tape.variables([Fraction(1)] * 300) for _ in "xgh")
    e = tape.functions("exp", x)
    s = tape.sums(np.full(300, ONE), e)
    y = tape.powers(s, Fraction(-1))
    derivative = tape.products(tape.products(tape.products(g, tape.powers(s, Fraction(-2))), tape.products(y, h)), e)
    total = tape.totals(derivative, np.array([0]))
    degrees, degree, _ = bound(tape, total, total)
    assert degrees.rows[degrees.kinds[total[0]]][0] == 0
    assert degree[0] < 6


def test_coordinates_are_those_of_all_exponentials_or_none():
    """Two exponentials may be of one argument: if any is used in another way, all stay as they are."""
    tape = Tape()
    x = tape.variables([Fraction(1)] * 4)
    e, other = tape.functions("exp", x), tape.functions("exp", tape.sums(x, x[::-1]))
    y = tape.powers(tape.sums(np.full(4, ONE), e), Fraction(-1))
    assert bound(tape, y, e)[0].coordinates.of_inverses
    assert not bound(tape, tape.sums(y, other), e)[0].coordinates.of_inverses
