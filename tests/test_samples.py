"""Exact samples of inputs that are fit to be branched on."""

import random
from fractions import Fraction

import pytest

from verify.cases.samples import samples, whole_samples


@pytest.mark.parametrize("number", [1, 2, 12, 100, 3000])
def test_samples_are_short_distinct_decimals_of_both_signs(number):
    """No two are equal, none is 0 or a round number at which code may branch."""
    found = samples(None, None, number, random.Random(0))
    assert len(set(found)) == number
    assert all(-2 < x < 2 and x and (2 * x).denominator > 2 for x in found)
    assert number == 1 or min(found) < 0 < max(found)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (0, None), (None, 0), (Fraction(-1, 2), Fraction(1, 2))])
def test_samples_lie_in_their_domain(low, high):
    """Bounds are never reached."""
    bounds = [None if bound is None else Fraction(bound) for bound in (low, high)]
    assert all((low is None or x > low) and (high is None or x < high) for x in samples(*bounds, 50, random.Random(0)))


@pytest.mark.parametrize(("number", "below"), [(3, 4), (6, 3), (5, 5), (2, 5), (1, 2), (4, 1)])
def test_whole_samples_repeat(number, below):
    """Labels are in range, and from three on one of them comes twice, since its gradients have to add up."""
    found = whole_samples(number, below)
    assert len(found) == number
    assert all(0 <= i < below for i in found)
    assert number < 3 or len(set(found)) < number
