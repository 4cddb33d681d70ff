"""Whole numbers that code rounds to: each call of a helper, and each turn of a loop, has whole numbers of its own."""

import numpy as np
import pytest
from effort import some

import verify

WRONG_AT = 16  # a whole number that the second rounding reaches, and the first does not
TABLE = [0.5, 2.0, 1.25, 3.0] * 6


def whole(a):
    return int(np.floor(a))


def entries(wrong):
    """Return a table in which one entry is off: nothing is compared, so that only the whole number leads there."""
    return [entry + wrong * (place == WRONG_AT) for place, entry in enumerate(TABLE)]


def helped(wrong):
    """Round two numbers with one helper."""

    def slopes(x, table):
        return table[whole(x[0])] + table[whole(x[0] * 10 + 0.5)]

    return verify.pair(
        lambda x: x * slopes(x, TABLE), lambda d, x: d * slopes(x, entries(wrong)), x=verify.real("2", low=0, high=2)
    )


def looped(wrong):
    """Round two numbers on one line of a loop."""

    def slopes(x, table):
        return sum(table[whole(x[0] * scale)] for scale in (1, 10))

    return verify.pair(
        lambda x: x * slopes(x, TABLE), lambda d, x: d * slopes(x, entries(wrong)), x=verify.real("2", low=0, high=2)
    )


def plain(wrong):
    """Round one number."""
    return verify.pair(
        lambda x: x * TABLE[whole(x[0] * 10)],
        lambda d, x: d * entries(wrong)[whole(x[0] * 10)],
        x=verify.real("2", low=0, high=2),
    )


@pytest.mark.parametrize("made", some([helped, looped, plain], 6))
def test_each_rounding_has_its_own_whole_numbers(made):
    """A gradient that is wrong at one whole number of one rounding is refuted; right ones are proved."""
    assert {row.verdict.name for row in verify.check(made(0)).comparisons} == {"PROVED"}
    assert "REFUTED" in {row.verdict.name for row in verify.check(made(1)).comparisons}
