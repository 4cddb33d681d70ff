"""Code that asks about several entries of the upstream together is run with upstreams of mixed signs."""

from itertools import product

import numpy as np
import pytest
from effort import some

import verify
from verify import Verdict

NOTE = "not all combinations of its signs were tried"


def wrong_for(asks, signs):
    """Return a case whose gradient is tripled for one combination of signs of the upstream."""
    wanted = np.array(signs)

    def backward(d, x):
        return 2 * d * x * (3 if asks(d, wanted) else 1)

    return verify.pair(lambda x: x * x, backward, x=str(len(signs)))


ASKS = {
    "array_equal": lambda d, wanted: np.array_equal(d > 0, wanted > 0),
    "all": lambda d, wanted: np.all(np.sign(d) == wanted),
    "a sum of masks": lambda d, wanted: np.sum((d > 0) == (wanted > 0)) == len(wanted),
}


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("signs", some(product((1, -1), repeat=3)))
def test_one_combination_of_signs_is_found(asks, signs):
    """Whichever of few combinations the code is wrong for, it is refuted there."""
    (row,) = verify.check(wrong_for(ASKS[asks], signs), quick=True).comparisons
    assert row.verdict is Verdict.REFUTED


@pytest.mark.parametrize("place", some(range(9), 12))
@pytest.mark.parametrize("sign", [1, -1])
def test_one_entry_against_all_others_is_found(place, sign):
    """Of many entries, each is tried against all others."""
    signs = [-sign if i == place else sign for i in range(9)]
    (row,) = verify.check(wrong_for(ASKS["all"], signs), quick=True).comparisons
    assert row.verdict is Verdict.REFUTED


@pytest.mark.parametrize(("shape", "told"), [("3", False), ("9", True)])
def test_what_is_right_stays_proved_and_combinations_left_out_are_told(shape, told):
    """The positive and the negative part of an upstream add up to it; of nine entries not all signs are tried."""
    case = verify.pair(
        lambda x: x * x, lambda d, x: 2 * x * (np.maximum(d, 0) - np.maximum(-d, 0)), x=shape
    )  # fmt: skip
    result = verify.check(case, quick=True)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert any(NOTE in note for note in result.notes) is told


EDGES = {
    "one entry": (lambda d, x: np.where(d == 2, x, 2 * d * x), "2"),
    "all entries": (lambda d, x: 5 * d * x if (d == 3.5).all() else 2 * d * x, "3"),
    "a sum": (lambda d, x: x if d.sum() == 3 else 2 * d * x, "2"),
    "an input": (lambda d, x: x if d[0] == x[0] else 2 * d * x, "2"),
    "the edge of an order": (lambda d, x: np.where(d > -1, 2 * d * x, np.where(d < -1, 2 * d * x, 0)), "2"),
}


@pytest.mark.parametrize("name", EDGES)
def test_an_upstream_that_equals_something_is_tried(name):
    """A gradient that is no multiple of its upstream at one value of that alone is refuted there."""
    backward, shape = EDGES[name]
    (row,) = verify.check(verify.pair(lambda x: x * x, backward, x=shape), quick=True).comparisons
    assert row.verdict is Verdict.REFUTED


@pytest.mark.parametrize("name", EDGES)
def test_right_gradients_stay_right_on_the_edges_of_upstreams(name):
    """The twins ask the same and go one way: they are proved, without a note of what was not tried."""
    backward, shape = EDGES[name]
    twin = verify.pair(lambda x: x * x, lambda d, x: 0 * backward(d, x) + 2 * d * x, x=shape)
    result = verify.check(twin, quick=True)
    assert {row.verdict for row in result.comparisons} == {Verdict.PROVED}
    assert not any("no run had an equal upstream" in note for note in result.notes)


def test_an_equality_that_no_upstream_has_is_told():
    """Of a curve through upstreams, no point with exact numbers is looked for."""
    curve = verify.pair(lambda x: x * x, lambda d, x: x if (d**2).sum() == 25 else 2 * d * x, x="2")
    assert any("no run had an equal upstream" in note for note in verify.check(curve, quick=True).notes)
