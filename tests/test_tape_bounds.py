"""Bounds with one row for each operation are bounds, and as tight as those of elements where denominators are alike."""

import random
from fractions import Fraction

import numpy as np
import pytest
import sympy
from effort import LONG, some
from test_tape_degrees import NAMES, formula

from verify.proof.field import Laws
from verify.tape.bounds import Bounds
from verify.tape.degrees import Degrees
from verify.tape.parts import parts
from verify.tape.plan import plan
from verify.tape.tape import ONE, Tape

CASES = 400 if LONG else 60
HALF = Fraction(1, 2)
RATIONAL = ["sum", "product", "square", "total", "matmul", "inverse", "inverse"]


def bound(tape, left, right, order=2):
    left, right = np.atleast_1d(left), np.atleast_1d(right)
    bounds = Bounds(tape, parts(tape, np.concatenate([left, right])), order, Laws.NONE)
    assert bounds.finite
    return bounds, *bounds.of_differences(left, right)


@pytest.mark.parametrize("seed", range(CASES))
def test_no_numerator_has_a_larger_degree(seed):
    """Of random differences, as SymPy brings them to a common denominator and cancels."""
    rng, tape = random.Random(seed), Tape()
    a, left = formula(tape, rng, 6, RATIONAL)
    b, right = formula(tape, rng, 4, ["sum", "product", "inverse"])
    _, degree, _ = bound(tape, a, b)
    numerator, _ = sympy.fraction(sympy.cancel(left - right))
    if numerator != 0:
        assert sympy.Poly(numerator, *NAMES).total_degree() <= degree[0]


@pytest.mark.parametrize("seed", some(range(CASES), 12))
def test_arrays_of_several_kinds_have_the_larger_bounds(seed):
    """An operation on an array whose entries come from anywhere is bounded as each entry alone, or by more."""
    rng, tape = random.Random(seed), Tape()
    pairs = [formula(tape, rng, 5, RATIONAL) for _ in range(4)]
    a, b = (np.concatenate([pair[0] for pair in chosen]) for chosen in (pairs[:2], pairs[2:]))
    symbols = [pair[1] for pair in pairs]
    x = dict(zip(range(4), [sympy.symbols(f"x{n} y{n} z{n}") for n in range(4)], strict=True))
    renamed = [s.subs(dict(zip(NAMES, x[n], strict=True)), simultaneous=True) for n, s in enumerate(symbols)]
    total = tape.totals(np.concatenate([tape.products(a, b), tape.sums(a, b)]), np.array([0, 2]))
    wanted = renamed[0] * renamed[2] + renamed[1] * renamed[3], sum(renamed)
    _, degree, _ = bound(tape, total, np.full(2, ONE))
    names = [name for group in x.values() for name in group]
    for value, most in zip(wanted, degree, strict=True):
        numerator, _ = sympy.fraction(sympy.cancel(sympy.together(value - 1)))
        if numerator != 0:
            assert sympy.Poly(numerator, *names).total_degree() <= most


@pytest.mark.parametrize("seed", range(CASES))
def test_no_coefficient_is_larger(seed):
    """Of polynomials times the common denominator of constants, as often as the bound says it is there."""
    rng, tape = random.Random(seed), Tape()
    a, left = formula(tape, rng, 7, ["sum", "product", "square", "total", "matmul"])
    bounds, _, _ = bound(tape, a, a)
    row = bounds.rows[bounds.kinds[a[0]]]
    whole = sympy.Poly(sympy.expand(left) * round(2**bounds.scale) ** int(row.whole), *NAMES)
    assert all(coefficient.is_Integer for coefficient in whole.coeffs())
    assert whole.total_degree() <= row.above or whole == 0
    assert sum(map(abs, whole.coeffs())) <= 2 ** (row.high + 1e-9)


@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (-1, 1), (1, -1)])
def test_roots_are_indeterminates(signs):
    """A root, or its inverse where there are more of these, has degree 1; its inverse is a denominator."""
    tape = Tape()
    x = tape.variables([Fraction(2), Fraction(3)])
    first, second = (tape.powers(tape.products(x, x), sign * Fraction(1, 3)) for sign in signs)
    both = tape.sums(tape.products(x, first), tape.powers(second, Fraction(2)))
    bounds, degree, _ = bound(tape, both, x, 3)
    r = sympy.Symbol("r")
    power = -1 if bounds._inverse_roots else 1
    name = sympy.Symbol("x")
    exact = name * r ** (power * signs[0]) + r ** (power * signs[1] * 2) - name
    numerator, _ = sympy.fraction(sympy.together(exact))
    assert sympy.Poly(numerator, name, r).total_degree() <= degree[0]


def softmax(tape, rows, columns):
    x = tape.variables([Fraction(n + 1) for n in range(rows * columns)]).reshape(rows, columns)
    e = tape.functions("exp", x)
    below = tape.powers(tape.sums_of_rows(e), Fraction(-1))
    y = tape.products(e, np.repeat(below, columns).reshape(rows, columns))
    inner = np.repeat(tape.sums_of_rows(tape.products(x, y)), columns).reshape(rows, columns)
    return y.ravel(), tape.products(y, tape.sums(x, tape.negatives(inner))).ravel()


def test_one_denominator_counts_once():
    """A row of a softmax and the sum over it, however long, have the bounds that elements one by one have."""
    for columns in (3, 40):
        tape = Tape()
        y, slope = softmax(tape, 2, columns)
        bounds, degree, _ = bound(tape, y, slope)
        finer = Degrees(tape, parts(tape, np.concatenate([y, slope])), 1, Laws.NONE)
        assert degree[0] == finer.of_differences(y, slope)[0][0]
        assert not bounds.kinds.any() or len(bounds.rows) < 20


def test_different_denominators_count_each():
    """A sum over rows of a softmax has as many denominators as rows; who takes them for one has too small a bound."""
    tape = Tape()
    y, _ = softmax(tape, 5, 3)
    columns = tape.sums_of_rows(np.ascontiguousarray(y.reshape(5, 3).T))
    _, degree, _ = bound(tape, columns, y[:3])
    assert degree[0] >= 5


def test_what_has_no_bound_is_left_to_elements():
    """Beyond all sizes nothing is bounded, and nothing is proved by it."""
    tape = Tape()
    x = tape.variables([Fraction(2)])
    huge = tape.powers(tape.sums(x, tape.constants([Fraction(1)])), Fraction(2**70))
    assert not Bounds(tape, parts(tape, huge), 1, Laws.NONE).finite
    assert plan(tape, tape.products(huge, x), tape.sums(huge, x), Laws.NONE).walks == 0
