"""How many entries of gradients are wrong with a change, at the sample of a run."""

import pytest
from effort import some

import verify
from verify.checks.gradients.traced import check_traced
from verify.repair.counting import Counter


def square(x):
    return x * x


def case(backward, forward=square):
    return verify.pair(forward, backward, x="2 3", name="case")


def one_wrong(dout, x):
    dx = 2 * x * dout
    dx[0, 0] += 1
    return dx


# Other backward or forward passes, and how many of six entries are wrong with them.
COUNTS = {
    "right": (case(lambda dout, x: dout * x * 2), 0),
    "all wrong": (case(lambda dout, x: 3 * x * dout), 6),
    "one entry": (case(one_wrong), 1),
    "less than floats can tell": (case(lambda dout, x: 2 * x * dout + 1e-12), 6),
    "another output": (case(lambda dout, x: 2 * x * dout, lambda x: x * x + 1), None),
    "another output than floats can tell": (case(lambda dout, x: 2 * x * dout, lambda x: x * x + 1e-12), None),
    "another shape": (case(lambda dout, x: (2 * x * dout).sum(axis=0)), 7),
    "no numbers": (case(lambda dout, x: None), None),
    "an error": (case(lambda dout, x: dout @ x), None),
}


@pytest.mark.parametrize("name", some(COUNTS, 6))
def test_what_is_wrong(name):
    """Floats count what is clearly wrong; what looks right on floats is counted on symbols, outputs too."""
    original = case(lambda dout, x: 3 * x * dout)
    (run,) = check_traced(original, 0)[1]
    changed, wrong = COUNTS[name]
    assert Counter(original, run).wrong(changed, 0) == wrong
