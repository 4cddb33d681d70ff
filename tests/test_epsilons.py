"""Mistakes beside small constants: an epsilon that forward adds to a norm, and backward differentiates elsewhere."""

import numpy as np
import pytest

import verify
from verify.checks.checker import check


def normalised(x, inside, outside):
    norm = np.sqrt((x**2).sum(axis=1, keepdims=True) + inside) + outside
    return x / norm, (x / norm, norm)


def backward(dout, cache):
    y, norm = cache
    return (dout - y * (dout * y).sum(axis=1, keepdims=True)) / norm


def diagnosis(inside, outside, backward=backward):
    """Return the likely mistake of the gradient of rows divided by their norms."""
    forward = lambda x: normalised(x, inside, outside)  # noqa: E731 - `def` would need a docstring
    (row,) = check(verify.pair(forward, backward, x="N 3", sizes={"N": 2}), quick=True).comparisons
    return row.diagnosis, row.verdict.good


def test_an_epsilon_in_another_place():
    """A gradient that is right for an epsilon in the root, or for none, is told so where it is added to the root."""
    assert diagnosis(1e-8, 0) == ("", True)
    text, good = diagnosis(0, 1e-8)
    assert not good
    assert text == "it would be right with 0 in place of 1e-08, which backward differentiates as if it were not there"


@pytest.mark.parametrize("wrong", [lambda d, c: backward(d, c) * c[1] ** 2, lambda d, c: d / c[1] ** 3])
def test_another_mistake_beside_an_epsilon(wrong):
    """What is wrong without the epsilon, too, is not put down to it."""
    text, good = diagnosis(0, 1e-8, wrong)
    assert not good
    assert "would be right" not in text


def test_a_small_factor_is_no_epsilon():
    """A small number that everything is multiplied by is not taken for one that is added: with 0 all would be right."""
    case = verify.pair(lambda x: (1e-4 * x**3, (x,)), lambda dout, c: dout * 1e-4 * c[0] ** 2 * 7, x="3")
    (row,) = check(case, quick=True).comparisons
    assert "would be right" not in row.diagnosis
