"""Numbers along an axis are round, lie within it, and are not many."""

import math
import random
from fractions import Fraction
from itertools import pairwise

import pytest

from reports.page.ticks import label, ticks


@pytest.mark.parametrize(
    ("low", "high", "labels"),
    [
        (-2.0, 2.0, "-2 -1 0 1 2"),
        (0.03, 1.02, "0.2 0.4 0.6 0.8 1"),
        (-137.0, 880.0, "0 200 400 600 800"),
        (-4.1e-7, 3.9e-7, "-4e-7 -2e-7 0 2e-7"),
        (1_000_000.0, 1_000_001.0, "1e6 1.0000002e6 1.0000004e6 1.0000006e6 1.0000008e6 1.000001e6"),
        (2.5e300, 9.9e300, "4e300 6e300 8e300"),
        (3.0, 3.0, ""),
    ],
)
def test_numbers_of_an_axis(low, high, labels):
    """Steps are 1, 2 or 5 times a power of ten, whatever the size of the numbers."""
    assert " ".join(map(label, ticks(low, high))) == labels


def test_every_axis_has_two_to_six():
    """They lie on the axis, a round step apart, and a label is the number itself."""
    rng = random.Random(7)
    for _ in range(300):
        low = rng.uniform(-1, 1) * 10 ** rng.uniform(-30, 30)
        high = low + 10 ** rng.uniform(-8, 2) * abs(low)
        numbers = ticks(low, high)
        assert 2 <= len(numbers) <= 6
        assert low <= numbers[0] < numbers[-1] <= high
        steps = {second - first for first, second in pairwise(numbers)}
        (step,) = steps
        assert step / Fraction(10) ** math.floor(math.log10(step) + 1e-9) in (1, 2, 5)
        assert all(abs(Fraction(label(number)) - number) <= abs(number) / 10**11 for number in numbers)
