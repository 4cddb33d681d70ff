"""Terms of a gradient that are missing, have the wrong sign or count with another number are named."""

from types import FunctionType

import numpy as np
import pytest

import verify


def of_no_file(function):
    """Return a function whose source cannot be read, so that its expressions have no names."""
    code = function.__code__.replace(co_filename="<made>")
    return FunctionType(code, function.__globals__, closure=function.__closure__)


def diagnosis(forward, backward, **shapes):
    @verify.case(**(shapes or {"x": "3"}))
    def subject(x):
        dout = yield forward(x)
        return backward(x, dout)

    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ([1, 0, 0], "only the terms with dout[0] are counted"),
        ([1, 2, 1], "the terms with dout[1] are too large by a factor of 2"),
        ([1, -1, -1], "the terms with dout[1], dout[2] have the wrong sign"),
        ([1, 1, 0], "the terms with dout[2] are missing"),
        ([1, 2, 3], None),
    ],
)
def test_parts_of_the_upstream(counts, text):
    """The entries of the upstream whose terms are wrong are named, where all are wrong in one way."""
    weights = np.array([[1, 2, 5], [3, -1, 4], [2, 7, -3]])
    (named,) = diagnosis(lambda x: weights @ np.sin(x), lambda x, d: (d * counts) @ weights * np.cos(x))
    assert named == text if text else "terms with" not in named


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (-1, "one term has the wrong sign: "),
        (0, "np.sin(x[1]) is treated as a constant: "),
        (2, "one term is too large by a factor of 2: "),
        (-3, "one term is too large by a factor of 3, and of the wrong sign: "),
    ],
)
def test_one_term_of_the_formula(number, text):
    """A sign or number of one term is found, and the term is written."""

    def forward(x):
        return np.stack([x[0] * np.sin(x[1]) + x[1] * np.cos(x[2]), x[2]])

    def backward(x, d):
        by_second = number * x[0] * np.cos(x[1]) + np.cos(x[2])
        return np.stack([d[0] * np.sin(x[1]), d[0] * by_second, d[1] - d[0] * x[1] * np.sin(x[2])])

    (named,) = diagnosis(forward, of_no_file(backward))
    terms = "x[0]*dout[0]*cos(x[1])"
    assert "use of the input" in named or named == text + terms or (number == 0 and named.startswith(text))


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((2, 1, 1, -1), "one term is too large by a factor of 2: {0}; one term has the wrong sign: {3}"),
        ((-1, 1, 1, -1), "2 terms have the wrong sign: {0} and {3}"),
        ((-1, 2, 1, 3), ""),
    ],
)
def test_two_mistakes_in_one_sum(numbers, text):
    """Terms of two wrong factors are named with one each, several of one factor together; of three factors, none."""
    a, b, c, e = numbers

    def backward(x, d):
        return d * np.exp(x) * (a * np.sin(x) + b * x + c * np.cos(x) + e)

    (named,) = diagnosis(lambda x: np.exp(x) * (np.sin(x) + x), backward)
    terms = [f"dout[0]*{factors}" for factors in ("exp(x[0])*sin(x[0])", "x[0]*exp(x[0])", "exp(x[0])*cos(x[0])")]
    wanted = text.format(*terms, "dout[0]*exp(x[0])")
    assert parts(named) == parts(wanted) if text else "term" not in named


def parts(text):
    """Return what is said of each factor, and the terms, in any order."""
    return sorted(sorted(said.replace(": ", " and ").split(" and ")) for said in text.split("; "))


def tied(x, counts):
    """A product with weights and with their transpose, whose second use counts so many times."""

    def by_weights(x, weights, hidden, dout):
        return x.T @ (dout @ weights) + counts * (dout.T @ hidden)

    backward = of_no_file(by_weights)

    @verify.case(x=x, weights="3 2")
    def subject(x, weights):
        hidden = x @ weights
        dout = yield hidden @ weights.T
        return dout @ weights @ weights.T, backward(x, weights, hidden, dout)

    return [row.diagnosis for row in verify.check(subject).comparisons if not row.good]


@pytest.mark.parametrize("x", ["7 3", "2 3"])
@pytest.mark.parametrize(
    ("counts", "text"),
    [
        (0, "at least one use of the input is missing"),
        (-1, "at least one use of the input has the wrong sign"),
        (3, "at least one use of the input is too large by a factor of 3"),
    ],
)
def test_a_use_of_many_entries(x, counts, text):
    """One operation uses an entry once for each row of a batch, whose number is not said: it counts no uses."""
    assert tied(x, counts) == [text]


def test_no_use_that_is_wrong():
    """With each use counted once, nothing is said."""
    assert tied("7 3", 1) == []


def test_a_term_that_is_not_there_is_not_named():
    """A gradient that is no sum of numbers times the exact terms is not explained so."""
    assert not any("term" in text for text in diagnosis(lambda x: x**2 + np.sin(x), lambda x, d: d * x + d * np.exp(x)))


@pytest.mark.parametrize(
    ("correct", "wrong"),
    [(1, 1 + 1e-7), (2, 2 + 1e-9)],
)
def test_a_number_that_is_only_close_is_not_named(correct, wrong):
    """What looks like a right term on floats, and is not, is refuted by the proof."""
    texts = diagnosis(lambda x: np.sin(x) + correct * x**3, lambda x, d: d * (-np.cos(x) + 3 * wrong * x**2))
    assert not any("sign" in text for text in texts)
