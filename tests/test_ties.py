"""Wrong subgradients at ties are found at shapes as small as 3 4, in layers of many families; right ones are not."""

import numpy as np
import pytest
from effort import slow, some

import verify
from verify.model.result import Verdict

WINDOWS = (slice(0, 2), slice(1, 3), slice(2, 4))


def case(forward, backward, /, **shapes):
    return verify.pair(forward, backward, **shapes)


def to_all(w):
    return (w == w.max(-1, keepdims=True)).astype(float)


def to_none(w):
    largest = w == w.max(-1, keepdims=True)
    return largest * (largest.sum(-1, keepdims=True) == 1)


def shared(w):
    largest = w == w.max(-1, keepdims=True)
    return largest / largest.sum(-1, keepdims=True)


def to_first(w):
    picked = np.zeros_like(w)
    np.put_along_axis(picked, w.argmax(-1)[..., None], 1, -1)
    return picked


def windows(x):
    return np.stack([x[:, window] for window in WINDOWS], 1)


def pool(x):
    return windows(x).max(-1)


def pooled(split):
    def backward(d, x):
        slopes, dx = split(windows(x)) * d[..., None], np.zeros_like(x)
        for i, window in enumerate(WINDOWS):
            dx[:, window] += slopes[:, i]
        return dx

    return backward


def rows(split):
    return lambda d, x: d[:, None] * split(x)


def hinge(x, y):
    return np.maximum(0, 1 - x * y).sum(1)


def to_hinge(factor):
    def backward(d, x, y):
        inside = d[:, None] * ((x * y < 1) + factor * (x * y == 1))
        return -inside * y, -inside * x

    return backward


def triplet(a, p, n):
    return np.maximum(0, ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 1)


def to_triplet(factor):
    def backward(d, a, p, n):
        margin = ((a - p) ** 2).sum(1) - ((a - n) ** 2).sum(1) + 1
        inside = (d * ((margin > 0) + factor * (margin == 0)))[:, None]
        return inside * 2 * (n - p), inside * -2 * (a - p), inside * 2 * (a - n)

    return backward


def smooth_l1(x):
    return np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5)


def to_sorted(d, x):
    return (d[:, None, :] * (x[:, :, None] == np.sort(x, 1)[:, None, :])).sum(2)


def largest_two(x):
    return np.sort(x, 1)[:, -2:].sum(1)


def distance(a, b):
    return np.abs(a - b).sum(1)


def signed(d, a, b, tie):
    slopes = d[:, None] * np.where(a == b, tie, np.sign(a - b))
    return slopes, -slopes


def halves(x):
    return np.maximum(x[:, :2], x[:, 2:])


def to_halves(tie):
    def backward(d, x):
        left, right = x[:, :2], x[:, 2:]
        return np.concatenate([d * (left >= right), d * np.where(left == right, tie, right > left)], 1)

    return backward


TWO, ONE = {"a": "3 4", "b": "3 4"}, {"x": "3 4"}
WRONG = {
    "maximum of two, 1 to both": case(np.maximum, lambda d, a, b: (d * (a >= b), d * (b >= a)), **TWO),
    "maximum of two, 0 to both": case(np.maximum, lambda d, a, b: (d * (a > b), d * (b > a)), **TWO),
    "minimum of two": case(np.minimum, lambda d, a, b: (d * (a <= b), d * (b <= a)), **TWO),
    "where": case(lambda a, b: np.where(a > b, a, b), lambda d, a, b: (d * (a >= b), d * (b >= a)), **TWO),
    "maxout": case(halves, to_halves(1), **ONE),
    "pooling, to all": case(pool, pooled(to_all), **ONE),
    "pooling, to none": case(pool, pooled(to_none), **ONE),
    "largest of a row, to all": case(lambda x: x.max(1), rows(to_all), **ONE),
    "largest of a row, to none": case(lambda x: x.max(1), rows(to_none), **ONE),
    "largest of a column": case(lambda x: x.max(0), lambda d, x: d * (x == x.max(0)), **ONE),
    "largest of all": case(lambda x: x.max(), lambda d, x: d * (x == x.max()), **ONE),
    "smallest of a row": case(lambda x: x.min(1), lambda d, x: d[:, None] * to_all(-x), **ONE),
    "clip, 2 at the upper bound": case(
        lambda x: np.clip(x, -1, 1), lambda d, x: d * ((np.abs(x) < 1) + 2 * (x == 1)), **ONE
    ),
    "clip, -1 at the lower bound": case(
        lambda x: np.clip(x, -1, 1), lambda d, x: d * ((np.abs(x) < 1) - 1.0 * (x == -1)), **ONE
    ),
    "|x|": case(np.abs, lambda d, x: d * np.where(x == 0, 2, np.sign(x)), **ONE),
    "leaky relu": case(lambda x: np.where(x > 0, x, x / 8), lambda d, x: d * ((x > 0) + (x < 0) / 8), **ONE),
    "L1 distance": case(distance, lambda d, a, b: signed(d, a, b, 2), **TWO),
    "hinge": case(hinge, to_hinge(2), x="3 4", y="3 4"),
    "triplet": case(triplet, to_triplet(2), a="3 4", p="3 4", n="3 4"),
    "smooth L1": case(smooth_l1, lambda d, x: d * np.where(np.abs(x) < 1, x, np.sign(x) * (np.abs(x) > 1)), **ONE),
    "sorting": case(lambda x: np.sort(x, 1), to_sorted, **ONE),
    "the two largest": case(largest_two, lambda d, x: d[:, None] * (x >= np.sort(x, 1)[:, -2:-1]), **ONE),
    "median": case(lambda x: np.sort(x, 1)[:, 1], lambda d, x: d[:, None] * (x == np.sort(x, 1)[:, 1:2]), **ONE),
}
RIGHT = {
    "maximum of two": case(np.maximum, lambda d, a, b: (d * (a >= b), d * (b > a)), **TWO),
    "maxout": case(halves, to_halves(0), **ONE),
    "pooling, to the first": case(pool, pooled(to_first), **ONE),
    "pooling, shared": case(pool, pooled(shared), **ONE),
    "largest of a row, shared": case(lambda x: x.max(1), rows(shared), **ONE),
    "L1 distance": case(distance, lambda d, a, b: signed(d, a, b, 0), **TWO),
    "hinge": case(hinge, to_hinge(1), x="3 4", y="3 4"),
    "triplet": case(triplet, to_triplet(0.5), a="3 4", p="3 4", n="3 4"),
    "smooth L1": case(smooth_l1, lambda d, x: d * np.clip(x, -1, 1), **ONE),
    "the two largest": case(largest_two, lambda d, x: d[:, None] * (np.argsort(np.argsort(x, 1), 1) >= 2), **ONE),
}


