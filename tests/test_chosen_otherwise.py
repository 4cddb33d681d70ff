"""Entries that are wrong by something else than the branch they are in: no side of a branch is named."""

import numpy as np
import pytest

import verify


def leaky(y):
    return np.where(y > 0, y, 0.1 * y)


def likely(backward, size):
    @verify.case(y=size)
    def subject(y):
        return backward((yield leaky(y)), y)

    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


@pytest.mark.parametrize("size", ["3", "4", "7"])
@pytest.mark.parametrize(
    "wrong",
    [
        lambda y: np.arange(len(y)) % 2 == 0,
        lambda y: y[::-1] < 0,
        lambda y: np.roll(y, 1) < 0,
        lambda y: np.full(len(y), y[0] < 0),
        lambda y: (y < 0) & (y[::-1] < 0),
        lambda y: np.array([(y[i] < 0) != (y[i - 1] < 0) for i in range(len(y))]),
        lambda y: np.array([(y[i] < 0) and np.sum(y) < 0 for i in range(len(y))]),
    ],
)
def test_what_is_chosen_by_something_else(wrong, size):
    """An entry whose sign depends on its place, or on other entries too, is not said to depend on its own."""
    (text,) = likely(lambda d, y: d * np.where(y > 0, 1, 0.1) * np.where(wrong(y), -1, 1), size)
    assert "where" not in text
    assert "those at" not in text
