"""How long `scan` looks for a call: a number of ways, so that what it says does not depend on the machine, and a guard."""

from collections import namedtuple
from itertools import count

import pytest

from verify.scan import setup
from verify.scan.candidates import candidates
from verify.scan.source import Source
from verify.scan.trial import NOT_MADE, RIGHT, Tried

# A right layer, a wrong one, and one that no call is found for.
LAYER = """
class Square:
    def forward(self, x):
        self.x = x
        return x**2
    def backward(self, dout):
        return {} * dout * self.x
"""
RIGHT_ONE, WRONG_ONE = LAYER.format(2), LAYER.format(3)
ODD = "class Odd:\n    def forward(self, x, t): return x * t.rows\n    def backward(self, d): return d\n"
Moment = namedtuple("Moment", "thread_time")


def set_up(text):
    """Return what comes of the only candidate in a source."""
    source, module = Source(text), {}
    exec(text, module)
    (candidate,) = candidates(source)
    return setup.set_up(candidate, source, module)


@pytest.fixture
def slow(monkeypatch):
    """Have each look at the clock find so many more seconds gone."""
    return lambda seconds: monkeypatch.setattr(setup, "time", Moment(count(0, seconds).__next__))


@pytest.mark.parametrize(
    ("text", "most", "fits"),
    [(RIGHT_ONE, 1, True), (RIGHT_ONE, 10_000, True), (WRONG_ONE, 10_000, True), (WRONG_ONE, 1, False)],
    ids=["right, once", "right", "wrong", "wrong, once"],
)
def test_ways_are_counted(monkeypatch, text, most, fits):
    """What looks right ends the search; what looks wrong is set up only where all ways were looked at."""
    monkeypatch.setattr(setup, "_MOST", most)
    done = set_up(text)
    assert (done.recipe is not None) == fits
    assert ("ended after" in done.doubt) == (not fits)


@pytest.mark.parametrize("text", [RIGHT_ONE, WRONG_ONE, ODD])
def test_a_slow_machine_says_the_same(slow, text):
    """Within the guard what is set up depends on no clock."""
    fast = set_up(text)
    slow(0.01)
    assert set_up(text) == fast
    assert not fast.cut


@pytest.mark.parametrize(("text", "where"), [(WRONG_ONE, "doubt"), (ODD, "cut")])
def test_the_guard_is_named_where_it_strikes(slow, text, where):
    """A search that the clock ends sets up nothing that looks wrong, and says so."""
    slow(30)
    done = set_up(text)
    assert done.recipe is None
    assert "s of computing: on a faster machine it may find more" in getattr(done, where)


def test_what_looks_right_is_set_up_at_any_speed(slow):
    """The clock does not take away what looks right already."""
    slow(30)
    assert set_up(RIGHT_ONE).tried == Tried(RIGHT)


def test_the_count_without_a_call(monkeypatch):
    """Where no call was found the count is named beside the closest one."""
    monkeypatch.setattr(setup, "_MOST", 2)
    done = set_up(ODD)
    assert (done.recipe, done.tried.score > NOT_MADE) == (None, True)
    assert "the search for a call ended after" in done.cut


LOSS = """
import numpy as np
class CrossEntropy:
    def forward(self, y, t):
        self.y, self.t = y, t
        return -{0}.sum()
    def backward(self, dout=1):
        dx = np.zeros_like(self.y)
        {1}
        return 2 * dx
"""
LOOKED_UP = LOSS.format(
    "np.log(y[np.arange(len(t)), t])",
    "dx[np.arange(len(self.t)), self.t] = -1 / self.y[np.arange(len(self.t)), self.t]",
)
IN_ROWS = LOSS.format("(t * np.log(y))", "dx[:] = -self.t / self.y")


@pytest.mark.parametrize(
    ("text", "described"),
    [(LOOKED_UP, 'gradproof.integer("N", below="D")'), (IN_ROWS, 'gradproof.fixed("N D", low=0, high=1)')],
    ids=["looked up", "in rows"],
)
def test_what_asks_least_is_set_up_of_a_wrong_loss(text, described):
    """Of labels by which code looks entries up, none asks less: not -1 either, which is an index as well."""
    recipe = set_up(text).recipe
    assert recipe.inputs["t"] == described
    assert "2 * t - 1" not in recipe.text
