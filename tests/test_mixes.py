"""Sides of several entries at one line, mixed: what is wrong in one combination only is found."""

import numpy as np
import pytest
from effort import slow, some
from subjects import elementwise

import verify
from verify.checks.regions.mixes import combinations
from verify.model.result import Verdict


def masked(wrong, shape, **bounds):
    """Return a layer that adds 1 to its gradient where a mask of entries below 0.1 is as `wrong` tells."""
    bounds = bounds or {"low": 0, "high": 1}
    return elementwise(
        lambda x: x * 1.0, lambda d, x: d + (1 if wrong((x < 0.1).ravel().tolist()) else 0), shape, **bounds
    )


def last_of(mask):
    """Return the place of the last entry that counts, or None."""
    return next((place for place in reversed(range(len(mask))) if mask[place]), None)


WRONG = {
    "the last below, the first above": (lambda m: m[-1] and not m[0], "2"),
    "the first below, the last above": (lambda m: m[0] and not m[-1], "N"),
    "the last entry that counts": (lambda m: last_of(m) == 1, "4"),
    "the first valid step": (lambda m: any(m) and not m[0], "5"),
    "one entry alone": (lambda m: sum(m) == 1 and m[2], "4"),
    "all but one": (lambda m: sum(m) == len(m) - 1 and not m[1], "6"),
    "a mask that ends": (lambda m: m[:3] == [True] * 3 and not any(m[3:]), "6"),
    "half of them": (lambda m: sum(m) == 2, "4"),
    "every other": (lambda m: m[::2] == [True] * 4 and not any(m[1::2]), "8"),
    "in a second row": (lambda m: not any(m[:2]) and m[2], "2 2"),
}


@pytest.mark.parametrize("name", some(WRONG, 10))
def test_what_is_wrong_in_one_combination_is_refuted(name):
    """One line asks about all entries; each side of it is taken by some of them from the start."""
    result = verify.check(masked(*WRONG[name]))
    assert Verdict.REFUTED in {c.verdict for c in result.comparisons}


@pytest.mark.parametrize("shape", some(["2", "N", "4", "6", "3 4"], 4))
def test_right_masks_are_proved(shape):
    """The twin that is right in every combination is proved, and no branch is said to be unreached."""
    result = verify.check(masked(lambda m: False, shape))
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    assert "GP002" not in {finding.code for finding in result.findings}


def test_combinations_that_were_not_tried_are_told():
    """Two entries have four combinations, which are all run; of twelve it is said that they are not."""
    assert not verify.check(masked(lambda m: False, "2")).cover.untried
    (said,) = verify.check(masked(lambda m: False, "3 4")).cover.untried
    assert "some combinations of sides of several entries, at " in said


@slow
def test_many_entries_end_soon():
    """Of very many entries the first and the last are moved, within the runs that such a computation gets."""
    result = verify.check(
        elementwise(lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0), "1500"),
    )
    assert {c.verdict for c in result.comparisons} == {Verdict.PROVED}
    assert result.cover.untried


@pytest.mark.parametrize("number", [2, 3, 4, 5, 9, 40])
def test_combinations_hold_each_entry_alone_and_all_but_each(number):
    """All on one side, each of the first entries alone, and all but it, are among them, each once."""
    found = list(combinations(number))
    assert len(found) == len(set(found))
    for place in range(min(number, 6)):
        alone = tuple(i == place for i in range(number))
        assert {alone, tuple(not side for side in alone)} <= set(found)
    assert {(True,) * number, (False,) * number} <= set(found)
