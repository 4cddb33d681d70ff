"""Balls of a tape at exact points, against a plain evaluation of one element after the other."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from effort import some
from random_tapes import Program, element, extreme, reference

from verify.tape.balls import at
from verify.tape.tape import Tape


@pytest.mark.parametrize("bits", some([64, 400], 4))
def test_balls_hold_the_value_of_each_element(bits):
    """At the sample and at another point, balls overlap those of a plain evaluation, and have limits where these do."""
    for seed in range(200):
        program = Program(seed, number=extreme if seed % 2 else element)
        point = {int(e): extreme(program.source) for e in program.inputs} if seed % 3 else None
        values = at(program.tape, np.arange(program.tape.size), point, bits)
        plain, exact = (reference(program.tape, point or {}, many) for many in (bits, 600))
        for ball, other, narrow in zip(values, plain, exact, strict=True):
            assert ball.is_finite() == other.is_finite()
            assert not ball.is_finite() or ball.overlaps(narrow)


def test_some_elements_are_read_as_all_are():
    """Only what is needed is computed: the balls of a few elements are those that all would have."""
    for seed in range(200):
        program = Program(seed)
        point = {int(program.inputs[0]): Fraction(5, 7)}
        everything = at(program.tape, np.arange(program.tape.size), point, 200)
        wanted = program.arrays[-1]
        few = at(program.tape, wanted, point, 200)
        assert few.shape == wanted.shape
        for a, b in zip(few.ravel(), everything[wanted.ravel()], strict=True):
            assert str(a) == str(b)


def test_a_wrong_term_shows_in_a_hundred_digits():
    """Sums that differ by one in 10**90 have balls of 400 bits that do not overlap, and equal ones have."""
    tape = Tape()
    x = tape.variables([Fraction(1, 3), Fraction(2, 7), Fraction(5)])
    logs = tape.functions("log", x)
    total, other = tape.totals(logs, np.array([0])), tape.totals(logs[::-1], np.array([0]))
    wrong = tape.sums(other, tape.constants([Fraction(1, 10**90)]))
    a, b, c = at(tape, np.concatenate([total, other, wrong]), None, 400)
    assert a.overlaps(b)
    assert not a.overlaps(c)
    with flint.ctx.workprec(400):
        assert (a.rad() + b.rad()) < flint.arb(10) ** -100


def test_where_nothing_is_defined_balls_have_no_limit():
    """A logarithm of a negative number, and the inverse of what cancels, are not finite."""
    tape = Tape()
    x = tape.variables([Fraction(-2), Fraction(1, 3), Fraction(-1, 3)])
    zero = tape.sums(x[1:2], x[2:])
    elements = np.concatenate([tape.functions("log", x[:1]), tape.powers(zero, Fraction(-1))])
    assert not any(ball.is_finite() for ball in at(tape, elements, None, 128))
