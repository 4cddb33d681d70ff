"""Wrong gradients of expressions: which mistake is named, and that none is where it is another one."""

import numpy as np
import pytest
from effort import some
from subjects import elementwise

import verify
from layers import arithmetic
from verify import Verdict
from verify.checks.checker import check


def wrong(layer, backward):
    """Return a layer with another backward."""
    return type(layer.__name__, (layer,), {"backward": backward})


MISTAKES = {
    "swapped": (lambda self, d: (d * self.x, d * self.y), "this is the gradient of y"),
    "sign": (lambda self, d: (-d * self.y, d * self.x), "the sign is wrong"),
    "half": (lambda self, d: (d * self.y / 2, d * self.x), "too small by a factor of 2"),
    "upstream dropped": (lambda self, d: (self.y, self.x), "the upstream gradient is missing"),
    "upstream squared": (lambda self, d: (d * d * self.y, d * self.x), "the upstream gradient enters twice"),
    "zeros": (lambda self, d: (0 * d, d * self.x), "the gradient is all zeros"),
    "another": (lambda self, d: (d * (self.y + 1), d * self.x), ""),
    "right": (lambda self, d: (d * self.y, d * self.x), None),
}


@pytest.mark.parametrize("name", some(MISTAKES, 6))
def test_mistakes_are_named(checked, name):
    """A known mistake in x * y is named, an unknown one is not, and of what is right nothing is said."""
    backward, said = MISTAKES[name]
    row = next(
        c
        for c in checked(
            "x * y", {"x": 3, "y": 2}, upstream="1.5", MulLayer=wrong(arithmetic.MulLayer, backward)
        ).comparisons
        if (c.quantity, c.name) == ("gradient", "x")
    )
    assert (row.verdict is Verdict.PROVED) == (said is None)
    assert row.diagnosis.startswith(said or "")
    assert bool(row.diagnosis) == bool(said)


def test_swapped_inside(checked):
    """Steps are told from what they are computed with, and not from what has nothing to do with them."""
    backward, _ = MISTAKES["swapped"]
    result = checked("(x + 1) * (y + 2)", {"x": 3, "y": 2}, MulLayer=wrong(arithmetic.MulLayer, backward))
    said = {c.name: c.diagnosis for c in result.comparisons if c.quantity == "gradient" and c.diagnosis}
    assert said["x + 1"].startswith("this is the gradient of y + 2: ")
    assert said["x"].startswith("this is the gradient of y: ")


def test_a_term_that_is_missing(checked):
    """Of two ways in which an input enters, one alone is told from a factor."""
    overwritten = wrong(arithmetic.AddLayer, lambda self, d: (d, 0 * d))
    result = checked("x * y + x", {"x": 3, "y": 2}, AddLayer=overwritten)
    row = next(c for c in result.comparisons if (c.quantity, c.name) == ("gradient", "x"))
    assert "assigned instead of accumulated" in row.diagnosis


def test_nothing_is_made_of_a_zero():
    """Where the exact gradient of a single entry is 0, as beyond a clip, no term of it is said to be missing."""
    case = elementwise(lambda x: np.minimum(x, 6), lambda d, x: d * np.where(x > 6, 7, 1), shape="N")
    (row,) = (c for c in verify.check(case).comparisons if c.verdict is Verdict.REFUTED)
    assert (str(row.relation), row.diagnosis) == ("expected = 0", "")


def likely(case):
    """Return the mistake that is named in the first row of a case that does not pass, or nothing."""
    return next(row.diagnosis for row in verify.check(case, quick=True).comparisons if not row.passes)


def cross_entropy(x, t):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    y = e / e.sum(axis=1, keepdims=True)
    return -np.log(y[np.arange(len(x)), t] + 1e-7).sum() / len(x), y - np.eye(x.shape[1])[t]


@pytest.mark.parametrize(
    ("gradient", "named"),
    some(
        [
            (
                lambda g: g,
                "too large by a factor of N, 3 here: a missing division by N; besides, backward ignores 1e-07",
            ),
            (lambda g: -g / len(g), "the sign is wrong; besides, backward ignores 1e-07 in forward"),
            (lambda g: g / len(g) + 1, ""),
            (lambda g: g * g, ""),
        ],
        6,
    ),
)
def test_a_mistake_beside_a_small_constant(gradient, named):
    """A mistake is named where backward also ignores the constant of a logarithm, and none where it is another one."""

    def loss(x, t):
        value, exact = cross_entropy(x, t)
        return value, gradient(exact)

    labels = verify.integer("N", below="C")
    mistake = likely(verify.loss(loss, x="N C", t=labels))
    assert mistake.startswith(named)
    assert bool(mistake) == bool(named)


WRONG_AXIS = "summed over the wrong axis: the sum of all entries is right"


@pytest.mark.parametrize(
    ("bias", "named"),
    [
        (lambda d: d.sum(axis=1), WRONG_AXIS),
        (lambda d: 2 * d.sum(axis=1), ""),
        (lambda d: d - d.mean(), ""),
        (lambda d: d.sum(axis=0, keepdims=True), "the numbers are right but the shape is wrong"),
        (lambda d: d.copy(), "not summed over axis 0"),
    ],
)
def test_a_sum_over_the_wrong_axis(bias, named):
    """A bias that is summed over its own axis is told from one that is wrong in another way."""
    mistake = likely(verify.pair(lambda x, b: x + b, lambda d, x, b: (d.copy(), bias(d)), x="N D", b="D"))
    assert mistake.startswith(named)
    assert bool(mistake) == bool(named)


def test_sums_of_zero_name_nothing():
    """Where all entries sum to 0 on both sides, no axis is blamed."""
    case = verify.pair(
        lambda x, b: x + b - b.mean(),
        lambda d, x, b: (d.copy(), d.sum(axis=1) - d.sum(axis=1).mean()),
        x="N D",
        b="D",
    )
    assert likely(case) != WRONG_AXIS


@pytest.mark.parametrize(
    ("factor", "text"),
    [
        ("0.9999999", "too small by 1e-07 relative"),
        ("1.0005", "too large by 0.0005 relative"),
        ("1.25", "too large by a factor of 1.25"),
    ],
)
def test_a_factor_that_is_nearly_one(factor, text):
    """What is nearly right is off by a relative difference, and not by a factor of 10000000/9999999."""
    factor = float(factor)
    case = verify.pair(lambda x: (x**3, (x,)), lambda dout, c: dout * 3 * c[0] ** 2 * factor, x="3")
    row = next(row for row in check(case, quick=True).comparisons if not row.good)
    assert row.diagnosis == text
