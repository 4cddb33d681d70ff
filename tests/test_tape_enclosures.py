"""Floats with enclosures on a tape: the exact value is never outside, and a sign that is told is the right one."""

import math
from collections import Counter
from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import LONG, slow, some
from random_tapes import Program, element, extreme, reference

from verify.tape import enclosures
from verify.tape.enclosures import UNKNOWN, Enclosures, nearest
from verify.tape.tape import Tape

PROGRAMS = 20_000 if LONG else 1_000
BITS = 256


def outside(program, values, point=None):
    """Return the elements whose reference of 256 bits is certainly outside its enclosure, and what was compared."""
    exact = reference(program.tape, point or {}, BITS)
    mid, rad = values.of(np.arange(program.tape.size))
    assert np.isfinite(mid).all()
    assert (rad >= 0).all()
    compared, wrong = Counter(), []
    with flint.ctx.workprec(4096):
        for place, (m, r, ball) in enumerate(zip(mid.tolist(), rad.tolist(), exact, strict=True)):
            if math.isinf(r) or not ball.is_finite():
                compared["open"] += 1
                assert math.isinf(r) or ball.is_finite()
                continue
            compared["closed"] += 1
            if ball < flint.arb(m) - flint.arb(r) or ball > flint.arb(m) + flint.arb(r):
                wrong.append(place)
    return wrong, compared


@slow
def test_enclosures_hold_the_exact_value():
    """Cancellation, huge and tiny numbers, overflow and poles: the exact value is never outside."""
    compared = Counter()
    for seed in range(PROGRAMS):
        program = Program(seed, number=extreme if seed % 2 else element)
        point = {int(e): extreme(program.source) for e in program.inputs} if seed % 3 == 0 else None
        wrong, counts = outside(program, Enclosures(program.tape, point), point)
        assert not wrong, (seed, [program.tape.block_of(place) for place in wrong])
        compared += counts
    assert compared["closed"] > 5 * compared["open"] > 0


def count_outside(programs=300):
    """Return how many exact values of some random programs are outside of their enclosures."""
    programs = [Program(seed, number=extreme if seed % 2 else element) for seed in range(programs)]
    return sum(len(outside(program, Enclosures(program.tape))[0]) for program in programs)


@pytest.mark.parametrize(("name", "value"), some([("_UNIT", 2.0**-56), ("_SLACK", 1 - 2.0**-20), ("_TINY", 0.0)], 6))
def test_an_enclosure_that_is_too_narrow_is_noticed(monkeypatch, name, value):
    """With an error planted in the bounds some exact value is outside."""
    monkeypatch.setattr(enclosures, name, value)
    assert count_outside()


@slow
def test_powers_may_come_from_balls_as_well(monkeypatch):
    """Powers taken by flint and not by products are as right."""
    monkeypatch.setattr(enclosures, "_LARGEST_BY_PRODUCTS", 0)
    assert not count_outside()


