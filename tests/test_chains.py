"""Questions that are asked only after others at the same line: every step of a loop that ends early is visited."""

import numpy as np
import pytest
from effort import some

import verify
from verify.model.result import Verdict


def first(x):
    """Return how many entries there are before the first that is positive."""
    for place in range(len(x)):
        if x[place] > 0:
            return place
    return len(x)


def length(x):
    """Return how many entries there are up to the last that is not padding."""
    number = len(x)
    while number and x[number - 1] < 0.1:
        number -= 1
    return number


def row(x):
    """Return the place of the first row whose sum is positive."""
    return next((place for place, entries in enumerate(x) if entries.sum() > 0), len(x))


def run_of(x):
    """Return how many entries there are before one that is outside of (-1, 1), which two conditions tell."""
    for place in range(len(x)):
        if x[place] < -1 or x[place] > 1:
            return place
    return len(x)


# How many entries count, what is added up for that number, and the shape.
LOOPS = {
    "the first valid step": (first, lambda x, n: x[n:], "5"),
    "the first valid step, of as many as there are": (first, lambda x, n: x[n:], "N"),
    "the last entry that counts": (length, lambda x, n: x[:n], "4"),
    "rows until one is positive": (row, lambda x, n: x[:n], "3 2"),
    "rows until one is positive, of any number": (row, lambda x, n: x[:n], "N D"),
    "two conditions in each step": (run_of, lambda x, n: x[:n], "3"),
}


def case(name, wrong):
    """Return a case that adds up squares of the entries that count; its gradient is doubled for `wrong` of them."""
    count, part, shape = LOOPS[name]

    def slopes(x):
        gradient, number = np.zeros_like(x), count(x)
        part(gradient, number)[...] = 2 * part(x, number)
        return gradient * (2 if number == wrong else 1)

    return verify.pair(lambda x: (part(x, count(x)) ** 2).sum(), lambda d, x: d * slopes(x), x=shape)


@pytest.mark.parametrize(
    ("name", "wrong"), some([(name, wrong) for name in LOOPS for wrong in range(5 if LOOPS[name][2] == "5" else 3)], 8)
)
def test_what_is_wrong_at_one_step_is_refuted(name, wrong):
    """A sum over no entry has no gradient to double; the one at any other step is refuted."""
    _, part, shape = LOOPS[name]
    sample = np.ones([3 if letter.isalpha() else int(letter) for letter in shape.split()])
    if not part(sample, wrong).size:
        return
    assert Verdict.REFUTED in {row.verdict for row in verify.check(case(name, wrong)).comparisons}


@pytest.mark.parametrize("name", some(LOOPS, 6))
def test_right_loops_are_proved(name):
    """The twin that is right at every step is proved, with no step left out."""
    result = verify.check(case(name, None))
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not result.cover.unvisited


def test_steps_that_were_not_tried_are_told():
    """Of a loop over very many entries not every step is visited, which is said."""
    count, part, _ = LOOPS["the first valid step"]
    long = verify.pair(
        lambda x: part(x, count(x)).sum(), lambda d, x: d * (np.arange(len(x)) >= count(x)), x="60"
    )  # fmt: skip
    result = verify.check(long)
    assert any("some combinations of sides of several entries, at " in said for said in result.cover.untried)
