"""A number of backward with fewer digits than that of forward is named, with what makes the gradient right."""

import numpy as np
import pytest
from effort import some

import verify

ROOT = np.sqrt(2 / np.pi)


def diagnoses(constant, factor=3 * 0.044715):
    """Return the likely mistakes in the gradient of a tanh approximation of GELU that has these numbers."""

    def backward(dout, x):
        t = np.tanh(constant * (x + 0.044715 * x**3))
        return dout * (0.5 * (1 + t) + 0.5 * x * (1 - t**2) * constant * (1 + factor * x**2))

    case = verify.pair(lambda x: 0.5 * x * (1 + np.tanh(ROOT * (x + 0.044715 * x**3))), backward, x="3", name="case")
    return [row.diagnosis for row in verify.check(case, quick=True).comparisons if not row.good]


@pytest.mark.parametrize(
    ("numbers", "few", "exact"),
    some(
        [
            ((0.7978845608,), "0.7978845608", "0.7978845608028654"),
            ((0.8,), "0.8", "0.7978845608028654"),
            ((ROOT, 0.134), "0.134", "0.134145"),
            ((ROOT, 0.13145), "0.13145", "0.134145"),
        ]
    ),
)
def test_a_number_with_too_few_digits(numbers, few, exact):
    """The right one is that of forward, or a multiple of it, as of the constant in a cube."""
    assert diagnoses(*numbers) == [f"the constant {few} is not exact: {exact} makes the gradient right"]


@pytest.mark.parametrize("numbers", [(0.7,), (ROOT, 0.2), (0.7978, 0.134)])
def test_other_numbers_are_not_called_imprecise(numbers):
    """Far ones are other numbers, and of two wrong ones neither makes the gradient right."""
    assert not any("not exact" in text for text in diagnoses(*numbers))


def test_the_right_numbers():
    """There is nothing to be told."""
    assert diagnoses(ROOT) == []
