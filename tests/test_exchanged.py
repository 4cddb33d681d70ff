"""One quantity in the place of another: a function that is missing, an array for its neighbour, a power that is wrong."""

import numpy as np
import pytest

import verify


def diagnosis(forward, backward, **inputs):
    @verify.case(**inputs)
    def subject(x, c):
        dout = yield forward(x, c)
        return backward(x, c, dout)

    return [row.diagnosis for row in verify.check(subject, quick=True).comparisons if not row.good]


def gated(x, c):
    return np.tanh(x * c + c * np.tanh(x))


def slopes(x, c, dout, of):
    inner = dout * (1 - of(x * c + c * np.tanh(x)) ** 2)
    return inner * (c + c * (1 - np.tanh(x) ** 2)), inner * (x + np.tanh(x))


def test_a_missing_function():
    """The argument of tanh in the place of its value is named, by each input, and also beside a tanh that is there."""
    named = diagnosis(gated, lambda x, c, d: slopes(x, c, d, lambda u: u), x="3", c="3")
    assert named == ["wrong entries are the exact ones with u in place of tanh(u): is tanh missing?"] * 2
    assert not diagnosis(gated, lambda x, c, d: slopes(x, c, d, np.tanh), x="3", c="3")


@pytest.mark.parametrize("of", [np.sin, lambda u: u / 2, lambda u: u**2])
def test_another_function_is_not_a_missing_one(of):
    """What is the value of neither is not said to be the argument."""
    assert not any("missing" in text for text in diagnosis(gated, lambda x, c, d: slopes(x, c, d, of), x="3", c="3"))


def test_a_neighbour():
    """An input, or an array that forward computes, in the place of another is named with the entry."""

    def forward(x, c):
        gate = 1 / (1 + np.exp(-x))
        return (gate * c + np.sin(c)).sum(axis=0)

    def backward(x, c, dout, wrong):
        gate = 1 / (1 + np.exp(-x))
        return dout * gate * (1 - gate) * (c if wrong is None else wrong(x)), dout * (gate + np.cos(c))

    (by_x,) = diagnosis(forward, lambda x, c, d: backward(x, c, d, lambda x: x), x="2 3", c="2 3")
    assert by_x == "in entry [0, 0], x[0,0] is used in place of c[0,0]"
    assert not diagnosis(forward, lambda x, c, d: backward(x, c, d, None), x="2 3", c="2 3")
    assert not any(
        "in place" in text
        for text in diagnosis(forward, lambda x, c, d: backward(x, c, d, lambda x: x**2 + 1), x="2 3", c="2 3")
    )


@pytest.mark.parametrize(
    ("power", "text"),
    [
        (1, ""),
        (2, "in entry [0], one term has a factor 1 - x[0] too many: "),
        (0, "one term is missing: "),
        (4, None),
    ],
)
def test_a_power(power, text):
    """A term with a wrong exponent is named: that of a focal loss, whose factor has a power of its own."""

    def backward(x, c, dout):
        by_x = -2 * (1 - x) ** power * np.log(x) + (1 - x) ** 2 / x
        return dout * by_x * c, dout * (1 - x) ** 2 * np.log(x)

    named = diagnosis(lambda x, c: (1 - x) ** 2 * np.log(x) * c, backward, x=verify.real("3", low=0, high=1), c="3")
    assert len(named) == (text != "")
    assert all(each.startswith(text) if text else "factor" not in each for each in named)


def test_a_number_is_no_power():
    """A term that is off by a number, or by the factor of another entry, is not said to have a wrong power."""
    eps = 0.1

    def backward(x, c, dout):
        return dout * (np.exp(x) * c - (1 - eps) - eps), dout * np.exp(x)

    named = diagnosis(lambda x, c: np.exp(x) * c - (1 - eps) * x, backward, x="3", c="3")
    assert len(named) == 1
    assert "has a factor" not in named[0]


@pytest.mark.parametrize(("slope", "side"), [((1, -2), "c <= 0"), ((-1, 2), "c > 0")])
def test_a_sign_on_one_side(slope, side):
    """Where a sign is wrong on one side of 0 alone, the diagnosis says on which."""
    right = np.array(slope) * np.sign(slope)
    (by_x, by_c) = diagnosis(
        lambda x, c: np.where(c > 0, right[0], right[1]) * c + x**3,
        lambda x, c, d: (3 * x**2 * d * 2, np.where(c > 0, *slope) * d),
        x="7",
        c="7",
    )
    assert by_x == "too large by a factor of 2"
    assert by_c == f"the gradient has the wrong sign where {side}"


@pytest.mark.parametrize(
    ("gradients", "more"),
    [(("c", "x"), ": the two are swapped"), (("c", "c"), ", which is returned for both"), (("c", "z"), "")],
)
def test_swapped_or_returned_twice(gradients, more):
    """Two gradients are said to be swapped where both are, and one to be returned for both where it is."""

    def backward(x, c, dout):
        made = {"x": 2 * x * dout, "c": 3 * c**2 * dout, "z": x * c * dout}
        return tuple(made[name] for name in gradients)

    named = diagnosis(lambda x, c: x**2 + c**3, backward, x="3", c="3")
    assert named[0] == f"this is the gradient of c{more}"


@pytest.mark.parametrize(("scale", "text"), [(True, "a factor of sqrt(D), 2 here: "), (False, "a factor of 2")])
def test_a_root_that_is_a_whole_number(scale, text):
    """Where the root of a size is a whole number at the sample, it is named; another 2 is not taken for it."""

    @verify.case(q="N D", k="N D", sizes={"D": 4})
    def scores(q, k):
        scaled = np.sqrt(q.shape[-1]) if scale else 2
        dout = yield q @ k.T / scaled
        return dout @ k, dout.T @ q / scaled

    named = {row.diagnosis for row in verify.check(scores, quick=True).comparisons if not row.good}
    assert all(text in each and ("sqrt" in each) == scale for each in named)
    assert named
