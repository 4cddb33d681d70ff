"""Many exact numbers with one denominator are what a list of Fractions is."""

import random
from fractions import Fraction

import numpy as np
import pytest
from effort import some

from verify.cases.samples import Sampler, samples
from verify.graph.decimals import Decimals
from verify.tape import balls
from verify.tape.enclosures import Enclosures, nearest
from verify.tape.tape import Tape

NUMBERS = Decimals(np.array([3, -250, 0, 1000]), 1000)
FRACTIONS = [Fraction(3, 1000), Fraction(-1, 4), Fraction(0), Fraction(1)]


def test_decimals_are_a_sequence_of_fractions():
    """They are counted, listed and taken apart as such."""
    assert list(NUMBERS) == FRACTIONS == [NUMBERS[place] for place in range(len(NUMBERS))]
    assert list(NUMBERS[1:3]) == FRACTIONS[1:3]
    assert list(NUMBERS.take(np.array([3, 0]))) == [Fraction(1), Fraction(3, 1000)]


def test_floats_around_them_enclose_them():
    """The nearest float to each, and how far it may be off."""
    mid, rad = nearest(NUMBERS)
    assert mid.tolist() == [float(value) for value in FRACTIONS]
    assert all(abs(Fraction(m) - value) <= r for m, r, value in zip(mid, rad.tolist(), FRACTIONS, strict=True))
    large = Decimals(np.array([2**61 + 1]), 3)
    [m], [r] = nearest(large)
    assert abs(Fraction(m) - large[0]) <= r


def test_a_tape_reads_them_as_fractions():
    """Floats, balls, parts and points are the same."""
    tape, other = Tape(), Tape()
    x, y = tape.variables(NUMBERS), other.variables(FRACTIONS)
    for places in ([0, 1, 2, 3], [2, 0]):
        point = {int(x[0]): Fraction(7)}
        for at in (None, point):
            left, right = (balls.at(t, elements[places], at, 128) for t, elements in ((tape, x), (other, y)))
            assert all(a.overlaps(b) for a, b in zip(left, right, strict=True))
            mids = [Enclosures(t, at).of(elements[places])[0].tolist() for t, elements in ((tape, x), (other, y))]
            assert mids[0] == mids[1]


@pytest.mark.parametrize(
    ("low", "high"), some([(None, None), (0, None), (None, "1/3"), ("0.1", "0.2"), (-1, 2000), ("1e-30", "2e-30")], 6)
)
def test_many_samples_lie_in_their_domain(low, high):
    """No two are the same, all lie between the bounds, and a second run draws the same ones."""
    bounds = [None if bound is None else Fraction(bound) for bound in (low, high)]
    values = list(samples(*bounds, 5000, random.Random(3)))
    wide = low is not None and high is not None and bounds[1] - bounds[0] > 1000  # drawn twice, once about 0
    assert len(set(values)) == 5000 or wide
    assert all(
        (bounds[0] is None or value > bounds[0]) and (bounds[1] is None or value < bounds[1]) for value in values
    )
    assert values == list(samples(*bounds, 5000, random.Random(3)))
    assert values[:40] != sorted(values[:40])
    assert list(Sampler(0).draw(*bounds, 5000)) == list(Sampler(0).draw(*bounds, 5000))
