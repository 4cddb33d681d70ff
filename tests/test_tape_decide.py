"""Pairs of elements are proved by fields, and held against the reals."""

from fractions import Fraction

import numpy as np
import pytest

from verify.proof.field import Laws
from verify.tape import decide
from verify.tape.decide import proofs, typed
from verify.tape.enclosures import Enclosures
from verify.tape.tape import ONE, Tape

HALF = Fraction(1, 2)


@pytest.fixture
def tape():
    """Return a tape that does every operation anew: what is found again needs no proof."""
    tape = Tape()
    tape.finds_again = False
    return tape


@pytest.fixture
def x(tape):
    return tape.variables([Fraction(7, 5), Fraction(3, 4), Fraction(2)])


def moved(x, factor):
    return {element: Fraction(factor) * (place + 1) for place, element in enumerate(x.tolist())}


def proved(tape, left, right, points=(), seed=0):
    """Return the places that are proved, by the law."""
    found = proofs(tape, left, right, Enclosures(tape), lambda: list(points), seed)
    return {proof.laws: proof.pairs.tolist() for proof in found}


def points_of(x):
    return [{}, moved(x, "1/3"), moved(x, "5/7")]


def test_one_element_is_itself(tape, x):
    """What needs no proof is not asked, and stands in no proof."""
    assert proved(tape, x, x) == {}
    doubled = tape.sums(x, x)
    mixed = np.array([x[0], doubled[1]])
    assert proved(tape, mixed, np.array([x[0], tape.products(np.full(3, tape.constant(Fraction(2))), x)[1]])) == {
        Laws.NONE: [1]
    }


def test_each_pair_by_the_least_law(tape, x):
    """Rational functions and kernels need none, exponentials their own; what is wrong is left, and what needs roots."""
    e, twice = tape.functions("exp", x), tape.functions("exp", tape.sums(x, x))
    root = tape.powers(x, HALF)
    left = np.array([tape.sums(e, x)[0], tape.products(e, e)[1], tape.quotients(x, root)[2], e[0], root[1]])
    right = np.array([tape.sums(x, e)[0], twice[1], root[2], twice[0], x[1]])
    assert proved(tape, left, right, points_of(x)) == {Laws.NONE: [0], Laws.EXPONENTIAL: [1]}


def test_a_square_in_disguise(tape, x):
    """The root of (x + 1)**2, multiplied out, is not x + 1 for all x, though half of all fields say so."""
    one = np.full(3, ONE)
    squared = tape.sums(tape.sums(tape.powers(x, Fraction(2)), tape.sums(x, x)), one)
    root, without = tape.powers(squared, HALF), tape.sums(x, one)
    assert proved(tape, root, without, points_of(x)) == {}


def test_laws_need_points(tape, x):
    """With fewer than three points of the region nothing is proved by a law; without a law none is asked for."""
    e = tape.functions("exp", x)
    pair = tape.products(e, e), tape.functions("exp", tape.sums(x, x))
    assert proved(tape, *pair, points_of(x)) == {Laws.EXPONENTIAL: [0, 1, 2]}
    assert proved(tape, *pair, points_of(x)[:2]) == {}

    def asked():
        raise AssertionError("points were asked for")

    [proof] = proofs(tape, tape.sums(e, x), tape.sums(x, e), Enclosures(tape), asked, 0)
    assert proof.laws is Laws.NONE


def erring(laws):
    """Return fields that say of every pair that it is equal, by a law."""

    def equal(tape, left, right, seed, by):
        return np.full(left.shape, by is laws), 100 if by is laws else 0

    return equal


@pytest.mark.parametrize("factor", [2, -1, 1 + Fraction(1, 10**12)])
def test_enclosures_have_to_meet(monkeypatch, tape, x, factor):
    """Where the fields err, the values at the sample do not."""
    monkeypatch.setattr(decide, "equal", erring(Laws.NONE))
    other = tape.products(np.full(3, tape.constant(Fraction(factor))), x)
    assert proved(tape, tape.sums(x, x), tape.products(np.full(3, tape.constant(Fraction(2))), x)) == {
        Laws.NONE: [0, 1, 2]
    }
    assert proved(tape, x, other) == {}