@pytest.mark.parametrize("name", some(WRONG, 80))
def test_a_wrong_subgradient_at_a_tie_is_refuted(name):
    """What is no convex combination of the derivatives around a tie is refuted on the tie."""
    wrong = [row for row in verify.check(WRONG[name]).comparisons if row.verdict is Verdict.REFUTED]
    assert wrong
    assert {row.evidence.kind for row in wrong} == {"edge"}


@pytest.mark.parametrize("name", some(RIGHT, 20))
def test_a_right_subgradient_at_a_tie_is_proved(name):
    """Any convention that is a subgradient passes."""
    result = verify.check(RIGHT[name])
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not any(finding.fails for finding in result.findings)


def combined(combine, shares):
    """Return the largest of a row of a combination of inputs, whose gradient goes to as many as are largest."""

    def forward(*inputs):
        return combine(*inputs).max(-1)

    def backward(d, *inputs, split=to_all):
        a = combine(*inputs)
        return tuple(d * split(a) * share for share in shares(*inputs))

    return forward, backward


BOUNDED = {
    "a sum of two": (combined(lambda x, y: x + y, lambda x, y: (1, 1)), 2, ("0.1", 3)),
    "a sum of three": (combined(lambda x, y, z: x + y + z, lambda x, y, z: (1, 1, 1)), 3, ("0.1", 3)),
    "a difference": (combined(lambda x, y: x - 2 * y, lambda x, y: (1, -2)), 2, (1, 2)),
    "a product": (combined(lambda x, y: x * y, lambda x, y: (y, x)), 2, ("0.5", 4)),
}


@pytest.mark.parametrize("name", some(BOUNDED, 4))
def test_a_tie_that_several_inputs_have_to_move_to_is_found(name):
    """Where no one entry reaches a tie within its bounds, several are moved: a tie counted twice is refuted there."""
    (forward, backward), number, (low, high) = BOUNDED[name]
    inputs = {letter: verify.real("2", low=low, high=high) for letter in "xyz"[:number]}
    wrong = verify.check(verify.pair(forward, backward, **inputs, name="layer"))
    assert any(row.verdict is Verdict.REFUTED and row.evidence.kind == "edge" for row in wrong.comparisons)

    def right(d, *values):
        return backward(d, *values, split=shared)

    assert verify.check(verify.pair(forward, right, **inputs, name="layer")).passes


def beside_what_is_tiny(at_tie):
    """Return |x| at the side of a saturated tanh, whose slope is nearer to 0 than any number of digits tells."""

    def backward(d, x, y):
        return d * np.where(x == 0, at_tie, np.sign(x)), d * (1 - np.tanh(y) ** 2)

    wide = {name: verify.real("2", low=-(10**9), high=10**9) for name in "xy"}
    return verify.pair(lambda x, y: np.abs(x) + np.tanh(y), backward, **wide)


@slow
def test_an_edge_is_judged_beside_a_slope_that_is_too_small_to_write():
    """A slope that is the same formula on all sides keeps no wrong subgradient of another entry unjudged."""
    result = verify.check(beside_what_is_tiny(3))
    assert [row.name for row in result.comparisons if row.verdict is Verdict.REFUTED] == ["x"]
    right = verify.check(beside_what_is_tiny(0.5))
    assert right.good
    assert any("a valid subgradient in [-1, 1]" in said for said in right.cover.kinks)
