"""What is asked of whole arrays is what NumPy's reductions say, for arrays of all sizes and layouts."""

import numpy as np
import pytest

from verify.tape import masks

RNG = np.random.default_rng(0)
MASKS = [
    np.zeros(0, bool),
    np.zeros(1, bool),
    np.ones(1, bool),
    np.ones((3, 0), bool),
    *(RNG.random(shape) < share for shape in ((7,), (3, 5), (2, 3, 100)) for share in (-1, 0.1, 0.9, 2)),
    (RNG.random((4, 6)) < 0.5).T[::2],
    np.eye(5, dtype=bool)[:, ::-1][1:, :2],
]
NUMBERS = [np.array([3]), np.array([5, 5, 5]), np.arange(9), np.array([1, 2, 2, 3]), np.array([4, 1, 4]), -np.arange(6)]


@pytest.mark.parametrize("mask", MASKS)
def test_any_and_all(mask):
    """Empty masks have no true entry, and no false one."""
    assert masks.any_of(mask) is bool(mask.any())
    assert masks.all_of(mask) is bool(mask.all())


@pytest.mark.parametrize("numbers", [*NUMBERS, RNG.integers(0, 9, (3, 4)).T])
def test_extremes(numbers):
    """The least and the largest of whole numbers are Python's."""
    assert (masks.least(numbers), masks.largest(numbers)) == (numbers.min(), numbers.max())
    assert type(masks.least(numbers)) is int


@pytest.mark.parametrize("numbers", NUMBERS)
def test_order(numbers):
    """One number is told from several, and distinct numbers in order from others."""
    assert masks.is_one(numbers) is (len(set(numbers.tolist())) == 1)
    assert masks.is_ascending(numbers) is (sorted(set(numbers.tolist())) == numbers.tolist())
    assert masks.is_ascending(numbers[:0])