def test_a_wide_enclosure_says_nothing(monkeypatch, tape, x):
    """What has lost its digits, or has no value, agrees with everything and proves nothing."""
    monkeypatch.setattr(decide, "equal", erring(Laws.NONE))
    large = np.full(3, tape.constant(Fraction(10**18)))
    lost = tape.sums(tape.sums(tape.sums(x, large), tape.powers(x, -HALF)), tape.negatives(large))
    undefined = tape.functions("log", tape.negatives(x))
    assert proved(tape, tape.sums(x, x), lost) == {}
    assert proved(tape, undefined, tape.sums(x, x)) == {}


def test_balls_tell_where_floats_do_not(monkeypatch, tape, x):
    """Where floats have lost their digits, or overflow, balls agree for the same function and differ for another."""
    monkeypatch.setattr(decide, "equal", erring(Laws.NONE))
    large, small = (np.full(3, tape.constant(Fraction(10) ** n)) for n in (18, -12))
    lost = tape.sums(tape.sums(x, large), tape.negatives(large))
    beyond = tape.functions("exp", tape.products(large, x))
    for elements in (lost, tape.products(tape.functions("exp", tape.negatives(tape.products(large, x))), beyond)):
        assert not np.isin(Enclosures(tape).signs(elements), (-1, 0, 1)).all()
    assert proved(tape, lost, x) == {Laws.NONE: [0, 1, 2]}
    assert proved(tape, lost, tape.sums(x, small)) == {}
    doubled = tape.sums(beyond, beyond)
    assert proved(tape, doubled, tape.products(np.full(3, tape.constant(Fraction(2))), beyond)) == {
        Laws.NONE: [0, 1, 2]
    }
    assert proved(tape, doubled, tape.products(np.full(3, tape.constant(2 + Fraction(1, 10**12))), beyond)) == {}


@pytest.mark.parametrize("place", range(3))
def test_every_point_has_to_agree(monkeypatch, tape, x, place):
    """A pair that differs at one of the points is not proved by a law, whatever fields say."""
    laws = Laws.EXPONENTIAL
    monkeypatch.setattr(decide, "equal", erring(laws))
    points = points_of(x)
    root = tape.powers(tape.powers(x, Fraction(2)), HALF)
    positive = root, tape.sums(x, np.zeros(3, np.int64))
    assert proved(tape, *positive, points) == {laws: [0, 1, 2]}
    points[place] = {**moved(x, 1), int(x[1]): Fraction(-1)}
    assert proved(tape, *positive, points) == {laws: [0, 2]}


def test_a_difference_that_no_float_shows(monkeypatch, tape, x):
    """At points of a law, 90 digits have to agree: a part in 10**40 shows."""
    monkeypatch.setattr(decide, "equal", erring(Laws.EXPONENTIAL))
    e = tape.functions("exp", x)
    near = tape.products(np.full(3, tape.constant(1 + Fraction(1, 10**40))), e)
    again = tape.products(tape.functions("exp", tape.sums(x, x)), tape.functions("exp", tape.negatives(x)))
    assert proved(tape, e, again, points_of(x)) == {Laws.EXPONENTIAL: [0, 1, 2]}
    assert proved(tape, e, near, points_of(x)) == {}


def test_where_nothing_is_defined_nothing_is_proved(monkeypatch, tape, x):
    """A logarithm of a negative number agrees with nothing, not even at one point of three."""
    monkeypatch.setattr(decide, "equal", erring(Laws.EXPONENTIAL))
    log = tape.functions("log", x)
    points = points_of(x)
    assert proved(tape, log, tape.sums(log, np.zeros(3, np.int64)), points) == {}  # one element
    shifted = tape.sums(tape.sums(log, x), tape.negatives(x))
    assert proved(tape, log, shifted, points) == {Laws.EXPONENTIAL: [0, 1, 2]}
    points[1] = moved(x, -1)
    assert proved(tape, log, shifted, points) == {}


def test_floats_of_the_code(tape, x):
    """Floats that elements are computed from are listed once, in order; exact constants and those of others are not."""
    floats = tape.constants([0.3, 0.1, Fraction(1, 2)])
    used = tape.products(tape.sums(x, floats), np.full(3, floats[1]))
    assert typed(tape)(used[:1]) == [0.1, 0.3]
    assert typed(tape)(used[2:]) == [0.1]
    assert typed(tape)(x) == []