def test_signs_are_right_or_not_known():
    """A sign that is told is that of the exact value; 0 is told of what is exactly 0 only."""
    counts = Counter()
    for seed in range(PROGRAMS // 4):
        program = Program(seed, number=extreme if seed % 2 else element)
        signs = Enclosures(program.tape).signs(np.arange(program.tape.size)).tolist()
        for sign, ball in zip(signs, reference(program.tape, {}, BITS), strict=True):
            counts[sign] += 1
            if sign != UNKNOWN and ball.is_finite():
                assert ball.contains(0) if sign == 0 else not (ball * sign <= 0)
    assert min(counts[-1], counts[0], counts[1]) > 100
    assert 0 < counts[UNKNOWN] < sum(counts.values()) / 5


def test_what_cancels_is_not_known():
    """A difference that is 0, or below the roundings, has no sign that floats could tell."""
    tape = Tape()
    tenth, three = tape.variables([Fraction(1, 10), Fraction(3, 10)])
    a, b = np.array([tenth]), np.array([three])
    thrice = tape.sums(tape.sums(a, a), a)
    values = Enclosures(tape)
    assert values.signs(tape.sums(thrice, tape.negatives(b))).tolist() == [UNKNOWN]
    nearly = tape.sums(thrice, np.array([tape.constant(Fraction(-3, 10) + Fraction(1, 10**20))]))
    assert values.signs(nearly).tolist() == [UNKNOWN]
    visibly = tape.sums(thrice, np.array([tape.constant(Fraction(-3, 10) + Fraction(1, 10**14))]))
    assert values.signs(visibly).tolist() == [1]


def test_sums_of_whole_numbers_are_known_to_be_0():
    """What floats add exactly has the sign 0 where it is 0."""
    tape = Tape()
    a = tape.variables([Fraction(3), Fraction(1, 4), Fraction(-7)])
    values = Enclosures(tape)
    zero = tape.sums(a, tape.variables([Fraction(-3), Fraction(-1, 4), Fraction(7)]))
    assert values.signs(zero).tolist() == [0, 0, 0]
    assert values.of(zero)[1].tolist() == [0, 0, 0]


def test_nothing_is_known_beyond_floats_and_at_poles():
    """Overflow, a divisor that may be 0, a root and a logarithm that may not be there: no limit, and no sign."""
    tape = Tape()
    huge, cancelled = tape.variables([Fraction(10) ** 400, Fraction(1, 3)]), tape.variables([Fraction(-1, 3)])
    small = tape.sums(huge[1:], cancelled)
    for elements in (
        huge[:1],
        tape.functions("exp", tape.variables([Fraction(1000)])),
        tape.powers(tape.variables([Fraction(10) ** 200]), Fraction(2)),
        tape.powers(small, Fraction(-1)),
        tape.powers(small, Fraction(1, 2)),
        tape.functions("log", small),
        tape.products(small, tape.powers(small, Fraction(-1))),
        tape.powers(tape.variables([Fraction(-1)]), Fraction(1, 2)),
    ):
        values = Enclosures(tape)
        assert values.of(elements)[0].tolist() == [0]
        assert values.of(elements)[1].tolist() == [math.inf]
        assert values.signs(elements).tolist() == [UNKNOWN]


def test_blocks_are_read_as_they_are_asked_for():
    """What nobody asks for is not computed, if it is large; a tape that has grown is read on; points have own values."""
    tape = Tape()
    a = tape.variables([Fraction(2), Fraction(5)])
    unused = tape.functions("exp", tape.variables([Fraction(n) for n in range(5_000)]))
    values = Enclosures(tape)
    assert values.of(a)[0].tolist() == [2, 5]
    later = tape.sums(tape.totals(a, np.array([0])), tape.constants([Fraction(1)]))
    assert values.of(later)[0].tolist() == [8]
    assert tape.blocks_of(unused)[0] not in values._done
    values.of(np.arange(tape.size))
    assert len(values._done) == len(tape.blocks)
    elsewhere = Enclosures(tape, {int(a[0]): Fraction(-4)})
    assert elsewhere.of(later)[0].tolist() == [2]


@pytest.mark.parametrize("value", ["0.1", "1e-320", "12345678901234567890", "1/3", "-7/8", "1e308", "5e-324"])
def test_the_nearest_float_and_how_far_it_is_off(value):
    """Exact numbers become floats whose radius holds them, and is 0 where the float is exact."""
    number = Fraction(value)
    mid, rad = (part.item() for part in nearest([number]))
    assert mid == float(number)
    assert abs(Fraction(mid) - number) <= Fraction(rad)
    assert (rad == 0) == (Fraction(mid) == number)


def test_long_sums_and_products_of_matrices_hold_their_values():
    """Sums of thousands of terms of either sign are enclosed, in a radius that is worth something."""
    tape = Tape()
    source = np.random.default_rng(0)
    numbers = [Fraction(int(n), 10**9) for n in source.integers(-(10**9), 10**9, 6_000)]
    x = tape.variables(numbers)
    total = tape.totals(x, np.array([0]))
    product = tape.matmul(x[None, None, :3_000], x[None, 3_000:, None]).ravel()
    values = Enclosures(tape)
    exact = [sum(numbers), sum(a * b for a, b in zip(numbers[:3_000], numbers[3_000:], strict=True))]
    mid, rad = values.of(np.concatenate([total, product]))
    for m, r, number in zip(mid.tolist(), rad.tolist(), exact, strict=True):
        assert abs(Fraction(m) - number) <= Fraction(r) < Fraction(1, 10**8)
