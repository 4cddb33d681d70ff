"""A gradient that is wrong on one side of a branch is told so, with the condition; a mask that looks like one is not."""

import numpy as np
import pytest

import verify
from verify.tracing.observe import observe, variants


def diagnoses(forward, backward, **shapes):
    """Return what is said of each wrong gradient of a layer of y and t."""

    @verify.case(**(shapes or {"y": "3 4", "t": "3 4"}))
    def subject(y, t):
        dout = yield forward(y, t)
        return backward(y, t, dout)

    return [row.diagnosis for row in verify.check(subject, quick=True).comparisons if not row.good]


def huber(y, t):
    a = np.abs(y - t)
    return np.where(a <= 1, 0.5 * a**2, a - 0.5).sum()


def of_huber(inner, outer):
    """Return a backward whose quadratic and linear parts count so many times."""

    def backward(y, t, dout):
        a = np.abs(y - t)
        d = dout * np.where(a <= 1, inner * (y - t), outer * np.sign(y - t))
        return d, -dout * np.where(a <= 1, y - t, np.sign(y - t))

    return backward


@pytest.mark.parametrize(
    ("inner", "outer", "text"),
    [
        (1, -1, "has the wrong sign where a <= 1 is false"),
        (2, 1, "is too large by a factor of 2 where a <= 1 is true"),
        (0, 1, "is missing where a <= 1 is true"),
        (1, 1 / 4, "is too small by a factor of 4 where a <= 1 is false"),
    ],
)
def test_a_loss_of_two_parts(inner, outer, text):
    """The comparison is quoted from the code where formulas differ with the sign of what it is about, with its line."""
    (said,) = diagnoses(huber, of_huber(inner, outer))
    assert said.startswith(f"the gradient {text} (")
    assert "test_one_side.py:" in said


def hinge(y, t):
    return np.maximum(1 - y * t, 0).sum()


def pinball(y, t):
    return np.maximum(0.9 * (t - y), -0.1 * (t - y)).sum()


@pytest.mark.parametrize(
    ("forward", "backward", "text"),
    [
        (pinball, lambda y, t, d: d * np.where(t > y, -0.9, -0.1), "the gradient has the wrong sign where y - t > 0"),
        (pinball, lambda y, t, d: d * np.where(t > y, -0.3, 0.1), "by a factor of 3 where y - t <= 0"),
        (hinge, lambda y, t, d: -d * t * np.where(y * t < 1, 1, 0) * np.where(y > 0, 2, 1), "2 where y > 0"),
    ],
)
def test_a_condition_of_one_form(forward, backward, text):
    """It is written by its formula, with arrays in place of their entries."""
    (said,) = diagnoses(forward, lambda y, t, d: (backward(y, t, d), None))
    assert text in said


def test_a_part_that_is_wrong_by_no_factor():
    """All that is said is where it is wrong."""

    def backward(y, t, dout):
        return dout * np.where(np.abs(y - t) <= 1, np.sinh(y) - t, np.sign(y - t)), None

    (said,) = diagnoses(huber, backward)
    assert said.startswith("the gradient is wrong where a <= 1 is true (")
    assert said.endswith("), and right elsewhere")


def at_first(forward, shapes):
    """Return the inputs at which a case is looked at first."""

    @verify.case(**shapes)
    def subject(y, t):
        dout = yield forward(y, t)
        return dout * y, dout * t

    (variant, *_) = variants(subject)
    seen = observe(subject, variant, 0)
    values = ([seen.trace.sample[seen.trace.payloads[node]] for node in seen.inputs[name].nodes] for name in "yt")
    return [np.array([float(value) for value in entries]) for entries in values]


def leaky(y, t):
    return np.where(y > 0, y, 0.1 * y) + 0 * t


@pytest.mark.parametrize("by", ["place", "the other input"])
def test_a_mask_that_looks_like_a_side_at_first(by):
    """What is wrong by an entry's place, or by another input whose signs are the same at first, is at no side of 0."""
    shapes = {"y": "6", "t": "6"}
    y, t = at_first(leaky, shapes)
    assert 0 < (y > 0).sum() < len(y)
    signs = np.sign(y) * np.sign(t)

    def backward(y_, t_, dout):
        mask = np.where(y > 0, 2, 1) if by == "place" else np.where(t_ * signs > 0, 2, 1)
        return dout * np.where(y_ > 0, 1, 0.1) * mask, 0 * t_

    (said,) = diagnoses(leaky, backward, **shapes)
    assert "where y" not in said


def test_the_side_that_the_mask_is_like():
    """The twin: the same factor, by the sign of the entry itself."""

    def backward(y, t, dout):
        return dout * np.where(y > 0, 1, 0.1) * np.where(y > 0, 2, 1), 0 * t

    (said,) = diagnoses(leaky, backward, y="6", t="6")
    assert said == "the gradient is too large by a factor of 2 where y > 0"


def test_other_branches_are_those_of_the_run():
    """What the code asks of all entries together decides as well whether a side is wrong."""

    def forward(y, t):
        return np.where(y > 0, 3 * y, y) + t if y.sum() > t.sum() else 2 * y + t

    def backward(y, t, dout):
        return dout * (np.where(y > 0, 6, 1) if y.sum() > t.sum() else 2), dout

    said = diagnoses(forward, backward, y=verify.real("4", low=-1, high=2), t=verify.real("4", low=-2, high=-1))
    assert said == ["the gradient is too large by a factor of 2 where y > 0 (other branches as in this run)"]


def test_two_factors_are_no_one_side():
    """Where both sides are wrong, no side is right."""
    (said,) = diagnoses(huber, of_huber(2, -1))
    assert "where" not in said
