"""Exact values in pairs of doubles: every operation's radius holds what flint has, and is narrow enough to be of use."""

import random

import flint
import numpy as np
import pytest
from effort import slow
from random_arrays import case_of, drawn

from verify.checks.gradients.traced import check_traced
from verify.checks.rounding import pairs, whole
from verify.checks.rounding.pairs import PairReading, Pairs
from verify.checks.rounding.whole import Recorded
from verify.tape import recording
from verify.tape.balls import at_points

RNG = np.random.default_rng(0)
BITS = 400
NARROW = 2.0**-90


def numbers(count, least=-60, most=60, *, positive=False):
    """Return numbers of many magnitudes, some with a radius and some without a low part."""
    high = RNG.standard_normal((count, 2)) * 2.0 ** RNG.integers(least, most, (count, 2))
    high = np.abs(high) if positive else high
    low = high * 2.0**-54 * RNG.uniform(-1, 1, high.shape) * RNG.integers(0, 2, high.shape)
    return Pairs(high, low, np.abs(high) * 2.0**-100 * RNG.integers(0, 2, high.shape))


def near(given):
    """Return numbers that most digits cancel with."""
    return Pairs(-given.high * (1 + 2.0**-40), given.low, given.radius)


def doubles(count, least=-60, most=60):
    """Return exact numbers without a low part, zeros among them."""
    high = numbers(count, least, most).high * RNG.integers(0, 4, (count, 2)).astype(bool)
    return Pairs(high, np.zeros_like(high), np.zeros_like(high))


GIVEN = numbers(300)
SIGNED = numbers(300, positive=True)
OPERATIONS = {
    "sum": (pairs.plus, lambda x, y: x + y, (GIVEN, numbers(300)), NARROW),
    "difference": (pairs.plus, lambda x, y: x + y, (GIVEN, near(GIVEN)), 2.0**-50),
    "product": (pairs.times, lambda x, y: x * y, (GIVEN, numbers(300)), NARROW),
    "tiny product": (pairs.times, lambda x, y: x * y, (numbers(300, -600, -400), numbers(300, -600, -400)), 1.0),
    "product of doubles": (pairs.times, lambda x, y: x * y, (doubles(300), doubles(300)), NARROW),
    "tiny product of doubles": (
        pairs.times,
        lambda x, y: x * y,
        (doubles(300, -600, -400), doubles(300, -600, -400)),
        1.0,
    ),
    "inverse": (pairs.inverse, lambda x: 1 / x, (GIVEN,), NARROW),
    "root": (pairs.root, lambda x: x.sqrt(), (SIGNED,), NARROW),
}


def ball(given, place, side):
    exact = flint.arb(float(given.high[place])) + flint.arb(float(given.low[place]))
    return exact + side * flint.arb(float(given.radius[place]))


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_radius_holds_the_exact_value(name):
    """At the middle of what is given and at both ends; and it is about as narrow as a pair of doubles can be."""
    operation, exact, given, narrow = OPERATIONS[name]
    with np.errstate(all="ignore"):
        found = operation(*given)
    with flint.ctx.workprec(BITS):
        for place in np.ndindex(found.high.shape):
            for side in (-1, 0, 1):
                value = exact(*(ball(each, place, side) for each in given))
                distance = abs(value - ball(found, place, 0))
                assert distance.upper() <= flint.arb(float(found.radius[place])), (name, place)
            assert float(found.radius[place]) <= narrow * float(abs(value).upper()) + 2.0**-980, (name, place)


@pytest.mark.parametrize("magnitude", [0, -530, 500, 1000])
def test_a_product_of_doubles_is_that_of_pairs(monkeypatch, magnitude):
    """Nothing is left out but products with 0: the short way gives the same pairs, bit by bit, and knows as little."""
    a, b = (doubles(300, magnitude - 20, magnitude + 20) for _ in range(2))
    with np.errstate(all="ignore"):
        short = pairs.times(a, b)
        monkeypatch.setattr(Pairs, "are_doubles", False)
        for part, expected in zip(short.parts, pairs.times(a, b).parts, strict=True):
            assert np.array_equal(part, expected, equal_nan=True)


@pytest.mark.parametrize(
    ("operation", "given"),
    [
        (pairs.inverse, [0.0, 2.0**-1070]),
        (pairs.root, [-1.0, 0.0]),
        (lambda a: pairs.times(a, a), [2.0**600, 2.0**1000]),
    ],
)
def test_nothing_is_known_out_of_range(operation, given):
    """Where a number is not defined, or beyond what doubles can hold, the radius has no limit."""
    high = np.array([given])
    with np.errstate(all="ignore"):
        found = operation(Pairs(high, np.zeros_like(high), np.zeros_like(high)))
    assert not np.isfinite(found.high + found.low + found.radius).any()


def distance(exact, value):
    """Return how far an extended float is from a ball."""
    high = float(value)
    with flint.ctx.workprec(BITS):
        return abs(exact - flint.arb(high) - flint.arb(float(value - np.longdouble(high))))


@slow
def test_random_layers_are_read_as_flint_reads_them(monkeypatch):
    """Gradients and outputs of random layers lie where flint's balls of many bits do, to a part of their last digit."""
    monkeypatch.setattr(recording, "_MANY", 10_000)
    sharp = count = 0
    for seed in range(25):
        case = case_of(drawn(random.Random(seed)))
        for run in check_traced(case)[1][:1]:
            try:
                recorded = Recorded(case, run, 0, run.seen.trace.sample)
            except whole.SubjectError:
                continue
            wanted = np.concatenate([np.empty(0, np.int64), *(q.exact for q in recorded.quantities)])
            sample = [float(run.seen.trace.sample[name]) for name in recorded.names]
            values = np.array([sample, [3 * value for value in sample]]).T
            middle, reach = PairReading(recorded.tape, wanted, recorded.variables, values).of(wanted)
            balls = at_points(recorded.tape, wanted, recorded.variables, values, BITS)
            for value, exact, radius in zip(middle.ravel(), balls.ravel(), reach.ravel(), strict=True):
                if np.isfinite(radius) and exact.is_finite():
                    slack = float(radius) + abs(float(value)) * 2.0**-62 + 2.0**-990
                    assert distance(exact, value) <= slack, seed
                    sharp += slack <= 2.0**-60 * abs(float(value))
                    count += value != 0
    assert sharp > 0.9 * count > 100
