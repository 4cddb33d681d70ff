"""Code that asks about several entries of the upstream together is run with upstreams of mixed signs."""

from itertools import product

import numpy as np
import pytest

import verify
from verify import Verdict

NOTE = "some combinations of signs were tried, not all"


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
@pytest.mark.parametrize("signs", list(product((1, -1), repeat=3)))
def test_one_combination_of_signs_is_found(asks, signs):
    """Whichever of few combinations the code is wrong for, it is refuted there."""
    (row,) = verify.check(wrong_for(ASKS[asks], signs), quick=True).comparisons
    assert row.verdict is Verdict.REFUTED


@pytest.mark.parametrize("place", range(9))
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
