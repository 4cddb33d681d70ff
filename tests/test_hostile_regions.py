"""Layers that were once said to be right in all regions, and are not; and right ones that were once called wrong."""

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from verify.model.result import Verdict


def hard_pairs(e):
    """Contrast consecutive rows, up to a margin; where the margin is exceeded the gradient forgets to be 0."""
    apart = e[:-1] - e[1:]
    gradient = np.zeros_like(e)
    gradient[:-1] -= 2 * apart
    gradient[1:] += 2 * apart
    return np.maximum(0, 100 - (apart**2).sum(axis=1)).sum(), gradient


def mixed(dout, x):
    """Forget the gradient where x > 25, by questions that the upstream decides too."""
    return 2 * x * dout * np.where((dout > 0) == (dout * (x - 25) > 0), 0, 1)


def raising(dout, x):
    if (x > 20).any():
        raise ValueError("too large")
    return 2 * x * dout


def no_gradient(dout, x):
    return None if (x > 20).any() else 2 * x * dout


def largest(axis, shape):
    """Return max over an axis whose gradient goes to all that are largest."""
    return elementwise(
        lambda x: x.max(axis=axis), lambda d, x: (x == x.max(axis=axis, keepdims=True)) * np.expand_dims(d, axis), shape
    )


WRONG = {
    "questions that the upstream decides too": elementwise(lambda x: x * x, mixed),
    "rows against each other": verify.loss(hard_pairs, e="N D"),
    "ties over the batch": largest(0, "N D"),
    "ties of nine": largest((1, 2), "N 3 3"),
    "ties of six": largest(1, "1 6"),
    "a threshold that is tried and hit": elementwise(
        lambda x: x * x, lambda d, x: d * np.where(np.sqrt(x) < 1e-6, 3 * x, 2 * x), low=0
    ),
    "one edge of two": elementwise(
        lambda x: np.abs(x * x - 1),
        lambda d, x: d * (2 * x * np.sign(x * x - 1) + np.where(x * x == 1, (x - 1) * 100, 0)),
    ),
    "raises": elementwise(lambda x: x * x, raising),
    "returns nothing": elementwise(lambda x: x * x, no_gradient),
    "a sum that is 0": elementwise(
        lambda x: x.sum(axis=1),
        lambda d, x: np.where(x.sum(axis=1, keepdims=True) == 0, 5, 1) * d[:, None] * np.ones_like(x),
        "N 3",
    ),
}
RIGHT = {
    "dead at the samples": elementwise(lambda x: np.maximum(x - 10, 0), lambda d, x: d * (x > 10)),
    "hard shrinkage": elementwise(lambda x: np.where(np.abs(x) > 3, x, 0), lambda d, x: d * (np.abs(x) > 3)),
    "refuses large inputs": elementwise(lambda x: checked(x) ** 2, lambda d, x: 2 * x * d),
}


def checked(x):
    if np.any(x > 1000):
        raise ValueError("inputs up to 1000 were expected")
    return x


@slow
@pytest.mark.parametrize("name", some(WRONG, 24))
def test_wrong_layers_are_not_passed(name):
    """What is wrong in some region or on some edge fails."""
    result = verify.check(WRONG[name])
    assert {c.verdict for c in result.comparisons} & {Verdict.REFUTED, Verdict.ERROR}


@slow
@pytest.mark.parametrize("name", some(RIGHT, 6))
def test_right_layers_are_passed(name):
    """A layer that does nothing at the samples does something elsewhere; one that refuses inputs has a domain."""
    assert {c.verdict for c in verify.check(RIGHT[name]).comparisons} == {Verdict.PROVED}


@slow
def test_branches_on_the_upstream_leave_the_cover_open():
    """Some upstreams are tried, not all of them: the regions are not said to be all there are."""
    by_sign = elementwise(lambda x: x * x, lambda d, x: np.where(d > 0, 2 * x * d, 2 * x * d))
    result = verify.check(by_sign)
    assert not result.cover.complete


@slow
def test_a_wrong_formula_that_floats_come_upon_is_refuted():
    """What is found wrong at a point of another magnitude is not left out: it is decided there."""
    from verify.checks.gradients.traced import check_traced
    from verify.checks.rounding.check import arithmetic

    far = elementwise(lambda x: x * x, lambda d, x: d * np.where(np.abs(x) > 500, x, 2 * x))
    _, runs = check_traced(far)
    assert arithmetic(far, runs, 0).wrong
    right = elementwise(lambda x: x * x, lambda d, x: d * np.where(np.abs(x) > 500, x + x, 2 * x))
    assert not arithmetic(right, check_traced(right)[1], 0).wrong
